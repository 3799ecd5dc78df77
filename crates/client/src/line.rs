//! One connection to the bus, and the one task that reads it. Everything that arrives is handled there in the order it
//! arrived, answers to what was asked among it; nothing there waits for a peer. What is sent is queued in the order it
//! was asked for, and what is queued together leaves in one write.

use crate::error::{Error, Fault, Reason, ServiceError};
use crate::pending::{Pending, REPLY_LIMIT};
use crate::revival::{Lives, revive};
use futures_util::{FutureExt, StreamExt};
use hookswitch_bus::names::{PATH, SERVICE};
use serde::Serialize;
use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};
use zbus::message::{Flags, Type};
use zbus::names::OwnedUniqueName;
use zbus::wire::{DynamicDeserialize, DynamicType};
use zbus::{Connection, Message, MessageStream};

pub(crate) const BUS: &str = "org.freedesktop.DBus";
/// Messages handled before what they caused is written.
const BURST: usize = 32;
/// Messages that may wait to be handled; the bus keeps what is beyond.
const QUEUE: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();

/// What a connection is for. Its methods run on the task that reads the connection, one at a time.
pub(crate) trait Role: Send + Sized + 'static {
    /// The service is on the bus: say who we are.
    fn service_came(&mut self, line: &Arc<Line<Self>>);
    /// The service is gone from the bus. What was asked of it has been answered with an error already.
    fn service_left(&mut self, line: &Arc<Line<Self>>);
    /// A signal of the service.
    fn signal(&mut self, _line: &Arc<Line<Self>>, _member: &str, _message: &Message) {}
    /// A call from a peer. False: there is no such method.
    fn call(&mut self, _line: &Arc<Line<Self>>, _message: &Message) -> bool {
        false
    }
    /// The end: nothing comes any more.
    fn closed(&mut self, _why: ServiceError) {}
}

type Then<R> = Box<dyn FnOnce(&mut R, Result<Message, Fault>) + Send>;

/// What comes of one message that was sent.
struct Waiting<R> {
    /// Whether the bus itself was asked, not the service.
    bus: bool,
    then: Then<R>,
}

struct State<R> {
    service: Option<OwnedUniqueName>,
    /// Whether the service knows us, so that others may ask it things.
    ready: bool,
    lives: Lives,
    outbox: Vec<Message>,
    waiting: HashMap<NonZeroU32, Waiting<R>>,
    closed: Option<ServiceError>,
}

pub(crate) struct Line<R> {
    connection: Connection,
    state: Mutex<State<R>>,
    wake: Notify,
}

impl<R: Role> Line<R> {
    /// Connect; nothing is read until the line is started.
    pub async fn open(address: Option<&str>) -> Result<(Arc<Self>, MessageStream), ServiceError> {
        let builder = match address {
            Some(address) => zbus::connection::Builder::address(address),
            None => zbus::connection::Builder::session(),
        };
        let connection = builder.max_queued(QUEUE).build().await;
        let connection = connection.map_err(|error| ServiceError::NoBus(error.to_string()))?;
        let stream = MessageStream::from(&connection);
        let state = State {
            service: None,
            ready: false,
            lives: Lives::default(),
            outbox: Vec::new(),
            waiting: HashMap::new(),
            closed: None,
        };
        let line = Self { connection, state: Mutex::new(state), wake: Notify::new() };
        Ok((Arc::new(line), stream))
    }

    /// Begin to read, for this role.
    pub fn listen(self: &Arc<Self>, stream: MessageStream, role: R) {
        tokio::spawn(run(self.clone(), stream, role));
    }

