//! The keypad of the main window: the number that is typed, and which app dials it.

use crate::tongue::{tr, tr_with};
use hookswitch::{Dial, Handle, HandleKind, ProviderRecord};

/// The keys, in the same order in every language: the digit, and the letters that were on telephones.
pub const KEYS: [(char, &str); 12] = [
    ('1', ""),
    ('2', "ABC"),
    ('3', "DEF"),
    ('4', "GHI"),
    ('5', "JKL"),
    ('6', "MNO"),
    ('7', "PQRS"),
    ('8', "TUV"),
    ('9', "WXYZ"),
    ('*', ""),
    ('0', "+"),
    ('#', ""),
];
/// A handle has at most so many bytes on the bus.
const LONGEST: usize = 256;

/// The number as far as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// It as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key was typed. Whether it counts: what is no part of a telephone number does not.
    pub fn push(&mut self, key: char) -> bool {
        let Some(key) = plain(key) else { return false };
        // Only in front is it a country's code.
        if self.0.len() >= LONGEST || (key == '+' && !self.0.is_empty()) {
            return false;
        }
        self.0.push(key);
        true
    }

    /// Take the last one away.
    pub fn delete(&mut self) {
        self.0.pop();
    }

    /// Take all away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// `0` was held down: it is a `+` then, where one may be.
    pub fn hold_zero(&mut self) {
        self.push(if self.0.is_empty() { '+' } else { '0' });
    }

    /// Add what was copied elsewhere, without what people write between digits.
    ///
    /// # Errors
    /// It is no telephone number: why, for people. Nothing changed then.
    pub fn paste(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        let text = text.strip_prefix("tel:").unwrap_or(text);
        let mut with = self.clone();
        let between = |key: &char| matches!(key, '-' | '(' | ')' | '.' | '/') || is_space(*key);
        let all = text.chars().filter(|key| !between(key)).all(|key| with.push(key));
        if !all || with == *self {
            return Err(tr("What was copied is no telephone number."));
        }
        *self = with;
        Ok(())
    }

    /// Call it with this app. `None`: nothing is typed.
    pub fn dial(&self, app: &ProviderRecord) -> Option<Dial> {
        let handle = Handle::new(HandleKind::PhoneNumber, self.0.clone());
        (!self.0.is_empty()).then(|| Dial::new(app.app_id.as_str(), handle))
    }
}

/// Spaces, and the marks that keep a number in its order among words of another direction.
fn is_space(key: char) -> bool {
    key.is_whitespace()
        || matches!(key, '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{202a}'..='\u{202e}')
}

/// The key as it is dialled; digits of other scripts, too.
fn plain(key: char) -> Option<char> {
    let zero = match key {
        '0'..='9' | '+' | '*' | '#' | ',' | ';' => return Some(key),
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{966}'..='\u{96f}' => 0x966,
        _ => return None,
    };
    char::from_digit(u32::from(key) - zero, 10)
}

/// How a key is read out: its letters one by one.
pub fn key_name(key: char, letters: &str) -> String {
    let spelled: Vec<String> = letters.chars().map(String::from).collect();
    match key {
        '*' => tr("Star"),
        '#' => tr("Pound"),
        '0' => tr("0, hold for plus"),
        _ if spelled.is_empty() => key.to_string(),
        _ => format!("{key}, {}", spelled.join(" ")),
    }
}

/// Which apps can dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Apps {
    /// None: what to do.
    None(String),
    /// This one.
    One(ProviderRecord),
    /// The user chooses; longest registered first.
    Several(Vec<ProviderRecord>),
}

impl Apps {
    /// Those among all that dial telephone numbers.
    pub fn of(all: &[ProviderRecord]) -> Self {
        let kind = HandleKind::PhoneNumber.name();
        let dials = |app: &&ProviderRecord| app.handle_kinds.iter().any(|of| of == kind);
        let mut apps: Vec<ProviderRecord> = all.iter().filter(dials).cloned().collect();
        match apps.len() {
            0 => Self::None(tr("No app that runs dials telephone numbers. Start one that does.")),
            1 => Self::One(apps.remove(0)),
            _ => Self::Several(apps),
        }
    }
}

/// An app as it is shown: one that could not be verified says so.
pub fn app_name(app: &ProviderRecord) -> String {
    match app.verified {
        true => app.app_name.clone(),
        false => tr_with("{} (not verified)", &[&app.app_name]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> Number {
        let mut number = Number::default();
        for key in keys.chars() {
            number.push(key);
        }
        number
    }

    fn app(id: &str, kinds: &[&str]) -> ProviderRecord {
        ProviderRecord {
            app_id: id.to_owned(),
            app_name: id.to_owned(),
            handle_kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            ..ProviderRecord::default()
        }
    }

    #[test]
    fn only_what_can_be_dialled_is_typed() {
        assert_eq!(typed("+49x30+1").as_str(), "+49301");
        assert_eq!(typed("٠٤۹").as_str(), "049");
        let mut number = typed("12");
        number.delete();
        number.hold_zero();
        assert_eq!(number.as_str(), "10");
        number.clear();
        number.hold_zero();
        assert_eq!(number.as_str(), "+");
        assert_eq!(typed(&"1".repeat(300)).as_str().len(), LONGEST);
    }

    #[test]
    fn numbers_are_pasted_as_people_write_them() {
        for text in ["+49 (30) 123-45.67", " tel:+49-30/1234567\n", "\u{2066}+49301234567\u{2069}"]
        {
            let mut number = Number::default();
            number.paste(text).unwrap();
            assert_eq!(number.as_str(), "+49301234567");
        }
        let mut number = typed("1");
        for text in ["", "anna@example.org", "+49"] {
            assert!(number.paste(text).is_err(), "{text}");
        }
        assert_eq!(number, typed("1"));
    }

    #[test]
    fn the_apps_that_dial_numbers_are_offered() {
        let none = Apps::of(&[app("mail", &["email_address"])]);
        assert!(matches!(none, Apps::None(why) if why.contains("Start one")));
        let chat = app("chat", &["phone_number"]);
        assert_eq!(Apps::of(std::slice::from_ref(&chat)), Apps::One(chat.clone()));
        let both = vec![chat, app("talk", &["phone_number", "generic"])];
        assert_eq!(Apps::of(&both), Apps::Several(both.clone()));
        assert_eq!(app_name(&both[0]), "chat (not verified)");
    }

    #[test]
    fn nothing_typed_is_not_dialled() {
        assert_eq!(Number::default().dial(&app("chat", &[])), None);
        let dial = typed("112").dial(&app("chat", &[])).unwrap();
        assert_eq!((dial.app.to_string().as_str(), dial.handle.value.as_str()), ("chat", "112"));
    }

    #[test]
    fn keys_are_read_out_letter_by_letter() {
        assert_eq!(key_name('2', "ABC"), "2, A B C");
        assert_eq!(key_name('1', ""), "1");
        assert_eq!(key_name('#', ""), "Pound");
    }
}
