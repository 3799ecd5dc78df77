use crate::servers::{read, start, until};
use futures_util::StreamExt;
use hookswitch::{CallState, EndedReason};
use hookswitch_desktop::{Desktop, Size, soon};
use hookswitch_journeys::Screen;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

const LIST: (&str, &[&str]) = ("makoctl", &["list"]);

/// Wait until mako shows this.
async fn shows(desktop: &Desktop, text: &str) {
    until(desktop, text, LIST, |said| said.contains(text)).await;
}

/// Wait until mako shows it no more.
async fn hides(desktop: &Desktop, text: &str) {
    until(desktop, text, LIST, |said| !said.contains(text)).await;
}

async fn desktop() -> (Desktop, Screen) {
    let desktop = Desktop::start(Size::LAPTOP).await;
    let screen = desktop.phone().screen().await;
    (desktop, screen)
}

#[tokio::test]
async fn mako_answers_and_ends_and_shows_nothing_after() {
    let (desktop, mut screen) = desktop().await;
    let _mako = start(&desktop, "mako", &[]).await;
    let app = desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    shows(&desktop, "Anna calls with Chat").await;
    desktop.run("makoctl", &["invoke", "answer"]).await;
    let call = screen.one(CallState::Active).await;
    shows(&desktop, "In a call with Anna with Chat").await;
    hides(&desktop, "Anna calls").await;
    desktop.run("makoctl", &["invoke", "end"]).await;
    screen.over(call.number).await;
    hides(&desktop, "Anna").await;
}

#[tokio::test]
async fn a_second_call_says_what_answering_it_costs() {
    let (desktop, mut screen) = desktop().await;
    let _mako = start(&desktop, "mako", &[]).await;
    let app = desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    shows(&desktop, "Anna calls").await;
    desktop.run("makoctl", &["invoke", "answer"]).await;
    let anna = screen.one(CallState::Active).await;
    let other = desktop.phone().willing_app("org.example.Talk").await;
    other.rings("Bob <b>&").await;
    shows(&desktop, "Bob <b>& calls with Talk").await;
    let said = until(&desktop, "the cost", LIST, |said| said.contains("on hold")).await;
    assert!(said.contains("Hold and accept puts Anna on hold."), "{said}");
    assert!(said.contains("End and accept ends the call with Anna."), "{said}");
    // Of several the newest.
    desktop.run("makoctl", &["invoke", "end_and_accept"]).await;
    screen.over(anna.number).await;
    shows(&desktop, "In a call with Bob").await;
}

#[tokio::test]
async fn a_server_that_starts_again_shows_the_call_again() {
    let (desktop, mut screen) = desktop().await;
    let mut mako = start(&desktop, "mako", &[]).await;
    let app = desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    shows(&desktop, "Anna calls").await;
    mako.kill().await.expect("it runs");
    let _mako = start(&desktop, "mako", &[]).await;
    shows(&desktop, "Anna calls").await;
    desktop.run("makoctl", &["invoke", "decline"]).await;
    let call = screen.ended.keys().next().copied();
    let reason = match call {
        Some(call) => screen.ended[&call],
        None => {
            while screen.ended.is_empty() {
                screen.step("the end").await;
            }
            *screen.ended.values().next().expect("one ended")
        }
    };
    assert_eq!(reason, EndedReason::Declined);
    hides(&desktop, "Anna").await;
}

#[tokio::test]
async fn each_missed_call_is_told_of_and_called_back() {
    let (desktop, mut screen) = desktop().await;
    let _mako = start(&desktop, "mako", &[]).await;
    let app = desktop.phone().willing_app("org.example.Chat").await;
    for who in ["Anna", "Ben"] {
        let call = app.rings(who).await;
        shows(&desktop, &format!("{who} calls")).await;
        let ended = app.provider.report_call_ended(call, None, EndedReason::RemoteEnded);
        ended.await.expect("it rings");
        shows(&desktop, &format!("Missed call from {who}")).await;
        hides(&desktop, &format!("{who} calls")).await;
    }
    // LOG-07, and how we differ: each has its own. Mako means the one that came last.
    shows(&desktop, "Missed call from Anna").await;
    desktop.run("makoctl", &["invoke", "callback"]).await;
    let back = screen.one(CallState::Dialing).await;
    assert_eq!(back.who(), "Ben");
    hides(&desktop, "from Ben").await;
    shows(&desktop, "Missed call from Anna").await;
}

#[tokio::test]
async fn who_closes_the_notification_wants_quiet_and_no_refusal() {
    let (desktop, mut screen) = desktop().await;
    let _mako = start(&desktop, "mako", &[]).await;
    let app = desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    shows(&desktop, "Anna calls").await;
    screen
        .until("the ring", |shown| (shown.ring == hookswitch::RingLevel::Loud).then_some(()))
        .await;
    desktop.run("makoctl", &["dismiss"]).await;
    screen
        .until("quiet", |shown| (shown.ring == hookswitch::RingLevel::Silent).then_some(()))
        .await;
    screen.one(CallState::Ringing).await;
}

