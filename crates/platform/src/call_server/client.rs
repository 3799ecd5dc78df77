//! The client of the call server: one device of one address.

use super::link::{Incoming, Link, OpenError, lost, ws_url};
use super::words::limits::WORDS_VERSION;
use super::{CallError, CallId, CallSnapshot, CallState, DeclineScope, DeviceError, EndedReason};
use super::{Message, Outcome, Request, Verb};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
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

struct Command {
    verb: Verb,
    key: String,
    deadline: Instant,
    reply: oneshot::Sender<Result<Outcome, DeviceError>>,
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
        let driver = Driver {
            options,
            url,
            commands: command_rx,
            events,
            pending: BTreeMap::new(),
            next_id: 1,
            known: BTreeMap::new(),
        };
        tokio::spawn(driver.run());
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

struct Pending {
    request: Request,
    deadline: Instant,
    sent: bool,
    reply: oneshot::Sender<Result<Outcome, DeviceError>>,
}

/// Why the driver stops for good.
enum Stop {
    /// The last handle is gone.
    Closed,
    /// The server does not want this device.
    SignedOut(CallError),
}

struct Driver {
    options: ConnectOptions,
    url: String,
    commands: mpsc::Receiver<Command>,
    events: mpsc::UnboundedSender<DeviceEvent>,
    pending: BTreeMap<u64, Pending>,
    next_id: u64,
    /// The newest version of each live call.
    known: BTreeMap<CallId, CallSnapshot>,
}

impl Driver {
    async fn run(mut self) {
        let stop = self.connect_again_and_again().await;
        if let Stop::SignedOut(error) = stop {
            self.emit(DeviceEvent::SignedOut(error.clone()));
            for (_, pending) in std::mem::take(&mut self.pending) {
                let _ = pending.reply.send(Err(error.clone().into()));
            }
            while let Some(command) = self.commands.recv().await {
                let _ = command.reply.send(Err(error.clone().into()));
            }
        }
    }

    async fn connect_again_and_again(&mut self) -> Stop {
        let first_pause = Duration::from_millis(250);
        let mut pause = first_pause;
        let mut told = false;
        loop {
            let (url, token, limit) =
                (self.url.clone(), self.options.token.clone(), self.options.connect_timeout);
            let opened = match self
                .while_disconnected(async move { Link::open(&url, &token, limit).await })
                .await
            {
                Some(opened) => opened,
                None => return Stop::Closed,
            };
            let error = match opened {
                Err(OpenError::Final(error)) => return Stop::SignedOut(error),
                Err(OpenError::Retry(error)) => error,
                Ok(link) => {
                    let mut registered = false;
                    match self.serve(link, &mut registered).await {
                        Err(stop) => return stop,
                        Ok(error) => {
                            if registered {
                                (pause, told) = (first_pause, false);
                            }
                            error
                        }
                    }
                }
            };
            tracing::debug!(%error, "no connection to the call server");
            self.fail_unsent_creates(&error);
            if !told {
                told = true;
                self.emit(DeviceEvent::Disconnected { error });
            }
            if self.while_disconnected(sleep(pause)).await.is_none() {
                return Stop::Closed;
            }
            pause = (pause * 2).min(self.options.longest_pause);
        }
    }

    /// Waits for `what` and meanwhile answers verbs as one does without a connection. `None`: all handles are gone.
    async fn while_disconnected<T>(&mut self, what: impl Future<Output = T>) -> Option<T> {
        let mut what = std::pin::pin!(what);
        loop {
            let deadline = self.next_deadline();
            tokio::select! {
                biased;
                done = &mut what => return Some(done),
                command = self.commands.recv() => {
                    let command = command?;
                    if matches!(command.verb, Verb::Create { .. }) && self.events_began() {
                        let _ = command.reply.send(Err(lost("there is no connection")));
                    } else {
                        self.enqueue(command);
                    }
                }
                () = sleep_until(deadline) => self.expire(),
            }
        }
    }

    /// A call placed during the very first attempt to connect may still wait for that attempt.
    fn events_began(&self) -> bool {
        self.next_id > 1
    }