    /// Find the service or have it started. The role is told when it is there, now and whenever it comes back.
    pub async fn find_service(self: &Arc<Self>) -> Result<(), ServiceError> {
        let rule = format!(
            "type='signal',sender='{BUS}',interface='{BUS}',member='NameOwnerChanged',arg0='{SERVICE}'"
        );
        self.ask_bus("AddMatch", &rule).await?;
        match self.ask_bus("StartServiceByName", &(SERVICE, 0u32)).await {
            Ok(_) => self.learn_owner().await,
            // The bus does not know how to start it, and says so also of one that somebody started by hand.
            Err(Fault::Reply { name, text }) if name.ends_with(".ServiceUnknown") => {
                match self.learn_owner().await {
                    Err(ServiceError::Unreachable(_)) => Err(ServiceError::Unreachable(text)),
                    found => found,
                }
            }
            Err(Fault::Reply { text, .. }) => Err(ServiceError::Unreachable(text)),
            Err(Fault::Service(error)) => Err(error),
        }
    }

    /// Ask the bus who is the service, and tell the role if that is news.
    async fn learn_owner(self: &Arc<Self>) -> Result<(), ServiceError> {
        let (tell, told) = oneshot::channel();
        let line = self.clone();
        self.send_to_bus(
            "GetNameOwner",
            &SERVICE,
            Box::new(move |role, reply| {
                let owner = reply.and_then(|reply| read::<OwnedUniqueName>(&reply));
                let found = match owner {
                    Ok(owner) => {
                        line.service_is(role, Some(owner));
                        Ok(())
                    }
                    Err(Fault::Reply { text, .. }) => Err(ServiceError::Unreachable(text)),
                    Err(Fault::Service(error)) => Err(error),
                };
                let _ = tell.send(found);
            }),
        );
        told.await.unwrap_or(Err(ServiceError::BusLost))
    }

    /// Ask the bus itself.
    pub async fn ask_bus<B>(
        self: &Arc<Self>,
        member: &'static str,
        body: &B,
    ) -> Result<Message, Fault>
    where
        B: Serialize + DynamicType,
    {
        let (tell, told) = oneshot::channel();
        self.send_to_bus(
            member,
            body,
            Box::new(move |_, reply| {
                let _ = tell.send(reply);
            }),
        );
        told.await.unwrap_or(Err(Fault::Service(ServiceError::BusLost)))
    }

    fn send_to_bus<B: Serialize + DynamicType>(
        &self,
        member: &'static str,
        body: &B,
        then: Then<R>,
    ) {
        let call = Message::method_call("/org/freedesktop/DBus", member)
            .interface(BUS)
            .destination(BUS)
            .build(body);
        let mut state = self.state();
        // Dropping `then` tells whoever waits that there is no bus.
        if let (Ok(call), None) = (call, &state.closed) {
            state.queue(call, Waiting { bus: true, then });
            drop(state);
            self.wake.notify_one();
        }
    }

    /// Ask the service something, once it knows us. `read` makes the answer of the reply, on the reading task, in the
    /// order of arrival.
    pub fn ask<B, T, E>(
        self: &Arc<Self>,
        interface: &'static str,
        member: &'static str,
        body: &B,
        read: impl FnOnce(&mut R, Result<Message, Fault>) -> Result<T, Error<E>> + Send + 'static,
    ) -> Pending<T, E>
    where
        B: Serialize + DynamicType,
        T: Send + 'static,
        E: Reason,
    {
        if !self.state().ready {
            let error = self.state().closed.clone().unwrap_or(ServiceError::Restarting);
            return Pending::new(std::future::ready(Err(error.into())));
        }
        self.say_hello(interface, member, body, read)
    }

