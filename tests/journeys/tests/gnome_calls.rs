//! GNOME Calls runs and owns its name: its calls and those of every other app meet in one arbiter. A stand-in plays it at its
//! interface; `gnome_calls_odd` has what else may be said there.

use hookswitch::{
    CallState, ChoiceKind, Dial, Direction, DtmfDigits, EndedReason, Handle, HandleKind, Outcome,
    RequestError, RingLevel,
};
use hookswitch_core::flow;
use hookswitch_journeys::{App, GNOME_CALLS, Phone, Screen, Stage, Telephone, program, soon};
use std::ffi::OsString;

const CHAT: &str = "org.example.Chat";
const ANNA: &str = "+49301234567";

/// A call of this app that is talking.
async fn talking(app: &mut App, screen: &mut Screen) -> hookswitch::CallNumber {
    app.rings("bob").await;
    let shown = screen.one(CallState::Ringing).await;
    soon("the answer", screen.surface.answer(shown.number, None)).await.expect("it rings");
    app.answer().await.fulfill();
    screen.is(shown.number, CallState::Active).await.number
}

/// A call of GNOME Calls that is talking.
async fn on_the_telephone(
    telephone: &mut Telephone,
    screen: &mut Screen,
) -> (String, hookswitch::CallNumber) {
    let path = telephone.rings(ANNA, "Anna").await;
    let shown = screen.one(CallState::Ringing).await;
    soon("the answer", screen.surface.answer(shown.number, None)).await.expect("it rings");
    assert_eq!(telephone.told().await, "Accept 1");
    screen.is(shown.number, CallState::Active).await;
    (path, shown.number)
}

#[tokio::test]
async fn a_telephone_call_from_ring_to_recents() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    let path = telephone.rings(ANNA, "Anna").await;
    let shown = screen.one(CallState::Ringing).await;
    assert_eq!((shown.app.as_str(), shown.who()), (GNOME_CALLS, "Anna"));
    assert_eq!(shown.handle, Handle::new(HandleKind::PhoneNumber, ANNA));
    assert!(!shown.capabilities.holding && shown.capabilities.dtmf);
    assert_eq!(screen.surface.ring(), RingLevel::Loud);

    let answered = screen.surface.answer(shown.number, None);
    soon("the outcome", answered.outcome()).await.expect("GNOME Calls shows that it is answered");
    assert_eq!(telephone.told().await, "Accept 1");
    let active = screen.is(shown.number, CallState::Active).await;
    let kinds: Vec<_> = active.choices.iter().map(|choice| choice.kind).collect();
    assert_eq!(kinds, [ChoiceKind::End], "it cannot be told to hold");

    let digits = DtmfDigits::new("1#").expect("digits");
    let sent = screen.surface.play_dtmf(shown.number, &digits, None);
    soon("the digits", sent.outcome()).await.expect("they are sent");
    assert_eq!(telephone.told().await, "SendDtmf 1 1");
    assert_eq!(telephone.told().await, "SendDtmf # 1");

    let ended = screen.surface.end(shown.number, None);
    soon("the end", ended.outcome()).await.expect("it ends");
    assert_eq!(telephone.told().await, "Hangup 1");
    assert_eq!(screen.over(shown.number).await, EndedReason::HungUp);
    telephone.forgets(&path).await;

    // The next one is another call.
    telephone.rings(ANNA, "Anna").await;
    let next = screen.one(CallState::Ringing).await;
    telephone.is("/org/gnome/Calls/Call/2", Stage::Disconnected).await;
    assert_eq!(screen.over(next.number).await, EndedReason::RemoteEnded);
    let recents = screen.recents().await;
    let lines: Vec<_> = recents.iter().map(|of| (of.number, of.app.as_str(), of.missed)).collect();
    assert!(lines.contains(&(shown.number, GNOME_CALLS, false)), "{lines:?}");
    assert!(lines.contains(&(next.number, GNOME_CALLS, true)), "{lines:?}");
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn a_call_that_goes_from_the_list_is_over_too() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    let path = telephone.rings("", "").await;
    let shown = screen.one(CallState::Ringing).await;
    telephone.forgets(&path).await;
    assert_eq!(screen.over(shown.number).await, EndedReason::RemoteEnded);
}

