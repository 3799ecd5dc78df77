//! Two Speakerboxes, and what goes wrong: killed programs, an exchange that is away, tokens and files that are no good.
//! Needs the project's programs to be built: `cargo build --workspace --bins`.

#[path = "../../exchange/tests/support/proxy.rs"]
mod proxy;

use hookswitch::{CallState, EndedReason};
use hookswitch_demo::{Phone, PhoneOptions, Programs, Seen, Stage};
use proxy::Proxy;
use std::path::Path;
use std::time::{Duration, Instant};

/// Short times, so that nothing has to be waited for.
const POLICY: &[&str] =
    &["--resume-window", "0.5", "--rejoin-grace", "0.5", "--silence-timeout", "3"];

async fn stage() -> Stage {
    let watcher = Path::new(env!("CARGO_BIN_EXE_hookswitch-demo"));
    Stage::set(Programs::beside(watcher), POLICY).await.unwrap()
}

fn options(user: &str) -> PhoneOptions {
    let arguments = ["--resume-within", "1", "--reply-timeout", "2"].map(str::to_owned).to_vec();
    PhoneOptions { arguments, ..PhoneOptions::new(user) }
}

async fn phone(stage: &Stage, user: &str) -> Phone {
    phone_with(stage, options(user)).await
}

async fn phone_with(stage: &Stage, options: PhoneOptions) -> Phone {
    let mut phone = Phone::switch_on(stage, options).await.unwrap();
    phone.ready().await.unwrap();
    phone
}

async fn dial(phone: &Phone) {
    phone.command(&["dial", "org.hookswitch.Speakerbox", "bob"]).await.unwrap();
}

/// Two phones that talk.
async fn call(stage: &Stage) -> (Phone, Phone) {
    let anna = phone(stage, "anna").await;
    let bob = phone(stage, "bob").await;
    talk(&anna, &bob).await;
    (anna, bob)
}

async fn talk(anna: &Phone, bob: &Phone) {
    dial(anna).await;
    bob.call_in(None, CallState::Ringing, 0).await.unwrap();
    bob.command(&["answer"]).await.unwrap();
    for phone in [anna, bob] {
        phone.call_in(None, CallState::Active, 0).await.unwrap();
        let talking = |lines: &[hookswitch_demo::Happening]| {
            lines.iter().any(|line| line.event == "talking").then_some(())
        };
        phone.speakerbox.diary().wait("both talk", talking).await.unwrap();
    }
}

/// Wait until the screen is told that the media is lost, or is back after that.
async fn media(phone: &Phone, is_lost: bool) {
    let told = |seen: &[Seen]| {
        let mut calls = seen.iter().map(|seen| &seen.call).skip_while(|call| !call.reconnecting);
        calls
            .any(|call| call.state == CallState::Active && call.reconnecting == is_lost)
            .then_some(())
    };
    phone.seen().wait("media is lost, or back", told).await.unwrap();
}

/// How the only call of a phone ended, on its surface and in its recents.
async fn ending(phone: &Phone) -> EndedReason {
    let ended = phone.call_in(None, CallState::Ended, 0).await.unwrap();
    let reason = ended.call.ended.unwrap();
    let recents = phone.recents().await.unwrap();
    assert_eq!(recents.len(), 1, "one line for one call");
    assert_eq!(recents[0].reason, Some(reason));
    assert!(recents[0].ended.is_some());
    reason
}

#[tokio::test]
async fn a_call_is_declined_and_another_cancelled() {
    let stage = stage().await;
    let anna = phone(&stage, "anna").await;
    let bob = phone(&stage, "bob").await;
    dial(&anna).await;
    bob.call_in(None, CallState::Ringing, 0).await.unwrap();
    bob.command(&["decline"]).await.unwrap();
    assert_eq!(ending(&anna).await, EndedReason::RemoteEnded);
    assert_eq!(ending(&bob).await, EndedReason::Declined);
    let over = hookswitch_demo::now_us();
    dial(&anna).await;
    bob.call_in(None, CallState::Ringing, over).await.unwrap();
    anna.call_in(None, CallState::Connecting, over).await.unwrap();
    anna.command(&["end"]).await.unwrap();
    let ended = bob.call_in(None, CallState::Ended, over).await.unwrap();
    assert_eq!(ended.call.ended, Some(EndedReason::RemoteEnded));
    assert!(bob.recents().await.unwrap()[0].missed);
}