    /// As [`ask`](Self::ask), before the service knows us.
    pub fn say_hello<B, T, E>(
        self: &Arc<Self>,
        interface: &'static str,
        member: &'static str,
        body: &B,
        read: impl FnOnce(&mut R, Result<Message, Fault>) -> Result<T, Error<E>> + Send + 'static,
    ) -> Pending<T, E>
    where
        B: Serialize + DynamicType,
        T: Send + 'static,
        E: Reason,
    {
        let (tell, told) = oneshot::channel();
        let then: Then<R> = Box::new(move |role, reply| {
            let answer = read(role, reply);
            if let Err(Err(_)) = tell.send(answer) {
                tracing::debug!(member, "refused, and nobody waits for the answer");
            }
        });
        let serial = match self.send_to_service(interface, member, body, then) {
            Ok(serial) => serial,
            Err(error) => return Pending::new(std::future::ready(Err(error.into()))),
        };
        let line = self.clone();
        Pending::new(async move {
            match tokio::time::timeout(REPLY_LIMIT, told).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Err(line.why_closed().into()),
                Err(_) => {
                    line.state().waiting.remove(&serial);
                    Err(ServiceError::TimedOut(REPLY_LIMIT.as_secs()).into())
                }
            }
        })
    }

    fn send_to_service<B: Serialize + DynamicType>(
        &self,
        interface: &'static str,
        member: &'static str,
        body: &B,
        then: Then<R>,
    ) -> Result<NonZeroU32, ServiceError> {
        let mut state = self.state();
        if let Some(error) = &state.closed {
            return Err(error.clone());
        }
        // To this very process: what it is asked must not reach the next one, which does not know us yet.
        let service = state.service.clone().ok_or(ServiceError::Restarting)?;
        let call = Message::method_call(PATH, member)
            .interface(interface)
            .destination(service.inner().clone())
            .with_flags(Flags::NO_AUTO_START)
            .build(body)
            .map_err(|error| ServiceError::Malformed(error.to_string()))?;
        let serial = state.queue(call, Waiting { bus: false, then });
        drop(state);
        self.wake.notify_one();
        Ok(serial)
    }

    /// Queue a message that nobody answers.
    pub fn send(&self, message: zbus::Result<Message>) {
        match message {
            Ok(message) => self.state().outbox.push(message),
            Err(error) => tracing::error!(%error, "a reply could not be written"),
        }
        self.wake.notify_one();
    }

    /// Refuse a call of a peer.
    pub fn refuse(&self, call: &Message, name: &str, text: &str) {
        if !call.primary_header().flags().contains(Flags::NO_REPLY_EXPECTED) {
            self.send(Message::error(&call.header(), name).build(&text));
        }
    }

    /// Whether the service knows us.
    pub fn set_ready(&self) {
        self.state().ready = true;
    }

    /// Whether this is the service, as it is now.
    pub fn is_service(&self, message: &Message) -> bool {
        let header = message.header();
        let state = self.state();
        header.sender().is_some() && header.sender() == state.service.as_deref()
    }

    /// Let the connection go, after what is queued was written.
    pub fn close(&self) {
        self.state().closed.get_or_insert(ServiceError::LetGo);
        self.wake.notify_one();
    }

    fn why_closed(&self) -> ServiceError {
        self.state().closed.clone().unwrap_or(ServiceError::BusLost)
    }

    /// The service is this connection now, or none.
    fn service_is(self: &Arc<Self>, role: &mut R, owner: Option<OwnedUniqueName>) {
        let mut state = self.state();
        if state.service == owner {
            return;
        }
        let had = state.service.is_some();
        let knew_us = state.ready;
        state.service = owner.clone();
        state.ready = false;
        let pause = match owner {
            Some(_) => state.lives.began(),
            None => state.lives.ended(knew_us),
        };
        let mut lost: Vec<_> = state.waiting.extract_if(|_, waiting| !waiting.bus).collect();
        drop(state);
        lost.sort_by_key(|(serial, _)| *serial);
        for (_, waiting) in lost {
            (waiting.then)(role, Err(Fault::Service(ServiceError::Restarting)));
        }
        if had {
            role.service_left(self);
        }
        match owner {
            Some(_) => role.service_came(self),
            None => drop(tokio::spawn(revive(Arc::downgrade(self), pause))),
        }
    }

    /// Whether the service is there, or will never be.
    pub fn is_settled(&self) -> bool {
        let state = self.state();
        state.service.is_some() || state.closed.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_outbox(&self) -> Vec<Message> {
        std::mem::take(&mut self.state().outbox)
    }

    fn handle(self: &Arc<Self>, role: &mut R, message: &Message) {
        match message.message_type() {
            Type::MethodReturn | Type::Error => self.handle_reply(role, message),
            Type::Signal => self.handle_signal(role, message),
            Type::MethodCall => {
                if !role.call(self, message) && !crate::peer::answer(self, message) {
                    let text =
                        "There is no such method here. See org.hookswitch.ProviderDelegate1.";
                    self.refuse(message, "org.freedesktop.DBus.Error.UnknownMethod", text);
                }
            }
        }
    }

    fn handle_reply(self: &Arc<Self>, role: &mut R, message: &Message) {
        let header = message.header();
        let Some(serial) = header.reply_serial() else { return };
        let sender = header.sender().map(|sender| sender.as_str());
        let waiting = {
            let mut state = self.state();
            let Some(waiting) = state.waiting.get(&serial) else { return };
            // Any peer can send a reply with a guessed serial: only who was asked may answer, or the bus for it.
            let service = state.service.as_ref().map(|name| name.as_str());
            if sender != Some(BUS) && (waiting.bus || sender != service) {
                tracing::warn!("a reply from somebody who was not asked is dropped");
                return;
            }
            state.waiting.remove(&serial)
        };
        let Some(waiting) = waiting else { return };
        let reply = match header.error_name() {
            None => Ok(message.clone()),
            Some(name) => Err(Fault::Reply {
                name: name.as_str().to_owned(),
                text: message.body().deserialize::<String>().unwrap_or_default(),
            }),
        };
        (waiting.then)(role, reply);
    }

    fn handle_signal(self: &Arc<Self>, role: &mut R, message: &Message) {
        let header = message.header();
        let member = header.member().map_or("", |member| member.as_str());
        if header.sender().is_some_and(|sender| sender.as_str() == BUS) {
            let body = message.body();
            if let ("NameOwnerChanged", Ok((SERVICE, _, new))) =
                (member, body.deserialize::<(&str, &str, &str)>())
            {
                let owner = OwnedUniqueName::try_from(new).ok();
                self.service_is(role, owner);
            }
        } else if self.is_service(message) {
            role.signal(self, member, message);
        }
    }
}

