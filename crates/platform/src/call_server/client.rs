//! The client of the call server: one device of one address.

use super::driver::Driver;
use super::link::ws_url;
use super::{CallError, CallId, CallSnapshot, DeclineScope, DeviceError, Outcome, Verb};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

/// Where and as whom a device connects. `Debug` shows neither address nor token.
#[derive(Clone)]
pub struct ConnectOptions {
    /// The exchange, `http://host:port` or `ws://host:port`.
    pub url: String,
    /// The device token.
    pub token: String,
    /// Whose device it is; as in the token.
    pub address: String,
    /// Which device; as in the token.
    pub device_id: String,
    /// What others see, may be empty.
    pub display_name: String,
    /// How long a verb may wait for its reply. Default 10 s.
    pub reply_timeout: Duration,
    /// How long one attempt to connect may take. Default 5 s.
    pub connect_timeout: Duration,
    /// After how long without a sign of life the connection counts as lost. Default 15 s; asked for every third of it.
    pub silence_timeout: Duration,
    /// Longest pause between two attempts to connect. Default 5 s; the first is 250 ms.
    pub longest_pause: Duration,
}

impl std::fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectOptions").finish_non_exhaustive()
    }
}

impl ConnectOptions {
    /// Options with the default times and no display name.
    pub fn new(
        url: impl Into<String>,
        token: impl Into<String>,
        address: impl Into<String>,
        device_id: impl Into<String>,
    ) -> Self {
        Self {
            url: url.into(),
            token: token.into(),
            address: address.into(),
            device_id: device_id.into(),
            display_name: String::new(),
            reply_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            silence_timeout: Duration::from_secs(15),
            longest_pause: Duration::from_secs(5),
        }
    }
}

/// What a device hears.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceEvent {
    /// Connected, or connected again. These are all live calls of this device; calls it knew that are over come as
    /// [`DeviceEvent::Call`] right before.
    ///
    /// No [`DeviceEvent::Ring`] follows for calls of this list: ring for those that are neither `outgoing` nor answered
    /// ([`CallState::is_unanswered`](super::CallState::is_unanswered)) and do not ring yet.
    Connected {
        /// The live calls.
        calls: Vec<CallSnapshot>,
    },
    /// The connection is lost; the device keeps trying. Comes once per loss.
    Disconnected {
        /// Why.
        error: DeviceError,
    },
    /// Ring for this call.
    Ring(CallSnapshot),
    /// A call changed. Only newer versions come, each once.
    Call(CallSnapshot),
    /// The exchange does not want this device any more (token expired, replaced, ...). No attempt follows; every
    /// further verb fails with the same error.
    SignedOut(CallError),
}

/// The events of a device, in order.
#[derive(Debug)]
pub struct CallEvents {
    first: Option<DeviceEvent>,
    rx: mpsc::UnboundedReceiver<DeviceEvent>,
}

impl CallEvents {
    /// The next event; `None` when the device is closed or signed out. May be dropped and called again.
    pub async fn next(&mut self) -> Option<DeviceEvent> {
        match self.first.take() {
            Some(first) => Some(first),
            None => self.rx.recv().await,
        }
    }
}

/// A device's place at the call server. Clones share one connection; it closes when the last one is dropped.
///
/// Every verb ends within `reply_timeout`: with the reply, the server's refusal, [`DeviceError::ExchangeUnreachable`]
/// or [`DeviceError::NoReply`]. A verb whose connection breaks is sent again on the next one, with the same idempotency
/// key, so that it is never done twice.
#[derive(Debug, Clone)]
pub struct Device {
    commands: mpsc::Sender<Command>,
    reply_timeout: Duration,
}

pub(super) struct Command {
    pub(super) verb: Verb,
    pub(super) key: String,
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Sender<Result<Outcome, DeviceError>>,
}

