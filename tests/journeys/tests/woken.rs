//! An app registers before anything that may be slow, also when the bus woke it for a call.

use hookswitch::{
    CallState, Dial, EndKind, EndedReason, FailReason, Handle, HandleKind, Outcome, Surface,
    new_call,
};
use hookswitch_journeys::{Phone, program, soon};
use std::fs;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// An exchange that takes every connection and never says a word.
async fn hanging_exchange() -> (String, mpsc::UnboundedReceiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of its own");
    let address = listener.local_addr().expect("it has an address").to_string();
    let (taken, lines) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((line, _)) = listener.accept().await {
            let _ = taken.send(line);
        }
    });
    (address, lines)
}

/// Wait until this app is registered.
async fn registered(surface: &Surface, app: &str) {
    soon("the registration", async {
        loop {
            let status = surface.status().await.expect("a surface may ask");
            if status.providers.iter().any(|known| known.app_id == app) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn say(what: &str, since: Instant) -> Duration {
    let took = since.elapsed();
    println!("{what}: {} ms after it was woken", took.as_millis());
    took
}

#[tokio::test]
async fn speakerbox_is_registered_before_its_exchange_answers() {
    const BOX: &str = "org.hookswitch.Speakerbox";
    /// How long it waits for its exchange: whoever waited for that would come later.
    const PATIENCE: Duration = Duration::from_secs(50);
    let phone = Phone::new();
    let (exchange, mut lines) = hanging_exchange().await;
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    fs::write(&token, "none that this exchange would look at").unwrap();
    let speakerbox = program("speakerbox");
    phone.install(BOX, &speakerbox, false);
    let command = format!(
        "{} --exchange http://{exchange} --user anna --token-file {} --reply-timeout {}",
        speakerbox.display(),
        token.display(),
        PATIENCE.as_secs(),
    );
    phone.activatable(BOX, &command).await;
    let mut screen = phone.screen().await;
    let woken = Instant::now();
    phone.wake(BOX).await;
    registered(&screen.surface, BOX).await;
    assert!(say("registered", woken) < PATIENCE);
    let line = soon("its call to the exchange", lines.recv()).await.expect("it asks for it");

    // It is there for its user, too: what is dialed with it can be given up while the exchange hangs.
    let bob = Handle::new(HandleKind::Generic, "bob");
    let dialed = screen.surface.start_call(Dial::new(BOX, bob));
    soon("the decision", dialed).await.expect("it is registered");
    let shown = screen.one(CallState::Starting).await;
    screen.surface.end(shown.number, None).outcome().await.expect("it can be given up");
    assert_eq!(screen.over(shown.number).await, EndedReason::Cancelled);
    drop(line);
}

#[tokio::test]
async fn speakerbox_is_registered_before_its_audio_is_there() {
    const BOX: &str = "org.hookswitch.Speakerbox";
    let phone = Phone::new();
    let (exchange, _lines) = hanging_exchange().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (token, speech) = (folder.path().join("token"), folder.path().join("speech"));
    fs::write(&token, "none").unwrap();
    // A file that has nothing to read, and no end.
    rustix::fs::mkfifoat(rustix::fs::CWD, &speech, rustix::fs::Mode::RWXU).unwrap();
    let speakerbox = program("speakerbox");
    phone.install(BOX, &speakerbox, false);
    let command = format!(
        "{} --exchange http://{exchange} --user anna --token-file {} --audio-in {}",
        speakerbox.display(),
        token.display(),
        speech.display(),
    );
    phone.activatable(BOX, &command).await;
    let screen = phone.screen().await;
    let woken = Instant::now();
    phone.wake(BOX).await;
    registered(&screen.surface, BOX).await;
    say("registered, without its audio", woken);
    // With what comes of it, its user is told what is wrong, and it takes no calls.
    fs::write(&speech, "no speech at all").unwrap();
    soon("the end of the registration", async {
        while !screen.surface.status().await.unwrap().providers.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon("what is wrong", async {
        while !phone.log().contains("--audio-in") {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_app_that_is_woken_for_a_call_rings_in_time_while_its_exchange_hangs() {
    let phone = Phone::with_policy("answer=500");
    let (exchange, mut lines) = hanging_exchange().await;
    let woken_app = program("woken_app");
    for app in ["org.example.Chat", "org.example.Talk", "org.example.Mail"] {
        phone.install(app, &woken_app, false);
        let call = new_call();
        let command = format!("{} {app} {call} anna {exchange}", woken_app.display());
        phone.activatable(app, &command).await;
    }
    // Nothing runs yet, not even the service: the app has it started.
    assert_eq!(phone.service_pid().await, None);
    let woken = Instant::now();
    phone.wake("org.example.Chat").await;
    let mut screen = phone.screen().await;
    let chat = screen.one(CallState::Ringing).await;
    say("rings, with the service started for it", woken);
    assert_eq!((chat.app.as_str(), chat.who(), chat.verified), ("org.example.Chat", "anna", true));
    let _hanging = soon("its call to the exchange", lines.recv()).await.expect("it asks for it");

    // Who answers waits for an exchange that hangs, and not for ever.
    let answered = screen.surface.answer(chat.number, None).outcome();
    let outcome = soon("the outcome", answered).await.expect("it was accepted");
    assert_eq!(outcome, [Outcome::Failed(FailReason::TimedOut)]);
    assert_eq!(screen.over(chat.number).await, EndedReason::Failed);

    // Who declines does not.
    let woken = Instant::now();
    phone.wake("org.example.Talk").await;
    let talk = screen.one(CallState::Ringing).await;
    say("rings", woken);
    let _hanging = soon("its call to the exchange", lines.recv()).await.expect("it asks for it");
    screen.surface.decline(talk.number, None).outcome().await.expect("it can be declined");
    assert_eq!(screen.over(talk.number).await, EndKind::Decline.reason());

    // And with an exchange that comes round, the call is connected.
    phone.wake("org.example.Mail").await;
    let mail = screen.one(CallState::Ringing).await;
    let answered = screen.surface.answer(mail.number, None).outcome();
    let mut line = soon("its call to the exchange", lines.recv()).await.expect("it asks for it");
    line.write_all(b"!").await.unwrap();
    let outcome = soon("the outcome", answered).await.expect("it was accepted");
    assert_eq!(outcome, [Outcome::Fulfilled(None)]);
    screen.is(mail.number, CallState::Active).await;
}
