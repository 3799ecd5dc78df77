//! A service of a later version: what it says that this version of the library does not know does no harm. The story
//! plays that service.

use hookswitch::{
    CallState, ChoiceKind, Configuration, EndedReason, Error, FailReason, Handle, HandleKind,
    Outcome, RequestError, Surface, TranslationEngine, new_call,
};
use hookswitch_bus::names::{DELEGATE, DELEGATE_PATH, PATH, SERVICE, SURFACE};
use hookswitch_journeys::{App, Event, Phone, soon};
use std::collections::HashMap;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, Variant};

type Record<'a> = HashMap<&'a str, Variant<'a>>;

/// A record out of keys and values.
macro_rules! record {
    ($($key:literal: $value:expr),* $(,)?) => {
        Record::from([$(($key, Variant::from($value))),*])
    };
}

/// The service that the story plays.
struct Newer {
    connection: Connection,
    messages: MessageStream,
}

impl Newer {
    async fn start(phone: &Phone) -> Self {
        let connection = phone.stranger().await;
        let messages = MessageStream::from(&connection);
        connection.request_name(SERVICE).await.expect("no other service runs");
        Self { connection, messages }
    }

    /// The next call of this member. What else arrives is not looked at.
    async fn asked(&mut self, member: &str) -> Message {
        use futures_util::StreamExt;
        loop {
            let message = soon(member, self.messages.next()).await.expect("the bus lives").unwrap();
            let is = message.header().member().is_some_and(|of| of.as_str() == member);
            if is && message.message_type() == Type::MethodCall {
                return message;
            }
        }
    }

    async fn answer(&self, call: &Message, body: &Record<'_>) {
        let reply = Message::method_return(&call.header()).build(body).unwrap();
        self.connection.send(&reply).await.unwrap();
    }

    /// An app that registers with this service.
    async fn app(&mut self, phone: &Phone) -> (App, String) {
        let registered = async {
            let call = self.asked("Register").await;
            let features = vec!["groups", "levitation"];
            let body = record! {
                "version": 9u32, "features": features, "verified": true, "mood": "fine",
            };
            self.answer(&call, &body).await;
            call.header().sender().expect("the bus says who").to_string()
        };
        let configuration =
            Configuration { executes_transactions: true, ..Configuration::default() };
        let app = App::start(phone.address(), "org.example.Chat", configuration, false);
        tokio::join!(app, registered)
    }

    /// Call the app's delegate.
    async fn tell<B: serde::Serialize + zbus::wire::DynamicType>(
        &self,
        app: &str,
        member: &str,
        body: &B,
    ) -> zbus::Result<Message> {
        let asked =
            self.connection.call_method(Some(app), DELEGATE_PATH, Some(DELEGATE), member, body);
        soon(member, asked).await
    }
}

#[tokio::test]
async fn an_app_is_told_what_it_does_not_know() {
    let phone = Phone::new();
    let mut service = Newer::start(&phone).await;
    let (mut app, to) = service.app(&phone).await;
    assert!(app.provider.registration().features.contains(&"levitation".to_owned()));
    app.executes(true);
    let call = new_call();
    let uuid = call.to_string();

    // A perform of a later version fails politely.
    let details = || record! { "deadline_ms": 5000u32, "height": 3u32 };
    let error = service.tell(&to, "PerformLevitateCall", &(1u64, &uuid, details())).await;
    assert!(error.unwrap_err().to_string().contains("UnknownMethod"));
    // So does one whose details it cannot read.
    let odd = record! { "deadline_ms": 5000u32, "with": "the other one" };
    let error = service.tell(&to, "PerformSetGroupCall", &(2u64, &uuid, odd)).await;
    assert!(error.unwrap_err().to_string().contains("InvalidArgs"));
    assert!(app.provider.pending_actions().is_empty());

    // Of a whole with something unknown in it nobody can say that it will be done; the delegate is not asked.
    let known = || {
        record! {
            "action": "set_held", "action_id": 3u64, "call": uuid.clone(), "deadline_ms": 5000u32, "held": true,
        }
    };
    let unknown = record! {
        "action": "levitate", "action_id": 4u64, "call": uuid.clone(), "deadline_ms": 5000u32,
    };
    let handled = |reply: Message| {
        let body = reply.body();
        let record: Record<'_> = body.deserialize().unwrap();
        bool::try_from(record["handled"].clone()).unwrap()
    };
    let both = (7u64, vec![known(), unknown], record! {});
    assert!(!handled(service.tell(&to, "ExecuteTransaction", &both).await.unwrap()));
    assert_eq!(app.count(|event| matches!(event, Event::Took(_) | Event::Declined(_))), 0);
    let one = (7u64, vec![known()], record! { "mood": "fine" });
    assert!(handled(service.tell(&to, "ExecuteTransaction", &one).await.unwrap()));
    let whole = app.took().await;
    assert_eq!((whole.id.0, whole.actions.len()), (7, 1));
    // Completed with the service, by the action's own id.
    whole.actions.into_iter().for_each(|action| action.fulfill());
    let done = service.asked("Fulfill").await;
    let (action, _): (u64, HashMap<String, zbus::OwnedVariant>) =
        done.body().deserialize().unwrap();
    assert_eq!(action, 3);

    // A call that the service rang for, in a state this version has no word for.
    let attached = record! {
        "state": "levitating", "account": "work", "handle": "+49301", "handle_kind": "telepathy",
        "name": "Anna", "has_video": true, "mood": "fine",
    };
    service.tell(&to, "DidAttachCall", &(&uuid, attached)).await.unwrap();
    let attached = app
        .until("the call", |event| match event {
            Event::Attached(attached) => Ok(attached),
            other => Err(other),
        })
        .await;
    assert_eq!((attached.call, attached.state), (call, CallState::Ringing));
    assert_eq!(attached.handle, Handle::new(HandleKind::Generic, "+49301"));
    assert_eq!((attached.account.as_str(), attached.video), ("work", true));
    assert_eq!(attached.name.as_deref(), Some("Anna"));

    // A time-out of something unknown, and an outcome in an unknown word.
    let late = record! { "call": uuid.clone(), "action_kind": "levitate" };
    service.tell(&to, "TimedOut", &(9u64, late)).await.unwrap();
    let late = app
        .until("the time-out", |event| match event {
            Event::TimedOut(late) => Ok(late),
            other => Err(other),
        })
        .await;
    assert_eq!((late.call, late.kind), (call, None));
    let finished = record! { "transaction": 5u64, "results": vec!["fulfilled", "bored"] };
    service.tell(&to, "TransactionFinished", &finished).await.unwrap();
    let finished = app
        .until("the outcome", |event| match event {
            Event::Finished(finished) => Ok(finished),
            other => Err(other),
        })
        .await;
    assert_eq!(finished.results, [Outcome::Fulfilled(None), Outcome::Failed(FailReason::Failed)]);

    // A refusal of a later version keeps its name and text.
    let asked = app.provider.controller().set_held(call, true);
    let request = service.asked("RequestTransaction").await;
    let refusal = Message::error(&request.header(), "org.hookswitch.Error.TooTired");
    service.connection.send(&refusal.build(&"It is late. Sleep.").unwrap()).await.unwrap();
    match soon("the refusal", asked).await {
        Err(Error::Unknown { name, text }) => {
            assert_eq!((name.as_str(), text.as_str()), ("TooTired", "It is late. Sleep."));
        }
        other => panic!("{other:?}"),
    }
}

