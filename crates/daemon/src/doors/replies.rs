use crate::peers::{BusAnswer, Question};
use crate::performs::Whose;
use crate::service::Service;
use hookswitch_bus::{ResultRecord, names};
use hookswitch_core::words::ActionId;
use hookswitch_core::{Completion, Input};
use std::collections::HashMap;
use zbus::message::Type;
use zbus::{Message, OwnedVariant};

/// Errors that a bus or a library makes up: the app itself has not said no.
const TRANSPORT: [&str; 6] = [
    "org.freedesktop.DBus.Error.NoReply",
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.Disconnected",
    "org.freedesktop.DBus.Error.Timeout",
    "org.freedesktop.DBus.Error.TimedOut",
];

impl Service {
    /// A reply: to a perform, or to a question to the bus.
    pub fn returned(&mut self, message: &Message) {
        let header = message.header();
        let (Some(serial), Some(sender)) = (header.reply_serial(), header.sender()) else { return };
        let (serial, sender) = (serial.get(), sender.as_str());
        if sender == "org.freedesktop.DBus"
            && let Some(question) = self.peers.question(serial)
        {
            let answer = bus_answer(message, question);
            return self.known(serial, answer);
        }
        match self.performs.take(serial, sender) {
            Whose::Ours(action) => self.performed(message, sender, action),
            Whose::Forged(action) => {
                tracing::warn!("dropped a reply to action {action} that did not come from its app");
                self.flow.remark(&format!("dropped a forged reply to action {action}"));
            }
            Whose::Nobodys => {}
        }
    }

    fn performed(&mut self, message: &Message, sender: &str, action: ActionId) {
        let Some(peer) = self.peers.get(sender) else { return };
        let Some(provider) = peer.provider.as_ref().map(|provider| provider.id) else { return };
        let completion = match message.message_type() {
            Type::MethodReturn => match result(message) {
                Ok(ResultRecord { deferred: Some(true), .. }) => return,
                Ok(result) => Completion::Fulfill(result.moment()),
                Err(error) => {
                    self.flow.remark(&format!("the result of action {action} is none: {error}"));
                    Completion::Fail
                }
            },
            _ => {
                let name = message.header().error_name().map(ToString::to_string);
                let name = name.unwrap_or_default();
                // Its loss, or the deadline, will say more.
                if TRANSPORT.contains(&name.as_str()) {
                    self.flow.remark(&format!("no answer to action {action}: {name}"));
                    return;
                }
                let known = name.starts_with(names::ERROR_PREFIX)
                    || name.starts_with("org.freedesktop.DBus.Error.");
                let name = if known { &name } else { "an error of the app's own" };
                self.flow.remark(&format!("action {action} failed: {name}"));
                Completion::Fail
            }
        };
        self.decide(Input::Complete { provider, action, completion, request: None }, None);
    }
}

/// A binding that returns nothing has fulfilled, too.
fn result(message: &Message) -> zbus::Result<ResultRecord> {
    let body = message.body();
    match body.is_empty() {
        true => Ok(ResultRecord::default()),
        false => body.deserialize(),
    }
}

fn bus_answer(message: &Message, question: Question) -> BusAnswer {
    if message.message_type() == Type::Error {
        return BusAnswer::Nothing;
    }
    let body = message.body();
    match question {
        Question::Credentials => {
            let all = body.deserialize::<HashMap<String, OwnedVariant>>().unwrap_or_default();
            let pid = all.get("ProcessID").and_then(|pid| u32::try_from(pid.clone()).ok());
            pid.map_or(BusAnswer::Nothing, BusAnswer::Pid)
        }
        Question::Owner => match body.deserialize::<String>() {
            Ok(owner) => BusAnswer::Owner(owner),
            Err(_) => BusAnswer::Nothing,
        },
    }
}
