//! On a desktop a call that rings is on a banner, which takes the keyboard from nobody.

use crate::call_screen::{Heard, Seen};
use crate::servers::{read, start, until};
use futures_util::StreamExt;
use hookswitch::{CallNumber, CallState, EndedReason};
use hookswitch_bus::names::SERVICE;
use hookswitch_bus::{CallRecord, StateRecord};
use hookswitch_desktop::{Desktop, Size, soon};
use hookswitch_journeys::program;
use std::fs;
use std::path::{Path, PathBuf};
use tokio::process::Child;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream};

const CHAT: &str = "org.example.Chat";
const LETTER: &str = "Letter";

/// Somebody who writes a letter while calls come.
struct Letter {
    program: Child,
    text: PathBuf,
    _keyboard: Child,
}

impl Letter {
    /// Wait until the letter ends with this.
    async fn says(&mut self, wanted: &str) {
        soon("the letter", async {
            while !fs::read_to_string(&self.text).unwrap_or_default().ends_with(wanted) {
                let ended = self.program.try_wait().expect("it can be asked");
                assert!(ended.is_none(), "the letter's window is gone");
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

impl Seen {
    /// A laptop with this notification server, whose service shows nothing before somebody says that it is up to it.
    async fn with(server: &str) -> (Self, Child) {
        let environment = [("HOOKSWITCH_SCREEN", "off".into())];
        let policy = "presented_within=600000";
        let desktop = Desktop::start_with(Size::LAPTOP, policy, &environment).await;
        let seen = Self::on(desktop, &[]).await;
        let server = start(&seen.desktop, server, &[]).await;
        (seen, server)
    }

    /// A keyboard: where there is none, no window is looked at.
    async fn has_keyboard(&self) -> Child {
        let mut keyboard = self.desktop.command("wtype");
        keyboard.args(["-k", "Shift_L", "-s", "600000"]).spawn().expect("wtype starts")
    }

    /// Put the window of the call away.
    async fn puts_away_call(&self) {
        self.sway(&["[title=\"^Call with .*\"] move container to workspace 2"]).await;
    }

    async fn writes(&self) -> Letter {
        let text = self.desktop.folder().join("letter");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("writer.py");
        let mut program = self.desktop.command("/usr/bin/python3");
        let program = program.arg(script).arg(&text).spawn().expect("it starts");
        self.has_focus(LETTER).await;
        // What is typed before the window knows of the keyboard goes nowhere.
        let keyboard = self.has_keyboard().await;
        soon("the first key", async {
            while fs::read_to_string(&text).unwrap_or_default().is_empty() {
                self.types(".").await;
            }
        })
        .await;
        Letter { program, text, _keyboard: keyboard }
    }

    /// The call that rings. This story's own screen leaves it to others, as the call screen does.
    async fn rings(&mut self) -> CallNumber {
        let call = self.screen.one(CallState::Ringing).await.number;
        self.screen.surface.not_presented(call).await.expect("it is a screen");
        call
    }

    /// Type this, wherever the focus is.
    async fn types(&self, text: &str) {
        self.desktop.keys(&[text]).await;
    }

    /// Where this word is on the output.
    async fn place(&self, word: &str) -> (u32, u32) {
        let picture = self.desktop.folder().join("banner.png");
        let place = read(&self.desktop, word, &picture).await;
        if let Some(keep) = std::env::var_os("PICTURES") {
            let name = format!("banner-{}.png", word.to_lowercase());
            fs::copy(&picture, Path::new(&keep).join(name)).expect("a copy");
        }
        place
    }
}

#[tokio::test]
async fn who_writes_writes_on_while_it_rings_and_answers_on_the_banner() {
    let (mut seen, _server) = Seen::with("swaync").await;
    let mut letter = seen.writes().await;
    seen.types("Dear ").await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    let anna = seen.rings().await;
    let (x, y) = seen.place("Answer").await;
    assert_eq!(seen.windows().await, 1);
    seen.has_focus(LETTER).await;
    // None of it answers or declines.
    seen.types("Ben, ").await;
    letter.says("Dear Ben, ").await;
    assert_eq!(seen.screen.one(CallState::Ringing).await.number, anna);
    seen.desktop.click(x, y);
    seen.screen.is(anna, CallState::Active).await;
    // Who talks has the call's window.
    seen.has_focus("Call with Anna with Chat").await;

    // They put it away and write on, and somebody else calls: the window says so where it is, and stays there.
    seen.puts_away_call().await;
    seen.has_focus(LETTER).await;
    let talk = seen.desktop.phone().willing_app("org.example.Talk").await;
    talk.rings("Ben").await;
    let ben = seen.rings().await;
    // Of its three buttons the one in the middle: the words on it are in its text as well.
    let (x, y) = seen.place("Decline").await;
    let width = 158;
    seen.has_focus(LETTER).await;
    seen.types("come soon").await;
    letter.says("Dear Ben, come soon").await;
    seen.reads(&["wait", "Incoming call from Ben with Talk"]).await;
    seen.desktop.click(x + width, y);
    seen.screen.is(ben, CallState::Active).await;
    seen.screen.is(anna, CallState::Held).await;
    seen.reads(&["wait", "Call with Ben with Talk"]).await;
}

#[tokio::test]
async fn who_looks_at_the_call_screen_has_the_second_call_there() {
    let (mut seen, _server) = Seen::with("swaync").await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    let anna = seen.rings().await;
    let (x, y) = seen.place("Answer").await;
    seen.desktop.click(x, y);
    seen.screen.is(anna, CallState::Active).await;
    seen.has_focus("Call with Anna with Chat").await;
    let _keyboard = seen.has_keyboard().await;
    seen.has_focus("Call with Anna with Chat").await;
    let mut presented = Heard::on(&seen.desktop, "Presented").await;
    let talk = seen.desktop.phone().willing_app("org.example.Talk").await;
    talk.rings("Ben").await;
    presented.once().await;
    seen.reads(&["press", "Hold & Accept", "Swap"]).await;
    seen.screen.is(anna, CallState::Held).await;
}

#[tokio::test]
async fn who_turns_to_the_call_screen_needs_no_banner() {
    let (mut seen, _server) = Seen::with("swaync").await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    let anna = seen.rings().await;
    let (x, y) = seen.place("Answer").await;
    seen.desktop.click(x, y);
    seen.screen.is(anna, CallState::Active).await;
    // Nobody looks at its window, and the second call is on a banner.
    let talk = seen.desktop.phone().willing_app("org.example.Talk").await;
    talk.rings("Ben").await;
    seen.rings().await;
    seen.place("Decline").await;
    let mut presented = Heard::on(&seen.desktop, "Presented").await;
    let _keyboard = seen.has_keyboard().await;
    presented.once().await;
}

#[tokio::test]
async fn where_the_window_is_out_of_sight_a_notification_without_buttons_says_it() {
    let (mut seen, _server) = Seen::with("mako").await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    let anna = seen.rings().await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    seen.screen.is(anna, CallState::Active).await;
    let _letter = seen.writes().await;
    seen.puts_away_call().await;
    let talk = seen.desktop.phone().willing_app("org.example.Talk").await;
    talk.rings("Ben").await;
    seen.rings().await;
    // Who is on another workspace is not brought from there: sway gives no window the right to that.
    let list = ("makoctl", &["list"][..]);
    until(&seen.desktop, "Ben", list, |said| said.contains("Ben calls with Talk")).await;
    seen.has_focus(LETTER).await;
}

#[tokio::test]
async fn a_banner_that_is_declined_brings_no_window_and_one_that_is_clicked_does() {
    let (mut seen, _server) = Seen::with("swaync").await;
    let mut letter = seen.writes().await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    let anna = seen.rings().await;
    let (x, y) = seen.place("Decline").await;
    seen.desktop.click(x, y);
    assert_eq!(seen.screen.over(anna).await, EndedReason::Declined);
    seen.types("Dear Anna").await;
    letter.says("Dear Anna").await;
    assert_eq!(seen.windows().await, 1);

    // More than a banner has room for.
    chat.rings("Ben").await;
    let ben = seen.rings().await;
    seen.opens().await;
    seen.has_focus("Incoming call from Ben with Chat").await;
    seen.reads(&["press", "Silence", "!Silence"]).await;
    seen.screen.one(CallState::Ringing).await;
    seen.reads(&["press", "Decline", "!Decline"]).await;
    assert_eq!(seen.screen.over(ben).await, EndedReason::Declined);
}

#[tokio::test]
async fn an_app_that_takes_its_time_to_hang_up_brings_no_window() {
    let (mut seen, _server) = Seen::with("swaync").await;
    let mut letter = seen.writes().await;
    let mut chat = seen.desktop.phone().app(CHAT).await;
    chat.rings("Anna").await;
    let anna = seen.rings().await;
    let (x, y) = seen.place("Decline").await;
    seen.desktop.click(x, y);
    let end = chat.end().await;
    seen.screen.is(anna, CallState::Ending).await;
    seen.types("Dear Anna").await;
    letter.says("Dear Anna").await;
    assert_eq!(seen.windows().await, 1);
    end.fulfill();
    assert_eq!(seen.screen.over(anna).await, EndedReason::Declined);
    assert_eq!(seen.windows().await, 1);
}

#[tokio::test]
async fn a_click_that_starts_the_call_screen_leads_to_the_call() {
    let (mut seen, _server) = Seen::with("swaync").await;
    seen.kills_phone().await;
    let command = format!("{} --gapplication-service", program("hookswitch-phone").display());
    seen.desktop.phone().activatable("org.hookswitch.Phone", &command).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    seen.rings().await;
    seen.place("Answer").await;
    seen.opens().await;
    seen.has_focus("Incoming call from Anna with Chat").await;
}

#[tokio::test]
async fn where_notifications_have_no_buttons_the_window_comes() {
    let (mut seen, _server) = Seen::with("mako").await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    let call = seen.rings().await;
    seen.has_focus("Incoming call from Anna with Chat").await;
    let shown = seen.desktop.run("makoctl", &["list"]).await;
    assert!(!shown.contains("Anna"), "{shown}");
    seen.reads(&["press", "Answer", "End Call"]).await;
    seen.screen.is(call, CallState::Active).await;
}

#[tokio::test]
async fn when_the_banners_server_dies_the_window_comes() {
    let (mut seen, mut server) = Seen::with("swaync").await;
    let mut letter = seen.writes().await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    seen.rings().await;
    seen.place("Answer").await;
    seen.types("Dear").await;
    letter.says("Dear").await;
    server.kill().await.expect("it runs");
    seen.has_focus("Incoming call from Anna with Chat").await;
}

/// A service that knows nothing of screens that leave calls to others, and has one call.
async fn older(service: &Connection, mut heard: MessageStream) {
    let anna = CallRecord {
        number: 1,
        app_id: CHAT.into(),
        app_name: "Chat".into(),
        direction: "incoming".into(),
        state: "ringing".into(),
        name: Some("Anna".into()),
        ..CallRecord::default()
    };
    let state = StateRecord {
        calls: vec![anna],
        ring: "loud".into(),
        version: 1,
        ..StateRecord::default()
    };
    while let Some(message) = heard.next().await {
        let message = message.expect("the bus lives");
        let header = message.header();
        let asked = header.member().map_or("", |member| member.as_str());
        if message.message_type() != Type::MethodCall {
            continue;
        }
        let reply = match asked {
            "Register" => Message::method_return(&header).build(&state),
            "Presented" => return,
            _ => Message::error(&header, "org.freedesktop.DBus.Error.UnknownMethod").build(&()),
        };
        service.send(&reply.expect("it is a message")).await.expect("the bus takes it");
    }
}

#[tokio::test]
async fn where_the_service_is_older_the_window_comes() {
    let desktop = Desktop::start(Size::LAPTOP).await;
    let service = desktop.phone().stranger().await;
    let heard = MessageStream::from(&service);
    service.request_name(SERVICE).await.expect("no other service runs");
    let mut phone = desktop.command(program("hookswitch-phone"));
    let phone = phone.arg("--gapplication-service").env("GSK_RENDERER", "cairo");
    let _phone = phone.spawn().expect("it starts");
    soon("the call on the screen", older(&service, heard)).await;
}
