//! What comes in from the bus: each interface is a door.

mod observer;
mod provider;
mod recents;
mod replies;
mod service;
mod standard;
mod surface;

pub(crate) use provider::call_id;

use crate::peers::BusAnswer;
use crate::service::Service;
use hookswitch_bus::{OutOfRange, Refusal, names};
use hookswitch_core::Input;
use hookswitch_core::words::{
    CompletionError, IncomingCallError, RegisterError, ReportError, RequestError,
};
use zbus::Message;
use zbus::message::{Header, Type};
use zbus::wire::DynamicDeserialize;

/// A body larger than this is refused unread.
const MAX_BODY: usize = 256 << 10;
/// Messages of one connection that may wait until it is known who it is.
const MAX_WAITING: usize = 256;

/// Why a call is not done.
#[derive(Debug, PartialEq)]
pub(crate) enum Declined {
    /// With CallKit's name.
    Refusal(Refusal),
    /// No such member, interface or object.
    Unknown(&'static str),
    /// The arguments are not of the types the contract says.
    Arguments(String),
    /// Not now: the answer comes when it is known who asks.
    Later,
}

macro_rules! declined {
    ($($error:ident),+) => {$(
        impl From<$error> for Declined {
            fn from(error: $error) -> Self {
                Self::Refusal(error.into())
            }
        }
    )+};
}

declined!(
    Refusal,
    OutOfRange,
    CompletionError,
    IncomingCallError,
    RegisterError,
    ReportError,
    RequestError
);

/// The arguments of a call: of other types than the contract says, or with a field that is missing or wrong.
fn arguments<'m, B: DynamicDeserialize<'m>>(body: &'m zbus::message::Body) -> Result<B, Declined> {
    body.deserialize().map_err(|error| {
        let text = format!(
            "The arguments do not fit the contract: {error}. Compare them with the interface's XML."
        );
        match error {
            zbus::Error::SignatureMismatch(..) => Declined::Arguments(text),
            _ => Declined::Refusal(Refusal::invalid(text)),
        }
    })
}

impl Service {
    /// Take one message from the bus.
    pub fn take(&mut self, message: Message) {
        match message.message_type() {
            Type::MethodCall => self.called(message),
            Type::MethodReturn | Type::Error => self.returned(&message),
            Type::Signal => self.signalled(&message),
        }
    }

    fn called(&mut self, message: Message) {
        let header = message.header();
        let Some(sender) = header.sender().map(|sender| sender.as_str()) else { return };
        // Before it may wait: what waits is kept.
        if message.body().len() > MAX_BODY {
            let what = "The message is larger than 256 KiB. Send less.";
            return self.out.refuse(&header, &Refusal::invalid(what));
        }
        if self.peers.is_being_asked(sender) {
            match self.peers.waiting(sender) < MAX_WAITING {
                true => self.peers.wait(sender, message.clone()),
                false => self.out.refuse(&header, &RequestError::TooManyRequests.into()),
            }
            return;
        }
        self.enter(&message, &header, sender);
    }

    fn enter(&mut self, message: &Message, header: &Header<'_>, sender: &str) {
        match self.route(message, header, sender) {
            Ok(()) | Err(Declined::Later) => {}
            Err(Declined::Refusal(refusal)) => self.out.refuse(header, &refusal),
            Err(Declined::Unknown(kind)) => {
                let name = format!("org.freedesktop.DBus.Error.{kind}");
                let text =
                    "There is no such thing here. Compare the call with the interface's XML.";
                self.out.error(header, &name, text);
            }
            Err(Declined::Arguments(text)) => {
                self.out.error(header, "org.freedesktop.DBus.Error.InvalidArgs", &text);
            }
        }
    }

    fn route(
        &mut self,
        message: &Message,
        header: &Header<'_>,
        sender: &str,
    ) -> Result<(), Declined> {
        let member = header.member().map_or("", |member| member.as_str());
        let interface = header.interface().map_or("", |interface| interface.as_str());
        let path = header.path().map_or("", |path| path.as_str());
        if self.shell_is_at(path) {
            return self.shell_door(message, header, member, sender);
        }
        if standard::is_standard(interface) {
            return self.standard(message, header, interface, member, path, sender);
        }
        if path != names::PATH {
            return Err(Declined::Unknown("UnknownObject"));
        }
        match interface {
            names::PROVIDER => self.provider_door(message, header, member, sender),
            names::SURFACE => self.surface_door(message, header, member, sender),
            names::OBSERVER => self.observer_door(message, header, member, sender),
            names::RECENTS => self.recents_door(message, header, member, sender),
            names::SERVICE_INTERFACE => self.service_door(message, header, member, sender),
            _ => Err(Declined::Unknown("UnknownInterface")),
        }
    }

    fn signalled(&mut self, message: &Message) {
        let header = message.header();
        self.shell_heard(&header, message);
        let from_bus = header.sender().is_some_and(|s| s.as_str() == "org.freedesktop.DBus");
        let interface = header.interface().map_or("", |interface| interface.as_str());
        if interface == "org.freedesktop.Notifications" {
            return self.notifications_told(message);
        }
        if !from_bus || header.member().is_none_or(|m| m.as_str() != "NameOwnerChanged") {
            return;
        }
        let body = message.body();
        let Ok((name, _, new)) = body.deserialize::<(&str, &str, &str)>() else { return };
        self.name_changed(name, new);
        if name.starts_with(':') && new.is_empty() {
            self.performs.forget(name);
            self.shell_left(name);
            let (provider, surface) = self.peers.leave(name);
            if let Some(provider) = provider {
                self.ringtones.remove(&provider);
                self.decide(Input::ProviderLost { provider }, None);
            }
            if let Some(surface) = surface {
                self.decide(Input::SurfaceLeft { surface }, None);
            }
        }
    }

    /// The bus answered a question about a connection: go on with what that said.
    pub fn known(&mut self, serial: u32, answer: BusAnswer) {
        let Some(known) = self.peers.answered(serial, answer) else { return };
        self.settled = Some((known.connection.clone(), known.owner));
        for message in known.said {
            let header = message.header();
            match self.peers.is_being_asked(&known.connection) {
                true => self.peers.wait(&known.connection, message.clone()),
                false => self.enter(&message, &header, &known.connection),
            }
        }
        self.settled = None;
        self.shell_known(&known.connection);
    }
}
