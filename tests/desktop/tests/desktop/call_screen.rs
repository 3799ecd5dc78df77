//! The call screens, as somebody uses them who cannot see them, and as they look.

use hookswitch::{Adoption, Call, CallState, CallUpdate, EndedReason};
use hookswitch_desktop::{Desktop, Size, soon};
use hookswitch_journeys::{Event, Screen, program};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

/// The time a call has gone on, once the screen takes each press: what is pressed twice would be undone.
pub const SETTLED: &str = "00:0[1-9]|00:[1-5][0-9]";

/// What a session starts when its user has logged in.
const LOGIN: &str = include_str!("../../../../data/autostart/org.hookswitch.Phone.desktop.in");

/// The arguments that the call screens are given then.
fn login() -> impl Iterator<Item = &'static str> {
    let line = LOGIN.lines().find_map(|line| line.strip_prefix("Exec=@bindir@/hookswitch-phone "));
    line.expect("it starts the call screens").split(' ')
}

/// A desktop with the call screens on it.
pub struct Seen {
    pub desktop: Desktop,
    pub screen: Screen,
    _accessibility: Child,
    phone: Option<Child>,
}

impl Seen {
    pub async fn start(size: Size) -> Self {
        Self::start_with(size, &[]).await
    }

    /// With this in the environment of the call screens.
    pub async fn start_with(size: Size, environment: &[(&str, &str)]) -> Self {
        let desktop = Desktop::start_with(size, "", &[("HOOKSWITCH_SCREEN", "off".into())]).await;
        Self::on(desktop, environment).await
    }

    /// On this desktop, whose service starts no call screens by itself.
    pub async fn on(desktop: Desktop, environment: &[(&str, &str)]) -> Self {
        desktop.phone().install("org.hookswitch.Phone", &program("hookswitch-phone"), true);
        let screen = desktop.phone().screen().await;
        let accessibility = Self::accessibility(&desktop).await;
        let phone = Some(Self::phone(&desktop, environment));
        let seen = Self { desktop, screen, _accessibility: accessibility, phone };
        seen.is_registered().await;
        seen
    }

    async fn accessibility(desktop: &Desktop) -> Child {
        let mut accessibility = desktop.command("/usr/libexec/at-spi-bus-launcher");
        accessibility.arg("--launch-immediately").stderr(Stdio::null());
        let accessibility = accessibility.spawn().expect("it is in at-spi2-core");
        // A program that starts earlier is never seen there.
        desktop.run("gdbus", &["wait", "--session", "--timeout", "60", "org.a11y.Bus"]).await;
        accessibility
    }

