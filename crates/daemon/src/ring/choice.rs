//! Which ringtone a call has. The user's word counts before the app's.

use super::sound::open;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// The file in the folder of the user's settings.
pub const FILE: &str = "ringtones.json";
/// How long a ring takes to get loud, if the user says nothing: 5 s.
const RAMP: Duration = Duration::from_secs(5);
/// A list that is longer was not written by `hookswitch ringtone`.
const MAX_BYTES: u64 = 1 << 20;

/// What the user wants to hear. `hookswitch ringtone` writes it; keys that are not known are left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Ringtones {
    /// For every call without another.
    pub default: Option<PathBuf>,
    /// For calls of an app, by its id.
    pub apps: BTreeMap<String, PathBuf>,
    /// For calls of somebody, by handle.
    pub callers: BTreeMap<String, PathBuf>,
    /// Milliseconds until it is loud; 0: loud at once.
    pub ramp_ms: Option<u32>,
    /// Whether the end of a call is heard that the user did not end; nothing said: yes, as on phones.
    pub end_tones: Option<bool>,
}

/// Why the user's settings do not count.
#[derive(Debug, Error)]
pub enum RingtonesError {
    /// It cannot be read.
    #[error(
        "ringtones.json cannot be read: {0}. Our own ringtone is played; see that the file may be read."
    )]
    Unreadable(String),
    /// It is not JSON, or not of this form.
    #[error(
        "ringtones.json is not understood: line {0}. Our own ringtone is played; mend the line, or remove the file."
    )]
    Wrong(usize),
}

/// Which of them, with where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The user's, for this caller.
    Caller(PathBuf),
    /// The user's, for this app.
    App(PathBuf),
    /// The app's own.
    Provider,
    /// The user's, for all.
    Default(PathBuf),
    /// Ours.
    Ours,
}

impl Ringtones {
    /// Read them from the folder of the user's settings; none: there is nothing to read.
    ///
    /// # Errors
    /// There is a file, and it cannot be read or understood.
    pub fn read(folder: &Path) -> Result<Self, RingtonesError> {
        let path = folder.join(FILE);
        let unreadable = |what: &dyn ToString| RingtonesError::Unreadable(what.to_string());
        if !path.try_exists().map_err(|error| unreadable(&error.kind()))? {
            return Ok(Self::default());
        }
        let file = open(&path).map_err(|error| unreadable(&error))?;
        let mut text = String::new();
        let read = file.take(MAX_BYTES).read_to_string(&mut text);
        read.map_err(|error| unreadable(&error.kind()))?;
        serde_json::from_str(&text).map_err(|error| RingtonesError::Wrong(error.line()))
    }

    /// The ringtone of a call: the user's for the caller, for the app; the app's own; the user's for all; ours.
    pub fn choose(&self, app: &str, handle: &str, provider_has_one: bool) -> Choice {
        let handle = comparable(handle);
        let caller = self.callers.iter().find(|(of, _)| comparable(of) == handle);
        if let Some((_, file)) = caller.filter(|_| !handle.is_empty()) {
            return Choice::Caller(file.clone());
        }
        if let Some(file) = self.apps.get(app) {
            return Choice::App(file.clone());
        }
        if provider_has_one {
            return Choice::Provider;
        }
        self.default.clone().map_or(Choice::Ours, Choice::Default)
    }

    /// How long a ring takes to get loud.
    pub fn ramp(&self) -> Duration {
        self.ramp_ms.map_or(RAMP, |ms| Duration::from_millis(u64::from(ms)))
    }
}

/// A handle without what people write into it to read it more easily: the same number is the same caller.
fn comparable(handle: &str) -> String {
    let number = handle.chars().all(|c| c.is_ascii_digit() || "+-() ./".contains(c));
    let kept = handle.chars().filter(|c| !number || c.is_ascii_digit() || *c == '+');
    kept.flat_map(char::to_lowercase).collect()
}

/// The sound that comes with us, in the first folder that has it: `sounds/ring.ogg`, or `hookswitch/sounds/ring.ogg`
/// where the folder is shared with others.
pub fn our_file(data: &[PathBuf]) -> Option<PathBuf> {
    let places = data.iter().flat_map(|folder| {
        ["hookswitch/sounds/ring.ogg", "sounds/ring.ogg"].map(|place| folder.join(place))
    });
    places.into_iter().find(|place| place.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn ringtones() -> Ringtones {
        serde_json::from_str(
            r#"{"default": "/d.ogg", "apps": {"org.example.Chat": "/a.ogg"}, "later": 1,
                "callers": {"+49 (30) 12-34": "/c.ogg", "Ada@Example.org": "/ada.ogg"}}"#,
        )
        .unwrap()
    }

    #[test]
    fn who_calls_counts_before_the_app_and_the_user_before_the_apps_own() {
        let of = |app, handle, own| ringtones().choose(app, handle, own);
        let chat = "org.example.Chat";
        assert_eq!(of(chat, "+49301234", true), Choice::Caller("/c.ogg".into()));
        assert_eq!(of("x", "ada@example.org", true), Choice::Caller("/ada.ogg".into()));
        assert_eq!(of(chat, "bob", true), Choice::App("/a.ogg".into()));
        assert_eq!(of("x", "bob", true), Choice::Provider);
        assert_eq!(of("x", "bob", false), Choice::Default("/d.ogg".into()));
        assert_eq!(of("x", "", false), Choice::Default("/d.ogg".into()));
        assert_eq!(Ringtones::default().choose("x", "bob", false), Choice::Ours);
        // Not a number: the signs are part of it.
        assert_eq!(of("x", "ada-example.org", false), Choice::Default("/d.ogg".into()));
    }

    #[test]
    fn the_file_is_read_as_it_is_at_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(Ringtones::read(folder.path()).unwrap(), Ringtones::default());
        fs::write(&path, r#"{"ramp_ms": 0}"#).unwrap();
        assert_eq!(Ringtones::read(folder.path()).unwrap().ramp(), Duration::ZERO);
        fs::write(&path, "{\n\"default\": 3}").unwrap();
        let error = Ringtones::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.ends_with('.'), "{error}");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = Ringtones::read(folder.path()).unwrap_err();
        assert!(matches!(error, RingtonesError::Unreadable(_)), "{error}");
    }

    #[test]
    fn our_sound_is_found_where_it_was_installed() {
        let folder = tempfile::tempdir().unwrap();
        let data = [folder.path().join("none"), folder.path().to_owned()];
        assert_eq!(our_file(&data), None);
        let sounds = folder.path().join("hookswitch/sounds");
        fs::create_dir_all(&sounds).unwrap();
        fs::write(sounds.join("ring.ogg"), "").unwrap();
        assert_eq!(our_file(&data), Some(sounds.join("ring.ogg")));
    }
}