#[tokio::test]
async fn a_killed_speakerbox_ends_the_call_on_both_sides_and_can_call_again() {
    let stage = stage().await;
    let (mut anna, bob) = call(&stage).await;
    anna.speakerbox.kill().await;
    assert_eq!(ending(&anna).await, EndedReason::Failed);
    assert_eq!(ending(&bob).await, EndedReason::RemoteEnded);
    let over = hookswitch_demo::now_us();
    anna.start_speakerbox_again(&stage).unwrap();
    anna.ready().await.unwrap();
    dial(&anna).await;
    bob.call_in(None, CallState::Ringing, over).await.unwrap();
}

/// `kill -9` the call service of a phone.
async fn kill_service(phone: &Phone) {
    let bus = zbus::connection::Builder::address(phone.bus()).build().await.unwrap();
    let proxy = zbus::fdo::DBusProxy::new(&bus).await.unwrap();
    let name = "org.hookswitch.Hookswitch".try_into().unwrap();
    let pid = proxy.get_connection_unix_process_id(name).await.unwrap();
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_killed_service_comes_back_and_the_call_goes_on() {
    let stage = stage().await;
    let (anna, mut bob) = call(&stage).await;
    kill_service(&bob).await;
    bob.speakerbox.wait("adopted").await.unwrap();
    // Nobody noticed on the other side; and the call can be ended from the command line as before.
    bob.command(&["end"]).await.unwrap();
    assert_eq!(ending(&bob).await, EndedReason::HungUp);
    assert_eq!(ending(&anna).await, EndedReason::RemoteEnded);
}

#[tokio::test]
async fn a_room_that_is_lost_for_a_moment_is_told_and_the_call_goes_on() {
    let stage = stage().await;
    let way = Proxy::to(stage.exchange.url().trim_start_matches("http://").parse().unwrap()).await;
    let anna =
        phone_with(&stage, PhoneOptions { exchange: Some(way.url()), ..options("anna") }).await;
    let bob = phone(&stage, "bob").await;
    talk(&anna, &bob).await;
    way.cut(true);
    for is_lost in [true, false] {
        media(&anna, is_lost).await;
    }
    anna.command(&["end"]).await.unwrap();
    assert_eq!(ending(&anna).await, EndedReason::HungUp);
    assert_eq!(ending(&bob).await, EndedReason::RemoteEnded);
}

#[tokio::test]
async fn a_killed_exchange_ends_the_call_as_failed_with_a_text() {
    let mut stage = stage().await;
    let (mut anna, mut bob) = call(&stage).await;
    let killed = Instant::now();
    stage.exchange.kill().await;
    for phone in [&mut anna, &mut bob] {
        media(phone, true).await;
        let ended = phone.speakerbox.wait("ended").await.unwrap();
        assert_eq!(ended.reason, "failed");
        assert!(ended.text.contains("exchange"), "{}", ended.text);
        assert_eq!(ending(phone).await, EndedReason::Failed);
    }
    // One second to resume, as asked for; the rest is the machine's.
    assert!(killed.elapsed() < Duration::from_secs(15), "{:?}", killed.elapsed());
}

#[tokio::test]
async fn an_exchange_that_restarts_ends_the_call_and_takes_the_next() {
    let mut stage = stage().await;
    let (mut anna, mut bob) = call(&stage).await;
    stage.exchange.kill().await;
    stage.exchange.start_again().await.unwrap();
    for phone in [&mut anna, &mut bob] {
        assert_eq!(phone.speakerbox.wait("ended").await.unwrap().reason, "failed");
        assert_eq!(ending(phone).await, EndedReason::Failed);
        let again = |lines: &[hookswitch_demo::Happening]| {
            (lines.iter().filter(|line| line.event == "signed_in").count() == 2).then_some(())
        };
        phone.speakerbox.diary().wait("signed in again", again).await.unwrap();
    }
    let over = hookswitch_demo::now_us();
    dial(&anna).await;
    bob.call_in(None, CallState::Ringing, over).await.unwrap();
}

#[tokio::test]
async fn a_terminated_speakerbox_leaves() {
    let stage = stage().await;
    let (mut anna, bob) = call(&stage).await;
    anna.speakerbox.end().await;
    assert_eq!(ending(&bob).await, EndedReason::RemoteEnded);
    assert_eq!(ending(&anna).await, EndedReason::Failed);
}

#[tokio::test]
async fn an_exchange_that_is_down_is_told_and_tried_again() {
    let mut stage = stage().await;
    stage.exchange.kill().await;
    let mut anna = Phone::switch_on(&stage, options("anna")).await.unwrap();
    let lost = anna.speakerbox.wait("connection_lost").await.unwrap();
    assert!(lost.text.contains("No connection"), "{}", lost.text);
    // Dialing says so as well, and at once.
    let refused = anna.command(&["dial", "org.hookswitch.Speakerbox", "bob"]).await;
    let ended = anna.speakerbox.wait("ended").await.unwrap();
    assert!(ended.text.contains("No connection"), "{} {refused:?}", ended.text);
    assert_eq!(ending(&anna).await, EndedReason::Failed);
    stage.exchange.start_again().await.unwrap();
    anna.speakerbox.wait("signed_in").await.unwrap();
}

#[tokio::test]
async fn unknown_and_absent_callees_are_told_apart() {
    let stage = stage().await;
    let mut anna = phone(&stage, "anna").await;
    let _ = anna.command(&["dial", "org.hookswitch.Speakerbox", "nobody"]).await;
    let ended = anna.speakerbox.wait("ended").await.unwrap();
    assert_eq!(
        (ended.reason.as_str(), ended.text.contains("Nobody has this address")),
        ("failed", true)
    );
    let mut bob = phone(&stage, "bob").await;
    bob.speakerbox.end().await;
    let _ = anna.command(&["dial", "org.hookswitch.Speakerbox", "bob"]).await;
    let offline = anna.speakerbox.wait_for("offline", |line| line.reason == "unanswered").await;
    assert!(offline.unwrap().text.contains("Not reachable"));
}

#[tokio::test]
async fn tokens_that_are_no_good_are_told() {
    let stage = stage().await;
    let mut expired = PhoneOptions { token_good_for: Duration::ZERO, ..options("anna") };
    expired.arguments.extend(["--call".to_owned(), "bob".to_owned()]);
    let mut anna = Phone::switch_on(&stage, expired).await.unwrap();
    let out = anna.speakerbox.wait("signed_out").await.unwrap();
    assert!(out.text.contains("signed out"), "{}", out.text);
    let ended = anna.speakerbox.wait("ended").await.unwrap();
    assert!(ended.text.contains("signed out"), "{}", ended.text);
    assert_eq!(ending(&anna).await, EndedReason::Failed);
    let mut foreign = options("bob");
    foreign.arguments.extend(["--device".to_owned(), "another".to_owned()]);
    let mut bob = Phone::switch_on(&stage, foreign).await.unwrap();
    let out = bob.speakerbox.wait("signed_out").await.unwrap();
    assert!(out.text.contains("may not call"), "{}", out.text);
}

#[tokio::test]
async fn a_file_that_is_no_wav_is_told_before_anybody_is_called() {
    let stage = stage().await;
    let speech = stage.folder().join("speech.wav");
    std::fs::write(&speech, "this is no audio").unwrap();
    let with = PhoneOptions { speech: Some(speech), ..options("anna") };
    let mut anna = Phone::switch_on(&stage, with).await.unwrap();
    let (well, said) = anna.speakerbox.last_words().await;
    assert!(!well);
    assert!(said.contains("--audio-in") && said.contains("not a WAV file"), "{said}");
}
