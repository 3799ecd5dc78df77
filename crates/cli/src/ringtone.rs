//! The user's ringtones. The service reads the file anew for each ring, so nothing has to be told to it.

use crate::args::{Ringtone, Switch, Whose};
use crate::failure::{Failure, cannot};
use crate::table::Table;
use rustix::fs::OFlags;
use serde_json::{Map, Value, json};
use std::collections::hash_map::DefaultHasher;
use std::env::var_os;
use std::fs::{DirBuilder, File, OpenOptions, read, read_to_string, remove_file, rename};
use std::hash::{Hash, Hasher};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FILE: &str = "ringtones.json";

pub fn ringtone(what: Ringtone, json: bool) -> Result<(), Failure> {
    let places = Places::find()?;
    match what {
        Ringtone::Show => show(&places.read()?, json),
        Ringtone::Set { file, whose, daemon } => {
            let kept = places.keep(&file, &daemon.unwrap_or_else(beside))?;
            // Whether it replaced another does not matter.
            places.change(|ringtones| {
                put(ringtones, &whose, Some(&kept));
            })?;
        }
        Ringtone::Unset { whose } => {
            let mut had = false;
            places.change(|ringtones| had = put(ringtones, &whose, None))?;
            if !had {
                let text = "No ringtone is set there. `hookswitch ringtone show` prints what is.";
                return Err(Failure::new(text));
            }
        }
        Ringtone::EndTones { switch } => {
            let on = switch == Switch::On;
            places.change(|ringtones| drop(ringtones.insert("end_tones".to_owned(), json!(on))))?;
        }
    }
    Ok(())
}

/// The service that belongs to this program: it knows what a ringtone is.
fn beside() -> PathBuf {
    std::env::current_exe().unwrap_or_default().with_file_name("hookswitchd")
}

struct Places {
    /// The user's settings.
    config: PathBuf,
    /// Copies of the files: where they came from they may go away.
    copies: PathBuf,
}

impl Places {
    /// Where the service looks, by the same environment.
    fn find() -> Result<Self, Failure> {
        let set = |name: &str| var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let place = |own: &str, shared: &str, home: &str| {
            let shared = set(shared).map(|folder| folder.join("hookswitch"));
            set(own).or(shared).or_else(|| set("HOME").map(|folder| folder.join(home)))
        };
        let config = place("HOOKSWITCH_CONFIG_DIR", "XDG_CONFIG_HOME", ".config/hookswitch");
        let state = place("HOOKSWITCH_STATE_DIR", "XDG_STATE_HOME", ".local/state/hookswitch");
        let (Some(config), Some(state)) = (config, state) else {
            let text = "no place for settings: HOME is not set. Set it, or HOOKSWITCH_CONFIG_DIR and \
                        HOOKSWITCH_STATE_DIR.";
            return Err(Failure::new(text));
        };
        Ok(Self { config, copies: state.join("ringtones") })
    }

    fn read(&self) -> Result<Map<String, Value>, Failure> {
        let path = self.config.join(FILE);
        let text = match read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Map::new()),
            Err(error) => return Err(cannot("read", &path, &error)),
        };
        match serde_json::from_str(&text) {
            Ok(Value::Object(ringtones)) => Ok(ringtones),
            _ => {
                let path = path.display();
                Err(Failure::new(format!("{path} is not understood. Mend it, or remove it.")))
            }
        }
    }

    /// Everything that is not changed stays as it was, also what this version does not know. Copies that nobody rings
    /// with any more are removed.
    fn change(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Result<(), Failure> {
        let mut ringtones = self.read()?;
        let before = files(&ringtones);
        change(&mut ringtones);
        folder(&self.config)?;
        let path = self.config.join(FILE);
        let part = self.config.join(format!("{FILE}.part"));
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            // Whom one knows is nobody else's business.
            .mode(0o600)
            .open(&part)
            .and_then(|mut file| {
                writeln!(file, "{:#}", Value::Object(ringtones.clone()))?;
                file.sync_all()
            })
            .and_then(|()| rename(&part, &path));
        written.map_err(|error| cannot("write", &path, &error))?;
        let after = files(&ringtones);
        let ours = |path: &&PathBuf| path.starts_with(&self.copies) && !after.contains(*path);
        for copy in before.iter().filter(ours) {
            // One that is gone is as well.
            let _ = remove_file(copy);
        }
        Ok(())
    }

    /// A copy of the file, once the service's own decoder found it good.
    fn keep(&self, file: &Path, daemon: &Path) -> Result<PathBuf, Failure> {
        check(file, daemon)?;
        let bytes = read(file).map_err(|error| cannot("read", file, &error))?;
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let kind = file.extension().and_then(|end| end.to_str()).unwrap_or("sound");
        let copy = self.copies.join(format!("{:016x}.{kind}", hasher.finish()));
        folder(&self.copies)?;
        let part = copy.with_extension("part");
        let made = File::create(&part).and_then(|mut copy| copy.write_all(&bytes));
        let made = made.and_then(|()| rename(&part, &copy));
        made.map_err(|error| cannot("write", &copy, &error))?;
        Ok(copy)
    }
}

