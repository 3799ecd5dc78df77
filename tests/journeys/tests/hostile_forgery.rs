//! Third connections that reply in an app's place, and signals and calls that do not come from whom they should. On a bus
//! anybody can send a reply with a guessed serial.

use hookswitch::{CallNumber, CallState};
use hookswitch_bus::names::{DELEGATE, DELEGATE_PATH, PATH, PROVIDER, SERVICE, SURFACE};
use hookswitch_journeys::contract_words::{Method, delegate_methods};
use hookswitch_journeys::{Body, Peer, Record, Scene, action, message};
use std::collections::HashMap;
use zbus::message::Header;
use zbus::{Message, OwnedVariant, Variant};

/// What brings the service to ask the app for this, of a call that is active.
fn wish(member: &str, number: u64) -> (&'static str, Body) {
    let (none, yes) = (|| Variant::from(Record::new()), Variant::from(true));
    let languages = || {
        let both = [("local_language", "de".into()), ("remote_language", "en".into())];
        Variant::from(Record::from(both))
    };
    match member {
        "PerformEndCall" => ("End", vec![number.into(), none()]),
        "PerformSetHeld" | "ExecuteTransaction" => ("SetHeld", vec![number.into(), yes, none()]),
        "PerformSetMuted" => ("SetMuted", vec![number.into(), yes, none()]),
        "PerformSetVideo" => ("SetVideo", vec![number.into(), yes, none()]),
        "PerformSetTranslating" => ("SetTranslating", vec![number.into(), yes, languages()]),
        "PerformPlayDtmf" => ("PlayDtmf", vec![number.into(), "1".into(), none()]),
        "PerformStartCall" => {
            let handle = ("handle", "bob@example.org".into());
            let start = Record::from([("app_id", hookswitch_journeys::CHAT.into()), handle]);
            ("StartCall", vec![start.into()])
        }
        other => panic!("{other} is new: say here what brings the service to ask for it"),
    }
}

/// The app is asked for this, and has not replied.
async fn asked(scene: &mut Scene, member: &str) -> Message {
    let number = scene.names.number;
    if member == "PerformAnswerCall" {
        let body = vec![number.into(), Record::new().into()];
        done(&mut scene.watch, SURFACE, "Answer", &body).await;
        return scene.chat.told(member).await;
    }
    scene.is_answered(number).await;
    if member == "PerformSetGroupCall" {
        let (_, second) = scene.chat.rings().await;
        let body = vec![second.into(), Record::new().into()];
        done(&mut scene.watch, SURFACE, "Answer", &body).await;
        for member in ["PerformSetHeld", "PerformAnswerCall"] {
            let perform = scene.chat.told(member).await;
            scene.chat.fulfills(&perform).await;
        }
        scene.chat.told("DidActivateAudioSession").await;
        let body = vec![second.into(), number.into(), Record::new().into()];
        done(&mut scene.watch, SURFACE, "SetGroup", &body).await;
        return scene.chat.told(member).await;
    }
    if member == "ExecuteTransaction" {
        let executes = Record::from([("executes_transactions", true.into())]);
        done(&mut scene.chat, PROVIDER, "Configure", &vec![executes.into()]).await;
    }
    let (request, body) = wish(member, number);
    done(&mut scene.watch, SURFACE, request, &body).await;
    let held = member == "PerformStartCall";
    if held {
        let perform = scene.chat.told("PerformSetHeld").await;
        scene.chat.fulfills(&perform).await;
    }
    scene.chat.told(member).await
}

async fn done(peer: &mut Peer, interface: &str, member: &str, body: &Body) {
    let answer = peer.calls(interface, member, body).await;
    assert_eq!(answer.word(), "done", "{member}: {answer:?}");
}

/// Everything that could be taken for a reply to this.
fn forgeries(to: &Header<'_>) -> Vec<Message> {
    let result = |record: Record| Message::method_return(to).build(&record);
    let error = |name: &'static str| Message::error(to, name).build(&"No.");
    let all = [
        Message::method_return(to).build(&()),
        Message::method_return(to).build(&"nonsense"),
        result(Record::new()),
        result(Record::from([("date", 5i64.into()), ("engine", "custom".into())])),
        result(Record::from([("deferred", true.into())])),
        result(Record::from([("handled", true.into())])),
        result(Record::from([("handled", false.into())])),
        error("org.hookswitch.Error.Failed"),
        error("org.freedesktop.DBus.Error.NoReply"),
        error("org.freedesktop.DBus.Error.UnknownMethod"),
    ];
    all.map(|forged| forged.expect("it can be said")).into()
}

