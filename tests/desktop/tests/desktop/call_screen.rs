//! The call screens, as somebody uses them who cannot see them, and as they look.

use hookswitch::{CallState, EndedReason};
use hookswitch_desktop::{Desktop, Size, soon};
use hookswitch_journeys::{Screen, program};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Child;

/// A desktop with the call screens on it.
pub struct Seen {
    pub desktop: Desktop,
    pub screen: Screen,
    _accessibility: Child,
    phone: Child,
}

impl Seen {
    pub async fn start(size: Size) -> Self {
        let desktop = Desktop::start_with(size, "", &[("HOOKSWITCH_SCREEN", "off".into())]).await;
        desktop.phone().install("org.hookswitch.Phone", &program("hookswitch-phone"), true);
        let screen = desktop.phone().screen().await;
        let mut accessibility = desktop.command("/usr/libexec/at-spi-bus-launcher");
        accessibility.arg("--launch-immediately").stderr(Stdio::null());
        let accessibility = accessibility.spawn().expect("it is in at-spi2-core");
        // A program that starts earlier is never seen there.
        desktop.run("gdbus", &["wait", "--session", "--timeout", "60", "org.a11y.Bus"]).await;
        let phone = Self::phone(&desktop);
        let seen = Self { desktop, screen, _accessibility: accessibility, phone };
        seen.is_registered().await;
        seen
    }

    fn phone(desktop: &Desktop) -> Child {
        let mut phone = desktop.command(program("hookswitch-phone"));
        phone.arg("--gapplication-service").env("LC_ALL", "C.UTF-8").env("GSK_RENDERER", "cairo");
        phone.spawn().expect("the call screens start")
    }

    /// Wait until the service knows it.
    async fn is_registered(&self) {
        soon("the call screens", async {
            loop {
                let status = self.screen.surface.status().await.expect("the service answers");
                if status.surfaces.iter().any(|one| one.name == "Phone") {
                    return;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub async fn reads(&self, words: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("reader.py");
        let script = script.to_string_lossy().into_owned();
        let mut all = vec![script.as_str()];
        all.extend(words);
        self.desktop.run("/usr/bin/python3", &all).await;
    }

    pub async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("PICTURES") {
            self.desktop.screenshot(&PathBuf::from(folder).join(format!("{name}.png"))).await;
        }
    }
}

#[tokio::test]
async fn a_call_is_answered_talked_in_and_ended_on_the_screen() {
    let mut seen = Seen::start(Size::PHONE).await;
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    seen.reads(&["wait", "Incoming call from Anna with Chat"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("incoming").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    let call = seen.screen.one(CallState::Active).await.number;
    seen.reads(&["wait", "[0-9]+:[0-9]{2}"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("in-call").await;
    seen.reads(&["press", "Keypad", "5"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("keypad").await;
    seen.reads(&["press", "End Call", "Close"]).await;
    assert_eq!(seen.screen.over(call).await, EndedReason::HungUp);
    seen.picture("over").await;
    seen.reads(&["gone", "Call with Anna with Chat"]).await;
}

#[tokio::test]
async fn a_ringing_call_is_declined_on_the_screen() {
    let mut seen = Seen::start(Size::PHONE).await;
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    let call = seen.screen.one(CallState::Ringing).await.number;
    seen.reads(&["wait", "Answer"]).await;
    seen.reads(&["press", "Silence", "!Silence"]).await;
    seen.reads(&["press", "Decline", "!Decline"]).await;
    assert_eq!(seen.screen.over(call).await, EndedReason::Declined);
}

#[tokio::test]
async fn each_way_to_take_a_second_call_does_what_it_says() {
    for (choice, anna, third) in [
        ("Hold & Accept", Some(CallState::Held), "Swap"),
        ("End Anna & Accept", None, "End Call"),
        ("Decline", Some(CallState::Active), "End Call"),
    ] {
        let mut seen = Seen::start(Size::PHONE).await;
        let chat = seen.desktop.phone().willing_app("org.example.Chat").await;
        chat.rings("Anna").await;
        seen.reads(&["press", "Answer", "End Call"]).await;
        let first = seen.screen.one(CallState::Active).await.number;
        let talk = seen.desktop.phone().willing_app("org.example.Talk").await;
        talk.rings("Ben").await;
        seen.reads(&["wait", "Incoming call from Ben with Talk"]).await;
        seen.reads(&["wait", "Anna is put on hold"]).await;
        seen.reads(&["lint"]).await;
        seen.picture("call-waiting").await;
        seen.reads(&["press", choice, third]).await;
        match anna {
            Some(state) => {
                let is = |call: &hookswitch::Call| call.number == first && call.state == state;
                let what = format!("Anna after {choice}");
                let held = seen
                    .screen
                    .until(&what, |all| all.calls.values().find(|call| is(call)).cloned());
                held.await;
            }
            None => assert_eq!(seen.screen.over(first).await, EndedReason::HungUp),
        }
        seen.picture(&format!("after-{}", choice.replace(' ', "-"))).await;
    }
}

#[tokio::test]
async fn a_screen_that_was_killed_shows_the_call_again() {
    let mut seen = Seen::start(Size::PHONE).await;
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    seen.phone.kill().await.expect("it runs");
    seen.screen.one(CallState::Active).await;
    seen.phone = Seen::phone(&seen.desktop);
    seen.reads(&["wait", "Call with Anna with Chat"]).await;
    seen.reads(&["press", "End Call", "Close"]).await;
}
