//! `hookswitch takeover gnome-calls`: let Phosh's lock screen show the calls of this service on a system that has GNOME
//! Calls, by files of the user's own; and put everything back as it was.

use crate::failure::Failure;
use serde_json::{Map, Value, json};
use std::env::var_os;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const KEPT: &str = "takeover.json";

pub async fn gnome_calls(undo: bool, json: bool) -> Result<(), Failure> {
    let places = Places::find()?;
    let done = if undo { places.undo()? } else { places.take()? };
    reload_services().await;
    if json {
        println!("{}", json!({ "taken_over": !undo, "files": done }));
        return Ok(());
    }
    for line in done {
        println!("{line}");
    }
    println!(
        "{}",
        if undo {
            "It counts from the next login. Now: end hookswitchd, and start GNOME Calls."
        } else {
            "It counts from the next login. Now: end GNOME Calls and hookswitchd; Phosh starts the service again."
        }
    );
    Ok(())
}

/// The bus looks by itself only at folders that were there when it started.
async fn reload_services() {
    let Ok(bus) = zbus::Connection::session().await else { return };
    let name = Some("org.freedesktop.DBus");
    // It may be a bus that does not know how: then it counts from the next login.
    let _ = bus.call_method(name, "/org/freedesktop/DBus", name, "ReloadConfig", &()).await;
}

/// The files of the takeover, with what is in them, and where is kept what was there before.
struct Places {
    files: Vec<(PathBuf, String)>,
    kept: PathBuf,
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let path = path.display();
    Failure::new(format!("cannot {what} {path}: {error}. See that it is there and may be used."))
}

impl Places {
    fn find() -> Result<Self, Failure> {
        let set = |name: &str| var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let place = |name: &str, home: &str| {
            set(name).or_else(|| set("HOME").map(|folder| folder.join(home)))
        };
        let config = place("XDG_CONFIG_HOME", ".config");
        let data = place("XDG_DATA_HOME", ".local/share");
        let state = set("HOOKSWITCH_STATE_DIR").or_else(|| {
            place("XDG_STATE_HOME", ".local/state").map(|folder| folder.join("hookswitch"))
        });
        let (Some(config), Some(data), Some(state)) = (config, data, state) else {
            return Err(Failure::new("no place for the user's files: HOME is not set. Set it."));
        };
        let service = std::env::current_exe().unwrap_or_default().with_file_name("hookswitchd");
        Ok(Self::within(&config, &data, &state, &service))
    }

    fn within(config: &Path, data: &Path, state: &Path, service: &Path) -> Self {
        // Hidden is how a user's own file says that the system's is not to be started.
        let autostart = "[Desktop Entry]\nType=Application\nName=Calls (daemon)\nHidden=true\n";
        let started =
            format!("[D-BUS Service]\nName=org.gnome.Calls\nExec={}\n", service.display());
        let files = vec![
            (config.join("autostart/org.gnome.Calls-daemon.desktop"), autostart.to_owned()),
            (data.join("dbus-1/services/org.gnome.Calls.service"), started),
        ];
        Self { files, kept: state.join(KEPT) }
    }

    /// Write the files. What was done, in sentences.
    fn take(&self) -> Result<Vec<String>, Failure> {
        if read(&self.kept)?.is_some() {
            let text = "GNOME Calls was taken over from already. `hookswitch takeover gnome-calls --undo` gives back.";
            return Err(Failure::new(text));
        }
        let mut before = Map::new();
        let mut folders = Vec::new();
        for (path, _) in &self.files {
            before.insert(path.display().to_string(), json!(read(path)?));
            folders.extend(missing(path));
        }
        // First of all: whatever follows can be undone.
        let kept = json!({ "files": before, "folders": folders });
        write(&self.kept, &format!("{kept:#}\n"))?;
        let mut done = Vec::new();
        for (path, text) in &self.files {
            write(path, text)?;
            done.push(format!("Wrote {}.", path.display()));
        }
        Ok(done)
    }

