//! One device's WebSocket to the call server.

use super::machine::DeviceRef;
use super::task::{Command, ToSocket};
use crate::http::{Shared, bearer_or_query};
use axum::Json;
use axum::extract::ws::{Message as WsMessage, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hookswitch_platform::call_server::{CallError, Message, Outcome, Request, limits};
use hookswitch_platform::token::{Claims, TokenError};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

/// Most messages that wait for a device that does not read.
const QUEUE: usize = 256;

/// The query of a connection.
#[derive(Debug, Deserialize)]
pub(crate) struct ConnectQuery {
    access_token: Option<String>,
}

/// `GET /calls/v1`
pub(crate) async fn connect(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<ConnectQuery>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let token = bearer_or_query(&headers, query.access_token.as_deref());
    let checked = shared.keys.verify(token, SystemTime::now()).and_then(|claims| {
        let device_id = claims.device.clone().ok_or(TokenError::NotDevice)?.id;
        Ok((DeviceRef { address: claims.sub.clone(), device_id }, claims))
    });
    match checked {
        Err(error) => {
            let error = CallError::from(error);
            let status =
                StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::UNAUTHORIZED);
            (status, Json(error)).into_response()
        }
        // A message is read a little further than allowed, to refuse it by name instead of by a broken connection.
        Ok((device, claims)) => upgrade
            .max_message_size(limits::MESSAGE_LEN * 4)
            .max_frame_size(limits::MESSAGE_LEN * 4)
            .on_upgrade(move |socket| serve(shared, device, claims, socket)),
    }
}

async fn serve(shared: Arc<Shared>, device: DeviceRef, claims: Claims, socket: WebSocket) {
    let (out, mut out_rx) = mpsc::channel(QUEUE);
    let Some(connection) = shared.calls.connect(device, out).await else { return };
    let (mut sink, mut stream) = socket.split();
    let silence = shared.policy.silence_timeout;
    let expires = UNIX_EPOCH + Duration::from_secs(claims.exp);
    let good_for = expires.duration_since(SystemTime::now()).unwrap_or_default();
    let mut expiry = std::pin::pin!(tokio::time::sleep(good_for));
    loop {
        let (say, last) = tokio::select! {
            what = out_rx.recv() => match what {
                Some(ToSocket::Say(message)) => (*message, false),
                Some(ToSocket::Close(error)) => (Message::Goodbye { error }, true),
                None => (Message::Goodbye { error: CallError::Stopping }, true),
            },
            () = &mut expiry => (Message::Goodbye { error: CallError::TokenExpired }, true),
            incoming = tokio::time::timeout(silence, stream.next()) => match incoming {
                Ok(Some(Ok(WsMessage::Text(text)))) => match read(&text) {
                    Ok(request) => {
                        shared.calls.send(Command::Request { connection, request: Box::new(request) });
                        continue;
                    }
                    Err((id, error)) => (Message::Reply { id, outcome: Outcome::Refused { error } }, false),
                },
                Ok(Some(Ok(WsMessage::Binary(_)))) => {
                    let error = CallError::Malformed { detail: "it is binary; this wire is JSON text".to_owned() };
                    (Message::Reply { id: 0, outcome: Outcome::Refused { error } }, false)
                }
                Ok(Some(Ok(WsMessage::Ping(_) | WsMessage::Pong(_)))) => continue,
                _ => break,
            },
        };
        let text = serde_json::to_string(&say).unwrap_or_default();
        let sent = tokio::time::timeout(silence, sink.send(WsMessage::text(text))).await;
        if last || !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
    shared.calls.send(Command::Disconnect { connection });
    let _ = tokio::time::timeout(Duration::from_secs(1), sink.close()).await;
}

/// Reads a request; a refusal comes with the request's id where that much can be read.
fn read(text: &str) -> Result<Request, (u64, CallError)> {
    if text.len() > limits::MESSAGE_LEN {
        return Err((0, CallError::TooLarge { limit: limits::MESSAGE_LEN as u64 }));
    }
    serde_json::from_str(text).map_err(|error| {
        #[derive(Deserialize)]
        struct IdOnly {
            id: u64,
        }
        let id = serde_json::from_str::<IdOnly>(text).map(|only| only.id).unwrap_or(0);
        // Only where, not what: the library's text may quote the message.
        let detail = format!("line {}, column {}", error.line(), error.column());
        (id, CallError::Malformed { detail })
    })
}
