//! A provider that is written against the contract alone, and what becomes of a transaction that it is offered as a whole.

use hookswitch::{CallState, FailReason, Outcome, new_call};
use hookswitch_bus::names::{PATH, PROVIDER, SERVICE};
use hookswitch_journeys::{Phone, Screen, soon};
use std::collections::HashMap;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, OwnedVariant, Variant};

type Record<'a> = HashMap<&'a str, Variant<'a>>;

/// A provider without a library.
struct Plain {
    connection: Connection,
    messages: MessageStream,
    call: String,
}

impl Plain {
    /// One that registers `executes_transactions`, with a call that rings.
    async fn rings(phone: &Phone) -> Self {
        let connection = phone.stranger().await;
        let messages = MessageStream::from(&connection);
        let plain = Self { connection, messages, call: new_call().to_string() };
        let app = ("app_id", Variant::from("org.example.Plain"));
        let whole = ("executes_transactions", Variant::from(true));
        plain.ask("Register", &Record::from([app, whole])).await;
        let update = Record::from([("handle", Variant::from("+49301"))]);
        plain.ask("ReportNewIncomingCall", &(&plain.call, update)).await;
        plain
    }

    async fn ask<B: serde::Serialize + zbus::wire::DynamicType>(&self, member: &str, body: &B) {
        let to = Some(SERVICE);
        let asked = self.connection.call_method(to, PATH, Some(PROVIDER), member, body);
        soon(member, asked).await.expect("the service takes it");
    }

    /// The next call of this member of the delegate; others are left alone.
    async fn told(&mut self, member: &str) -> Message {
        use futures_util::StreamExt;
        loop {
            let message = soon(member, self.messages.next()).await.expect("the bus lives").unwrap();
            let is = message.header().member().is_some_and(|of| of.as_str() == member);
            if is && message.message_type() == Type::MethodCall {
                return message;
            }
        }
    }

    async fn refuse(&self, call: &Message, name: &str) {
        let error = Message::error(&call.header(), name).build(&"No.").unwrap();
        self.connection.send(&error).await.unwrap();
    }

    async fn answer(&self, call: &Message, body: &Record<'_>) {
        let reply = Message::method_return(&call.header()).build(body).unwrap();
        self.connection.send(&reply).await.unwrap();
    }
}

/// What was offered: transaction, and id, word and call of its only action.
fn offered(message: &Message) -> (u64, u64, String, String) {
    let body = message.body();
    let (transaction, actions, _): (u64, Vec<HashMap<String, OwnedVariant>>, Record<'_>) =
        body.deserialize().unwrap();
    assert_eq!(actions.len(), 1);
    let action = &actions[0];
    let text = |key: &str| String::try_from(action[key].clone()).unwrap();
    let id = u64::try_from(action["action_id"].clone()).unwrap();
    assert!(u32::try_from(action["deadline_ms"].clone()).unwrap() > 0);
    assert_eq!(u64::try_from(action["part_of"].clone()).unwrap(), transaction);
    (transaction, id, text("action"), text("call"))
}

async fn answered(screen: &mut Screen) -> hookswitch::Request {
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None)
}

#[tokio::test]
async fn an_app_that_knows_no_such_member_is_asked_one_by_one() {
    let phone = Phone::new();
    let mut screen = phone.screen().await;
    let mut plain = Plain::rings(&phone).await;
    let asked = answered(&mut screen).await;
    let offer = plain.told("ExecuteTransaction").await;
    let (_, first, word, call) = offered(&offer);
    assert_eq!((word.as_str(), &call), ("answer_call", &plain.call));
    plain.refuse(&offer, "org.freedesktop.DBus.Error.UnknownMethod").await;
    let perform = plain.told("PerformAnswerCall").await;
    let (second, ..): (u64, String, HashMap<String, OwnedVariant>) =
        perform.body().deserialize().unwrap();
    assert_ne!(first, second, "an id of its own");
    plain.answer(&perform, &Record::new()).await;
    assert_eq!(soon("the outcome", asked.outcome()).await.unwrap(), [Outcome::Fulfilled(None)]);
}

#[tokio::test]
async fn an_app_that_completes_what_it_was_offered_has_taken_it() {
    let phone = Phone::new();
    let mut screen = phone.screen().await;
    let mut plain = Plain::rings(&phone).await;
    let asked = answered(&mut screen).await;
    let offer = plain.told("ExecuteTransaction").await;
    let (_, action, ..) = offered(&offer);
    plain.ask("Fulfill", &(action, Record::new())).await;
    assert_eq!(soon("the outcome", asked.outcome()).await.unwrap(), [Outcome::Fulfilled(None)]);
    // Saying so afterwards changes nothing.
    plain.answer(&offer, &Record::from([("handled", Variant::from(false))])).await;
    let number = screen.one(CallState::Active).await.number;
    screen.surface.end(number, None).forget();
    let offer = plain.told("ExecuteTransaction").await;
    assert_eq!(offered(&offer).2, "end_call");
}

#[tokio::test]
async fn an_app_that_says_nothing_runs_out_of_time() {
    let phone = Phone::with_policy("answer=300,end=300");
    let mut screen = phone.screen().await;
    let mut plain = Plain::rings(&phone).await;
    let asked = answered(&mut screen).await;
    let (_, action, ..) = offered(&plain.told("ExecuteTransaction").await);
    let late = plain.told("TimedOut").await;
    let (of, details): (u64, HashMap<String, OwnedVariant>) = late.body().deserialize().unwrap();
    assert_eq!(of, action);
    assert_eq!(String::try_from(details["action_kind"].clone()).unwrap(), "answer_call");
    let outcome = soon("the outcome", asked.outcome()).await.unwrap();
    assert_eq!(outcome, [Outcome::Failed(FailReason::TimedOut)]);
}