    fn phone(desktop: &Desktop, environment: &[(&str, &str)]) -> Child {
        let mut phone = desktop.command(program("hookswitch-phone"));
        phone.envs(environment.iter().copied());
        phone.args(login()).env("LC_ALL", "C.UTF-8").env("GSK_RENDERER", "cairo");
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

    /// `kill -9` the call screens.
    pub async fn kills_phone(&mut self) {
        let phone = self.phone.as_mut().expect("it was started here");
        phone.kill().await.expect("it runs");
    }

    /// Start the call screens again, with this in their environment.
    pub fn starts_phone(&mut self, environment: &[(&str, &str)]) {
        self.phone = Some(Self::phone(&self.desktop, environment));
    }

    pub async fn reads(&self, words: &[&str]) {
        reads(&self.desktop, words).await;
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
    // Since the login it waits, and has no window.
    assert_eq!(seen.windows().await, 0);
    app.rings("Anna").await;
    seen.reads(&["wait", "Incoming call from Anna with Chat"]).await;
    assert_eq!(seen.windows().await, 1);
    seen.reads(&["lint"]).await;
    seen.picture("incoming").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    let call = seen.screen.one(CallState::Active).await.number;
    seen.reads(&["wait", "[0-9]+:[0-9]{2}"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("in-call").await;
    seen.reads(&["once", "Keypad"]).await;
    seen.reads(&["wait", "5"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("keypad").await;
    seen.reads(&["once", "Keypad"]).await;
    seen.reads(&["gone", "5"]).await;
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
    seen.kills_phone().await;
    seen.screen.one(CallState::Active).await;
    seen.starts_phone(&[]);
    seen.reads(&["wait", "Call with Anna with Chat"]).await;
    seen.reads(&["press", "End Call", "Close"]).await;
}

#[tokio::test]
async fn the_service_starts_the_screen_and_again_with_the_call_on_it() {
    let desktop = Desktop::start(Size::PHONE).await;
    let _accessibility = Seen::accessibility(&desktop).await;
    let screen = program("hookswitch-phone");
    desktop.phone().install("org.hookswitch.Phone", &screen, true);
    let command = format!("{} --gapplication-service", screen.display());
    desktop.phone().activatable("org.hookswitch.Phone", &command).await;
    let app = desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    reads(&desktop, &["press", "Answer", "End Call"]).await;
    let pid = pid(&desktop).await;
    desktop.run("kill", &["-KILL", &pid]).await;
    reads(&desktop, &["press", "End Call", "Close"]).await;
}

/// Of the call screen, as the bus knows it.
async fn pid(desktop: &Desktop) -> String {
    let bus = ["call", "--session", "-d", "org.freedesktop.DBus", "-o", "/org/freedesktop/DBus"];
    let question =
        ["-m", "org.freedesktop.DBus.GetConnectionUnixProcessID", "org.hookswitch.Phone"];
    let said = desktop.run("gdbus", &[&bus[..], &question[..]].concat()).await;
    // As "(uint32 4711,)".
    let last = said.split_whitespace().last().unwrap_or_default();
    last.chars().filter(char::is_ascii_digit).collect()
}

async fn reads(desktop: &Desktop, words: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("reader.py");
    let script = script.to_string_lossy().into_owned();
    let mut all = vec![script.as_str()];
    all.extend(words);
    desktop.run("/usr/bin/python3", &all).await;
}

#[tokio::test]
async fn a_call_stays_on_the_screen_when_the_service_is_killed() {
    let mut seen = Seen::start(Size::PHONE).await;
    let mut app = seen.desktop.phone().willing_app("org.example.Chat").await;
    let id = app.rings("Anna").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    let call = seen.screen.one(CallState::Active).await.number;
    seen.desktop.phone().kill_service().await;
    app.reset().await;
    let talks = Adoption {
        state: CallState::Active,
        muted: false,
        group_with: None,
        update: CallUpdate::default(),
    };
    app.provider.adopt_call(id, talks).await.expect("the service remembers the call");
    // It is on the screen again, and takes what is pressed.
    seen.reads(&["press", "End Call", "Close"]).await;
    assert_eq!(seen.screen.over(call).await, EndedReason::HungUp);
}

#[tokio::test]
async fn the_mask_icon_leads_to_the_app() {
    let seen = Seen::start(Size::PHONE).await;
    let opened = seen.desktop.folder().join("opened");
    let applications = seen.desktop.folder().join("data/applications");
    std::fs::create_dir_all(&applications).expect("a folder for apps");
    let text = format!(
        "[Desktop Entry]\nType=Application\nName=Chat\nIcon=call-start-symbolic\nExec=touch {}\n",
        opened.display()
    );
    std::fs::write(applications.join("org.example.Chat.desktop"), text).expect("it is written");
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    seen.reads(&["press", "Answer", "Open Chat"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("mask-icon").await;
    assert!(!opened.exists(), "answering opens no app by itself");
    seen.reads(&["press", "Open Chat", "Open Chat"]).await;
    soon("the app", async {
        while !opened.exists() {
            seen.reads(&["press", "Open Chat", "Open Chat"]).await;
        }
    })
    .await;
}

#[tokio::test]
async fn keys_are_tones_of_the_call() {
    let seen = Seen::start(Size::PHONE).await;
    let mut app = seen.desktop.phone().app("org.example.Chat").await;
    app.rings("Anna").await;
    let answers = async { app.answer().await.fulfill() };
    tokio::join!(seen.reads(&["press", "Answer", "End Call"]), answers);
    seen.reads(&["wait", SETTLED]).await;
    seen.reads(&["once", "Keypad"]).await;
    seen.reads(&["wait", "5"]).await;
    for key in ["5", "#"] {
        seen.reads(&["once", key]).await;
        let tone = app.until("a tone", |event| match event {
            Event::Dtmf(action) => Ok(action),
            other => Err(other),
        });
        let tone = tone.await;
        assert_eq!(tone.digits.as_str(), key);
        tone.fulfill();
    }
}

#[tokio::test]
async fn what_is_pressed_in_a_call_happens_to_it() {
    let mut seen = Seen::start(Size::PHONE).await;
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    let anna = seen.screen.one(CallState::Active).await.number;
    seen.reads(&["wait", SETTLED]).await;
    seen.reads(&["once", "Mute"]).await;
    seen.screen.until("mute", |all| all.calls.get(&anna)?.muted.then_some(())).await;
    seen.reads(&["once", "Mute"]).await;
    seen.screen.until("no mute", |all| (!all.calls.get(&anna)?.muted).then_some(())).await;
    seen.reads(&["press", "Hold", "Resume"]).await;
    seen.screen.is(anna, CallState::Held).await;
    seen.reads(&["press", "Resume", "Hold"]).await;
    seen.screen.is(anna, CallState::Active).await;

    app.rings("Ben").await;
    seen.reads(&["press", "Hold & Accept", "Swap"]).await;
    let talks = |call: &&Call| call.who() == "Ben" && call.state == CallState::Active;
    let of = |all: &hookswitch::SurfaceState| all.calls.values().find(talks).map(|it| it.number);
    let ben = seen.screen.until("Ben to talk", of).await;
    seen.reads(&["press", "Swap", "Call with Anna with Chat"]).await;
    seen.screen.is(ben, CallState::Held).await;
    seen.screen.is(anna, CallState::Active).await;

    seen.reads(&["press", "Merge.*", "End for All"]).await;
    let together = |all: &hookswitch::SurfaceState| {
        let (one, other) = (all.calls.get(&anna)?.group?, all.calls.get(&ben)?.group?);
        (one == other).then_some(())
    };
    seen.screen.until("one conversation", together).await;
    seen.reads(&["lint"]).await;
    seen.picture("group").await;
    seen.reads(&["press", "Talk Privately", "!End for All"]).await;
    let apart = |all: &hookswitch::SurfaceState| {
        all.calls.values().all(|call| call.group.is_none()).then_some(())
    };
    seen.screen.until("two conversations", apart).await;
}

/// Whoever asks for this on the bus of a desktop is heard.
pub struct Heard {
    member: String,
    lines: Lines<BufReader<ChildStdout>>,
    _monitor: Child,
}

impl Heard {
    /// Listen from now on.
    pub async fn on(desktop: &Desktop, member: &str) -> Self {
        let mut monitor = desktop.command("dbus-monitor");
        let rule = format!("type='method_call',member='{member}'");
        monitor.args(["--session", &rule]).stdout(Stdio::piped());
        let mut monitor = monitor.spawn().expect("it is in dbus-bin");
        let output = monitor.stdout.take().expect("it has an output");
        let mut lines = BufReader::new(output).lines();
        // It says its own name first: it listens then.
        soon("the monitor", lines.next_line()).await.expect("it talks");
        Self { member: member.to_owned(), lines, _monitor: monitor }
    }

    /// Wait until somebody asks for it.
    pub async fn once(&mut self) {
        let member = format!("member={}", self.member);
        soon(&member, async {
            while let Some(line) = self.lines.next_line().await.expect("it talks") {
                if line.contains(&member) {
                    return;
                }
            }
            panic!("the monitor ended");
        })
        .await;
    }
}

#[tokio::test]
async fn a_call_that_is_on_the_screen_is_said_to_be() {
    // On a phone's screen it comes by itself: nobody would say here that it is up to it.
    let environment = [("HOOKSWITCH_SCREEN", "off".into())];
    let policy = "presented_within=600000";
    let desktop = Desktop::start_with(Size::PHONE, policy, &environment).await;
    let seen = Seen::on(desktop, &[]).await;
    let mut heard = Heard::on(&seen.desktop, "Presented").await;
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    seen.reads(&["wait", "Answer"]).await;
    // The story's own screen says nothing of the kind.
    heard.once().await;
}
