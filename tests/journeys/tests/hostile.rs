//! Peers that misbehave: typed answers, nothing half-done, nobody else's call touched.

use hookswitch::{
    CallState, EndedReason, IncomingCallError, RegisterError, RequestError, new_call,
};
use hookswitch_bus::names::{DELEGATE, DELEGATE_PATH, PATH, PROVIDER, RECENTS, SERVICE, SURFACE};
use hookswitch_journeys::{App, Event, Phone, soon};
use std::collections::HashMap;
use std::num::NonZeroU32;
use zbus::{Connection, Message, Variant};

const CHAT: &str = "org.example.Chat";
const TALK: &str = "org.example.Talk";

type Record<'a> = HashMap<&'a str, Variant<'a>>;

/// The name of the error that a call gets.
async fn error<B>(connection: &Connection, interface: &str, member: &str, body: &B) -> String
where
    B: serde::Serialize + zbus::wire::DynamicType,
{
    let called = connection.call_method(Some(SERVICE), PATH, Some(interface), member, body);
    match soon("a reply", called).await {
        Ok(_) => "none".to_owned(),
        Err(zbus::Error::MethodError(name, text, _)) => {
            let text = text.unwrap_or_default();
            assert!(text.contains(". ") || text.ends_with('.'), "{name} says too little: {text}");
            name.to_string()
        }
        Err(zbus::Error::FDO(error)) => zbus::DBusError::name(&*error).to_string(),
        Err(other) => panic!("{member}: {other}"),
    }
}

