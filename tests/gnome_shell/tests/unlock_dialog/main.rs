//! Calls on the lock screen of a real GNOME Shell, and beside it: read from its stage, answered and ended with a pointer and a finger.

use hookswitch::{Adoption, CallNumber, CallState, CallUpdate, EndedReason, StatusRecord, Surface};
use hookswitch_gnome_shell::{Shell, soon};
use hookswitch_journeys::{App, Screen, program};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const CHAT: &str = "org.example.Chat";
/// As the extension calls itself.
const LOCK_SCREEN: &str = "GNOME lock screen";
/// A press is taken this long after the screen changed: see `LATE` in the extension.
const LATE: Duration = Duration::from_millis(400);

/// What is said when the screen is dark, as it is once it is locked, or lit.
const DARK: &str = "Main.screenShield._shortLightbox.visible";

/// GNOME Shell in use, somebody who says what the user wants, and an app that does what it is asked for.
async fn scene(environment: &[(&str, OsString)]) -> (Shell, Screen, App) {
    let shell = Shell::start_with(environment).await;
    let screen = shell.phone().screen().await;
    let app = shell.phone().willing_app(CHAT).await;
    (shell, screen, app)
}

async fn has_surface(surface: &Surface, wanted: bool) {
    has_named_surface(surface, LOCK_SCREEN, wanted).await;
}