#[tokio::test]
async fn calls_that_are_there_already_and_those_of_a_later_start_are_seen() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let path = telephone.rings(ANNA, "").await;
    telephone.is(&path, Stage::Active).await;
    let mut screen = phone.screen().await;
    let active = screen.one(CallState::Active).await;
    assert_eq!((active.who(), active.direction), (ANNA, Direction::Incoming));

    // It crashes in the call.
    telephone.dies();
    assert_eq!(screen.over(active.number).await, EndedReason::Failed);
    let mut telephone = Telephone::on(&phone).await;
    telephone.rings(ANNA, "").await;
    let again = screen.one(CallState::Ringing).await;
    assert_ne!(again.number, active.number);
}

#[tokio::test]
async fn another_app_rings_in_a_telephone_call() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let (_, anna) = on_the_telephone(&mut telephone, &mut screen).await;
    chat.rings("bob").await;
    let bob = screen.one(CallState::Ringing).await;
    assert_eq!(screen.surface.ring(), RingLevel::Waiting);
    // GNOME Calls cannot be told to hold, so nobody is promised that.
    let loss = bob.choices.iter().find(|choice| choice.kind == ChoiceKind::EndAndAccept);
    assert_eq!(loss.and_then(|choice| choice.ends), Some(anna));
    assert!(bob.offers(ChoiceKind::Decline) && !bob.offers(ChoiceKind::HoldAndAccept));

    let chosen = screen.surface.choose(bob.number, ChoiceKind::EndAndAccept, None);
    assert_eq!(telephone.told().await, "Hangup 1");
    chat.answer().await.fulfill();
    soon("the outcome", chosen.outcome()).await.expect("one ends, the other is answered");
    assert_eq!(screen.over(anna).await, EndedReason::HungUp);
    screen.is(bob.number, CallState::Active).await;
}

#[tokio::test]
async fn the_telephone_rings_in_another_apps_call() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let bob = talking(&mut chat, &mut screen).await;
    telephone.rings(ANNA, "Anna").await;
    let anna = screen.one(CallState::Ringing).await;
    let kinds: Vec<_> = anna.choices.iter().map(|choice| choice.kind).collect();
    let three = [ChoiceKind::HoldAndAccept, ChoiceKind::EndAndAccept, ChoiceKind::Decline];
    assert_eq!(kinds, three);
    let chosen = screen.surface.choose(anna.number, ChoiceKind::HoldAndAccept, None);
    chat.held().await.fulfill();
    assert_eq!(telephone.told().await, "Accept 1");
    soon("the outcome", chosen.outcome()).await.expect("it is answered");
    screen.is(bob, CallState::Held).await;
    screen.is(anna.number, CallState::Active).await;
}

#[tokio::test]
async fn who_answers_in_the_window_of_gnome_calls_has_the_other_call_held() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let bob = talking(&mut chat, &mut screen).await;
    let path = telephone.rings(ANNA, "Anna").await;
    let anna = screen.one(CallState::Ringing).await;
    telephone.is(&path, Stage::Active).await;
    let hold = chat.held().await;
    assert!(hold.on_hold);
    hold.fulfill();
    screen.is(bob, CallState::Held).await;
    screen.is(anna.number, CallState::Active).await;
    // The far side hangs up. Whom it was held for is gone, and nobody talks unasked.
    telephone.is(&path, Stage::Disconnected).await;
    assert_eq!(screen.over(anna.number).await, EndedReason::RemoteEnded);
    screen.is(bob, CallState::Held).await;
}

#[tokio::test]
async fn a_call_that_refuses_to_be_held_ends_for_one_that_was_taken_there() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let bob = talking(&mut chat, &mut screen).await;
    let path = telephone.rings(ANNA, "Anna").await;
    let anna = screen.one(CallState::Ringing).await;
    telephone.is(&path, Stage::Active).await;
    chat.held().await.fail("no");
    chat.end().await.fulfill();
    screen.over(bob).await;
    screen.is(anna.number, CallState::Active).await;
}

#[tokio::test]
async fn a_number_dialed_in_the_window_of_gnome_calls_is_a_call() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let bob = talking(&mut chat, &mut screen).await;
    let path = telephone.dials(ANNA).await;
    chat.held().await.fulfill();
    let anna = screen.one(CallState::Dialing).await;
    assert_eq!((anna.direction, anna.who()), (Direction::Outgoing, ANNA));
    screen.is(bob, CallState::Held).await;
    telephone.is(&path, Stage::Active).await;
    let anna = screen.is(anna.number, CallState::Active).await;
    assert!(anna.connected.is_some() && !anna.capabilities.holding);
    screen.surface.end(anna.number, None).await.expect("it is active");
    assert_eq!(telephone.told().await, "Hangup 1");
    assert_eq!(screen.over(anna.number).await, EndedReason::HungUp);
}

