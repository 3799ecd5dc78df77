//! What a reminder says. No display is needed.

use super::Reminder;
use crate::tongue::{tr, tr_with};
use crate::view::{Guard, Lock, isolated};

/// What is on its window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// What to do.
    pub title: String,
    /// With which app; on what number.
    pub detail: String,
    /// What the button says that does it.
    pub call: String,
    /// What the other one says.
    pub close: String,
}

impl Card {
    /// Of this reminder. Where names are hidden from strangers it names nobody until it is known that nothing is locked.
    pub fn of(reminder: &Reminder, guard: Guard) -> Self {
        let app = tr_with("With {}", &[&reminder.app_name]);
        let number = reminder.dial.handle.value.as_str();
        let is_hidden = guard.hides && guard.lock != Lock::Open;
        let (title, detail) = if is_hidden {
            (tr("Call Back"), app)
        } else if reminder.name == number {
            (tr_with("Call {} back", &[&isolated(number)]), app)
        } else {
            let detail = format!("{} · {app}", isolated(number));
            (tr_with("Call {} back", &[&reminder.name]), detail)
        };
        Self { title, detail, call: tr("Call Back"), close: tr("Close") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch::{Date, Dial, Handle, HandleKind};

    fn reminder(name: &str) -> Reminder {
        let handle = Handle::new(HandleKind::PhoneNumber, "+49 30");
        let dial = Dial::new("org.example.Chat", handle);
        Reminder { dial, app_name: "Chat".into(), name: name.into(), due: Date(0) }
    }

    #[test]
    fn it_says_whom_to_call_with_what() {
        let card = Card::of(&reminder("Anna"), Guard::default());
        assert_eq!(card.title, "Call Anna back");
        assert_eq!(card.detail, "\u{2066}+49 30\u{2069} · With Chat");
        let card = Card::of(&reminder("+49 30"), Guard::default());
        assert_eq!(
            (&*card.title, &*card.detail),
            ("Call \u{2066}+49 30\u{2069} back", "With Chat")
        );
    }

    #[test]
    fn strangers_do_not_read_who_it_is() {
        for lock in [Lock::Locked, Lock::Unknown] {
            let card = Card::of(&reminder("Anna"), Guard { lock, slides: true, hides: true });
            let said = format!("{card:?}");
            assert!(
                !said.contains("Anna") && !said.contains("49") && said.contains("Chat"),
                "{said}"
            );
        }
        let open = Guard { lock: Lock::Open, slides: true, hides: true };
        assert_eq!(Card::of(&reminder("Anna"), open).title, "Call Anna back");
    }
}
