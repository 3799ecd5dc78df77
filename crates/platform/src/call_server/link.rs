//! One connection to the call server: its address, its opening, and what a refused opening means.

use super::{CallError, DeviceError, PATH, limits};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header::AUTHORIZATION};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message as WsMessage};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How an attempt to connect failed.
pub(super) enum OpenError {
    /// Trying again may help.
    Retry(DeviceError),
    /// Trying again with the same token cannot help.
    Final(CallError),
}

/// A connected WebSocket.
pub(super) struct Link {
    ws: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What came in on a link.
pub(super) enum Incoming {
    /// Text of a message.
    Text(String),
    /// Only a sign of life.
    Life,
}

/// The WebSocket address of the call server under the exchange's address.
pub(super) fn ws_url(url: &str) -> Result<String, DeviceError> {
    let (scheme, rest) = url.split_once("://").ok_or(DeviceError::BadUrl("it has no scheme"))?;
    match scheme {
        "http" | "ws" => {}
        "https" | "wss" => {
            return Err(DeviceError::BadUrl("this version has no TLS; use a local proxy"));
        }
        _ => return Err(DeviceError::BadUrl("its scheme is not http or ws")),
    }
    let host = rest.trim_end_matches('/');
    if host.is_empty() {
        return Err(DeviceError::BadUrl("it has no host"));
    }
    Ok(format!("ws://{host}{PATH}"))
}

impl Link {
    /// Connects within `limit`. A peer that accepts and then says nothing is given up as well.
    pub(super) async fn open(url: &str, token: &str, limit: Duration) -> Result<Self, OpenError> {
        let unreachable = |cause: &str| {
            OpenError::Retry(DeviceError::ExchangeUnreachable { cause: cause.to_owned() })
        };
        let mut request = url
            .into_client_request()
            .map_err(|_| OpenError::Retry(DeviceError::BadUrl("it cannot be parsed")))?;
        let bearer = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
            OpenError::Final(CallError::TokenWrong {
                cause: "it has characters that no token has.".to_owned(),
            })
        })?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let config = WebSocketConfig::default()
            .max_message_size(Some(limits::MESSAGE_LEN * 64))
            .max_frame_size(Some(limits::MESSAGE_LEN * 64));
        let opening = tokio_tungstenite::connect_async_with_config(request, Some(config), true);
        match tokio::time::timeout(limit, opening).await {
            Err(_) => Err(unreachable("it accepts connections but does not reply")),
            Ok(Ok((ws, _))) => Ok(Self { ws }),
            Ok(Err(WsError::Http(response))) => {
                let refusal = response
                    .body()
                    .as_deref()
                    .and_then(|body| serde_json::from_slice::<CallError>(body).ok());
                match (response.status(), refusal) {
                    (_, Some(CallError::Stopping)) => Err(unreachable("it is stopping")),
                    (
                        _,
                        Some(error @ (CallError::TooManyRequests { .. } | CallError::Quota { .. })),
                    ) => Err(OpenError::Retry(error.into())),
                    (_, Some(error)) => Err(OpenError::Final(error)),
                    (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, None) => {
                        Err(OpenError::Final(CallError::TokenWrong {
                            cause: "the server refused it.".to_owned(),
                        }))
                    }
                    (status, None) => Err(unreachable(&format!(
                        "it answered with HTTP status {}",
                        status.as_u16()
                    ))),
                }
            }
            Ok(Err(WsError::Io(error))) => Err(unreachable(&error.kind().to_string())),
            Ok(Err(_)) => Err(unreachable("the WebSocket could not be opened")),
        }
    }

    /// Sends a text. Failing means that the link is gone.
    pub(super) async fn send(&mut self, text: String) -> Result<(), DeviceError> {
        self.ws.send(WsMessage::text(text)).await.map_err(|_| lost("the connection broke"))
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), DeviceError> {
        self.ws
            .send(WsMessage::Ping(Vec::new().into()))
            .await
            .map_err(|_| lost("the connection broke"))
    }

    /// The next thing that comes in. Safe to drop and call again.
    pub(super) async fn next(&mut self) -> Result<Incoming, DeviceError> {
        match self.ws.next().await {
            Some(Ok(WsMessage::Text(text))) => Ok(Incoming::Text(text.as_str().to_owned())),
            Some(Ok(WsMessage::Close(_))) | None => Err(lost("it closed the connection")),
            Some(Ok(_)) => Ok(Incoming::Life),
            Some(Err(_)) => Err(lost("the connection broke")),
        }
    }

    /// Says goodbye, briefly.
    pub(super) async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_millis(500), self.ws.close(None)).await;
    }
}

pub(super) fn lost(cause: &str) -> DeviceError {
    DeviceError::ExchangeUnreachable { cause: cause.to_owned() }
}
