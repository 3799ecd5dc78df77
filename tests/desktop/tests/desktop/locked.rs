//! The screen of a ringing call while the session is locked: played by a screen saver, or by logind.

use crate::call_screen::Seen;
use crate::servers;
use hookswitch::{CallState, EndedReason};
use hookswitch_desktop::Size;
use hookswitch_journeys::{Mock, SystemBus};
use std::fs;

const SAVER: &str = "org.gnome.ScreenSaver";
const SAVER_PATH: &str = "/org/gnome/ScreenSaver";
const HINT: &str = "Slide to Answer";
/// From the left edge of the phone's screen to the middle of the knob, and to the other end of its way.
const KNOB: u32 = 56;
const END: u32 = 304;

/// A screen saver that locks, and says so.
async fn saver(seen: &Seen) -> Mock {
    let saver = Mock::on(seen.desktop.phone(), SAVER, SAVER_PATH, SAVER).await;
    saver.has("GetActive", "", "b", "ret = getattr(self, 'is_active', False)").await;
    let sets = "self.is_active = args[0]; self.EmitSignal('', 'ActiveChanged', 'b', [args[0]])";
    saver.has("SetActive", "b", "", sets).await;
    saver
}

async fn locks(saver: &Mock, locked: bool) {
    saver.tell(SAVER_PATH, SAVER, "SetActive", &(locked,)).await;
}

/// A locked phone on which Anna calls, and that takes presses by now.
async fn anna_rings(name: &str) -> (Seen, Mock, u32) {
    let seen = Seen::start(Size::PHONE).await;
    let saver = saver(&seen).await;
    locks(&saver, true).await;
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    seen.reads(&["wait", HINT]).await;
    seen.reads(&["press", "Silence", "!Silence"]).await;
    seen.picture(name).await;
    let picture = seen.desktop.folder().join("locked.png");
    let (_, height) = servers::read(&seen.desktop, "Slide", &picture).await;
    (seen, saver, height)
}

#[tokio::test]
async fn a_tap_and_half_a_slide_do_nothing() {
    let (mut seen, _saver, height) = anna_rings("locked").await;
    let call = seen.screen.one(CallState::Ringing).await.number;
    seen.desktop.click(KNOB, height);
    seen.desktop.click((KNOB + END) / 2, height);
    seen.desktop.click(END, height);
    seen.desktop.drag((KNOB, height), ((KNOB + END) / 2, height), 20);
    // Nor does a finger that comes from beside the knob.
    seen.desktop.drag((KNOB + 80, height), (END + 40, height), 20);
    // After all that, as the compositor hands it on in its order.
    seen.desktop.keys(&["-k", "Shift_L", "-M", "ctrl", "-k", "BackSpace", "-m", "ctrl"]).await;
    assert_eq!(seen.screen.over(call).await, EndedReason::Declined);
}

#[tokio::test]
async fn a_slide_answers() {
    let (mut seen, _saver, height) = anna_rings("locked").await;
    seen.desktop.drag((KNOB, height), (END, height), 20);
    seen.screen.one(CallState::Active).await;
    seen.reads(&["wait", "Call with Anna with Chat"]).await;
    seen.reads(&["press", "End Call", "Close"]).await;
}

#[tokio::test]
async fn keys_and_a_screen_reader_answer_without_a_slide() {
    let (mut seen, saver, _) = anna_rings("locked").await;
    // For both it is a button of the usual name.
    seen.reads(&["wait", "Answer"]).await;
    seen.reads(&["lint"]).await;
    // Past the reminders.
    seen.desktop.keys(&["-k", "Shift_L", "-k", "Tab", "-k", "Tab", "-k", "Return"]).await;
    let call = seen.screen.one(CallState::Active).await.number;
    seen.reads(&["press", "End Call", "Close"]).await;
    seen.screen.over(call).await;
    seen.reads(&["press", "Close", "!Close"]).await;
    let app = seen.desktop.phone().willing_app("org.example.Talk").await;
    for with_keys in [false, true] {
        app.rings("Ben").await;
        seen.reads(&["wait", HINT]).await;
        if with_keys {
            seen.reads(&["press", "Silence", "!Silence"]).await;
            let keys = ["-k", "Shift_L", "-M", "ctrl", "-k", "Return", "-m", "ctrl"];
            seen.desktop.keys(&keys).await;
        } else {
            seen.reads(&["press", "Answer", "End Call"]).await;
        }
        seen.screen.one(CallState::Active).await;
        seen.reads(&["press", "End Call", "Close"]).await;
        seen.reads(&["press", "Close", "!Close"]).await;
    }
    drop(saver);
}

