//! Between the screen of a call and the app that has it.

use crate::call_screen::{SETTLED, Seen};
use hookswitch::CallState;
use hookswitch_desktop::{Size, soon};
use std::fs;
use std::path::Path;

#[tokio::test]
async fn answering_opens_no_app_and_its_button_does() {
    let mut seen = Seen::start(Size::LAPTOP).await;
    let opened = seen.desktop.folder().join("opened");
    let applications = seen.desktop.folder().join("data/applications");
    fs::create_dir_all(&applications).expect("a folder for apps");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("app.py");
    let exec = format!("/usr/bin/python3 {} {}", script.display(), opened.display());
    let text = format!(
        "[Desktop Entry]\nType=Application\nName=Chat\nIcon=call-start-symbolic\nStartupNotify=true\nExec={exec}\n"
    );
    fs::write(applications.join("org.example.Chat.desktop"), text).expect("it is written");
    let app = seen.desktop.phone().willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    seen.reads(&["wait", "Answer"]).await;
    assert!(!seen.has_window("Chat").await, "a call that rings opens no app");
    // What leads to it is not offered before somebody has answered.
    seen.reads(&["gone", "Open Chat"]).await;
    seen.reads(&["press", "Answer", "Open Chat"]).await;
    seen.screen.one(CallState::Active).await;
    seen.reads(&["wait", SETTLED]).await;
    assert!(!seen.has_window("Chat").await && !opened.exists(), "nor does an answer");
    seen.reads(&["once", "Open Chat"]).await;
    seen.has_focus("Chat").await;
    seen.picture("app-window").await;
    // It was given the right to the focus, for desktops that do not give it to whoever comes.
    soon("the app", async {
        while !fs::read_to_string(&opened).is_ok_and(|told| told.ends_with('\n')) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let told = fs::read_to_string(&opened).expect("the app told it");
    assert!(told.len() > "token:\n".len(), "{told}");
    seen.screen.one(CallState::Active).await;
}