#[tokio::test]
async fn replies_in_the_place_of_an_app_complete_nothing() {
    let performs: Vec<Method> =
        delegate_methods().into_iter().filter(|method| !method.returns.is_empty()).collect();
    assert!(performs.len() >= 10, "{performs:?}");
    let mut faults = Vec::new();
    for Method { name, .. } in performs {
        let mut scene = Scene::ringing().await;
        let asked = asked(&mut scene, &name).await;
        let before = scene.seen_all().await;
        let mut forger = scene.phone.peer().await;
        for forged in forgeries(&asked.header()) {
            forger.bus.send(&forged).await.expect("the bus is there");
        }
        // Behind them something that is answered: they were read by then.
        forger.called().await;
        let now = scene.seen_all().await;
        if now != before {
            faults.push(format!("{name} was completed by somebody else: {now:?}"));
        }
        let journal = scene.journal().await;
        let remarks = journal.iter().filter(|line| line.contains("forged reply")).count();
        if remarks != 1 {
            faults.push(format!("{name}: {remarks} lines about forged replies instead of one"));
        }
        // It is still the app's to complete.
        let action = match name.as_str() {
            "ExecuteTransaction" => {
                let handled = Record::from([("handled", true.into())]);
                scene.chat.bus.reply(&asked.header(), &handled).await.expect("the bus is there");
                offered(&asked)
            }
            _ => {
                let deferred = Record::from([("deferred", true.into())]);
                scene.chat.bus.reply(&asked.header(), &deferred).await.expect("the bus is there");
                action(&asked)
            }
        };
        let result = Record::from([("engine", "custom".into())]);
        let body = vec![action.into(), result.into()];
        let completed = scene.chat.calls(PROVIDER, "Fulfill", &body).await;
        if completed.word() != "done" {
            faults.push(format!("{name} cannot be completed any more: {completed:?}"));
        }
        let again = scene.chat.calls(PROVIDER, "Fulfill", &body).await;
        if again.word() != "ActionAlreadyCompleted" {
            faults.push(format!("{name} is completed twice: {again:?}"));
        }
        let log = scene.phone.log();
        assert!(!log.contains("panicked"), "{name}: {log}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The one action of a transaction that is offered as a whole.
fn offered(asked: &Message) -> u64 {
    let body = asked.body();
    let offered: (u64, Vec<HashMap<String, OwnedVariant>>, HashMap<String, OwnedVariant>) =
        body.deserialize().expect("an offer");
    u64::try_from(offered.1[0]["action_id"].clone()).expect("a number")
}

#[tokio::test]
async fn signals_that_somebody_else_sends_are_not_believed() {
    let mut scene = Scene::in_a_call().await;
    let before = scene.seen().await;
    let mut forger = scene.phone.peer().await;
    let (chat, gone) = (scene.chat.name(), String::new());
    for path in ["/org/freedesktop/DBus", PATH] {
        for (interface, member) in
            [("org.freedesktop.DBus", "NameOwnerChanged"), (SURFACE, "Changed")]
        {
            for destination in [None, Some(SERVICE)] {
                let mut signal = Message::signal(path, interface, member);
                if let Some(destination) = destination {
                    signal = signal.destination(destination);
                }
                let signal = signal.build(&(&chat, &chat, &gone)).expect("it can be said");
                forger.bus.send(&signal).await.expect("the bus is there");
            }
        }
    }
    forger.called().await;
    assert_eq!(scene.seen().await, before);
    // Nor does somebody else's question to the bus, or a call that only looks like one of the service's, reach a call.
    let perform = Message::method_call(DELEGATE_PATH, "PerformEndCall")
        .interface(DELEGATE)
        .destination(SERVICE)
        .build(&(1u64, &scene.names.call, Record::new()))
        .expect("it can be said");
    forger.bus.send(&perform).await.expect("the bus is there");
    let answer = forger.reply_to(perform.primary_header().serial_num()).await;
    assert_eq!(answer.word(), "org.freedesktop.DBus.Error.UnknownObject");
    assert_eq!(scene.seen().await, before);
    scene.ends().await;
}

/// The library does not believe everything either: news that are not the service's change nothing.
#[tokio::test]
async fn the_library_believes_only_the_service() {
    let phone = hookswitch_journeys::Phone::new();
    let mut chat = phone.app(hookswitch_journeys::CHAT).await;
    let mut screen = phone.screen().await;
    chat.rings("anna").await;
    let shown = screen.one(CallState::Ringing).await;
    let mut forger = phone.peer().await;
    // The names of everybody on this bus, whoever they are.
    let list = forger.bus.call_method(
        Some("org.freedesktop.DBus"),
        "/org/freedesktop/DBus",
        Some("org.freedesktop.DBus"),
        "ListNames",
        &(),
    );
    let names: Vec<String> =
        list.await.expect("the bus answers").body().deserialize().expect("a list");
    let ended: HashMap<&str, Variant> = HashMap::from([
        ("number", shown.number.0.into()),
        ("state", "ended".into()),
        ("ended_reason", "failed".into()),
    ]);
    let change: HashMap<&str, Variant> = HashMap::from([("calls", vec![ended].into())]);
    let uuid = hookswitch::new_call().to_string();
    let own = forger.name();
    for name in names.iter().filter(|name| name.starts_with(':') && **name != own) {
        let signal = Message::signal(PATH, SURFACE, "Changed").destination(name.as_str());
        let signal = signal.build(&change).expect("it can be said");
        forger.bus.send(&signal).await.expect("the bus is there");
        let perform = Message::method_call(DELEGATE_PATH, "PerformEndCall")
            .interface(DELEGATE)
            .destination(name.as_str())
            .build(&(1u64, &uuid, HashMap::<&str, Variant>::new()))
            .expect("it can be said");
        forger.bus.send(&perform).await.expect("the bus is there");
        let answer = forger.reply_to(perform.primary_header().serial_num()).await;
        assert_ne!(answer.word(), "done", "{name} did what a stranger wanted");
    }
    // The next real news come after the forged ones.
    let second = message(PROVIDER, "Invalidate", &Vec::new());
    forger.bus.send(&second).await.expect("the bus is there");
    screen.surface.answer(shown.number, None).await.expect("it rings still");
    chat.answer().await.fulfill();
    screen.is(shown.number, CallState::Active).await;
    assert!(!screen.ended.contains_key(&CallNumber(shown.number.0)), "{:?}", screen.ended);
    assert_eq!(chat.count(|event| matches!(event, hookswitch_journeys::Event::End(_))), 0);
}
