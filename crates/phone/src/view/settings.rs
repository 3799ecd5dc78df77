//! The page of settings: what the service reads, and how it is.

use super::dial::app_name;
use crate::place;
use crate::tongue::{tr, tr_with};
use hookswitch::{ProviderRecord, StatusRecord, TestRing};
use serde_json::{Map, Value};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const FILE: &str = "notifications.json";
const HIDE: &str = "hide_details";

/// What the service is told of notifications: `notifications.json`, of which only one word is changed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notifications {
    path: PathBuf,
    all: Map<String, Value>,
}

impl Notifications {
    /// Read it from this folder.
    ///
    /// # Errors
    /// In words, with what to do: there is no place for it, or it is not understood. It is left alone then.
    pub fn read(folder: Option<&Path>) -> Result<Self, String> {
        let no_home = || tr("Settings cannot be kept: HOME is not set. Set it.");
        let path = folder.ok_or_else(no_home)?.join(FILE);
        let all = match fs::read_to_string(&path) {
            Ok(text) => match serde_json::from_str(&text) {
                Ok(Value::Object(all)) if all.get(HIDE).is_none_or(Value::is_boolean) => all,
                _ => return Err(broken(&path)),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Map::new(),
            Err(_) => return Err(broken(&path)),
        };
        Ok(Self { path, all })
    }

    /// Whether a notification says who calls.
    pub fn shows_details(&self) -> bool {
        self.all.get(HIDE) != Some(&Value::Bool(true))
    }

    /// Let it say so, or not. What else the file says stays.
    ///
    /// # Errors
    /// It cannot be written: why, for people.
    pub fn show_details(&mut self, shows: bool) -> Result<(), String> {
        let mut all = self.all.clone();
        all.insert(HIDE.to_owned(), Value::Bool(!shows));
        let text = format!("{:#}\n", Value::Object(all.clone()));
        place::replace(&self.path, &text)?;
        self.all = all;
        Ok(())
    }
}

fn broken(path: &Path) -> String {
    let path = path.display().to_string();
    tr_with(
        "{} is not understood: details are hidden until it is corrected, or moved away.",
        &[&path],
    )
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
        let path = folder.path().join(FILE);
        let read = || Notifications::read(Some(folder.path())).unwrap();
        assert!(read().shows_details());
        fs::write(&path, r#"{"show": "always", "later": [1]}"#).unwrap();
        read().show_details(false).unwrap();
        assert!(!read().shows_details());
        let text = fs::read_to_string(&path).unwrap();
        let now: Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!({"show": "always", "later": [1], "hide_details": true});
        assert_eq!(now, expected);
        read().show_details(true).unwrap();
        assert!(read().shows_details());
    }

    #[test]
    fn a_broken_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["{", "[]", r#"{"hide_details": "yes"}"#] {
            fs::write(folder.path().join(FILE), text).unwrap();
            let why = Notifications::read(Some(folder.path())).unwrap_err();
            assert!(why.contains("is not understood"), "{why}");
        }
        assert!(Notifications::read(None).is_err());
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