async fn has_named_surface(surface: &Surface, name: &str, wanted: bool) {
    soon(name, async {
        loop {
            // It may be just coming back.
            let status = surface.status().await;
            let is = |status: &StatusRecord| status.surfaces.iter().any(|one| one.name == name);
            if status.as_ref().is_ok_and(|status| is(status) == wanted) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The call that rings, which the story's own screen leaves to a notification.
async fn leaves(screen: &mut Screen) -> CallNumber {
    let call = screen.one(CallState::Ringing).await.number;
    screen.surface.not_presented(call).await.expect("it is a screen");
    call
}

/// Press this button as soon as presses are taken, with a pointer or a finger.
async fn presses(shell: &Shell, text: &str, finger: bool) {
    shell.shows(&[text]).await;
    // No condition to wait for: that nothing is taken earlier is what is tested.
    tokio::time::sleep(LATE + LATE / 4).await;
    if finger { shell.touches(text).await } else { shell.clicks(text).await }
}

#[tokio::test]
async fn a_call_is_answered_and_ended_over_the_lock() {
    let (shell, mut screen, app) = scene(&[]).await;
    has_surface(&screen.surface, false).await;
    shell.locks().await;
    has_surface(&screen.surface, true).await;

    app.rings("Anna").await;
    let call = screen.one(CallState::Ringing).await.number;
    shell.shows(&["Anna", "Chat", "Incoming call", "Decline", "Answer"]).await;
    // A press that was on its way when the call came is none.
    shell.clicks("Answer").await;
    shell.photograph("ringing").await;
    assert_eq!(screen.surface.calls()[0].state, CallState::Ringing);

    presses(&shell, "Answer", false).await;
    screen.is(call, CallState::Active).await;
    shell.shows(&["Anna", "00:01", "End Call"]).await;
    shell.photograph("active").await;

    app.rings("Ben").await;
    let waiting = ["Ben", "Incoming call", "Decline", "Hold & Accept", "End Anna & Accept"];
    shell.shows(&waiting).await;
    shell.shows(&["Anna is put on hold"]).await;
    shell.photograph("call waiting").await;
    presses(&shell, "Hold & Accept", true).await;
    screen.is(call, CallState::Held).await;
    shell.shows(&["Ben", "End Call"]).await;
    presses(&shell, "End Call", false).await;
    presses(&shell, "End Call", true).await;
    assert_eq!(screen.over(call).await, EndedReason::HungUp);
    shell.hides("End Call").await;
    assert!(shell.is_locked().await);

    app.rings("Cleo").await;
    let call = screen.one(CallState::Ringing).await.number;
    presses(&shell, "Decline", true).await;
    assert_eq!(screen.over(call).await, EndedReason::Declined);
    assert!(shell.is_locked().await);
}

/// As X names them.
const KEYS: [u32; 2] = [0x20, 0xff0d];
const ESCAPE: u32 = 0xff1b;

#[tokio::test]
async fn what_rang_before_the_lock_is_shown_and_keys_are_for_the_password() {
    let (shell, mut screen, app) = scene(&[]).await;
    app.rings("Anna").await;
    let call = leaves(&mut screen).await;
    shell.shows(&["Anna calls with Chat"]).await;
    shell.locks().await;
    shell.shows(&["Anna", "Chat", "Answer"]).await;
    // It says that the user sees the call, so the notification of it goes.
    shell.until("no notification", "Main.messageTray.getSources().length === 0").await;
    shell.until("a screen that is lit", &format!("!{DARK}")).await;
    tokio::time::sleep(LATE + LATE / 4).await;
    for key in KEYS {
        shell.key(key).await;
    }
    let asks = "Main.screenShield._dialog._activePage === Main.screenShield._dialog._promptBox";
    shell.until("the password to be asked for", asks).await;
    shell.shows(&["Anna", "Answer"]).await;
    shell.photograph("password").await;
    assert_eq!(screen.surface.calls()[0].state, CallState::Ringing);
    shell.key(ESCAPE).await;
    shell.unlocks().await;
    has_surface(&screen.surface, false).await;
    // In use, the shell has it as a notification.
    shell.shows(&["Anna calls with Chat", "Decline"]).await;
    shell.clicks("Decline").await;
    assert_eq!(screen.over(call).await, EndedReason::Declined);
}

#[tokio::test]
async fn a_call_lights_the_screen_and_stays_on_it_when_the_service_is_killed() {
    let (shell, mut screen, mut app) = scene(&[]).await;
    shell.locks().await;
    shell.until("a dark screen", DARK).await;
    let id = app.rings("Anna").await;
    let call = screen.one(CallState::Ringing).await.number;
    // Before anybody touches anything.
    shell.until("a screen that is lit", &format!("!{DARK}")).await;
    presses(&shell, "Answer", false).await;
    screen.is(call, CallState::Active).await;
    shell.shows(&["Anna", "End Call"]).await;
    shell.phone().kill_service().await;
    app.reset().await;
    let (state, update) = (CallState::Active, CallUpdate::default());
    let talks = Adoption { state, muted: false, group_with: None, update };
    app.provider.adopt_call(id, talks).await.expect("the service remembers the call");
    has_surface(&screen.surface, true).await;
    presses(&shell, "End Call", false).await;
    assert_eq!(screen.over(call).await, EndedReason::HungUp);
    shell.hides("End Call").await;
}

#[tokio::test]
async fn nobody_is_named_if_the_user_hides_who_calls_and_a_german_reads_german() {
    let words = tempfile::tempdir().expect("a folder");
    let german = words.path().join("de/LC_MESSAGES");
    fs::create_dir_all(&german).expect("a folder for German");
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../po/de.po");
    let made =
        Command::new("msgfmt").arg("-o").arg(german.join("hookswitch.mo")).arg(catalogue).status();
    assert!(made.expect("msgfmt; it is in the package gettext").success());
    let language = [("LANGUAGE", "de".into()), ("TEXTDOMAINDIR", words.path().into())];
    let (shell, mut screen, app) = scene(&language).await;
    shell.settles("notifications.json", r#"{"hide_details": true}"#);
    shell.locks().await;
    app.rings("Anna").await;
    let call = screen.one(CallState::Ringing).await.number;
    let words = shell.shows(&["Chat", "Eingehender Anruf", "Annehmen"]).await;
    assert!(!words.iter().any(|word| word.text.contains("Anna")), "{words:?}");
    shell.photograph("hidden").await;
    presses(&shell, "Annehmen", true).await;
    screen.is(call, CallState::Active).await;
}

#[tokio::test]
async fn a_banner_has_the_buttons_of_a_call_while_the_shell_is_in_use() {
    let (shell, mut screen, app) = scene(&[]).await;
    app.rings("Anna").await;
    let call = leaves(&mut screen).await;
    let words = shell.shows(&["Anna calls with Chat", "Answer", "Decline"]).await;
    shell.photograph("banner").await;
    // As on the call screens. With the keys on the first, who types over the banner does not answer.
    let place = |text: &str| words.iter().find(|word| word.text == text).expect("it is shown").at.0;
    assert!(place("Decline") < place("Answer"), "{words:?}");
    shell.clicks("Answer").await;
    screen.is(call, CallState::Active).await;
    shell.hides("Answer").await;
    screen.surface.end(call, None).outcome().await.expect("it ends");
    let id = app.rings("Ben").await;
    leaves(&mut screen).await;
    shell.shows(&["Ben calls with Chat"]).await;
    app.provider.report_call_ended(id, None, EndedReason::RemoteEnded).await.expect("it rings");
    shell.shows(&["Missed call from Ben"]).await;
    shell.photograph("missed").await;
}

#[tokio::test]
async fn a_banner_takes_the_keyboard_from_no_window() {
    let (shell, mut screen, app) = scene(&[]).await;
    let phone = program("hookswitch-phone");
    shell.phone().install("org.hookswitch.Phone", &phone, true);
    let _phone = shell.starts(&phone, &["--gapplication-service".as_ref()]);
    has_named_surface(&screen.surface, "Phone", true).await;
    let text = shell.file("letter");
    let writer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../desktop/writer.py");
    let _writer = shell.starts("/usr/bin/python3", &[writer.as_os_str(), text.as_os_str()]);
    shell.has_focus("Letter").await;
    let windows = shell.windows().await;

    app.rings("Anna").await;
    let call = leaves(&mut screen).await;
    shell.shows(&["Anna calls with Chat", "Answer", "Decline"]).await;
    // X names letters by their code.
    for letter in "dear anna".chars() {
        shell.key(u32::from(letter)).await;
    }
    soon("the letter", async {
        while fs::read_to_string(&text).unwrap_or_default() != "dear anna" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    shell.has_focus("Letter").await;
    assert_eq!(shell.windows().await, windows);
    assert_eq!(screen.one(CallState::Ringing).await.number, call);
    shell.photograph("banner-over-letter").await;

    shell.clicks("Answer").await;
    screen.is(call, CallState::Active).await;
    shell.has_focus("Call with Anna with Chat").await;
    shell.hides("Anna calls with Chat").await;
    shell.photograph("answered-on-banner").await;
}
