//! What keeps a device connected: connects, registers, matches replies, reconnects, brings calls up to date.

use super::client::{Command, ConnectOptions, DeviceEvent};
use super::link::{Incoming, Link, OpenError, lost};
use super::words::limits::WORDS_VERSION;
use super::{CallError, CallId, CallSnapshot, CallState, DeviceError, EndedReason};
use super::{Message, Outcome, Request, Verb};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use uuid::Uuid;

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

pub(super) struct Driver {
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
    pub(super) fn new(
        options: ConnectOptions,
        url: String,
        commands: mpsc::Receiver<Command>,
        events: mpsc::UnboundedSender<DeviceEvent>,
    ) -> Self {
        Self {
            options,
            url,
            commands,
            events,
            pending: BTreeMap::new(),
            next_id: 1,
            known: BTreeMap::new(),
        }
    }

    pub(super) async fn run(mut self) {
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