fn folder(path: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| cannot("make", path, &error))
}

/// Whether the service would ring with it.
fn check(file: &Path, daemon: &Path) -> Result<(), Failure> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(file);
    let opened = opened.map_err(|error| cannot("read", file, &error))?;
    let mut child = Command::new(daemon)
        .arg("--decode-sound")
        .stdin(opened)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| cannot("start", daemon, &error))?;
    let mut said = String::new();
    if let Some(mut from) = child.stderr.take() {
        // What it said is for people: without it, it is refused all the same.
        let _ = from.read_to_string(&mut said);
    }
    let ended = child.wait().map_err(|error| cannot("start", daemon, &error))?;
    match (ended.success(), said.trim()) {
        (true, _) => Ok(()),
        (false, "") => {
            Err(Failure::new("The file cannot be decoded. Make it anew, or take another."))
        }
        (false, said) => Err(Failure::new(said)),
    }
}

/// Set or unset one of them. Whether there was one.
fn put(ringtones: &mut Map<String, Value>, whose: &Whose, file: Option<&Path>) -> bool {
    let file = file.map(|file| json!(file));
    let (within, key) = match (&whose.app, &whose.caller) {
        (Some(app), _) => ("apps", app.as_str()),
        (None, Some(caller)) => ("callers", caller.as_str()),
        (None, None) => return set(ringtones, "default", file),
    };
    let entry = ringtones.entry(within).or_insert_with(|| json!({}));
    if !entry.is_object() {
        *entry = json!({});
    }
    entry.as_object_mut().is_some_and(|all| set(all, key, file))
}

fn set(all: &mut Map<String, Value>, key: &str, file: Option<Value>) -> bool {
    match file {
        Some(file) => all.insert(key.to_owned(), file).is_some(),
        None => all.remove(key).is_some(),
    }
}

/// For whom, and with what.
fn entries(ringtones: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    all.extend(ringtones.get("default").map(|file| ("every call".to_owned(), text(file))));
    for within in ["apps", "callers"] {
        let some = ringtones.get(within).and_then(Value::as_object).into_iter().flatten();
        all.extend(some.map(|(key, file)| (key.clone(), text(file))));
    }
    all
}

fn files(ringtones: &Map<String, Value>) -> Vec<PathBuf> {
    entries(ringtones).into_iter().map(|(_, file)| PathBuf::from(file)).collect()
}

fn show(ringtones: &Map<String, Value>, json: bool) {
    if json {
        return println!("{}", Value::Object(ringtones.clone()));
    }
    let entries = entries(ringtones);
    if ringtones.get("end_tones") == Some(&json!(false)) {
        println!(
            "The end of a call is not heard: `hookswitch ringtone end-tones on` changes that."
        );
    }
    if entries.is_empty() {
        return println!("Calls ring with their app's sound, or with the service's own.");
    }
    let mut table = Table::new(["FOR", "RINGTONE"]);
    for (whose, file) in entries {
        table.row([whose, file]);
    }
    table.print();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_set_and_unset_and_the_others_stay() {
        let mut ringtones = Map::new();
        ringtones.insert("ramp_ms".to_owned(), json!(3));
        let whose = |app: Option<&str>, caller: Option<&str>| Whose {
            app: app.map(str::to_owned),
            caller: caller.map(str::to_owned),
        };
        let (all, app, ada) = (whose(None, None), whose(Some("a"), None), whose(None, Some("ada")));
        assert!(!put(&mut ringtones, &all, Some(Path::new("/1"))));
        assert!(!put(&mut ringtones, &app, Some(Path::new("/2"))));
        assert!(!put(&mut ringtones, &ada, Some(Path::new("/3"))));
        assert!(put(&mut ringtones, &ada, Some(Path::new("/4"))));
        let expected =
            json!({"ramp_ms": 3, "default": "/1", "apps": {"a": "/2"}, "callers": {"ada": "/4"}});
        assert_eq!(Value::Object(ringtones.clone()), expected);
        assert_eq!(files(&ringtones), [Path::new("/1"), Path::new("/2"), Path::new("/4")]);
        assert!(put(&mut ringtones, &app, None));
        assert!(!put(&mut ringtones, &app, None));
        assert!(put(&mut ringtones, &all, None));
        assert_eq!(files(&ringtones), [Path::new("/4")]);
    }
}