#[tokio::test]
async fn a_call_that_refuses_to_be_held_ends_for_one_that_was_dialed_there() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let bob = talking(&mut chat, &mut screen).await;
    telephone.dials(ANNA).await;
    chat.held().await.fail("no");
    chat.end().await.fulfill();
    screen.over(bob).await;
    assert_eq!(screen.one(CallState::Dialing).await.who(), ANNA);
}

#[tokio::test]
async fn who_was_missed_is_called_back_through_gnome_calls() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    telephone.rings(ANNA, "Anna").await;
    let missed = screen.one(CallState::Ringing).await;
    telephone.is("/org/gnome/Calls/Call/1", Stage::Disconnected).await;
    screen.over(missed.number).await;
    let dials = screen.surface.apps_that_dial(HandleKind::PhoneNumber).await.expect("it answers");
    assert_eq!(dials.len(), 1, "{dials:?}");

    let handle = Handle::new(HandleKind::PhoneNumber, ANNA);
    let started = screen.surface.start_call(Dial::new(GNOME_CALLS, handle));
    assert_eq!(telephone.told().await, format!("dial {ANNA}"));
    let path = telephone.dials(ANNA).await;
    soon("the outcome", started.outcome()).await.expect("it dials");
    let back = screen.one(CallState::Dialing).await;
    telephone.is(&path, Stage::Active).await;
    screen.is(back.number, CallState::Active).await;
    assert_eq!(screen.recents().await.len(), 2, "one line for each");
}

#[tokio::test]
async fn a_call_on_hold_is_held_as_long_as_gnome_calls_says() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    let (path, anna) = on_the_telephone(&mut telephone, &mut screen).await;
    telephone.is(&path, Stage::Held).await;
    screen.is(anna, CallState::Held).await;
    // There is no way to ask for it.
    let resumed = screen.surface.set_held(anna, false, None);
    let outcome = soon("the outcome", resumed.outcome()).await.expect("it may be asked for");
    assert!(matches!(outcome[..], [Outcome::Failed(_)]), "{outcome:?}");
    telephone.is(&path, Stage::Active).await;
    screen.is(anna, CallState::Active).await;
    let refused = screen.surface.set_held(anna, true, None).await;
    let refused = refused.expect_err("it cannot be held").reason();
    assert_eq!(refused, Some(RequestError::CannotHold));
}

#[tokio::test]
async fn of_two_telephone_calls_one_is_held_for_the_other() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    let (first, anna) = on_the_telephone(&mut telephone, &mut screen).await;
    let second = telephone.rings("+49307654321", "Bob").await;
    let bob = screen.one(CallState::Ringing).await;
    // Answered in its window, where the modem holds the first without a word.
    telephone.is(&second, Stage::Active).await;
    screen.is(bob.number, CallState::Active).await;
    screen.is(anna, CallState::Held).await;
    telephone.is(&second, Stage::Disconnected).await;
    assert_eq!(screen.over(bob.number).await, EndedReason::RemoteEnded);
    // It says that it talks still.
    screen.is(anna, CallState::Active).await;
    telephone.is(&first, Stage::Disconnected).await;
    screen.over(anna).await;
}

#[tokio::test]
async fn a_telephone_call_goes_on_when_the_service_was_killed() {
    let phone = Phone::new();
    let mut telephone = Telephone::on(&phone).await;
    let mut screen = phone.screen().await;
    let (_, anna) = on_the_telephone(&mut telephone, &mut screen).await;
    phone.kill_service().await;
    screen.step("the loss of the service").await;
    let again = screen.is(anna, CallState::Active).await;
    assert_eq!(again.who(), "Anna");
    screen.surface.end(anna, None).await.expect("it is active");
    assert_eq!(telephone.told().await, "Hangup 1");
    assert_eq!(screen.over(anna).await, EndedReason::HungUp);
    assert_eq!(screen.recents().await.len(), 1, "one call, one line");
}