    /// One connection. `Ok` with why it ended, or `Err` when no other should follow.
    async fn serve(&mut self, mut link: Link, registered: &mut bool) -> Result<DeviceError, Stop> {
        let register_id = self.take_id();
        let register = Request {
            id: register_id,
            idempotency_key: Uuid::new_v4().to_string(),
            verb: Verb::Register {
                address: self.options.address.clone(),
                device_id: self.options.device_id.clone(),
                display_name: self.options.display_name.clone(),
                words: WORDS_VERSION,
            },
        };
        if let Err(error) = link.send(to_json(&register)).await {
            return Ok(error);
        }
        let mut last_life = Instant::now();
        let mut pings = interval(self.options.silence_timeout / 3);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let deadline = self.next_deadline();
            let silent_at = last_life + self.options.silence_timeout;
            tokio::select! {
                incoming = link.next() => {
                    last_life = Instant::now();
                    match incoming {
                        Err(error) => return Ok(error),
                        Ok(Incoming::Life) => {}
                        Ok(Incoming::Text(text)) => match serde_json::from_str::<Message>(&text) {
                            Err(_) => tracing::debug!("a message of the call server cannot be read; ignored"),
                            Ok(Message::Goodbye { error: CallError::Stopping }) => return Ok(lost("it is stopping")),
                            Ok(Message::Goodbye { error }) => return Err(Stop::SignedOut(error)),
                            Ok(Message::Reply { id, outcome }) if id == register_id => match outcome {
                                Outcome::Registered { calls, .. } => {
                                    *registered = true;
                                    self.resync(calls);
                                    if let Err(error) = self.send_unsent(&mut link).await {
                                        return Ok(error);
                                    }
                                }
                                Outcome::Refused { error } => return Err(Stop::SignedOut(error)),
                                Outcome::Call { .. } => return Ok(DeviceError::UnfittingReply),
                            },
                            Ok(message) => self.hear(message),
                        },
                    }
                }
                command = self.commands.recv() => match command {
                    None => {
                        link.close().await;
                        return Err(Stop::Closed);
                    }
                    Some(command) => {
                        self.enqueue(command);
                        if *registered && let Err(error) = self.send_unsent(&mut link).await {
                            return Ok(error);
                        }
                    }
                },
                _ = pings.tick() => {
                    if let Err(error) = link.ping().await {
                        return Ok(error);
                    }
                }
                () = sleep_until(deadline) => self.expire(),
                () = sleep_until(silent_at) => return Ok(lost("it has gone silent")),
            }
        }
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Reply { id, outcome } => {
                if let Outcome::Call { call, .. } = &outcome {
                    // The reply tells the asker; remembering the version keeps its echo from being told again.
                    self.learn(call);
                }
                if let Some(pending) = self.pending.remove(&id) {
                    let result = match outcome {
                        Outcome::Refused { error } => Err(error.into()),
                        outcome => Ok(outcome),
                    };
                    let _ = pending.reply.send(result);
                }
            }
            Message::Ring { call } => {
                if self.learn(&call) {
                    self.emit(DeviceEvent::Ring(call));
                }
            }
            Message::Call { call } => {
                if self.learn(&call) {
                    self.emit(DeviceEvent::Call(call));
                }
            }
            Message::Goodbye { .. } | Message::Unknown => {}
        }
    }

    /// Remembers a call's newest version; false if it is no news.
    fn learn(&mut self, call: &CallSnapshot) -> bool {
        let news = self.known.get(&call.call).is_none_or(|known| call.newer_than(known));
        if !news {
            return false;
        }
        if call.state.is_ended() {
            // An ended call that was never known is no news either, for example the echo of an end.
            self.known.remove(&call.call).is_some()
        } else {
            self.known.insert(call.call, call.clone());
            true
        }
    }

    /// Takes the server's list as the truth: what is not on it is over.
    fn resync(&mut self, calls: Vec<CallSnapshot>) {
        let before = std::mem::take(&mut self.known);
        for (id, old) in before {
            let now = calls.iter().find(|call| call.call == id);
            let ended = match now {
                Some(call) if call.state.is_ended() => Some(call.clone()),
                Some(_) => None,
                // The exchange does not know it any more: it was restarted without its store.
                None => Some(CallSnapshot {
                    version: old.version + 1,
                    state: CallState::Ended { reason: EndedReason::Failed },
                    ..old
                }),
            };
            if let Some(call) = ended {
                self.emit(DeviceEvent::Call(call));
            }
        }
        let live: Vec<_> = calls.into_iter().filter(|call| !call.state.is_ended()).collect();
        for call in &live {
            self.known.insert(call.call, call.clone());
        }
        self.emit(DeviceEvent::Connected { calls: live });
    }

    async fn send_unsent(&mut self, link: &mut Link) -> Result<(), DeviceError> {
        for pending in self.pending.values_mut().filter(|pending| !pending.sent) {
            pending.sent = true;
            link.send(to_json(&pending.request)).await?;
        }
        Ok(())
    }

    fn enqueue(&mut self, command: Command) {
        let id = self.take_id();
        let request = Request { id, idempotency_key: command.key, verb: command.verb };
        let pending =
            Pending { request, deadline: command.deadline, sent: false, reply: command.reply };
        self.pending.insert(id, pending);
    }

    /// After a loss: what was sent will be sent again, except that nobody waits for a call to be placed.
    fn fail_unsent_creates(&mut self, error: &DeviceError) {
        let creates: Vec<u64> = self
            .pending
            .iter_mut()
            .filter_map(|(id, pending)| {
                let failed = matches!(pending.request.verb, Verb::Create { .. }) && !pending.sent;
                pending.sent = false;
                failed.then_some(*id)
            })
            .collect();
        for id in creates {
            if let Some(pending) = self.pending.remove(&id) {
                let _ = pending.reply.send(Err(error.clone()));
            }
        }
        self.take_id(); // From here on `events_began`.
    }

    fn expire(&mut self) {
        let now = Instant::now();
        let due: Vec<u64> =
            self.pending.iter().filter(|(_, p)| p.deadline <= now).map(|(id, _)| *id).collect();
        for id in due {
            if let Some(pending) = self.pending.remove(&id) {
                let error = if pending.sent {
                    DeviceError::NoReply(self.options.reply_timeout)
                } else {
                    lost("there was no connection in time")
                };
                let _ = pending.reply.send(Err(error));
            }
        }
    }

    fn next_deadline(&self) -> Instant {
        let far = Instant::now() + Duration::from_secs(3600);
        self.pending.values().map(|pending| pending.deadline).min().unwrap_or(far)
    }

    fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    fn emit(&self, event: DeviceEvent) {
        let _ = self.events.send(event);
    }
}

fn to_json(request: &Request) -> String {
    // These types always serialize; an empty text would be refused as malformed.
    serde_json::to_string(request).unwrap_or_default()
}
