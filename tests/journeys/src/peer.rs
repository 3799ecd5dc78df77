//! A connection without the library: it says exactly what the story wants, right or wrong.

use crate::contract_words::Method;
use crate::{GUARD, soon};
use futures_util::StreamExt;
use hookswitch_bus::names::{ERROR_PREFIX, PATH, PROVIDER, SERVICE, SERVICE_INTERFACE, SURFACE};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::{NonZeroU32, NonZeroUsize};
use zbus::message::Type;
use zbus::wire::StructureBuilder;
use zbus::{Connection, Message, MessageStream, OwnedVariant, Variant};

/// Messages that may wait until they are looked at.
const QUEUE: NonZeroUsize = NonZeroUsize::new(1 << 16).unwrap();

/// What goes into a message, in order.
pub type Body = Vec<Variant<'static>>;

/// A record, to be filled.
pub type Record = HashMap<&'static str, Variant<'static>>;

/// What the service answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It is done; what came back.
    Done(Message),
    /// An error: its name, and its text.
    Refused(String, String),
    /// Nothing at all.
    Silence,
}

impl Answer {
    /// The name of the error, without what the project's own begin with; `done`, or `silence`.
    pub fn word(&self) -> &str {
        match self {
            Self::Done(_) => "done",
            Self::Refused(name, _) => name.strip_prefix(ERROR_PREFIX).unwrap_or(name),
            Self::Silence => "silence",
        }
    }

    /// What is wrong with this as an answer to anybody: it must be done, or refused under a name of the contract with a
    /// text that says the cause and what to do now.
    pub fn fault(&self) -> Option<String> {
        match self {
            Self::Done(_) => None,
            Self::Refused(name, _) if !name.starts_with(ERROR_PREFIX) => Some(name.clone()),
            Self::Refused(name, text) => {
                let sentences = text.trim_end_matches('.').contains(". ");
                (!sentences).then(|| format!("{name} says only: {text}"))
            }
            Self::Silence => Some("no answer at all".to_owned()),
        }
    }

    /// As [`fault`](Self::fault), of arguments that are of the wrong types: the bus has its own error for that.
    pub fn fault_of_types(&self) -> Option<String> {
        match self {
            Self::Refused(name, _) if name == "org.freedesktop.DBus.Error.InvalidArgs" => None,
            Self::Done(_) => Some("it was taken".to_owned()),
            other => other.fault(),
        }
    }

    fn of(message: &Message) -> Self {
        match message.message_type() {
            Type::Error => {
                let name = message.header().error_name().map(ToString::to_string);
                let text = message.body().deserialize::<String>().unwrap_or_default();
                Self::Refused(name.unwrap_or_default(), text)
            }
            _ => Self::Done(message.clone()),
        }
    }
}

/// A connection to a phone's bus.
pub struct Peer {
    /// The connection itself.
    pub bus: Connection,
    messages: MessageStream,
    /// What it was called for while it waited for something else.
    called: VecDeque<Message>,
    /// Answers that came while it waited for another.
    answers: HashMap<NonZeroU32, Message>,
}

impl Peer {
    /// From now on everything that comes to this connection is kept.
    pub fn new(bus: Connection) -> Self {
        let mut messages = MessageStream::from(&bus);
        messages.set_max_queued(QUEUE);
        Self { bus, messages, called: VecDeque::new(), answers: HashMap::new() }
    }

    /// Its unique name.
    ///
    /// # Panics
    /// The bus has not given it one.
    pub fn name(&self) -> String {
        self.bus.unique_name().expect("it is on a bus").to_string()
    }

    /// Call a method of the service, and wait for the answer.
    ///
    /// # Panics
    /// The bus is gone.
    pub async fn asks(&mut self, method: &Method, body: &Body) -> Answer {
        let serial = self.sends(method, body).await;
        self.reply_to(serial).await
    }

    /// As [`asks`](Self::asks), by names.
    ///
    /// # Panics
    /// The bus is gone.
    pub async fn calls(&mut self, interface: &str, member: &str, body: &Body) -> Answer {
        let message = message(interface, member, body);
        let serial = message.primary_header().serial_num();
        self.bus.send(&message).await.expect("the bus is there");
        self.reply_to(serial).await
    }

    /// Call a method of the service. The serial that the answer will name.
    ///
    /// # Panics
    /// The bus is gone.
    pub async fn sends(&self, method: &Method, body: &Body) -> NonZeroU32 {
        let message = message(&method.interface, &method.name, body);
        let serial = message.primary_header().serial_num();
        self.bus.send(&message).await.expect("the bus is there");
        serial
    }

