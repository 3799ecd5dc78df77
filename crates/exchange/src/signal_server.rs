//! The rooms' door: LiveKit's `/rtc/v1` WebSocket and its `/validate`.

use crate::http::{Shared, bearer_or_query};
use crate::room::task::Command;
use crate::sfu::TransportId;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hookswitch_platform::signal::proto::{self, leave_request::Action};
use hookswitch_platform::signal::{self, MAX_MESSAGE_LEN, join_request};
use hookswitch_platform::token::Claims;
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;
use tokio::sync::{mpsc, oneshot};

/// Most messages that wait for a client that does not read. A room of a hundred says less in several seconds.
const QUEUE: usize = 256;

/// The query of a join.
#[derive(Debug, Deserialize)]
pub(crate) struct JoinQuery {
    access_token: Option<String>,
    join_request: Option<String>,
}

/// `GET /rtc/v1/validate`: whether a join would be accepted. Clients ask after a failed upgrade, to learn why.
pub(crate) async fn validate(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<JoinQuery>,
    headers: HeaderMap,
) -> Response {
    let text = match check(&shared, &query, &headers) {
        Ok(_) => (StatusCode::OK, "success".to_owned()),
        Err(refusal) => refusal,
    };
    (text.0, [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], text.1).into_response()
}

/// `GET /rtc/v1`: joins a room.
pub(crate) async fn join(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<JoinQuery>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    match check(&shared, &query, &headers) {
        Err(refusal) => refusal.into_response(),
        Ok((claims, request)) => upgrade
            .max_message_size(MAX_MESSAGE_LEN)
            .max_frame_size(MAX_MESSAGE_LEN)
            .on_upgrade(move |socket| serve(shared, claims, request, socket)),
    }
}

fn check(
    shared: &Shared,
    query: &JoinQuery,
    headers: &HeaderMap,
) -> Result<(Claims, proto::JoinRequest), (StatusCode, String)> {
    let token = bearer_or_query(headers, query.access_token.as_deref());
    let claims = shared.keys.verify(token, SystemTime::now());
    let claims = claims.map_err(|error| (StatusCode::UNAUTHORIZED, error.to_string()))?;
    claims.room_to_join().map_err(|error| (StatusCode::UNAUTHORIZED, error.to_string()))?;
    let request = match &query.join_request {
        Some(text) => join_request::decode(text)
            .map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?,
        None => proto::JoinRequest::default(),
    };
    Ok((claims, request))
}

async fn serve(
    shared: Arc<Shared>,
    claims: Claims,
    request: proto::JoinRequest,
    socket: WebSocket,
) {
    let connection = shared.next_connection.fetch_add(1, Ordering::Relaxed);
    let (out, mut out_rx) = mpsc::channel(QUEUE);
    let (reply, joined) = oneshot::channel();
    let (mut sink, mut stream) = socket.split();
    shared.rooms.send(Command::Join {
        claims: Box::new(claims),
        request: Box::new(request),
        connection,
        out,
        reply,
    });
    let id = match joined.await {
        Ok(Ok(id)) => id,
        Ok(Err(error)) => {
            tracing::info!(%error, "a join was refused");
            let leave = proto::LeaveRequest {
                action: Action::Disconnect.into(),
                reason: proto::DisconnectReason::JoinFailure.into(),
                ..<_>::default()
            };
            let bytes = signal::encode_response(proto::Response::Leave(leave));
            let _ = sink.send(Message::Binary(bytes.into())).await;
            let _ = sink.close().await;
            return;
        }
        Err(_) => return,
    };
    let silence = shared.policy.silence_timeout;
    loop {
        tokio::select! {
            bytes = out_rx.recv() => match bytes {
                Some(bytes) => {
                    // A client that takes nothing for so long is gone.
                    let sent = tokio::time::timeout(silence, sink.send(Message::Binary(bytes.into()))).await;
                    if !matches!(sent, Ok(Ok(()))) {
                        break;
                    }
                }
                None => {
                    let _ = tokio::time::timeout(silence, sink.close()).await;
                    break;
                }
            },
            message = tokio::time::timeout(silence, stream.next()) => match message {
                Ok(Some(Ok(message))) => {
                    if !hear(&shared, id, connection, message) {
                        break;
                    }
                }
                _ => break,
            },
        }
    }
    shared.rooms.send(Command::Lost { id, connection });
}

/// Passes a message on; false ends the connection.
fn hear(shared: &Shared, id: TransportId, connection: u64, message: Message) -> bool {
    match message {
        Message::Binary(bytes) => match signal::decode_request(&bytes) {
            Ok(Some(message)) => shared.rooms.hear(id, connection, message),
            Ok(None) => {}
            Err(error) => {
                tracing::info!(%error, "a signalling message was refused; the connection is closed");
                return false;
            }
        },
        Message::Close(_) => return false,
        Message::Text(_) | Message::Ping(_) | Message::Pong(_) => {}
    }
    true
}
