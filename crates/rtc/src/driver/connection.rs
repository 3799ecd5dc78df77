//! The signalling connection over time: up, lost, resumed, given up.

use super::Driver;
use crate::error::JoinError;
use crate::events::{DisconnectReason, SessionEvent};
use crate::link::{Address, Dialed, Link};
use crate::session::Options;
use crate::transport::Transport;
use hookswitch_platform::signal::PROTOCOL;
use hookswitch_platform::signal::proto::{self, client_info::Sdk};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;

/// How long one attempt to reconnect may take.
const ATTEMPT: Duration = Duration::from_secs(5);
/// Pause before the first further attempt; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// How to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Our place is kept: same participant, same media path.
    Resume,
    /// Join anew with a new media path, and publish again.
    Rejoin,
}

/// An attempt to come back.
pub(super) struct Attempt {
    how: How,
    /// When to give up.
    until: Instant,
    pause: Duration,
    opening: JoinHandle<Result<Link, JoinError>>,
}

pub(super) enum Signalling {
    Up(Box<Link>),
    Down(Attempt),
}

/// What came of waiting for signalling.
pub(super) enum Incoming {
    Message(Box<proto::Response>),
    Lost(String),
    Opened(Box<Link>),
    NotOpened(JoinError),
}

impl Signalling {
    pub(super) fn is_up(&self) -> bool {
        matches!(self, Self::Up(_))
    }

    /// The next message or the outcome of an attempt. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Incoming {
        match self {
            Self::Up(link) => match link.next().await {
                Ok(message) => Incoming::Message(Box::new(message)),
                Err(cause) => Incoming::Lost(cause),
            },
            Self::Down(attempt) => match (&mut attempt.opening).await {
                Ok(Ok(link)) => Incoming::Opened(Box::new(link)),
                Ok(Err(error)) => Incoming::NotOpened(error),
                Err(_) => Incoming::NotOpened(JoinError::Resources("task")),
            },
        }
    }
}

pub(super) fn join_request(
    options: &Options,
    offer: Option<proto::SessionDescription>,
) -> proto::JoinRequest {
    proto::JoinRequest {
        client_info: Some(proto::ClientInfo {
            sdk: Sdk::Rust.into(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL,
            os: "linux".to_owned(),
            ..<_>::default()
        }),
        connection_settings: Some(proto::ConnectionSettings {
            auto_subscribe: options.auto_subscribe,
            ..<_>::default()
        }),
        publisher_offer: offer,
        ..<_>::default()
    }
}

/// Why a join ended before it was one.
pub(super) fn join_error(reason: Option<DisconnectReason>) -> JoinError {
    match reason {
        Some(DisconnectReason::ExchangeUnreachable { cause }) => {
            JoinError::ExchangeUnreachable { cause }
        }
        Some(DisconnectReason::TokenRefused(text)) => JoinError::TokenRefused(text),
        Some(DisconnectReason::Protocol(what)) => JoinError::Protocol(what),
        _ => JoinError::RoomRefused,
    }
}

async fn open(
    address: Address,
    token: String,
    request: proto::JoinRequest,
    pause: Duration,
) -> Result<Link, JoinError> {
    tokio::time::sleep(pause).await;
    Dialed::dial(address, ATTEMPT).await?.open(&token, &request, ATTEMPT).await
}

impl Driver {
    pub(super) async fn signal(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Message(message) => {
                self.last_heard = Instant::now();
                self.hear(*message).await;
            }
            Incoming::Lost(cause) => self.lost(cause),
            Incoming::Opened(link) => {
                // The room's first message says whether this is the room we knew; see `hear`.
                self.last_heard = Instant::now();
                self.pings.reset();
                self.signalling = Signalling::Up(link);
            }
            Incoming::NotOpened(error) => self.not_opened(error),
        }
    }

    /// Signalling is lost: media goes on while we try to resume. Before the join was complete, that is the end of it.
    pub(super) fn lost(&mut self, cause: String) {
        if self.finished.is_some() {
            return;
        }
        if !self.connected {
            self.finished = Some(DisconnectReason::ExchangeUnreachable { cause });
            return;
        }
        tracing::info!(%cause, "signalling is lost; resuming");
        self.emit(SessionEvent::Reconnecting);
        let until = Instant::now() + self.options.resume_within;
        self.attempt(How::Resume, until, Duration::ZERO);
    }

    /// The room wants us to join anew.
    pub(super) fn rejoin(&mut self) {
        if !self.connected {
            self.finished = Some(DisconnectReason::Protocol("it sends us away while we join"));
            return;
        }
        if self.signalling.is_up() {
            self.emit(SessionEvent::Reconnecting);
        }
        let until = Instant::now() + self.options.resume_within;
        self.attempt(How::Rejoin, until, Duration::ZERO);
    }

    /// The media path is gone for good; only a new one helps.
    pub(super) fn transport_broke(&mut self) {
        if !self.connected {
            self.finished =
                Some(DisconnectReason::Protocol("the media path broke while we joined"));
        } else if !matches!(&self.signalling, Signalling::Down(Attempt { how: How::Rejoin, .. })) {
            self.rejoin();
        }
    }

    fn attempt(&mut self, how: How, until: Instant, pause: Duration) {
        if let Signalling::Down(old) = &self.signalling {
            old.opening.abort();
        }
        let mut request = join_request(&self.options, None);
        match how {
            How::Resume => {
                request.reconnect = true;
                request.participant_sid = self.our_sid.clone();
            }
            How::Rejoin => match Transport::new(self.local) {
                Some(transport) => {
                    self.transport = transport;
                    self.forget_room();
                    request.publisher_offer = self.transport.offer(false);
                }
                None => {
                    self.finished = Some(DisconnectReason::Protocol("no new media path"));
                    return;
                }
            },
        }
        let opening = tokio::spawn(open(self.address.clone(), self.token.clone(), request, pause));
        let next_pause = if pause.is_zero() { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        self.signalling = Signalling::Down(Attempt { how, until, pause: next_pause, opening });
    }

    fn not_opened(&mut self, error: JoinError) {
        let Signalling::Down(attempt) = &self.signalling else { return };
        let (how, until, pause) = (attempt.how, attempt.until, attempt.pause);
        match error {
            JoinError::TokenRefused(text) => {
                self.finished = Some(DisconnectReason::TokenRefused(text))
            }
            error if Instant::now() + pause >= until => {
                let cause = match error {
                    JoinError::ExchangeUnreachable { cause } => cause,
                    other => other.to_string(),
                };
                self.finished = Some(DisconnectReason::ExchangeUnreachable { cause });
            }
            _ => self.attempt(how, until, pause),
        }
    }

    pub(super) async fn ping(&mut self) {
        if self.last_heard.elapsed() > self.silence {
            self.lost("it has gone silent".to_owned());
            return;
        }
        let timestamp =
            SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_millis() as i64).unwrap_or(0);
        let rtt = self.round_trip.map_or(0, |rtt| rtt.as_millis() as i64);
        self.say(proto::Request::PingReq(proto::Ping { timestamp, rtt })).await;
    }

    /// Sends a message, if there is a connection. A lost one shows when it is next read.
    pub(super) async fn say(&mut self, message: proto::Request) {
        if let Signalling::Up(link) = &mut self.signalling
            && let Err(cause) = link.send(message).await
        {
            self.lost(cause);
        }
    }
}
