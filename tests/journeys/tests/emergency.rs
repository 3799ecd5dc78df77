//! Emergency calls, and calls whose end came first, over a real bus.

use hookswitch::{
    CallAction, CallState, CallUuid, Configuration, Dial, EndKind, EndedReason, Handle, HandleKind,
    IncomingCallError, MissedReason, Outcome, RequestError, StartCall, Wish, new_call,
};
use hookswitch_journeys::{App, Event, Phone, Screen, soon};

const CHAT: &str = "org.example.Chat";
const SOS: &str = "org.example.Sos";

fn dials() -> Configuration {
    Configuration {
        supported_handle_kinds: vec![HandleKind::PhoneNumber],
        ..Configuration::default()
    }
}

fn help(call: CallUuid) -> StartCall {
    let number = Handle::new(HandleKind::PhoneNumber, "112");
    StartCall { emergency: true, ..StartCall::new(call, number) }
}

async fn talking(app: &mut App, screen: &mut Screen) -> (CallUuid, hookswitch::CallNumber) {
    let call = app.rings("anna").await;
    let shown = screen.one(CallState::Ringing).await;
    screen.surface.answer(shown.number, None).await.unwrap();
    app.answer().await.fulfill();
    app.audio_on(call).await;
    screen.is(shown.number, CallState::Active).await;
    (call, shown.number)
}

#[tokio::test]
async fn an_emergency_call_makes_room_at_once_and_keeps_it() {
    let phone = Phone::with_emergency(SOS);
    let mut chat = phone.app_with(CHAT, dials()).await;
    let mut sos = phone.app_with(SOS, dials()).await;
    let mut screen = phone.screen().await;
    let (anna, talks) = talking(&mut chat, &mut screen).await;

    let status = screen.surface.status().await.unwrap();
    let may = |app: &str| status.providers.iter().find(|of| of.app_id == app).unwrap().emergency;
    assert_eq!((may(SOS), may(CHAT)), (Some(true), None));

    // Who may not is refused, and nothing happens.
    let refused = chat.provider.controller().start_call(help(new_call())).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::Unentitled));
    let two = hookswitch::Transaction::from(CallAction::StartCall(help(new_call())))
        .and(CallAction::StartCall(help(new_call())));
    let refused = sos.provider.controller().request(two).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::InvalidAction), "only by itself");
    let dial =
        Dial { emergency: true, ..Dial::new(SOS, Handle::new(HandleKind::PhoneNumber, "112")) };
    let follows = screen.surface.preflight([Wish::StartCall(dial)]).await.unwrap();
    assert_eq!((follows.holds, follows.ends), (vec![], vec![talks]));
    assert_eq!(screen.is(talks, CallState::Active).await.number, talks);

    // The other app is told, and not waited for.
    let call = new_call();
    let started = sos.provider.controller().start_call(help(call));
    let start = sos.start_call().await;
    assert!(start.emergency && start.call == call);
    assert_eq!(screen.over(talks).await, EndedReason::EmergencyCall);
    let end = chat.end().await;
    assert_eq!((end.call, end.kind), (anna, EndKind::EmergencyCall));
    start.fulfill();
    assert_eq!(soon("the outcome", started.outcome()).await.unwrap(), [Outcome::Fulfilled(None)]);
    end.fulfill();
    let shown = screen.one(CallState::Dialing).await;
    assert!(shown.emergency);

    // Nobody else rings or dials meanwhile.
    let refused = chat.report(new_call(), "bob").await.unwrap_err();
    assert_eq!(refused.reason(), Some(IncomingCallError::EmergencyCallInProgress));
    let plain = StartCall::new(new_call(), Handle::new(HandleKind::PhoneNumber, "+49301"));
    let refused = chat.provider.controller().start_call(plain).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::EmergencyCallInProgress));
    let refused = screen.surface.set_muted(shown.number, true, None).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::EmergencyCallInProgress));

    sos.provider.report_outgoing_call_connected(call, None).await.unwrap();
    screen.is(shown.number, CallState::Active).await;
    let ended = screen.surface.end(shown.number, None);
    sos.end().await.fulfill();
    soon("the outcome", ended.outcome()).await.unwrap();
    let recents = screen.recents().await;
    let of = |who: &str| recents.iter().find(|line| line.who() == who).expect("it is listed");
    assert!(of("112").emergency);
    assert_eq!(of("112").reason, Some(EndedReason::HungUp));
    assert_eq!(of("anna").reason, Some(EndedReason::EmergencyCall));
    assert_eq!(
        (of("bob").missed, of("bob").missed_reason),
        (true, Some(MissedReason::EmergencyCall))
    );
    assert!(!of("anna").emergency);
    // It is over: others ring again.
    chat.rings("carol").await;
}

#[tokio::test]
async fn who_only_claims_to_be_that_app_makes_no_emergency_calls() {
    let phone = Phone::with_emergency("org.example.Other, org.example.Sos");
    // No desktop entry names this program: it is not verified.
    let sos = App::start(phone.address(), SOS, dials(), true).await;
    assert!(!sos.provider.registration().verified);
    let refused = sos.provider.controller().start_call(help(new_call())).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::Unentitled));
    // Nor after it configures itself anew, whatever it says.
    let bold = Configuration { emergency: true, ..dials() };
    soon("the new configuration", sos.provider.set_configuration(bold)).await.unwrap();
    let refused = sos.provider.controller().start_call(help(new_call())).await.unwrap_err();
    assert_eq!(refused.reason(), Some(RequestError::Unentitled));
}

#[tokio::test]
async fn the_right_to_make_emergency_calls_outlives_a_new_configuration() {
    let phone = Phone::with_emergency(SOS);
    let mut sos = phone.app_with(SOS, dials()).await;
    soon("the new configuration", sos.provider.set_configuration(dials())).await.unwrap();
    sos.provider.controller().start_call(help(new_call())).await.unwrap();
    assert!(sos.start_call().await.emergency);
}

#[tokio::test]
async fn a_call_whose_end_came_first_does_not_ring() {
    let phone = Phone::new();
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let gone = new_call();
    for _ in 0..2 {
        let ended = chat.provider.report_call_ended(gone, None, EndedReason::RemoteEnded);
        soon("the answer", ended).await.expect("the end of a call that is not live is no error");
    }
    let refused = chat.report(gone, "anna").await.unwrap_err();
    assert_eq!(refused.reason(), Some(IncomingCallError::CallEndedAlready));
    let lines = screen.recents().await;
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].missed, lines[0].missed_reason), (true, Some(MissedReason::NeverRang)));

    // The same of a call that rang, ended, and is announced once more.
    let call = chat.rings("bob").await;
    let number = screen.one(CallState::Ringing).await.number;
    let ended = || chat.provider.report_call_ended(call, None, EndedReason::RemoteEnded);
    soon("the answer", ended()).await.unwrap();
    assert_eq!(screen.over(number).await, EndedReason::RemoteEnded);
    soon("the answer", ended()).await.unwrap();
    let refused = chat.report(call, "bob").await.unwrap_err();
    assert_eq!(refused.reason(), Some(IncomingCallError::CallEndedAlready));
    assert_eq!(screen.recents().await.len(), 2, "no line is doubled");
    assert_eq!(chat.count(|event| matches!(event, Event::End(_))), 0);
}