impl Device {
    /// Connects and registers. Fails if the first attempt does; use [`Device::start`] to keep trying from the start.
    pub async fn connect(options: ConnectOptions) -> Result<(Self, CallEvents), DeviceError> {
        let (device, mut events) = Self::start(options)?;
        match events.rx.recv().await {
            Some(first @ DeviceEvent::Connected { .. }) => {
                // Put back, so that the caller sees the same events as with `start`.
                events.first = Some(first);
                Ok((device, events))
            }
            Some(DeviceEvent::SignedOut(error)) => Err(error.into()),
            Some(DeviceEvent::Disconnected { error }) => Err(error),
            _ => Err(DeviceError::Closed),
        }
    }

    /// Connects in the background and keeps trying. Must be called inside a tokio runtime.
    pub fn start(options: ConnectOptions) -> Result<(Self, CallEvents), DeviceError> {
        let url = ws_url(&options.url)?;
        let (commands, command_rx) = mpsc::channel(64);
        let (events, event_rx) = mpsc::unbounded_channel();
        let device = Self { commands, reply_timeout: options.reply_timeout };
        tokio::spawn(Driver::new(options, url, command_rx, events).run());
        Ok((device, CallEvents { first: None, rx: event_rx }))
    }

    /// Calls `callee`. The reply's token opens the call's room. Fails at once while there is no connection.
    pub async fn create(&self, callee: &str) -> Result<(CallSnapshot, String), DeviceError> {
        match self.verb(Verb::Create { callee: callee.to_owned(), ring: true }).await? {
            Outcome::Call { call, token: Some(token), .. } => Ok((call, token)),
            _ => Err(DeviceError::UnfittingReply),
        }
    }

    /// Says that this device rings.
    pub async fn ring_ack(&self, call: CallId) -> Result<CallSnapshot, DeviceError> {
        self.on_call(Verb::RingAck { call }).await
    }

    /// Answers here. The first device wins; the others get [`CallError::CallGone`].
    pub async fn answer(&self, call: CallId) -> Result<(CallSnapshot, String), DeviceError> {
        match self.verb(Verb::Answer { call, expected_version: None }).await? {
            Outcome::Call { call, token: Some(token), .. } => Ok((call, token)),
            _ => Err(DeviceError::UnfittingReply),
        }
    }

    /// Declines.
    pub async fn decline(
        &self,
        call: CallId,
        scope: DeclineScope,
    ) -> Result<CallSnapshot, DeviceError> {
        self.on_call(Verb::Decline { call, scope }).await
    }

    /// Gives up a call of this device before it was answered.
    pub async fn cancel(&self, call: CallId) -> Result<CallSnapshot, DeviceError> {
        self.on_call(Verb::Cancel { call }).await
    }

    /// Ends a call in whatever state it is.
    pub async fn end(&self, call: CallId) -> Result<CallSnapshot, DeviceError> {
        self.on_call(Verb::End { call }).await
    }

    /// Sends any verb under a new idempotency key.
    pub async fn verb(&self, verb: Verb) -> Result<Outcome, DeviceError> {
        self.verb_with_key(verb, Uuid::new_v4().to_string()).await
    }

    /// Sends any verb under a given idempotency key: to try again what [`DeviceError::NoReply`] left open.
    pub async fn verb_with_key(&self, verb: Verb, key: String) -> Result<Outcome, DeviceError> {
        let (reply, answer) = oneshot::channel();
        let deadline = Instant::now() + self.reply_timeout;
        let command = Command { verb, key, deadline, reply };
        // The driver takes commands in every state it can be in, but a full queue must not hang the caller either.
        match tokio::time::timeout_at(deadline, self.commands.send(command)).await {
            Err(_) => return Err(DeviceError::NoReply(self.reply_timeout)),
            Ok(Err(_)) => return Err(DeviceError::Closed),
            Ok(Ok(())) => {}
        }
        answer.await.unwrap_or(Err(DeviceError::Closed))
    }

    async fn on_call(&self, verb: Verb) -> Result<CallSnapshot, DeviceError> {
        match self.verb(verb).await? {
            Outcome::Call { call, .. } => Ok(call),
            _ => Err(DeviceError::UnfittingReply),
        }
    }
}
