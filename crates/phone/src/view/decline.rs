//! What can go with a decline: a reminder to call back, or a message.

use super::{Action, Guard, Kind, Lock, Press, Style, View};
use crate::tongue::tr;
use gtk::glib;
use hookswitch::{Call, ChoiceKind, Handle, HandleKind, SurfaceState};

/// What goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum With {
    /// Be reminded to call back.
    Reminder(Wait),
    /// Write this to whoever calls.
    Message(String),
}

/// When to be reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// In ten minutes.
    TenMinutes,
    /// In an hour.
    Hour,
}

impl Wait {
    /// In milliseconds.
    pub fn ms(self) -> i64 {
        match self {
            Self::TenMinutes => 10 * 60 * 1000,
            Self::Hour => 60 * 60 * 1000,
        }
    }

    fn label(self) -> String {
        match self {
            Self::TenMinutes => tr("In 10 minutes"),
            Self::Hour => tr("In 1 hour"),
        }
    }
}

/// The reminders that a ringing call offers.
pub fn reminders(call: &Call) -> Vec<Action> {
    // An emergency service that calls back is not put off.
    if !call.offers(ChoiceKind::Decline) || call.emergency || call.handle.value.is_empty() {
        return Vec::new();
    }
    let wait = |wait: Wait| action(call, wait.label(), "alarm-symbolic", With::Reminder(wait));
    [Wait::TenMinutes, Wait::Hour].map(wait).into()
}

impl View {
    /// Offer these messages where there is somebody to write to, and the user may be looking.
    pub fn with_replies(mut self, state: &SurfaceState, guard: Guard, texts: &[String]) -> Self {
        // What opens is an app, and it shows to whom: not for whoever has not unlocked.
        let may_be_locked = match guard.lock {
            Lock::Locked => true,
            Lock::Unknown => guard.hides,
            Lock::Open => false,
        };
        if let Some(call) = state.calls.get(&self.call)
            && self.kind == Kind::Incoming
            && !may_be_locked
            && !call.emergency
            && call.offers(ChoiceKind::Decline)
            && number(&call.handle).is_some()
        {
            let reply = |text: &String| {
                let with = With::Message(text.clone());
                action(call, text.clone(), "mail-unread-symbolic", with)
            };
            self.replies = texts.iter().map(reply).collect();
        }
        self
    }
}

fn action(call: &Call, label: String, icon: &'static str, with: With) -> Action {
    let press = Press::DeclineWith { call: call.number, revision: call.choices_revision, with };
    Action { label, icon, style: Style::Plain, press }
}

/// The address of a message to whoever calls, for the program that sends such; `None`: it is no telephone number.
pub fn message(handle: &Handle, text: &str) -> Option<String> {
    let number = number(handle)?;
    let text = glib::Uri::escape_string(text, None, false);
    Some(format!("sms:{number}?body={text}"))
}

/// A telephone number as machines write it.
fn number(handle: &Handle) -> Option<String> {
    let between = |sign: &char| !matches!(sign, ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}');
    let number: String = handle.value.chars().filter(between).collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    (handle.kind == HandleKind::PhoneNumber && is_number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch::{CallNumber, Date};
    use hookswitch_bus::{CallRecord, ChoiceRecord};

    const NOBODY_LOOKS: Guard = Guard { lock: Lock::Locked, slides: true, hides: false };
    const OPEN: Guard = Guard { lock: Lock::Open, slides: true, hides: true };

    fn record(number: u64, state: &str, handle: &str) -> CallRecord {
        let choice = |word: &str| ChoiceRecord { choice: word.into(), ..ChoiceRecord::default() };
        CallRecord {
            number,
            app_id: "org.example.Chat".into(),
            app_name: "Chat".into(),
            state: state.into(),
            direction: "incoming".into(),
            handle: handle.into(),
            handle_kind: "phone_number".into(),
            choices: vec![choice("answer"), choice("decline")],
            choices_revision: 7,
            ..CallRecord::default()
        }
    }

    fn view(guard: Guard, records: Vec<CallRecord>) -> View {
        let calls = records.into_iter().map(Call::from).map(|call| (call.number, call));
        let state = SurfaceState { calls: calls.collect(), ..SurfaceState::default() };
        let view = guard.view(&state, None, Date(0)).expect("a call");
        view.with_replies(&state, guard, &["On my way".to_owned()])
    }

    fn labels(actions: &[Action]) -> Vec<&str> {
        actions.iter().map(|action| action.label.as_str()).collect()
    }

    #[test]
    fn a_ringing_call_is_put_off_or_answered_in_writing() {
        let view = view(OPEN, vec![record(1, "ringing", "+49 30 1234567")]);
        assert_eq!(labels(&view.reminders), ["In 10 minutes", "In 1 hour"]);
        assert_eq!(labels(&view.replies), ["On my way"]);
        let with = With::Message("On my way".to_owned());
        let press = Press::DeclineWith { call: CallNumber(1), revision: 7, with };
        assert_eq!(view.replies[0].press, press);
    }

    #[test]
    fn only_to_telephone_numbers_is_written() {
        let mail = CallRecord {
            handle_kind: "email_address".into(),
            ..record(1, "ringing", "49301234567")
        };
        for record in [mail, record(1, "ringing", "Anna"), record(1, "ringing", "+")] {
            let view = view(OPEN, vec![record]);
            assert!(view.replies.is_empty() && !view.reminders.is_empty());
        }
    }

    #[test]
    fn beside_other_calls_and_in_emergencies_nothing_is_put_off() {
        let emergency = CallRecord { emergency: Some(true), ..record(1, "ringing", "112") };
        let waiting = vec![record(1, "active", "1"), record(2, "ringing", "2")];
        let fixed = CallRecord { choices: Vec::new(), ..record(1, "ringing", "1") };
        for records in [vec![emergency], waiting, vec![fixed]] {
            let view = view(OPEN, records);
            assert!(view.replies.is_empty() && view.reminders.is_empty());
        }
    }

    #[test]
    fn a_locked_screen_opens_no_app_and_reminds_all_the_same() {
        let rings = || vec![record(1, "ringing", "+49 30 1234567")];
        for guard in [NOBODY_LOOKS, Guard { lock: Lock::Unknown, ..OPEN }] {
            let view = view(guard, rings());
            assert!(view.replies.is_empty() && !view.reminders.is_empty());
        }
        let unknown = Guard { lock: Lock::Unknown, hides: false, ..OPEN };
        assert!(!view(unknown, rings()).replies.is_empty(), "else they would come a moment later");
    }

    #[test]
    fn an_address_says_number_and_text() {
        let to = |value: &str| Handle::new(HandleKind::PhoneNumber, value);
        let uri = message(&to("+49 (30) 123-45.67"), "Später? & #1\u{a0}+1");
        assert_eq!(
            uri.as_deref(),
            Some("sms:+49301234567?body=Sp%C3%A4ter%3F%20%26%20%231%C2%A0%2B1")
        );
        for wrong in ["", "+", "12;34", "12,34", "*31#12", "1&body=2", "++1", "１２"] {
            assert_eq!(message(&to(wrong), "x"), None, "{wrong}");
        }
    }
}