    /// Put back what was there. What somebody changed meanwhile is theirs, and stays.
    fn undo(&self) -> Result<Vec<String>, Failure> {
        let Some(text) = read(&self.kept)? else {
            let text = "GNOME Calls was not taken over from, so there is nothing to undo.";
            return Err(Failure::new(text));
        };
        let kept: Value = serde_json::from_str(&text).map_err(|_| {
            let path = self.kept.display();
            Failure::new(format!(
                "{path} is not understood. Remove the files that it names by hand, then it."
            ))
        })?;
        let mut done = Vec::new();
        for (path, ours) in &self.files {
            let name = path.display().to_string();
            if read(path)?.as_ref() != Some(ours) {
                done.push(format!("Left {name} as it is: it was changed since."));
                continue;
            }
            match kept["files"][&name].as_str() {
                Some(before) => write(path, before)?,
                None => fs::remove_file(path).map_err(|error| cannot("remove", path, &error))?,
            }
            done.push(format!("Put back {name}."));
        }
        fs::remove_file(&self.kept).map_err(|error| cannot("remove", &self.kept, &error))?;
        let folders = kept["folders"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for folder in folders {
            // Others may have put something there; then it stays.
            let _ = fs::remove_dir(folder);
        }
        Ok(done)
    }
}

/// The folders that are made for this file, innermost first.
fn missing(path: &Path) -> Vec<String> {
    let folders = path.ancestors().skip(1).take_while(|folder| !folder.exists());
    folders.map(|folder| folder.display().to_string()).collect()
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| cannot("make", folder, &error))?;
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| cannot("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file and folder below, with what is in it.
    fn everything(folder: &Path) -> Vec<(PathBuf, Option<String>)> {
        let mut all = Vec::new();
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                all.extend(everything(&path));
                all.push((path, None));
            } else {
                all.push((path.clone(), Some(fs::read_to_string(&path).unwrap())));
            }
        }
        all.sort();
        all
    }

    fn places(home: &Path) -> Places {
        fs::create_dir_all(home.join("state")).unwrap();
        let service = Path::new("/usr/libexec/hookswitchd");
        Places::within(&home.join("config"), &home.join("data"), &home.join("state"), service)
    }

    #[test]
    fn undo_leaves_everything_as_it_was() {
        for had in [false, true] {
            let home = std::env::temp_dir().join(format!("takeover-{}-{had}", std::process::id()));
            let _ = fs::remove_dir_all(&home);
            let places = places(&home);
            if had {
                write(&places.files[0].0, "[Desktop Entry]\nName=mine\n").unwrap();
            }
            let before = everything(&home);
            places.take().unwrap();
            assert!(read(&places.files[0].0).unwrap().unwrap().contains("Hidden=true"));
            assert!(read(&places.files[1].0).unwrap().unwrap().contains("Exec=/usr/libexec/"));
            assert!(places.take().unwrap_err().text.contains("already"));
            places.undo().unwrap();
            assert_eq!(everything(&home), before);
            assert!(places.undo().unwrap_err().text.contains("nothing to undo"));
            fs::remove_dir_all(&home).unwrap();
        }
    }

    #[test]
    fn what_was_changed_since_is_left() {
        let home = std::env::temp_dir().join(format!("takeover-{}-changed", std::process::id()));
        let _ = fs::remove_dir_all(&home);
        let places = places(&home);
        places.take().unwrap();
        write(&places.files[0].0, "mine").unwrap();
        let done = places.undo().unwrap();
        assert!(done[0].contains("changed since") && done[1].starts_with("Put back"));
        assert_eq!(read(&places.files[0].0).unwrap().as_deref(), Some("mine"));
        assert_eq!(read(&places.files[1].0).unwrap(), None);
        fs::remove_dir_all(&home).unwrap();
    }
}