/// A call as a later version might describe it.
fn call_record(state: &str) -> Record<'static> {
    let choices = vec![
        record! { "choice": "levitate", "height": 3u32 },
        record! { "choice": "merge", "with": 6u64, "mood": "fine" },
    ];
    let members = vec![record! { "handle": "bob", "handle_kind": "telepathy", "mood": "fine" }];
    let mut record = record! {
        "number": 7u64, "app_id": "org.example.Chat", "app_name": "Chat", "verified": true, "account": "default",
        "direction": "sideways", "handle": "+49301", "handle_kind": "telepathy", "has_video": false,
        "muted": false, "supports_holding": true, "supports_grouping": true, "supports_ungrouping": true,
        "supports_dtmf": true, "supports_levitation": true, "choices": choices, "choices_revision": 1u64,
        "connected": 5i64, "group": 4u64, "group_connected": 5i64, "translating": true, "local_language": "de",
        "remote_language": "pt-BR", "engine": "fish", "members": members, "emergency": true,
        "ended_reason": "bored", "ending_kind": "yawn",
    };
    record.insert("state", Variant::from(state.to_owned()));
    record
}

#[tokio::test]
async fn a_screen_shows_what_it_knows_of_what_it_is_told() {
    let phone = Phone::new();
    let mut service = Newer::start(&phone).await;
    let registered = async {
        let call = service.asked("Register").await;
        let body = record! {
            "calls": vec![call_record("levitating")], "ring": "deafening", "version": 9u32,
            "features": vec!["levitation"], "mood": "fine",
        };
        service.answer(&call, &body).await;
        call.header().sender().expect("the bus says who").to_string()
    };
    let connected = Surface::connect_at(Some(phone.address()), "journey");
    let (connected, to) = tokio::join!(connected, registered);
    let (surface, mut events) = connected.unwrap();
    let call = surface.calls().remove(0);
    assert_eq!(call.state, CallState::Active, "it was connected, so it counts as active");
    assert_eq!(call.ended, Some(EndedReason::Failed));
    let kinds: Vec<_> = call.choices.iter().map(|choice| (choice.kind, choice.merges)).collect();
    assert_eq!(kinds, [(ChoiceKind::Merge, Some(hookswitch::CallNumber(6)))]);
    assert_eq!((call.group.map(|group| group.0), call.emergency), (Some(4), true));
    let (languages, engine) = call.translating.expect("it is translated");
    assert_eq!((languages.remote.as_str(), engine), ("pt-BR", TranslationEngine::Custom));
    assert_eq!(call.members[0].handle, Handle::new(HandleKind::Generic, "bob"));
    assert!(call.members[0].active && !call.capabilities.video);

    let _ = soon("the beginning", events.next()).await;
    let change = record! { "calls": vec![call_record("ended")], "weather": "rain" };
    let signal = Message::signal(PATH, SURFACE, "Changed").destination(to.as_str()).build(&change);
    service.connection.send(&signal.unwrap()).await.unwrap();
    let _ = soon("the change", events.next()).await;
    assert!(surface.calls().is_empty());

    let asked = surface.preflight([hookswitch::Wish::Answer(hookswitch::CallNumber(7))]);
    let call = service.asked("Preflight").await;
    service
        .answer(
            &call,
            &record! { "holds": vec![6u64], "ends": Vec::<u64>::new(), "wakes": vec![5u64] },
        )
        .await;
    assert_eq!(soon("the answer", asked).await.unwrap().holds, [hookswitch::CallNumber(6)]);
    let asked = surface.set_group(hookswitch::CallNumber(7), None, None);
    let call = service.asked("SetGroup").await;
    let refusal = Message::error(&call.header(), "org.hookswitch.Error.EmergencyCallInProgress");
    service.connection.send(&refusal.build(&"Why. What now.").unwrap()).await.unwrap();
    let refused = soon("the refusal", asked).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::EmergencyCallInProgress));
}
