use hookswitch_bus::{Refusal, error_name, names};
use serde::Serialize;
use zbus::message::{Flags, Header};
use zbus::names::{InterfaceName, MemberName};
use zbus::{Connection, DynamicType, Message, ObjectPath};

/// The contract's own names need not be looked at again for each message.
const PATH: ObjectPath<'static> = ObjectPath::from_static_str_unchecked(names::PATH);
const DELEGATE_PATH: ObjectPath<'static> =
    ObjectPath::from_static_str_unchecked(names::DELEGATE_PATH);
const DELEGATE: InterfaceName<'static> = InterfaceName::from_static_str_unchecked(names::DELEGATE);

/// Messages that leave together, in one write.
#[derive(Debug, Default)]
pub struct Outbox {
    messages: Vec<Message>,
}

impl Outbox {
    fn push(&mut self, built: zbus::Result<Message>) {
        match built {
            Ok(message) => self.messages.push(message),
            // Only a record too large for the bus gets here, and records are bounded.
            Err(error) => tracing::error!("a message could not be built: {error}"),
        }
    }

    /// The reply to a call, unless it wants none.
    pub fn reply<B: Serialize + DynamicType>(&mut self, call: &Header<'_>, body: &B) {
        if !call.primary().flags().contains(Flags::NO_REPLY_EXPECTED) {
            self.push(Message::method_return(call).build(body));
        }
    }

    /// A refusal with CallKit's name.
    pub fn refuse(&mut self, call: &Header<'_>, refusal: &Refusal) {
        self.error(call, &error_name(refusal.name), &refusal.text);
    }

    /// An error of any name.
    pub fn error(&mut self, call: &Header<'_>, name: &str, text: &str) {
        if !call.primary().flags().contains(Flags::NO_REPLY_EXPECTED) {
            self.push(Message::error(call, name).build(&text));
        }
    }

    /// A signal to one connection. Nothing with identity is ever broadcast.
    pub fn signal<B: Serialize + DynamicType>(
        &mut self,
        to: &str,
        interface: &'static str,
        member: &'static str,
        body: &B,
    ) {
        let interface = InterfaceName::from_static_str_unchecked(interface);
        let member = MemberName::from_static_str_unchecked(member);
        self.push(Message::signal(PATH, interface, member).destination(to).build(body));
    }

    /// A signal of another interface than ours, to one connection.
    pub fn signal_of<B: Serialize + DynamicType>(
        &mut self,
        to: &str,
        path: &str,
        interface: &'static str,
        member: &'static str,
        body: &B,
    ) {
        self.push(Message::signal(path, interface, member).destination(to).build(body));
    }

    /// A call of a method of somebody else's, without starting anything. The serial its reply will carry.
    pub fn call<B: Serialize + DynamicType>(
        &mut self,
        to: &str,
        path: &str,
        interface: &'static str,
        member: &'static str,
        body: &B,
        wants_reply: bool,
    ) -> Option<u32> {
        let flags = match wants_reply {
            true => Flags::NO_AUTO_START.into(),
            false => Flags::NO_AUTO_START | Flags::NO_REPLY_EXPECTED,
        };
        let built = Message::method_call(path, member)
            .interface(interface)
            .destination(to)
            .with_flags(flags)
            .build(body);
        let serial = built.as_ref().ok().map(|call| call.primary_header().serial_num().get());
        self.push(built);
        serial
    }

    /// A call of a delegate, by unique name and without starting anything. The serial its reply will carry.
    pub fn call_delegate<B: Serialize + DynamicType>(
        &mut self,
        to: &str,
        member: &'static str,
        body: &B,
        wants_reply: bool,
    ) -> Option<u32> {
        let flags = match wants_reply {
            true => Flags::NO_AUTO_START,
            false => Flags::NO_AUTO_START | Flags::NO_REPLY_EXPECTED,
        };
        let member = MemberName::from_static_str_unchecked(member);
        let built = Message::method_call(DELEGATE_PATH, member)
            .interface(DELEGATE)
            .destination(to)
            .with_flags(flags)
            .build(body);
        let serial = built.as_ref().ok().map(|call| call.primary_header().serial_num().get());
        self.push(built);
        serial
    }

    /// A question to the bus itself. The serial its answer will carry.
    pub fn ask_bus(&mut self, member: &str, name: &str) -> Option<u32> {
        let built = Message::method_call("/org/freedesktop/DBus", member)
            .interface("org.freedesktop.DBus")
            .destination("org.freedesktop.DBus")
            .build(&name);
        let serial = built.as_ref().ok().map(|call| call.primary_header().serial_num().get());
        self.push(built);
        serial
    }

    /// Send everything, in order.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn send(&mut self, connection: &Connection) -> zbus::Result<()> {
        let result = match self.messages.as_slice() {
            [] => return Ok(()),
            [one] => connection.send(one).await,
            all => connection.send_all(all).await,
        };
        self.messages.clear();
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_looked_at_again_are_names() {
        assert_eq!(ObjectPath::try_from(names::PATH), Ok(PATH));
        assert_eq!(ObjectPath::try_from(names::DELEGATE_PATH), Ok(DELEGATE_PATH));
        for name in [names::DELEGATE, names::PROVIDER, names::SURFACE, names::OBSERVER] {
            assert!(InterfaceName::try_from(name).is_ok(), "{name}");
        }
    }
}