#[tokio::test]
async fn dunst_answers_from_its_menu_and_a_click_answers_nothing() {
    let (desktop, mut screen) = desktop().await;
    let menu = desktop.folder().join("menu");
    // What the user would pick.
    fs::write(&menu, "#!/bin/sh\ngrep -m 1 Answer\n").expect("a menu");
    fs::set_permissions(&menu, fs::Permissions::from_mode(0o755)).expect("it can be run");
    let settings = desktop.folder().join("dunstrc");
    fs::write(&settings, format!("[global]\ndmenu = {}\n", menu.display())).expect("settings");
    let _dunst = start(&desktop, "dunst", &["-config", &settings.to_string_lossy()]).await;
    let app = desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    let shown = ("dunstctl", &["count", "displayed"][..]);
    until(&desktop, "a notification", shown, |said| said.trim() == "1").await;
    // As a middle click: the default action.
    desktop.run("dunstctl", &["action", "0"]).await;
    // Dunst closes it then; the call is not refused, so it is shown again.
    let ringing = screen.one(CallState::Ringing).await;
    until(&desktop, "a notification", shown, |said| said.trim() == "1").await;
    desktop.run("dunstctl", &["context"]).await;
    screen.is(ringing.number, CallState::Active).await;
}

#[tokio::test]
async fn a_button_that_is_drawn_is_clicked() {
    let (mut desktop, mut screen) = desktop().await;
    let _server = start(&desktop, "swaync", &[]).await;
    let app = desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    let picture = desktop.folder().join("notification.png");
    let (x, y) = read(&desktop, "Answer", &picture).await;
    if let Some(keep) = std::env::var_os("PICTURES") {
        fs::copy(&picture, std::path::Path::new(&keep).join("swaync.png")).expect("a copy");
    }
    desktop.click(x, y);
    screen.one(CallState::Active).await;
}

/// A desktop whose user wants notifications like this.
async fn desktop_of(taste: &str) -> (Desktop, Screen, TempDir) {
    let settings = tempfile::tempdir().expect("a folder for settings");
    fs::write(settings.path().join("notifications.json"), taste).expect("settings");
    let environment = [("HOOKSWITCH_CONFIG_DIR", settings.path().into())];
    let desktop = Desktop::start_with(Size::LAPTOP, "", &environment).await;
    let screen = desktop.phone().screen().await;
    (desktop, screen, settings)
}

#[tokio::test]
async fn who_it_is_is_hidden_where_the_user_wants_that() {
    let (desktop, _screen, _settings) = desktop_of(r#"{"hide_details": true}"#).await;
    let _mako = start(&desktop, "mako", &[]).await;
    let app = desktop.phone().willing_app("org.example.Chat").await;
    let call = app.rings("Anna").await;
    shows(&desktop, "Somebody calls with Chat").await;
    app.provider.report_call_ended(call, None, EndedReason::RemoteEnded).await.expect("it rings");
    shows(&desktop, "Missed call from Somebody").await;
    let said = desktop.run(LIST.0, LIST.1).await;
    assert!(!said.contains("Anna"), "{said}");
}

#[tokio::test]
async fn a_call_on_a_screen_has_a_notification_only_where_the_user_wants_that() {
    for (taste, wanted) in [("{}", false), (r#"{"show": "always"}"#, true)] {
        let (desktop, mut screen, _settings) = desktop_of(taste).await;
        let _mako = start(&desktop, "mako", &[]).await;
        let app = desktop.phone().willing_app("org.example.Chat").await;
        app.rings("Anna").await;
        shows(&desktop, "Anna calls").await;
        let call = screen.one(CallState::Ringing).await;
        screen.surface.presented(call.number).await.expect("it is shown");
        screen.surface.answer(call.number, None).outcome().await.expect("it can be answered");
        screen.one(CallState::Active).await;
        match wanted {
            true => shows(&desktop, "In a call with Anna").await,
            false => hides(&desktop, "Anna").await,
        }
    }
}

#[tokio::test]
async fn a_click_on_the_text_brings_the_call_screen_up_and_answers_nothing() {
    let (desktop, mut screen) = desktop().await;
    let _mako = start(&desktop, "mako", &[]).await;
    // In the place of the call screen.
    let phone = desktop.phone().stranger().await;
    let mut heard = zbus::MessageStream::from(&phone);
    phone.request_name("org.hookswitch.Phone").await.expect("nobody else is the call screen");
    let app = desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    shows(&desktop, "Anna calls").await;
    desktop.run("makoctl", &["invoke"]).await;
    soon("the call screen", async {
        loop {
            let message = heard.next().await.expect("the bus lives").expect("a message");
            let header = message.header();
            let is = |of: Option<&str>, word: &str| of == Some(word);
            if is(header.member().map(|name| name.as_str()), "Activate") {
                let path = header.path().map(|path| path.as_str().to_owned());
                assert_eq!(path.as_deref(), Some("/org/hookswitch/Phone"));
                return;
            }
        }
    })
    .await;
    screen.one(CallState::Ringing).await;
}
