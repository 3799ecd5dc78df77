//! Declining with more than that: a reminder to call back, or a message.

use crate::call_screen::Seen;
use crate::main_window::outgoing;
use hookswitch::{CallNumber, CallState, EndedReason};
use hookswitch_desktop::{Size, soon};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

const CHAT: &str = "org.example.Chat";
/// Where the button is while it rings, on a phone.
const ANSWER: (u32, u32) = (268, 634);
const STATE: &str = "HOOKSWITCH_STATE_DIR";

/// A phone with a folder of states of its own, and what is kept there to be reminded of.
struct Kept {
    seen: Seen,
    folder: TempDir,
}

impl Kept {
    /// With this in the file of reminders.
    async fn start(text: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for reminders");
        if let Some(text) = text {
            fs::write(folder.path().join("reminders.json"), text).expect("room for them");
        }
        let path = folder.path().to_string_lossy().into_owned();
        Self { seen: Seen::start_with(Size::PHONE, &[(STATE, &path)]).await, folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("reminders.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap_or_default()
    }

    /// Wait until the file is like that.
    async fn says(&self, what: &str, look: impl Fn(&str) -> bool) {
        soon(what, async {
            while !look(&self.text()) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

impl Seen {
    /// A call that rings, on a screen that takes presses by now.
    async fn rings_and_takes_presses(&mut self) -> CallNumber {
        let call = self.screen.one(CallState::Ringing).await.number;
        self.reads(&["press", "Silence", "!Silence"]).await;
        call
    }
}

fn reminder(name: &str, due: i64) -> String {
    format!(
        r#"[{{"app": "{CHAT}", "app_name": "Chat", "account": null, "handle_kind": "phone_number",
             "handle": "+49 30 1", "name": "{name}", "video": false, "due_ms": {due}}}]"#
    )
}

#[tokio::test]
async fn who_is_put_off_is_called_back_also_after_a_restart() {
    let mut kept = Kept::start(None).await;
    let chat = kept.seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    let call = kept.seen.rings_and_takes_presses().await;
    kept.seen.reads(&["once", "Remind Me"]).await;
    kept.seen.reads(&["wait", "In 10 minutes"]).await;
    kept.seen.reads(&["lint"]).await;
    kept.seen.picture("remind-me").await;
    kept.seen.reads(&["once", "In 1 hour"]).await;
    assert_eq!(kept.seen.screen.over(call).await, EndedReason::Declined);
    kept.says("a reminder", |text| text.contains("Anna") && text.ends_with("]\n")).await;
    kept.seen.reads(&["gone", "Call .*Anna.* back"]).await;
    // An hour later.
    kept.seen.kills_phone().await;
    let text = kept.text();
    let (before, after) = text.split_once("\"due_ms\": ").expect("it says when");
    let after = after.trim_start_matches(|sign: char| sign.is_ascii_digit());
    fs::write(kept.path(), format!("{before}\"due_ms\": 1{after}")).expect("an earlier hour");
    let folder = kept.folder.path().to_string_lossy().into_owned();
    kept.seen.starts_phone(&[(STATE, &folder)]);
    kept.seen.reads(&["wait", "Call Anna back"]).await;
    kept.seen.reads(&["wait", "With Chat"]).await;
    kept.seen.reads(&["lint"]).await;
    kept.seen.picture("reminder").await;
    kept.seen.reads(&["press", "Call Back", "Call with Anna with Chat"]).await;
    let back = outgoing(&mut kept.seen).await;
    assert_eq!((back.handle.value.as_str(), back.app_name.as_str()), ("Anna", "Chat"));
    kept.says("no reminder", |text| text == "[]\n").await;
    kept.seen.reads(&["gone", "Call Anna back"]).await;
}

#[tokio::test]
async fn a_reminder_comes_when_it_is_time_and_after_a_call() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    let soon = i64::try_from(since.as_millis()).expect("a date") + 2_000;
    let mut kept = Kept::start(Some(&reminder("Ben", soon))).await;
    kept.seen.reads(&["wait", "Call Ben back"]).await;
    let chat = kept.seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    kept.seen.reads(&["wait", "Incoming call from Anna with Chat"]).await;
    kept.seen.reads(&["gone", "Call Ben back"]).await;
    let call = kept.seen.rings_and_takes_presses().await;
    kept.seen.reads(&["press", "Decline", "!Decline"]).await;
    assert_eq!(kept.seen.screen.over(call).await, EndedReason::Declined);
    kept.seen.reads(&["press", "Close", "!Call Ben back"]).await;
    kept.says("no reminder", |text| text == "[]\n").await;
}

#[tokio::test]
async fn a_reminder_that_cannot_be_followed_says_so_and_stays() {
    let kept = Kept::start(Some(&reminder("Ben", 1))).await;
    // The app does not run.
    kept.seen.reads(&["press", "Call Back", ".*org.example.Chat.*|.*register.*"]).await;
    kept.seen.picture("reminder-refused").await;
    kept.seen.reads(&["wait", "Call Ben back"]).await;
    assert!(kept.text().contains("Ben"));
}

#[tokio::test]
async fn nobody_is_declined_for_a_reminder_that_cannot_be_kept() {
    let mut kept = Kept::start(Some("{")).await;
    let chat = kept.seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    let call = kept.seen.rings_and_takes_presses().await;
    kept.seen.reads(&["once", "Remind Me"]).await;
    kept.seen.reads(&["once", "In 10 minutes"]).await;
    kept.seen.reads(&["wait", ".*reminders.json is not understood.*"]).await;
    kept.seen.picture("remind-me-refused").await;
    assert_eq!(kept.text(), "{");
    kept.seen.screen.is(call, CallState::Ringing).await;
    // What is said covers no button: a click where Answer is answers.
    kept.seen.desktop.click(ANSWER.0, ANSWER.1);
    kept.seen.screen.is(call, CallState::Active).await;
    kept.seen.reads(&["press", "End Call", "Close"]).await;
    kept.seen.screen.over(call).await;
    chat.rings("Anna").await;
    let call = kept.seen.rings_and_takes_presses().await;
    // Mended, it is taken.
    fs::write(kept.path(), "[]").expect("it is mended");
    kept.seen.reads(&["once", "Remind Me"]).await;
    kept.seen.reads(&["once", "In 10 minutes"]).await;
    assert_eq!(kept.seen.screen.over(call).await, EndedReason::Declined);
    kept.says("a reminder", |text| text.contains("Anna")).await;
}

/// Let a program be there that takes messages, and writes into this file what it was started for.
fn has_messages(folder: &Path) -> PathBuf {
    let told = folder.join("message");
    let script = folder.join("messages.sh");
    let text = format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >'{}'\n", told.display());
    fs::write(&script, text).expect("a program");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it can be run");
    let applications = folder.join("data/applications");
    fs::create_dir_all(&applications).expect("a folder for apps");
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName=Messages\nExec={} %u\nMimeType=x-scheme-handler/sms;\n",
        script.display()
    );
    fs::write(applications.join("org.example.Messages.desktop"), entry).expect("it is written");
    let chosen = "[Default Applications]\nx-scheme-handler/sms=org.example.Messages.desktop\n";
    fs::write(folder.join("config/mimeapps.list"), chosen).expect("it is written");
    told
}

#[tokio::test]
async fn a_quick_reply_declines_and_begins_a_message() {
    let mut seen = Seen::start(Size::PHONE).await;
    let folder = seen.desktop.folder().to_owned();
    let told = has_messages(&folder);
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("+49 30 1234567").await;
    let call = seen.rings_and_takes_presses().await;
    seen.reads(&["once", "Message"]).await;
    seen.reads(&["wait", "I cannot talk now\\. I will call you back\\."]).await;
    seen.reads(&["lint"]).await;
    seen.picture("message").await;
    seen.reads(&["once", "I am on my way\\."]).await;
    assert_eq!(seen.screen.over(call).await, EndedReason::Declined);
    assert_eq!(begun(&told).await, "sms:+49301234567?body=I%20am%20on%20my%20way.\n");
    // The user's own, from the next call on.
    fs::remove_file(&told).expect("it is there");
    let settings = folder.join("config/hookswitch");
    fs::create_dir_all(&settings).expect("a folder for settings");
    let own = r#"{"quick_replies": ["Später & mehr?"]}"#;
    fs::write(settings.join("call-screens.json"), own).expect("a setting");
    chat.rings("+49 30 1234567").await;
    let call = seen.rings_and_takes_presses().await;
    seen.reads(&["once", "Message"]).await;
    seen.reads(&["once", "Später & mehr\\?"]).await;
    assert_eq!(seen.screen.over(call).await, EndedReason::Declined);
    assert_eq!(begun(&told).await, "sms:+49301234567?body=Sp%C3%A4ter%20%26%20mehr%3F\n");
    // Who has no number is not written to.
    chat.rings("Anna").await;
    seen.reads(&["wait", "Remind Me"]).await;
    seen.reads(&["gone", "Message"]).await;
}

/// What the program of messages was started for.
async fn begun(told: &Path) -> String {
    soon("the message", async {
        loop {
            match fs::read_to_string(told) {
                Ok(text) if text.ends_with('\n') => return text,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await
}

#[tokio::test]
async fn without_a_program_for_messages_none_is_offered() {
    let seen = Seen::start(Size::PHONE).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("+49 30 1234567").await;
    seen.reads(&["wait", "Remind Me"]).await;
    seen.reads(&["gone", "Message"]).await;
}
