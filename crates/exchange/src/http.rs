//! HTTP: sessions and tokens, the peer page, and the way to the WebSockets.

use crate::policy::Policy;
use crate::room::RoomHandle;
use crate::signal_server;
use crate::store::Store;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hookswitch_platform::call_server::limits::NAME_LEN;
use hookswitch_platform::token::{ApiKey, ApiKeys, Claims, RoomGrant, TokenError};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// Largest body of a request, in bytes.
const BODY_LEN: usize = 16 * 1024;

/// What every request may need.
pub(crate) struct Shared {
    pub policy: Policy,
    pub keys: ApiKeys,
    pub rooms: RoomHandle,
    pub calls: crate::calls::CallHandle,
    pub store: Store,
    pub assets: Option<PathBuf>,
    pub next_connection: AtomicU64,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(crate::page::index))
        .route("/peer.js", get(crate::page::script))
        .route("/peer.css", get(crate::page::style))
        .route("/assets/livekit-client.js", get(crate::page::livekit_client))
        .route("/health", get(async || "ok"))
        .route("/v1/sessions", post(create_session))
        .route("/v1/tokens", post(create_token))
        .route("/rtc/v1", get(signal_server::join))
        .route("/rtc/v1/validate", get(signal_server::validate))
        .route(hookswitch_platform::call_server::PATH, get(crate::calls::socket::connect))
        .layer(DefaultBodyLimit::max(BODY_LEN))
        .with_state(shared)
}

/// The token of a request: `Authorization: Bearer`, else the query's.
pub(crate) fn bearer_or_query<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> &'a str {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| value.strip_prefix("Bearer "));
    bearer.or(query).unwrap_or_default()
}

/// An HTTP refusal: a code for programs and a sentence for people.
#[derive(Debug, Serialize)]
struct Refusal {
    code: &'static str,
    message: String,
}

fn refuse(status: StatusCode, code: &'static str, message: impl Into<String>) -> Response {
    (status, Json(Refusal { code, message: message.into() })).into_response()
}

/// Only who has the API secret, or a token with `roomCreate`, may go on.
fn administrator<'a>(shared: &'a Shared, headers: &HeaderMap) -> Result<&'a ApiKey, Box<Response>> {
    let refused = |error: TokenError| {
        Box::new(refuse(StatusCode::UNAUTHORIZED, "not_admin", error.to_string()))
    };
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if let Some(basic) = header.strip_prefix("Basic ") {
        let pair =
            STANDARD.decode(basic.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let key = pair.as_deref().and_then(|pair| pair.split_once(':')).and_then(|(id, secret)| {
            let key = shared.keys.get(id)?;
            key.secret_is(secret).then_some(key)
        });
        return key.ok_or_else(|| refused(TokenError::WrongKey));
    }
    let token = bearer_or_query(headers, None);
    let claims = shared.keys.verify(token, SystemTime::now()).map_err(refused)?;
    claims.may_administrate().map_err(refused)?;
    shared.keys.get(&claims.iss).ok_or_else(|| refused(TokenError::WrongKey))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SessionRequest {
    idempotency_key: Option<String>,
}

#[derive(Debug, Serialize)]
struct SessionReply {
    session: String,
}

/// `POST /v1/sessions`: a new session. The same `idempotency_key` gives the same session.
async fn create_session(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Option<Json<SessionRequest>>,
) -> Response {
    let key = match administrator(&shared, &headers) {
        Ok(key) => key,
        Err(refusal) => return *refusal,
    };
    let request = body.map(|Json(request)| request).unwrap_or_default();
    let wanted = request.idempotency_key.unwrap_or_else(|| Uuid::new_v4().to_string());
    if wanted.is_empty() || wanted.len() > hookswitch_platform::call_server::limits::KEY_LEN {
        return refuse(
            StatusCode::BAD_REQUEST,
            "malformed",
            "the idempotency key is not 1 to 64 bytes. Shorten it.",
        );
    }
    // One customer's key must not give another customer's session.
    let scoped = format!("{}:{wanted}", key.id());
    match shared.store.session(scoped, Uuid::new_v4().to_string()).await {
        Some(session) => (StatusCode::CREATED, Json(SessionReply { session })).into_response(),
        None => refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "the exchange is stopping. Try again.",
        ),
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum TokenRequest {
    /// Opens a session's room.
    Room {
        session: String,
        identity: String,
        #[serde(default)]
        name: String,
        #[serde(default = "yes")]
        can_publish: bool,
        #[serde(default = "yes")]
        can_subscribe: bool,
        valid_for_s: Option<u64>,
    },
    /// Opens the call server.
    Device { address: String, device_id: String, valid_for_s: Option<u64> },
}

fn yes() -> bool {
    true
}

#[derive(Debug, Serialize)]
struct TokenReply {
    token: String,
    expires_in_s: u64,
}

/// `POST /v1/tokens`: a token for a session and identity, or for a device of an address.
async fn create_token(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(request): Json<TokenRequest>,
) -> Response {
    let key = match administrator(&shared, &headers) {
        Ok(key) => key,
        Err(refusal) => return *refusal,
    };
    let longest = shared.policy.token_validity;
    let validity =
        |asked: Option<u64>| asked.map_or(longest, |secs| Duration::from_secs(secs).min(longest));
    let now = SystemTime::now();
    let (claims, valid_for) = match request {
        TokenRequest::Room { session, identity, name, can_publish, can_subscribe, valid_for_s } => {
            if [&session, &identity].iter().any(|text| text.is_empty())
                || too_long(&[&session, &identity, &name])
            {
                return refuse(StatusCode::BAD_REQUEST, "malformed", NAMES);
            }
            let valid_for = validity(valid_for_s);
            let grant = RoomGrant {
                can_publish: Some(can_publish),
                can_subscribe: Some(can_subscribe),
                ..RoomGrant::join(session)
            };
            (Claims { name, ..Claims::room(identity, grant, now, valid_for) }, valid_for)
        }
        TokenRequest::Device { address, device_id, valid_for_s } => {
            if [&address, &device_id].iter().any(|text| text.is_empty())
                || too_long(&[&address, &device_id])
            {
                return refuse(StatusCode::BAD_REQUEST, "malformed", NAMES);
            }
            let valid_for = validity(valid_for_s);
            (Claims::device(address, device_id, now, valid_for), valid_for)
        }
    };
    match key.sign(&claims) {
        Ok(token) => Json(TokenReply { token, expires_in_s: valid_for.as_secs() }).into_response(),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "sign", error.to_string()),
    }
}

const NAMES: &str = "a name is empty or longer than 256 bytes. Send 1 to 256 bytes.";

fn too_long(texts: &[&String]) -> bool {
    texts.iter().any(|text| text.len() > NAME_LEN)
}