#[tokio::test]
async fn an_unlocked_screen_has_two_buttons_again() {
    let (mut seen, saver, _) = anna_rings("locked").await;
    locks(&saver, false).await;
    seen.reads(&["gone", HINT]).await;
    seen.picture("unlocked").await;
    seen.screen.one(CallState::Ringing).await;
    locks(&saver, true).await;
    seen.reads(&["wait", HINT]).await;
    // Who locked it is gone.
    drop(saver);
    seen.reads(&["gone", HINT]).await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    seen.screen.one(CallState::Active).await;
}

#[tokio::test]
async fn the_slide_can_be_switched_off() {
    let seen = Seen::start(Size::PHONE).await;
    seen.opens().await;
    seen.page("Settings").await;
    seen.reads(&["wait", "No App Runs"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("settings-of-a-locked-screen").await;
    seen.reads(&["once", HINT]).await;
    seen.says("call-screens.json", r#""slide_to_answer": false"#).await;
    seen.reads(&["once", HINT]).await;
    seen.says("call-screens.json", r#""slide_to_answer": true"#).await;
}

#[tokio::test]
async fn a_setting_makes_it_two_buttons() {
    let mut seen = Seen::start(Size::PHONE).await;
    let folder = seen.desktop.folder().join("config/hookswitch");
    fs::create_dir_all(&folder).expect("a folder for settings");
    let off = r#"{"slide_to_answer": false}"#;
    fs::write(folder.join("call-screens.json"), off).expect("a setting");
    // By what is hidden it can be told that the lock is known.
    fs::write(folder.join("notifications.json"), r#"{"hide_details": true}"#).expect("a setting");
    let saver = saver(&seen).await;
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    let (open, locked) = ("Incoming call from Anna with Chat", "Incoming call with Chat");
    seen.reads(&["wait", open]).await;
    locks(&saver, true).await;
    seen.reads(&["wait", locked]).await;
    seen.reads(&["gone", HINT]).await;
    seen.reads(&["wait", "Answer"]).await;
    // Only the setting kept the slide away.
    locks(&saver, false).await;
    seen.reads(&["wait", open]).await;
    fs::write(folder.join("call-screens.json"), "{}").expect("a setting");
    locks(&saver, true).await;
    seen.reads(&["wait", HINT]).await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    seen.screen.one(CallState::Active).await;
}

#[tokio::test]
async fn a_locked_screen_names_nobody_if_that_is_wanted() {
    let seen = Seen::start(Size::PHONE).await;
    let folder = seen.desktop.folder().join("config/hookswitch");
    fs::create_dir_all(&folder).expect("a folder for settings");
    fs::write(folder.join("notifications.json"), r#"{"hide_details": true}"#).expect("a setting");
    let saver = saver(&seen).await;
    locks(&saver, true).await;
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    seen.reads(&["wait", "Incoming call with Chat"]).await;
    seen.reads(&["wait", HINT]).await;
    seen.reads(&["gone", ".*Anna.*"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("locked-hidden").await;
    locks(&saver, false).await;
    seen.reads(&["wait", "Incoming call from Anna with Chat"]).await;
    locks(&saver, true).await;
    seen.reads(&["gone", ".*Anna.*"]).await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    seen.reads(&["wait", "In a call with Chat"]).await;
    seen.reads(&["gone", ".*Anna.*"]).await;
}

#[tokio::test]
async fn logind_says_that_it_is_locked() {
    let system = SystemBus::start();
    let logind = Mock::logind(&system).await;
    let manager = "/org/freedesktop/login1";
    let session = ("c1", "seat0", 1000_u32, "somebody", true);
    logind.tell(manager, "org.freedesktop.DBus.Mock", "AddSession", &session).await;
    let environment = [("DBUS_SYSTEM_BUS_ADDRESS", system.address()), ("XDG_SESSION_ID", "c1")];
    let seen = Seen::start_with(Size::PHONE, &environment).await;
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    seen.reads(&["wait", "Answer"]).await;
    seen.reads(&["gone", HINT]).await;
    let path = "/org/freedesktop/login1/session/c1";
    let of = "org.freedesktop.login1.Session";
    logind.tell(path, of, "SetLockedHint", &(true,)).await;
    seen.reads(&["wait", HINT]).await;
    logind.tell(path, of, "SetLockedHint", &(false,)).await;
    seen.reads(&["gone", HINT]).await;
}
