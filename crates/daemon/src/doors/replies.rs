use crate::peers::{BusAnswer, Question};
use crate::performs::{Asked, Whose};
use crate::service::Service;
use hookswitch_bus::{ExecutedRecord, ResultRecord, names};
use hookswitch_core::words::{ActionId, CompletionError, ProviderId, RequestId, TransactionId};
use hookswitch_core::{Completion, Input, Reply};
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
        if self.shell_answered(serial, sender, message) {
            return;
        }
        match self.performs.take(serial, sender) {
            Whose::Ours(asked) => self.replied(message, sender, asked),
            Whose::Forged(asked) => {
                tracing::warn!("dropped a reply to {asked} that did not come from its app");
                self.flow.remark(&format!("dropped a forged reply to {asked}"));
            }
            Whose::Nobodys => {}
        }
    }

    fn replied(&mut self, message: &Message, sender: &str, asked: Asked) {
        let Some(peer) = self.peers.get(sender) else { return };
        let Some(provider) = peer.provider.as_ref().map(|provider| provider.id) else { return };
        match asked {
            Asked::Perform(action) | Asked::Translate(action) => {
                let translates = asked == Asked::Translate(action);
                self.performed(message, provider, action, translates);
            }
            Asked::Execute(transaction) => self.executed(message, provider, transaction),
        }
    }

    fn performed(
        &mut self,
        message: &Message,
        provider: ProviderId,
        action: ActionId,
        translates: bool,
    ) {
        let completion = match message.message_type() {
            Type::MethodReturn => match result::<ResultRecord>(message) {
                Ok(ResultRecord { deferred: Some(true), .. }) => return,
                Ok(result) => result.into_completion().unwrap_or_else(|_| {
                    self.flow.remark(&format!("the result of action {action} is no record"));
                    Completion::Fail
                }),
                Err(_) => {
                    // What was wrong with it may quote it.
                    self.flow.remark(&format!("the result of action {action} is no record"));
                    Completion::Fail
                }
            },
            _ => {
                let Some(name) = self.refused(message, Asked::Perform(action)) else { return };
                self.flow.remark(&format!("action {action} failed: {name}"));
                Completion::Fail
            }
        };
        // A reply cannot be refused, so a translation without an engine that can be has failed.
        // Nobody else is told how it went, but the log of flows.
        let request = Some(RequestId(self.fresh()));
        let refused = Reply::CompletionRefused(CompletionError::NoTranslationEngine);
        let input = Input::Complete { provider, action, completion, request };
        if self.decide(input, None) == Some(refused) && translates {
            let completion = Completion::Fail;
            let request = Some(RequestId(self.fresh()));
            self.decide(Input::Complete { provider, action, completion, request }, None);
        }
    }

    fn executed(&mut self, message: &Message, provider: ProviderId, transaction: TransactionId) {
        let handled = match message.message_type() {
            Type::MethodReturn => {
                result::<ExecutedRecord>(message).is_ok_and(|reply| reply.handled == Some(true))
            }
            _ => match self.refused(message, Asked::Execute(transaction)) {
                Some(_) => false,
                None => return,
            },
        };
        self.decide(Input::Executed { provider, transaction, handled }, None);
    }

    /// The error an app replied with, as far as it may be written down; `None`: the app itself has said nothing, and
    /// its loss, or the deadline, will say more.
    fn refused(&mut self, message: &Message, asked: Asked) -> Option<String> {
        let name = message.header().error_name().map(ToString::to_string).unwrap_or_default();
        if TRANSPORT.contains(&name.as_str()) {
            self.flow.remark(&format!("no answer to {asked}: {name}"));
            return None;
        }
        let known = name.starts_with(names::ERROR_PREFIX)
            || name.starts_with("org.freedesktop.DBus.Error.");
        Some(if known { name } else { "an error of the app's own".to_owned() })
    }
}

/// A binding that returns nothing has said nothing but that it is done.
fn result<R: Default + serde::de::DeserializeOwned + zbus::Type>(
    message: &Message,
) -> zbus::Result<R> {
    let body = message.body();
    match body.is_empty() {
        true => Ok(R::default()),
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
