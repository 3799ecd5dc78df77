//! The peer page: a browser as the other party of a session.

use crate::http::Shared;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;

/// `GET /`
pub(crate) async fn index() -> Html<&'static str> {
    Html(include_str!("../web/peer.html"))
}

/// `GET /peer.js`
pub(crate) async fn script() -> Response {
    typed("text/javascript", include_str!("../web/peer.js"))
}

/// `GET /peer.css`
pub(crate) async fn style() -> Response {
    typed("text/css", include_str!("../web/peer.css"))
}

/// `GET /assets/livekit-client.js`: the published client library, from the directory given at the start. It is not a
/// part of this program; the page says what to do when it is missing.
pub(crate) async fn livekit_client(State(shared): State<Arc<Shared>>) -> Response {
    let missing =
        || (StatusCode::NOT_FOUND, "livekit-client is not installed; see the page").into_response();
    let Some(assets) = &shared.assets else { return missing() };
    // Both a directory with the file itself and an npm directory do.
    for place in ["livekit-client.js", "livekit-client/dist/livekit-client.umd.js"] {
        let path = assets.join(place);
        let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
        if let Ok(Ok(bytes)) = read {
            return ([(header::CONTENT_TYPE, "text/javascript")], bytes).into_response();
        }
    }
    missing()
}

fn typed(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