impl<R> State<R> {
    fn queue(&mut self, call: Message, waiting: Waiting<R>) -> NonZeroU32 {
        let serial = call.primary_header().serial_num();
        self.waiting.insert(serial, waiting);
        self.outbox.push(call);
        serial
    }
}

/// What a message carries, if it is what the contract says.
pub(crate) fn read<T>(message: &Message) -> Result<T, Fault>
where
    T: for<'de> DynamicDeserialize<'de>,
{
    message
        .body()
        .deserialize::<T>()
        .map_err(|error| Fault::Service(ServiceError::Malformed(error.to_string())))
}

async fn run<R: Role>(line: Arc<Line<R>>, mut stream: MessageStream, mut role: R) {
    let why = loop {
        let outbox = line.take_outbox();
        if !outbox.is_empty() && line.connection.send_all(&outbox).await.is_err() {
            break ServiceError::BusLost;
        }
        {
            let state = line.state();
            if let (true, Some(why)) = (state.outbox.is_empty(), &state.closed) {
                break why.clone();
            }
        }
        let mut next = tokio::select! {
            biased;
            message = stream.next() => message,
            () = line.wake.notified() => continue,
        };
        let mut handled = 0;
        let ended = loop {
            match next {
                Some(Ok(message)) => line.handle(&mut role, &message),
                _ => break true,
            }
            handled += 1;
            if handled == BURST {
                break false;
            }
            match stream.next().now_or_never() {
                Some(message) => next = message,
                None => break false,
            }
        };
        if ended {
            break ServiceError::BusLost;
        }
    };
    let waiting: Vec<_> = {
        let mut state = line.state();
        state.closed.get_or_insert(why.clone());
        state.ready = false;
        state.service = None;
        state.waiting.drain().map(|(_, waiting)| waiting).collect()
    };
    for waiting in waiting {
        (waiting.then)(&mut role, Err(Fault::Service(why.clone())));
    }
    role.closed(why);
    let _ = line.connection.clone().close().await;
}