    /// Wait for the answer to what was sent under this serial.
    ///
    /// # Panics
    /// The bus is gone.
    pub async fn reply_to(&mut self, serial: NonZeroU32) -> Answer {
        let until = tokio::time::Instant::now() + GUARD;
        loop {
            if let Some(answer) = self.answers.remove(&serial) {
                return Answer::of(&answer);
            }
            let next = tokio::time::timeout_at(until, self.messages.next()).await;
            let Ok(message) = next else { return Answer::Silence };
            let message = message.expect("the bus is there").expect("it speaks D-Bus");
            self.keep(message);
        }
    }

    /// Wait for a call of this member of the delegate.
    ///
    /// # Panics
    /// It does not come.
    pub async fn told(&mut self, member: &str) -> Message {
        let is =
            |message: &Message| message.header().member().is_some_and(|of| of.as_str() == member);
        let came = async {
            loop {
                if let Some(at) = self.called.iter().position(is) {
                    return self.called.remove(at).expect("it is there");
                }
                let message = self.messages.next().await.expect("the bus is there");
                self.keep(message.expect("it speaks D-Bus"));
            }
        };
        soon(member, came).await
    }

    fn keep(&mut self, message: Message) {
        let replies = message.header().reply_serial();
        match (message.message_type(), replies) {
            (Type::MethodCall, _) => self.called.push_back(message),
            (Type::MethodReturn | Type::Error, Some(serial)) => {
                drop(self.answers.insert(serial, message))
            }
            _ => {}
        }
    }

    /// What it was called for up to now, and not yet waited for: members, in order.
    ///
    /// # Panics
    /// The bus is gone.
    pub async fn called(&mut self) -> Vec<String> {
        // What the service sent before this answer has arrived with it.
        self.calls(SERVICE_INTERFACE, "Status", &Vec::new()).await;
        let member = |message: &Message| message.header().member().map(ToString::to_string);
        self.called.iter().filter_map(member).collect()
    }

    /// Become the provider of an app.
    ///
    /// # Panics
    /// It is refused.
    pub async fn register(&mut self, app: &str, more: Record) {
        let mut configuration = more;
        configuration.insert("app_id", app.to_owned().into());
        let answer = self.calls(PROVIDER, "Register", &vec![configuration.into()]).await;
        assert_eq!(answer.word(), "done", "{app} registers: {answer:?}");
    }

    /// Become a surface, or read again what surfaces see.
    ///
    /// # Panics
    /// It is refused.
    pub async fn shows(&mut self) -> Vec<BTreeMap<String, OwnedVariant>> {
        let surface = Record::from([("name", "peer".into())]);
        let answer = self.calls(SURFACE, "Register", &vec![surface.into()]).await;
        let Answer::Done(message) = answer else { panic!("a surface: {answer:?}") };
        let body = message.body();
        let mut state: HashMap<String, OwnedVariant> = body.deserialize().expect("a record");
        let calls = state.remove("calls").map(Vec::<HashMap<String, OwnedVariant>>::try_from);
        let calls = calls.transpose().expect("records").unwrap_or_default();
        calls.into_iter().map(|call| call.into_iter().collect()).collect()
    }

    /// Report an incoming call, and return its id and its number.
    ///
    /// # Panics
    /// It is refused.
    pub async fn rings(&mut self) -> (String, u64) {
        let call = hookswitch::new_call().to_string();
        let update = Record::from([("handle", "anna@example.org".into())]);
        let body = vec![call.clone().into(), update.into()];
        let answer = self.calls(PROVIDER, "ReportNewIncomingCall", &body).await;
        let Answer::Done(message) = answer else { panic!("a call comes in: {answer:?}") };
        let admitted: HashMap<String, OwnedVariant> =
            message.body().deserialize().expect("a record");
        (call, u64::try_from(admitted["number"].clone()).expect("a number"))
    }

    /// Reply to what it was asked: done.
    ///
    /// # Panics
    /// The bus is gone.
    pub async fn fulfills(&self, asked: &Message) {
        self.bus.reply(&asked.header(), &Record::new()).await.expect("the bus is there");
    }
}

/// A call of the service, with any body.
///
/// # Panics
/// It cannot be said on D-Bus at all.
pub fn message(interface: &str, member: &str, body: &Body) -> Message {
    let builder = Message::method_call(PATH, member).interface(interface).destination(SERVICE);
    let built = match body.is_empty() {
        true => builder.build(&()),
        false => {
            let mut fields = StructureBuilder::new();
            body.iter().for_each(|value| fields.push_value(copy(value)));
            builder.build(&fields.build().expect("there are arguments"))
        }
    };
    built.unwrap_or_else(|error| panic!("{interface}.{member} cannot be said: {error}"))
}

/// The same value once more.
///
/// # Panics
/// The system is out of file descriptors.
pub fn copy(value: &Variant<'static>) -> Variant<'static> {
    value.try_clone().expect("a file descriptor")
}