#[tokio::test]
async fn wrong_callers_wrong_types_and_wrong_states_get_typed_errors() {
    let phone = Phone::new();
    let chat = phone.app(CHAT).await;
    let stranger = phone.stranger().await;
    let none = Record::new();
    let uuid = new_call().to_string();
    let cases = [
        (error(&stranger, PROVIDER, "ReportNewIncomingCall", &(&uuid, &none)).await, "Unentitled"),
        (error(&stranger, PROVIDER, "ReportCallEnded", &(&uuid, &none)).await, "NotRegistered"),
        (error(&stranger, PROVIDER, "Invalidate", &()).await, "NotRegistered"),
        (error(&stranger, PROVIDER, "Fulfill", &(1u64, &none)).await, "UnknownAction"),
        (error(&stranger, PROVIDER, "Register", &none).await, "InvalidArgument"),
        (
            error(&stranger, PROVIDER, "Register", &Record::from([("app_id", "no/name".into())]))
                .await,
            "InvalidArgument",
        ),
        // The app runs, and owns its name.
        (
            error(&stranger, PROVIDER, "Register", &Record::from([("app_id", CHAT.into())])).await,
            "Unentitled",
        ),
        (error(&stranger, SURFACE, "Answer", &(1u64, &none)).await, "Unentitled"),
        (error(&stranger, RECENTS, "List", &none).await, "Unentitled"),
    ];
    for (got, expected) in cases {
        assert_eq!(got, format!("org.hookswitch.Error.{expected}"));
    }
    let wrong_types = error(&stranger, PROVIDER, "Register", &7u32).await;
    assert_eq!(wrong_types, "org.freedesktop.DBus.Error.InvalidArgs");
    let wrong_field =
        error(&stranger, PROVIDER, "Register", &Record::from([("app_id", 7u32.into())])).await;
    assert_eq!(wrong_field, "org.hookswitch.Error.InvalidArgument");
    let no_member = error(&stranger, PROVIDER, "Explode", &()).await;
    assert_eq!(no_member, "org.freedesktop.DBus.Error.UnknownMethod");
    let no_interface = error(&stranger, "org.example.Other", "Explode", &()).await;
    assert_eq!(no_interface, "org.freedesktop.DBus.Error.UnknownInterface");
    // After all that the app can still be called.
    chat.rings("anna").await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_nothing_is_left_of_it() {
    let phone = Phone::new();
    let chat = phone.app(CHAT).await;
    let screen = phone.screen().await;
    let long = chat.report(new_call(), &"9".repeat(300)).await.unwrap_err();
    assert_eq!(long.reason(), Some(IncomingCallError::InvalidArgument));
    assert!(long.to_string().contains("256 bytes"), "{long}");
    let huge = chat.report(new_call(), &"9".repeat(300 << 10)).await.unwrap_err();
    assert_eq!(huge.reason(), Some(IncomingCallError::InvalidArgument));
    assert!(screen.surface.calls().is_empty());
    assert!(screen.recents().await.is_empty());
}

#[tokio::test]
async fn a_second_registration_is_refused_and_harms_nothing() {
    let phone = Phone::new();
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let call = chat.rings("anna").await;
    let again = hookswitch::Provider::builder(CHAT).address(phone.address()).register(Deaf);
    let Err(refused) = soon("the refusal", again).await else { panic!("one app, two providers") };
    // Its name is taken before the service is even asked; or the service says so.
    let reason = refused.reason();
    assert!(reason.is_none() || reason == Some(RegisterError::AlreadyRegistered), "{refused}");
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    assert_eq!(chat.answer().await.call, call);
}

struct Deaf;

impl hookswitch::ProviderDelegate for Deaf {
    fn did_reset(&mut self, _: &hookswitch::Provider, _: hookswitch::Reset) {}
}

#[tokio::test]
async fn an_app_that_never_answers_is_told_and_its_call_ends() {
    let phone = Phone::with_policy("answer=300,end=300");
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    chat.rings("anna").await;
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    let late = chat.answer().await;
    assert_eq!(screen.over(shown.number).await, EndedReason::Failed);
    chat.until("the end of its time", |event| match event {
        Event::TimedOut(action) => Ok(action),
        other => Err(other),
    })
    .await;
    let end = chat.end().await;
    assert_eq!(end.kind, hookswitch::EndKind::Failed);
    // Too late for both; nothing happens.
    late.fulfill();
    end.fulfill();
    assert!(screen.surface.calls().is_empty());
    chat.rings("bob").await;
    screen.one(CallState::Ringing).await;
}

#[tokio::test]
async fn completing_twice_late_or_for_another_app_is_refused() {
    let phone = Phone::new();
    let mut screen = phone.screen().await;
    // An app without our library: its replies are its own.
    let app = phone.stranger().await;
    let register = Record::from([("app_id", CHAT.into())]);
    assert_eq!(error(&app, PROVIDER, "Register", &register).await, "none");
    let mut calls = zbus::MessageStream::from(&app);
    let uuid = new_call().to_string();
    let none = Record::new();
    assert_eq!(error(&app, PROVIDER, "ReportNewIncomingCall", &(&uuid, &none)).await, "none");
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    let action = loop {
        use futures_util::StreamExt;
        let message = soon("the perform", calls.next()).await.unwrap().unwrap();
        let header = message.header();
        if header.member().is_some_and(|member| member.as_str() == "PerformAnswerCall") {
            let body = message.body();
            let (action, _, _): (u64, &str, Record) = body.deserialize().unwrap();
            app.reply(&header, &Record::from([("deferred", true.into())])).await.unwrap();
            break action;
        }
    };
    let other = phone.app(TALK).await;
    let refused = "org.hookswitch.Error.ActionAlreadyCompleted";
    let unknown = "org.hookswitch.Error.UnknownAction";
    let foreign = phone.stranger().await;
    assert_eq!(error(&foreign, PROVIDER, "Fulfill", &(action, &none)).await, unknown);
    assert_eq!(error(&app, PROVIDER, "Fulfill", &(action + 100, &none)).await, unknown);
    assert_eq!(error(&app, PROVIDER, "Fulfill", &(action, &none)).await, "none");
    screen.is(shown.number, CallState::Active).await;
    assert_eq!(error(&app, PROVIDER, "Fulfill", &(action, &none)).await, refused);
    assert_eq!(error(&app, PROVIDER, "Fail", &(action, "x", "y")).await, refused);
    screen.is(shown.number, CallState::Active).await;
    drop(other);
}

#[tokio::test]
async fn a_forged_reply_is_dropped() {
    let phone = Phone::new();
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    chat.rings("anna").await;
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    let answer = chat.answer().await;
    answer.fulfill();
    screen.is(shown.number, CallState::Active).await;

    // An app that does not reply at all, so that its perform stays open.
    let silent = phone.stranger().await;
    let register = Record::from([("app_id", TALK.into())]);
    assert_eq!(error(&silent, PROVIDER, "Register", &register).await, "none");
    let mut performs = zbus::MessageStream::from(&silent);
    let uuid = new_call().to_string();
    let none = Record::new();
    assert_eq!(error(&silent, PROVIDER, "ReportNewIncomingCall", &(&uuid, &none)).await, "none");
    let ringing = screen.one(CallState::Ringing).await;
    screen
        .surface
        .choose(ringing.number, hookswitch::ChoiceKind::EndAndAccept, None)
        .await
        .unwrap();
    chat.end().await.fulfill();
    let serial = loop {
        use futures_util::StreamExt;
        let message = soon("the perform", performs.next()).await.unwrap().unwrap();
        if message.header().member().is_some_and(|member| member.as_str() == "PerformAnswerCall") {
            break message.header().primary().serial_num();
        }
    };
    // A third connection answers in its place, with the very serial.
    let forger = phone.stranger().await;
    let service = zbus::fdo::DBusProxy::new(&forger).await.unwrap();
    let service = service.get_name_owner(SERVICE.try_into().unwrap()).await.unwrap();
    let asked = Message::method_call(DELEGATE_PATH, "PerformAnswerCall")
        .interface(DELEGATE)
        .sender(&service)
        .serial(NonZeroU32::new(serial.get()).unwrap())
        .build(&())
        .unwrap();
    let forged = Message::method_return(&asked.header()).build(&none).unwrap();
    forger.send(&forged).await.unwrap();
    // Behind it, something that surely arrives: the forged one was read by then.
    assert_eq!(
        error(&forger, PROVIDER, "Invalidate", &()).await,
        "org.hookswitch.Error.NotRegistered"
    );
    let state = screen.surface.call(ringing.number).map(|call| call.state);
    assert_eq!(state, Some(CallState::Answering), "the forged reply changed nothing");
    let journal = screen.surface.journal(100).await.unwrap().join("\n");
    assert!(journal.contains("forged reply"), "{journal}");
}

#[tokio::test]
async fn an_app_that_leaves_in_any_state_ends_only_its_own_calls() {
    for state in ["ringing", "answering", "active", "ending"] {
        let phone = Phone::new();
        let mut screen = phone.screen().await;
        let mut chat = phone.app(CHAT).await;
        chat.rings("anna").await;
        let shown = screen.one(CallState::Ringing).await;
        let mut kept = None;
        if state != "ringing" {
            screen.surface.answer(shown.number, None).await.unwrap();
            let answer = chat.answer().await;
            if state == "answering" {
                kept = Some(answer);
            } else {
                answer.fulfill();
                screen.is(shown.number, CallState::Active).await;
            }
        }
        let mut ending = None;
        if state == "ending" {
            screen.surface.end(shown.number, None).await.unwrap();
            // Not completed: the app leaves before it has.
            ending = Some(chat.end().await);
        }
        let talk = phone.app(TALK).await;
        talk.rings("bob").await;
        chat.provider.invalidate().await.ok();
        drop((chat, kept, ending));
        let reason = screen.over(shown.number).await;
        match state {
            "ending" => assert_eq!(reason, EndedReason::HungUp),
            _ => assert_eq!(reason, EndedReason::Failed, "{state}"),
        }
        assert_eq!(screen.one(CallState::Ringing).await.app.as_str(), TALK, "{state}");
    }
}

/// Not a good-bye but a connection that is gone, as when the process was killed.
#[tokio::test]
async fn an_app_whose_connection_is_gone_loses_its_calls() {
    let phone = Phone::new();
    let mut screen = phone.screen().await;
    let app = phone.stranger().await;
    let register = Record::from([("app_id", CHAT.into())]);
    assert_eq!(error(&app, PROVIDER, "Register", &register).await, "none");
    let uuid = new_call().to_string();
    let none = Record::new();
    assert_eq!(error(&app, PROVIDER, "ReportNewIncomingCall", &(&uuid, &none)).await, "none");
    let shown = screen.one(CallState::Ringing).await;
    app.close().await.unwrap();
    assert_eq!(screen.over(shown.number).await, EndedReason::Failed);
}

#[tokio::test]
async fn a_flood_of_one_peer_leaves_others_their_calls() {
    let phone = Phone::new();
    let mut chat = phone.willing_app(CHAT).await;
    let mut screen = phone.screen().await;
    let flood = phone.stranger().await;
    let none = Record::new();
    for _ in 0..2000 {
        let message = Message::method_call(PATH, "ReportNewIncomingCall")
            .interface(PROVIDER)
            .destination(SERVICE)
            .build(&("nonsense", &none))
            .unwrap();
        flood.send(&message).await.unwrap();
    }
    let call = chat.rings("anna").await;
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    chat.audio_on(call).await;
    let surface = phone.screen().await;
    let mut refused = 0;
    let requests: Vec<_> =
        (0..40).map(|_| surface.surface.set_held(shown.number, false, None)).collect();
    for request in requests {
        if let Err(error) = request.await {
            assert_eq!(error.reason(), Some(RequestError::TooManyRequests));
            refused += 1;
        }
    }
    assert_eq!(refused, 0, "what changes nothing is over at once, so none piles up");
}

#[tokio::test]
async fn the_bus_itself_goes_and_apps_are_told() {
    let mut phone = Phone::new();
    let mut chat = phone.app(CHAT).await;
    chat.rings("anna").await;
    phone.kill_bus();
    chat.until("the loss of the bus", |event| match event {
        Event::BusLost => Ok(()),
        other => Err(other),
    })
    .await;
    assert!(chat.provider.is_closed());
    let refused = chat.report(new_call(), "bob").await.unwrap_err();
    assert!(refused.reason().is_none(), "not the service, but the bus: {refused}");
    // A new bus, as in a new session: the app begins anew.
    let phone = Phone::new();
    let chat = App::start(phone.address(), CHAT, Default::default(), true).await;
    chat.rings("carl").await;
}
