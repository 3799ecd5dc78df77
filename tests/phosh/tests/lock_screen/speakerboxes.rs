use hookswitch::{CallState, EndedReason};
use hookswitch_demo::{Phone, PhoneOptions, Programs, Stage, speak};
use hookswitch_journeys::program;
use hookswitch_phosh::{Lock, Screen, spot};

const APP: &str = "org.hookswitch.Speakerbox";
/// Longer than any of these calls.
const SAYS: &str = "Good morning, this is the telephone on the lock screen. One two three four five six seven \
    eight nine ten. I shall go on talking for as long as somebody listens to what I have to say about boats.";

struct Pair {
    anna: Phone,
    bob: Phone,
    screen: Screen,
    _stage: Stage,
}

/// Anna's phone, Bob's phone with a locked Phosh on it, and an exchange between them.
async fn pair() -> Pair {
    let programs = Programs::beside(&program("hookswitch-demo"));
    let stage = Stage::set(programs, &[]).await.expect("the exchange starts");
    let speech = stage.folder().join("says.wav");
    speak(SAYS, "en-us", &speech).await.expect("espeak-ng speaks");
    let options = |user: &str, name: &str| PhoneOptions {
        speech: Some(speech.clone()),
        arguments: ["--name", name].map(str::to_owned).to_vec(),
        environment: vec![("HOOKSWITCH_PHOSH".to_owned(), "always".to_owned())],
        ..PhoneOptions::new(user)
    };
    let mut anna = Phone::switch_on(&stage, options("anna", "Anna Marlow")).await.expect("anna");
    let mut bob = Phone::switch_on(&stage, options("bob", "Bob")).await.expect("bob");
    let screen = Screen::start(bob.bus(), Lock::Locked).await;
    anna.ready().await.expect("anna can call");
    bob.ready().await.expect("bob can be called");
    Pair { anna, bob, screen, _stage: stage }
}

impl Pair {
    /// Anna calls, and Bob's lock screen says so.
    async fn rings(&mut self) {
        self.anna.command(&["dial", APP, "bob"]).await.expect("anna dials");
        let text = self.screen.shows(&["Anna Marlow", "Speakerbox"]).await;
        println!("the lock screen says: {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
        assert!(self.screen.is_locked().await);
    }

    async fn switched_off(mut self) {
        self.anna.switch_off().await;
        self.bob.switch_off().await;
    }
}

#[tokio::test]
async fn a_locked_phone_is_called_answered_and_hung_up() {
    let mut pair = pair().await;
    pair.rings().await;
    pair.screen.photograph("ringing").await;
    pair.screen.tap(spot::ANSWER).await;
    pair.bob.call_in(None, CallState::Active, 0).await.expect("a tap answers");
    // Each hears what the other says, through the exchange.
    pair.anna.speakerbox.wait("audible").await.expect("anna hears bob");
    pair.bob.speakerbox.wait("audible").await.expect("bob hears anna");
    assert!(pair.screen.is_locked().await, "answering unlocks nothing");
    pair.screen.photograph("talking").await;
    pair.screen.tap(spot::HANG_UP).await;
    let over = pair.bob.call_in(None, CallState::Ended, 0).await.expect("a tap hangs up");
    assert_eq!(over.call.ended, Some(EndedReason::HungUp));
    let there = pair.anna.call_in(None, CallState::Ended, 0).await.expect("it ends there, too");
    assert_eq!(there.call.ended, Some(EndedReason::RemoteEnded));
    assert!(pair.screen.is_locked().await);
    pair.switched_off().await;
}

#[tokio::test]
async fn a_locked_phone_declines() {
    let mut pair = pair().await;
    pair.rings().await;
    pair.screen.tap(spot::DECLINE).await;
    let over = pair.bob.call_in(None, CallState::Ended, 0).await.expect("a tap declines");
    assert_eq!(over.call.ended, Some(EndedReason::Declined));
    pair.anna.call_in(None, CallState::Ended, 0).await.expect("anna is told");
    assert!(pair.screen.is_locked().await);
    pair.switched_off().await;
}
