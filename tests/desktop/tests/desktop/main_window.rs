//! The main window, as somebody uses it who cannot see it, and as it looks.

use crate::call_screen::Seen;
use hookswitch::{Call, CallState, Configuration, Direction, EndedReason, HandleKind};
use hookswitch_desktop::{Size, soon};
use hookswitch_journeys::App;
use std::fs;
use std::path::PathBuf;

/// Wait for a call that goes out.
pub async fn outgoing(seen: &mut Seen) -> Call {
    let look = |call: &&Call| call.direction == Direction::Outgoing;
    seen.screen.until("a call out", |all| all.calls.values().find(look).cloned()).await
}

#[tokio::test]
async fn a_missed_and_an_answered_call_are_there_and_called_back() {
    let mut seen = Seen::start(Size::PHONE).await;
    let chat = seen.desktop.phone().willing_app("org.example.Chat").await;
    seen.opens().await;
    seen.reads(&["wait", "No Calls Yet"]).await;
    seen.picture("main-empty").await;
    chat.rings("Anna").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    seen.reads(&["press", "End Call", "!End Call"]).await;
    let ben = chat.rings("Ben").await;
    let rings = |call: &&Call| call.who() == "Ben" && call.state == CallState::Ringing;
    let ringing =
        seen.screen.until("Ben", |all| all.calls.values().find(rings).map(|it| it.number));
    let ringing = ringing.await;
    chat.provider
        .report_call_ended(ben, None, EndedReason::RemoteEnded)
        .await
        .expect("it is known");
    seen.screen.over(ringing).await;
    seen.reads(&["wait", "Call Ben with Chat.*"]).await;
    seen.reads(&["wait", "Call Anna with Chat.*"]).await;
    seen.reads(&["wait", "Missed call · Chat · .*"]).await;
    seen.reads(&["gone", "The call with .* is over"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("main-recents").await;
    seen.reads(&["once", "Add Anna to Favourites"]).await;
    seen.reads(&["wait", "Remove Anna from Favourites"]).await;
    seen.says("favourites.json", "Anna").await;
    seen.reads(&["once", "Missed"]).await;
    seen.reads(&["wait", "Call Ben with Chat.*"]).await;
    seen.picture("main-missed").await;
    seen.reads(&["once", "Call Ben with Chat.*"]).await;
    let call = outgoing(&mut seen).await;
    assert_eq!((call.handle.value.as_str(), call.app_name.as_str()), ("Ben", "Chat"));
    seen.reads(&["wait", "Call with Ben with Chat"]).await;
}

#[tokio::test]
async fn a_number_is_typed_and_called() {
    let mut seen = Seen::start(Size::PHONE).await;
    seen.opens().await;
    seen.reads(&["wait", "No app that runs dials telephone numbers.*"]).await;
    let numbers = Configuration {
        supported_handle_kinds: vec![HandleKind::PhoneNumber],
        ..Configuration::default()
    };
    let phone = seen.desktop.phone();
    phone.install_here("org.example.Talk");
    let _talk = App::start(phone.address(), "org.example.Talk", numbers, true).await;
    seen.page("Keypad").await;
    seen.has_focus("Phone").await;
    seen.reads(&["wait", "With Talk"]).await;
    seen.desktop.keys(&["-k", "Shift_L", "+4930"]).await;
    seen.reads(&["wait", "\\+4930"]).await;
    seen.reads(&["once", "5, J K L"]).await;
    seen.reads(&["wait", "\\+49305"]).await;
    // A button acts a moment after it is pressed that way: what is typed must not overtake it.
    seen.reads(&["once", "Delete"]).await;
    seen.reads(&["wait", "\\+4930"]).await;
    seen.desktop.keys(&["-k", "Shift_L", "1"]).await;
    seen.reads(&["wait", "\\+49301"]).await;
    seen.desktop.keys(&["-k", "Shift_L", "-k", "BackSpace"]).await;
    seen.reads(&["wait", "\\+4930"]).await;
    seen.desktop.keys(&["-k", "Shift_L", "7"]).await;
    seen.reads(&["wait", "\\+49307"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("main-keypad").await;
    seen.reads(&["once", "Call"]).await;
    let call = outgoing(&mut seen).await;
    assert_eq!((call.handle.value.as_str(), call.app_name.as_str()), ("+49307", "Talk"));
}

#[tokio::test]
async fn the_bar_leads_back_to_the_call() {
    let mut seen = Seen::start(Size::LAPTOP).await;
    let chat = seen.desktop.phone().willing_app("org.example.Chat").await;
    seen.opens().await;
    seen.reads(&["wait", "No Calls Yet"]).await;
    chat.rings("Anna").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    seen.screen.one(CallState::Active).await;
    let bar = "Anna · [0-9]+:[0-9]{2} · return to the call";
    seen.reads(&["wait", bar]).await;
    seen.reads(&["lint"]).await;
    seen.focuses("Phone").await;
    seen.has_focus("Phone").await;
    seen.picture("main-bar").await;
    seen.reads(&["once", bar]).await;
    seen.has_focus("Call with Anna with Chat").await;
    // So does the launcher.
    seen.focuses("Phone").await;
    seen.has_focus("Phone").await;
    seen.opens().await;
    seen.has_focus("Call with Anna with Chat").await;
    seen.reads(&["press", "End Call", "!End Call"]).await;
    seen.reads(&["gone", bar]).await;
}

#[tokio::test]
async fn who_calls_is_hidden_from_notifications() {
    let seen = Seen::start(Size::PHONE).await;
    let _chat = seen.desktop.phone().willing_app("org.example.Chat").await;
    seen.opens().await;
    seen.page("Settings").await;
    seen.reads(&["wait", "Chat"]).await;
    seen.reads(&["lint"]).await;
    seen.picture("main-settings").await;
    seen.reads(&["once", "Show Who Calls"]).await;
    seen.says("notifications.json", r#""hide_details": true"#).await;
    seen.reads(&["once", "Show Who Calls"]).await;
    seen.says("notifications.json", r#""hide_details": false"#).await;
}

impl Seen {
    /// Do what a launcher does.
    pub async fn opens(&self) {
        let arguments = [
            "call",
            "--session",
            "--dest=org.hookswitch.Phone",
            "--object-path=/org/hookswitch/Phone",
            "--method=org.freedesktop.Application.Activate",
            "{}",
        ];
        self.desktop.run("gdbus", &arguments).await;
    }

    /// Wait until this file of the settings says that.
    pub async fn says(&self, file: &str, words: &str) {
        let path = self.desktop.folder().join("config/hookswitch").join(file);
        soon(words, async {
            while !fs::read_to_string(&path).is_ok_and(|text| text.contains(words)) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Turn to a page of the main window.
    pub async fn page(&self, name: &str) {
        self.reads(&["page", name]).await;
    }

    /// Give this window the focus.
    pub async fn focuses(&self, title: &str) {
        self.sway(&[&format!("[title=\"^{title}$\"] focus")]).await;
    }

    /// Wait until this window has the focus.
    pub async fn has_focus(&self, title: &str) {
        soon(title, async { while !self.has_focus_now(title).await {} }).await;
    }

    /// Whether there is a window of that title now.
    pub async fn has_window(&self, title: &str) -> bool {
        let tree = self.sway(&["-r", "-t", "get_tree"]).await;
        tree.contains(&format!("\"name\": \"{title}\""))
    }

    /// Whether this window has the focus now.
    pub async fn has_focus_now(&self, title: &str) -> bool {
        let named = format!("\"name\": \"{title}\"");
        let tree = self.sway(&["-r", "-t", "get_tree"]).await;
        // Titles have marks around names, for those who read from right to left.
        let tree = tree.replace(['\u{2066}', '\u{2069}'], "");
        let tree = tree.replace("\\u2066", "").replace("\\u2069", "");
        // One window is one object, and says its name before whether it has the focus.
        tree.split("\"type\": \"con\"").any(|one| {
            let own = one.split("\"nodes\"").next().unwrap_or_default();
            own.contains(&named) && own.contains("\"focused\": true")
        })
    }

    /// How many windows there are.
    pub async fn windows(&self) -> usize {
        let tree = self.sway(&["-r", "-t", "get_tree"]).await;
        // Each window of Wayland has one, and nothing else.
        tree.matches("\"app_id\": \"").count()
    }

    /// Say this to sway. What it answers.
    pub async fn sway(&self, words: &[&str]) -> String {
        let mut all = vec!["-s".to_owned(), self.sway_socket().to_string_lossy().into_owned()];
        all.extend(words.iter().map(|word| (*word).to_owned()));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        self.desktop.run("swaymsg", &all).await
    }

    /// Where sway is spoken to.
    pub fn sway_socket(&self) -> PathBuf {
        let run = fs::read_dir(self.desktop.folder().join("run")).expect("it is ours");
        let paths = run.filter_map(|entry| Some(entry.ok()?.path()));
        let is_socket = |path: &PathBuf| path.to_string_lossy().contains("sway-ipc");
        paths.into_iter().find(is_socket).expect("sway has one")
    }
}
