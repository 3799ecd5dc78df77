//! `hookswitch ringtone`: the user's sounds, in a file that the service reads for each ring.

use hookswitch_journeys::program;
use serde_json::{Value, json};
use std::fs::{metadata, read, read_dir, read_to_string, write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn ringtone(&self, arguments: &[&str]) -> Output {
        Command::new(program("hookswitch"))
            .arg("ringtone")
            .args(arguments)
            .env("HOOKSWITCH_CONFIG_DIR", self.path("config"))
            .env("HOOKSWITCH_STATE_DIR", self.path("state"))
            .output()
            .expect("it runs")
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.ringtone(arguments);
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        let Output { status, stderr, .. } = self.ringtone(arguments);
        assert_eq!(status.code(), Some(1));
        String::from_utf8(stderr).unwrap()
    }

    fn file(&self) -> PathBuf {
        self.path("config/ringtones.json")
    }

    fn settings(&self) -> Value {
        serde_json::from_str(&read_to_string(self.file()).unwrap()).unwrap()
    }

    fn copies(&self) -> usize {
        read_dir(self.path("state/ringtones")).map_or(0, Iterator::count)
    }
}

fn ours() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sounds/ring.ogg");
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_sound_is_set_for_a_caller_an_app_and_all_and_unset_again() {
    let home = Home::new();
    assert!(home.done(&["show"]).contains("own"));
    home.done(&["set", &ours()]);
    home.done(&["set", &ours(), "--app", "org.example.Chat"]);
    home.done(&["set", &ours(), "--caller", "ada@example.org"]);
    let settings = home.settings();
    let copy = settings["default"].as_str().unwrap();
    assert_eq!(read(copy).unwrap(), read(ours()).unwrap());
    assert_eq!(settings["apps"], json!({"org.example.Chat": copy}));
    assert_eq!(settings["callers"], json!({"ada@example.org": copy}));
    // One copy for all, and nobody but the user sees whom they know.
    assert_eq!(home.copies(), 1);
    assert!(!copy.contains("ada"), "{copy}");
    assert_eq!(metadata(home.file()).unwrap().permissions().mode() & 0o777, 0o600);
    let shown = home.done(&["show"]);
    assert!(shown.contains("ada@example.org") && shown.contains("every call"), "{shown}");

    home.done(&["unset", "--caller", "ada@example.org"]);
    home.done(&["unset"]);
    assert_eq!(home.copies(), 1, "the app's calls ring with it still");
    home.done(&["unset", "--app", "org.example.Chat"]);
    assert_eq!(home.copies(), 0);
    let text = home.refused(&["unset"]);
    assert!(text.contains("No ringtone is set"), "{text}");
}

#[test]
fn the_tone_at_the_end_is_switched_off_and_on() {
    let home = Home::new();
    home.done(&["end-tones", "off"]);
    assert_eq!(home.settings(), json!({"end_tones": false}));
    assert!(home.done(&["show"]).contains("is not heard"));
    home.done(&["end-tones", "on"]);
    assert_eq!(home.settings(), json!({"end_tones": true}));
    assert!(!home.done(&["show"]).contains("is not heard"));
}

#[test]
fn what_is_no_ringtone_is_refused_and_changes_nothing() {
    let home = Home::new();
    home.done(&["set", &ours()]);
    let before = read(home.file()).unwrap();
    write(home.path("text"), "not a sound").unwrap();
    let text = home.refused(&["set", home.path("text").to_str().unwrap()]);
    assert!(text.contains("Convert it"), "{text}");
    let text = home.refused(&["set", home.0.path().to_str().unwrap()]);
    assert!(text.contains("no file"), "{text}");
    let text = home.refused(&["set", "/nowhere/at/all.ogg"]);
    assert!(text.contains("cannot read"), "{text}");
    assert_eq!(read(home.file()).unwrap(), before);
    assert_eq!(home.copies(), 1);
}

#[test]
fn what_a_later_version_wrote_stays() {
    let home = Home::new();
    home.done(&["set", &ours()]);
    let mut settings = home.settings();
    settings["ramp_ms"] = json!(3000);
    settings["of_a_later_version"] = json!([1, 2]);
    write(home.file(), settings.to_string()).unwrap();
    home.done(&["set", &ours(), "--app", "org.example.Chat"]);
    assert_eq!(home.settings()["ramp_ms"], json!(3000));
    assert_eq!(home.settings()["of_a_later_version"], json!([1, 2]));
    write(home.file(), "{").unwrap();
    let text = home.refused(&["set", &ours()]);
    assert!(text.contains("Mend it"), "{text}");
    assert_eq!(read_to_string(home.file()).unwrap(), "{");
}
