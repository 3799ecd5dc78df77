//! The page of settings: what the service reads, and how it is.

use super::dial::app_name;
use crate::place;
use crate::tongue::{tr, tr_with};
use hookswitch::{ProviderRecord, StatusRecord, TestRing};
use serde_json::{Map, Value};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A word of a file of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    file: &'static str,
    name: &'static str,
    /// As it is where nobody wrote it.
    usual: bool,
}

/// Whether nobody is named where others may look: the service reads it, for its notifications.
pub const HIDES_DETAILS: Word =
    Word { file: "notifications.json", name: "hide_details", usual: false };
/// Whether an answer is a slide while the screen is locked.
pub const SLIDES: Word = Word { file: "call-screens.json", name: "slide_to_answer", usual: true };

/// A file of settings, of which only one word is changed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    word: Word,
    path: PathBuf,
    all: Map<String, Value>,
}

impl Kept {
    /// Read it from this folder.
    ///
    /// # Errors
    /// In words, with what to do: there is no place for it, or it is not understood. It is left alone then.
    pub fn read(folder: Option<&Path>, word: Word) -> Result<Self, String> {
        let no_home = || tr("Settings cannot be kept: HOME is not set. Set it.");
        let path = folder.ok_or_else(no_home)?.join(word.file);
        let all = match fs::read_to_string(&path) {
            Ok(text) => match serde_json::from_str(&text) {
                Ok(Value::Object(all)) if all.get(word.name).is_none_or(Value::is_boolean) => all,
                _ => return Err(broken(&path, word)),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Map::new(),
            Err(_) => return Err(broken(&path, word)),
        };
        Ok(Self { word, path, all })
    }

    /// Whether the word says yes.
    pub fn is_on(&self) -> bool {
        self.all.get(self.word.name).and_then(Value::as_bool).unwrap_or(self.word.usual)
    }

    /// Let it say so, or not. What else the file says stays.
    ///
    /// # Errors
    /// It cannot be written: why, for people.
    pub fn turn(&mut self, on: bool) -> Result<(), String> {
        let mut all = self.all.clone();
        all.insert(self.word.name.to_owned(), Value::Bool(on));
        let text = format!("{:#}\n", Value::Object(all.clone()));
        place::replace(&self.path, &text)?;
        self.all = all;
        Ok(())
    }
}

fn broken(path: &Path, word: Word) -> String {
    let path = path.display().to_string();
    let path = [path.as_str()];
    match word == HIDES_DETAILS {
        true => tr_with(
            "{} is not understood: details are hidden until it is corrected, or moved away.",
            &path,
        ),
        false => tr_with(
            "{} is not understood and is left as it is. Correct it, or move it away.",
            &path,
        ),
    }
}

/// A line of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is about.
    pub title: String,
    /// What there is to know.
    pub detail: String,
}

/// The apps that can make calls now.
pub fn apps(status: &StatusRecord) -> Vec<Line> {
    let line = |app: &ProviderRecord| Line {
        title: app_name(app),
        detail: match app.verified {
            true => app.app_id.clone(),
            false => tr_with("{}: it is not sure that it is this app", &[&app.app_id]),
        },
    };
    status.providers.iter().map(line).collect()
}

/// What does not work, and what to do.
pub fn troubles(status: &StatusRecord) -> Vec<String> {
    status.degraded.clone()
}

/// What is said while it rings to be heard.
pub fn rings(ring: &TestRing) -> String {
    match ring.outputs.is_empty() {
        true => tr("It rings now."),
        false => tr_with("It rings now on {}.", &[&ring.outputs.join(", ")]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_the_one_word_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(HIDES_DETAILS.file);
        let read = || Kept::read(Some(folder.path()), HIDES_DETAILS).unwrap();
        assert!(!read().is_on());
        fs::write(&path, r#"{"show": "always", "later": [1]}"#).unwrap();
        read().turn(true).unwrap();
        assert!(read().is_on());
        let text = fs::read_to_string(&path).unwrap();
        let now: Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!({"show": "always", "later": [1], "hide_details": true});
        assert_eq!(now, expected);
        read().turn(false).unwrap();
        assert!(!read().is_on());
        let slides = Kept::read(Some(folder.path()), SLIDES).unwrap();
        assert!(slides.is_on(), "another file, and on by itself");
    }

    #[test]
    fn a_broken_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["{", "[]", r#"{"hide_details": "yes"}"#] {
            fs::write(folder.path().join(HIDES_DETAILS.file), text).unwrap();
            let why = Kept::read(Some(folder.path()), HIDES_DETAILS).unwrap_err();
            assert!(why.contains("is not understood"), "{why}");
        }
        assert!(Kept::read(None, SLIDES).is_err());
    }

    #[test]
    fn an_app_that_is_not_verified_says_so() {
        let app = |verified| ProviderRecord {
            app_id: "org.example.Chat".to_owned(),
            app_name: "Chat".to_owned(),
            verified,
            ..ProviderRecord::default()
        };
        let providers = vec![app(true), app(false)];
        let lines = apps(&StatusRecord { providers, ..StatusRecord::default() });
        assert_eq!(
            (lines[0].title.as_str(), lines[0].detail.as_str()),
            ("Chat", "org.example.Chat")
        );
        assert_eq!(lines[1].title, "Chat (not verified)");
        assert!(lines[1].detail.contains("not sure"));
    }

    #[test]
    fn a_test_ring_says_where() {
        let ring = |outputs: &[&str]| TestRing {
            outputs: outputs.iter().map(|name| (*name).to_owned()).collect(),
            duration: Duration::from_secs(3),
        };
        assert_eq!(rings(&ring(&[])), "It rings now.");
        assert_eq!(rings(&ring(&["a", "b"])), "It rings now on a, b.");
    }
}