/// A phone whose service rings, where nothing can be heard of it.
fn phone_that_rings(folder: &tempfile::TempDir) -> Phone {
    let nowhere: OsString = folder.path().into();
    Phone::with_environment(
        "",
        &[
            ("HOOKSWITCH_AUDIO", "on".into()),
            ("XDG_RUNTIME_DIR", nowhere.clone()),
            ("PIPEWIRE_RUNTIME_DIR", nowhere),
            ("PULSE_SERVER", "unix:/nonexistent".into()),
        ],
    )
}

/// Whether the service has tried to ring: nothing can be heard of it here, and it says so.
async fn has_tried_to_ring(screen: &Screen) -> bool {
    let status = screen.surface.status().await.expect("the service answers");
    status.degraded.iter().any(|text| text.contains("calls do not ring aloud"))
}

#[tokio::test]
async fn it_rings_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let phone = phone_that_rings(&folder);
    let mut telephone = Telephone::on(&phone).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;

    // Alone it rings by itself.
    let (_, anna) = on_the_telephone(&mut telephone, &mut screen).await;
    // Its microphone is cut by the service, as it has no word for that.
    for muted in [true, false] {
        let asked = screen.surface.set_muted(anna, muted, None);
        let outcome = soon("the outcome", asked.outcome()).await.expect("it may be asked for");
        assert_eq!(outcome, [Outcome::Fulfilled(None)]);
    }
    screen.surface.end(anna, None).await.expect("it is active");
    assert_eq!(telephone.told().await, "Hangup 1");
    screen.over(anna).await;

    // Unless the user wants quiet.
    let path = telephone.rings(ANNA, "Anna").await;
    let anna = screen.one(CallState::Ringing).await;
    screen.surface.silence(anna.number).await.expect("it rings");
    assert_eq!(telephone.told().await, "Silence 2");
    telephone.is(&path, Stage::Disconnected).await;
    screen.over(anna.number).await;

    // Another app's call rings beside it: the service rings for both, and has not before.
    assert!(!has_tried_to_ring(&screen).await);
    let path = telephone.rings(ANNA, "Anna").await;
    let anna = screen.one(CallState::Ringing).await;
    chat.rings("bob").await;
    assert_eq!(telephone.told().await, "Silence 3");
    soon("the ring of the service", async {
        while !has_tried_to_ring(&screen).await {
            tokio::task::yield_now().await;
        }
    })
    .await;
    telephone.is(&path, Stage::Disconnected).await;
    screen.over(anna.number).await;
    let bob = screen.one(CallState::Ringing).await;
    screen.surface.answer(bob.number, None).await.expect("it rings");
    chat.answer().await.fulfill();
    screen.is(bob.number, CallState::Active).await;

    // In a call, before it is shown.
    telephone.hides = true;
    let path = telephone.rings(ANNA, "Anna").await;
    assert_eq!(telephone.told().await, "Silence 4");
    telephone.shows(&path).await;
    screen.one(CallState::Ringing).await;
    assert_eq!(screen.surface.ring(), RingLevel::Waiting);
}

#[tokio::test]
async fn what_was_written_down_of_it_plays_again() {
    let phone = Phone::new();
    phone.install("org.hookswitch.Cli", &program("hookswitch"), true);
    let mut telephone = Telephone::on(&phone).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = phone.screen().await;
    let bob = talking(&mut chat, &mut screen).await;
    let path = telephone.rings(ANNA, "Anna").await;
    screen.one(CallState::Ringing).await;
    telephone.is(&path, Stage::Active).await;
    chat.held().await.fail("no");
    chat.end().await.fulfill();
    screen.over(bob).await;
    let anna = screen.one(CallState::Active).await;
    telephone.is(&path, Stage::Held).await;
    screen.is(anna.number, CallState::Held).await;
    telephone.forgets(&path).await;
    screen.over(anna.number).await;
    let printed = tokio::process::Command::new(program("hookswitch"))
        .args(["journal", "--test"])
        .env("DBUS_SESSION_BUS_ADDRESS", phone.address())
        .kill_on_drop(true)
        .output();
    let printed = soon("the journal", printed).await.expect("it runs");
    let text = String::from_utf8(printed.stdout).expect("it prints text");
    assert!(!text.contains(ANNA) && !text.contains("Anna"), "{text}");
    let flows = flow::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    flows[0].run().unwrap_or_else(|error| panic!("{error}\n{text}"));
}
