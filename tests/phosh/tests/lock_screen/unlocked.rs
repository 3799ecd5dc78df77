//! Phosh that is in use shows no call itself: our call screen comes up, and has the whole screen.

use hookswitch::{CallState, EndedReason};
use hookswitch_journeys::{Phone, program};
use hookswitch_phosh::spot::Spot;
use hookswitch_phosh::{Lock, Screen, soon};

const PHONE: &str = "org.hookswitch.Phone";
/// Phosh's bar, with the clock.
const TOP: &str = "0,0 360x24";
/// Phosh's bar at the other end, beside where the pointer rests.
const BOTTOM: &str = "60,700 300x20";
/// Our buttons: what ends is where it was while it rang.
const ANSWER: Spot = (264, 634);
const DECLINE: Spot = (96, 634);
const END: Spot = DECLINE;

/// An unlocked phone whose call screen is started by the service, as it is installed.
async fn unlocked() -> (Phone, Screen) {
    let phone = Phone::with_environment("", &[("HOOKSWITCH_PHOSH", "always".into())]);
    let screen = Screen::start(phone.address(), Lock::Unlocked).await;
    let call_screen = program("hookswitch-phone");
    phone.install(PHONE, &call_screen, true);
    let command = screen.command_line(&call_screen);
    phone.activatable(PHONE, &format!("{command} --gapplication-service")).await;
    (phone, screen)
}

/// Wait until our window has the whole screen, or has gone.
async fn fills(screen: &Screen, fills: bool) {
    let what = if fills { "a call on the whole screen" } else { "the end of the call screen" };
    soon(what, async {
        loop {
            let (top, bottom) = (screen.colour(TOP).await, screen.colour(BOTTOM).await);
            // Phosh has nothing that is so light.
            let ours = top == bottom && top.is_some_and(|colour| colour.iter().all(|of| *of > 200));
            if ours == fills {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_call_has_the_whole_unlocked_screen_and_is_answered_and_ended_by_taps() {
    let (phone, mut screen) = unlocked().await;
    let mut calls = phone.screen().await;
    let mut chat = phone.app("org.example.Chat").await;
    fills(&screen, false).await;
    screen.photograph("unlocked").await;

    let call = chat.rings("anna@example.org").await;
    screen.shows(&["anna@example.org", "Chat", "Answer", "Decline"]).await;
    screen.photograph("unlocked ringing").await;
    fills(&screen, true).await;
    assert!(!screen.is_locked().await);
    screen.tap(ANSWER).await;
    let answer = chat.answer().await;
    assert_eq!(answer.call, call);
    answer.fulfill();
    let talking = calls.one(CallState::Active).await.number;
    screen.shows(&["anna@example.org", "End Call", "Mute", "Hold"]).await;
    screen.photograph("unlocked talking").await;
    screen.tap(END).await;
    chat.end().await.fulfill();
    assert_eq!(calls.over(talking).await, EndedReason::HungUp);
    screen.photograph("unlocked ended").await;
    fills(&screen, false).await;
}

#[tokio::test]
async fn a_call_is_declined_by_a_tap() {
    let (phone, mut screen) = unlocked().await;
    let mut calls = phone.screen().await;
    let mut chat = phone.app("org.example.Chat").await;
    fills(&screen, false).await;

    chat.rings("ben@example.org").await;
    let ringing = calls.one(CallState::Ringing).await.number;
    screen.shows(&["ben@example.org", "Answer", "Decline"]).await;
    fills(&screen, true).await;
    screen.tap(DECLINE).await;
    chat.end().await.fulfill();
    assert_eq!(calls.over(ringing).await, EndedReason::Declined);
    fills(&screen, false).await;
    screen.photograph("unlocked again").await;
}
