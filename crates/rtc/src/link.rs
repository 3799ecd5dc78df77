//! The signalling connection to a room.

use crate::error::JoinError;
use futures_util::{SinkExt, StreamExt};
use hookswitch_platform::signal::{self, MAX_MESSAGE_LEN, join_request, proto};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, Uri, header::AUTHORIZATION};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// A server's address, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    host: String,
    port: u16,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, JoinError> {
        let uri: Uri = url.parse().map_err(|_| JoinError::BadUrl("it cannot be parsed"))?;
        let port = match uri.scheme_str() {
            Some("http" | "ws") => uri.port_u16().unwrap_or(80),
            Some("https" | "wss") => {
                return Err(JoinError::BadUrl("this version has no TLS; use a local proxy"));
            }
            _ => return Err(JoinError::BadUrl("its scheme is not http or ws")),
        };
        let host = uri.host().ok_or(JoinError::BadUrl("it has no host"))?;
        Ok(Self { host: host.trim_matches(['[', ']']).to_owned(), port })
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// A TCP connection to the exchange, before it is known what to say on it: it tells which of our addresses media can
/// use.
pub(crate) struct Dialed {
    stream: TcpStream,
    address: Address,
}

impl Dialed {
    pub(crate) async fn dial(address: Address, limit: Duration) -> Result<Self, JoinError> {
        let connecting = TcpStream::connect((address.host.as_str(), address.port));
        match timeout(limit, connecting).await {
            Err(_) => Err(unreachable("it does not answer")),
            Ok(Err(error)) => Err(unreachable(&error.kind().to_string())),
            Ok(Ok(stream)) => {
                // Signalling messages are small and wait for one another.
                let _ = stream.set_nodelay(true);
                Ok(Self { stream, address })
            }
        }
    }

    /// Our address on the way to the exchange.
    pub(crate) fn local_ip(&self) -> Result<IpAddr, JoinError> {
        self.stream
            .local_addr()
            .map(|address: SocketAddr| address.ip())
            .map_err(|_| JoinError::Resources("address"))
    }

    /// Joins with this request.
    pub(crate) async fn open(
        self,
        token: &str,
        request: &proto::JoinRequest,
        limit: Duration,
    ) -> Result<Link, JoinError> {
        let url = format!(
            "ws://{}/rtc/v1?join_request={}",
            self.address.authority(),
            join_request::encode(request)
        );
        let mut http =
            url.into_client_request().map_err(|_| JoinError::BadUrl("it cannot be parsed"))?;
        // Not in the query: addresses end up in logs.
        let bearer = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
            JoinError::TokenRefused("it has characters that no token has.".to_owned())
        })?;
        http.headers_mut().insert(AUTHORIZATION, bearer);
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_LEN))
            .max_frame_size(Some(MAX_MESSAGE_LEN));
        let opening = tokio_tungstenite::client_async_with_config(http, self.stream, Some(config));
        match timeout(limit, opening).await {
            Err(_) => Err(unreachable("it accepts connections but does not reply")),
            Ok(Ok((ws, _))) => Ok(Link { ws }),
            Ok(Err(WsError::Http(response))) => match response.status() {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    let text =
                        response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
                    Err(JoinError::TokenRefused(text.chars().take(300).collect()))
                }
                status => Err(JoinError::Refused(status.as_u16())),
            },
            Ok(Err(WsError::Io(error))) => Err(unreachable(&error.kind().to_string())),
            Ok(Err(_)) => Err(unreachable("the WebSocket could not be opened")),
        }
    }
}

/// An open signalling connection.
pub(crate) struct Link {
    ws: WebSocketStream<TcpStream>,
}

impl Link {
    /// Sends a message. Failing means that the link is gone.
    pub(crate) async fn send(&mut self, message: proto::Request) -> Result<(), String> {
        let bytes = signal::encode_request(message);
        let sent =
            timeout(Duration::from_secs(5), self.ws.send(Message::Binary(bytes.into()))).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("the connection broke".to_owned()),
            Err(_) => Err("it takes nothing any more".to_owned()),
        }
    }

    /// The next message that we know. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Result<proto::Response, String> {
        loop {
            match self.ws.next().await {
                Some(Ok(Message::Binary(bytes))) => match signal::decode_response(&bytes) {
                    Ok(Some(message)) => return Ok(message),
                    Ok(None) => {}
                    Err(error) => tracing::debug!(%error, "a signalling message was ignored"),
                },
                Some(Ok(Message::Close(_))) | None => {
                    return Err("it closed the connection".to_owned());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) => return Err("the connection broke".to_owned()),
            }
        }
    }

    pub(crate) async fn close(mut self) {
        let _ = timeout(Duration::from_millis(300), self.ws.close(None)).await;
    }
}

fn unreachable(cause: &str) -> JoinError {
    JoinError::ExchangeUnreachable { cause: cause.to_owned() }
}
