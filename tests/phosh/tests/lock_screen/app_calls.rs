use hookswitch::CallUuid;
use hookswitch_journeys::{App, Event, Phone};
use hookswitch_phosh::{Lock, Screen, soon, spot};

const CHAT: &str = "org.example.Chat";
const TALK: &str = "org.example.Talk";

fn phone() -> Phone {
    Phone::with_environment("", &[("HOOKSWITCH_PHOSH", "always".into())])
}

/// The app's call is answered on the lock screen, and has the audio.
async fn answers(screen: &mut Screen, app: &mut App, call: CallUuid) {
    screen.is_still().await;
    let ringing = screen.buttons().await;
    screen.tap(spot::ANSWER).await;
    let answer = app.answer().await;
    assert_eq!(answer.call, call);
    answer.fulfill();
    app.audio_on(call).await;
    // What is tapped next is not there before.
    soon("the screen of the call", async { while screen.buttons().await == ringing {} }).await;
}

#[tokio::test]
async fn a_digit_of_the_dial_pad_reaches_the_app() {
    let phone = phone();
    let mut chat = phone.app(CHAT).await;
    let mut screen = Screen::start(phone.address(), Lock::Locked).await;
    let call = chat.rings("+49301234567").await;
    screen.shows(&["+49301234567", "Chat"]).await;
    answers(&mut screen, &mut chat, call).await;
    screen.tap(spot::DIAL_PAD).await;
    screen.tap(spot::FIVE).await;
    let tones = chat.until("a tone", |event| match event {
        Event::Dtmf(tones) => Ok(tones),
        other => Err(other),
    });
    let tones = tones.await;
    assert_eq!((tones.call, tones.digits.as_str()), (call, "5"));
    screen.photograph("dial pad").await;
    tones.fulfill();
}

#[tokio::test]
async fn a_call_that_rang_before_the_lock_is_on_the_lock_screen() {
    let phone = phone();
    let mut chat = phone.app(CHAT).await;
    let mut screen = Screen::start(phone.address(), Lock::Unlocked).await;
    let call = chat.rings("early@example.org").await;
    screen.lock().await;
    screen.shows(&["early@example.org", "Chat"]).await;
    answers(&mut screen, &mut chat, call).await;
    assert!(screen.is_locked().await);
}

#[tokio::test]
async fn a_second_call_takes_the_page_and_an_answer_holds_the_first() {
    let phone = phone();
    let mut chat = phone.app(CHAT).await;
    let mut talk = phone.app(TALK).await;
    let mut screen = Screen::start(phone.address(), Lock::Locked).await;
    let first = chat.rings("first@example.org").await;
    screen.shows(&["first@example.org", "Chat"]).await;
    answers(&mut screen, &mut chat, first).await;
    let second = talk.rings("second@example.org").await;
    screen.shows(&["second@example.org", "Talk"]).await;
    screen.photograph("second").await;
    screen.tap(spot::ANSWER).await;
    let held = chat.held().await;
    assert_eq!((held.call, held.on_hold), (first, true));
    held.fulfill();
    let answer = talk.answer().await;
    answer.fulfill();
    talk.audio_on(second).await;
    // It ends there: the first has the page again.
    screen.tap(spot::HANG_UP).await;
    talk.end().await.fulfill();
    screen.shows(&["first@example.org", "Chat"]).await;
    screen.photograph("first again").await;
}

#[tokio::test]
async fn nobody_else_is_brought_up_while_the_lock_screen_shows_the_call() {
    let phone = phone();
    let folder = tempfile::tempdir().expect("a folder");
    let brought = folder.path().join("brought");
    let command = format!("/usr/bin/touch {}", brought.display());
    phone.activatable("org.hookswitch.Phone", &command).await;
    let mut chat = phone.app(CHAT).await;
    let mut screen = Screen::start(phone.address(), Lock::Locked).await;
    let call = chat.rings("anna@example.org").await;
    screen.shows(&["anna@example.org", "Chat"]).await;
    answers(&mut screen, &mut chat, call).await;
    assert!(!brought.exists(), "a call screen was started for a call that Phosh shows");
    // Phosh dies in the call: now somebody else has to show it.
    screen.kill_shell().await;
    hookswitch_phosh::soon("another call screen", async {
        while !brought.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}
