//! The window as a screen reader has it, on a real service: what is pressed there is done, and what happens is shown.

mod display;
mod reader;

use display::Display;
use hookswitch::CallState;
use hookswitch_journeys::Phone;
use reader::Reader;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::{Child, Command};

const APP: &str = "org.hookswitch.Speakerbox";

struct Desk {
    phone: Phone,
    reader: Reader,
    window: Child,
    _display: Display,
    _folder: TempDir,
}

impl Desk {
    /// A phone with the window open.
    async fn new() -> Self {
        let phone = Phone::new();
        let program = env!("CARGO_BIN_EXE_speakerbox-window");
        phone.install(APP, program.as_ref(), false);
        let display = Display::start();
        let folder = tempfile::tempdir().expect("a folder");
        let reader = Reader::start(phone.address(), folder.path()).await;
        let contacts = folder.path().join("contacts");
        std::fs::write(&contacts, "bob@example.org Bob\n").expect("room for the contacts");
        let window = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", program])
            // There is no exchange: it is tried again for as long as the story lasts.
            .args(["--exchange", "http://127.0.0.1:9", "--user", "alice", "--contacts"])
            .arg(&contacts)
            .env("HOOKSWITCH_DEVICE_TOKEN", "token")
            .env("DBUS_SESSION_BUS_ADDRESS", phone.address())
            .env("DISPLAY", &display.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("GDK_BACKEND", "x11")
            .env("GSK_RENDERER", "cairo")
            .env("GSETTINGS_BACKEND", "memory")
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("setpriv starts");
        Self { phone, reader, window, _display: display, _folder: folder }
    }
}

#[tokio::test]
async fn a_call_that_is_made_up_is_answered_muted_held_and_ended_in_the_window() {
    let mut desk = Desk::new().await;
    let mut screen = desk.phone.screen().await;
    desk.reader.press("Incoming call").await;
    let call = screen.one(CallState::Ringing).await;
    assert_eq!((call.name.as_deref(), &*call.app_name), (Some("Taylor"), "Speakerbox"));
    desk.reader.sees("Calls you").await;
    desk.reader.sees("Taylor").await;

    desk.reader.press("Answer").await;
    screen.is(call.number, CallState::Active).await;
    desk.reader.press("Mute").await;
    desk.reader.sees("Talking, muted").await;
    screen
        .until("the call is muted", |state| {
            state.calls.get(&call.number).filter(|of| of.muted).map(|_| ())
        })
        .await;
    desk.reader.press("Unmute").await;
    desk.reader.sees("Talking").await;
    desk.reader.press("Hold").await;
    screen.is(call.number, CallState::Held).await;
    desk.reader.press("Resume").await;
    screen.is(call.number, CallState::Active).await;
    desk.reader.press("End").await;
    screen.over(call.number).await;
    desk.reader.sees("Incoming").await;

    // Three seconds, to lock the phone meanwhile.
    desk.reader.press("Incoming call after 3 seconds").await;
    let second = screen.one(CallState::Ringing).await;
    desk.reader.press("Decline").await;
    screen.over(second.number).await;
    desk.reader.sees("Declined").await;
    assert!(desk.window.try_wait().expect("it is ours").is_none(), "it runs on");
}

#[tokio::test]
async fn every_control_has_a_name_and_a_contact_is_called() {
    let desk = Desk::new().await;
    let mut screen = desk.phone.screen().await;
    desk.reader.sees("Bob").await;
    let things = desk.reader.all().await;
    let controls: Vec<_> = things.iter().filter(|thing| thing.is_control()).collect();
    assert!(controls.len() >= 5, "{controls:?}");
    let is_kind =
        |name: &str| name.is_empty() || name.starts_with("Gtk") || name.starts_with("Adw");
    let unnamed: Vec<_> = controls.iter().filter(|thing| is_kind(&thing.name)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    // Not the one for the address, which has nothing to call yet.
    desk.reader.press("Call").await;
    // The exchange is away: the call is there, and fails.
    let failed = screen.until("a call to Bob", |state| state.calls.values().next().cloned()).await;
    assert_eq!(failed.handle.value, "bob@example.org");
    screen.over(failed.number).await;
    desk.reader.sees("Failed").await;
}
