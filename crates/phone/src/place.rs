//! The user's folders of settings and of states.

use crate::tongue::tr_with;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The user's folder of settings, which is the service's too. `None`: there is no home.
pub fn settings() -> Option<PathBuf> {
    set("HOOKSWITCH_CONFIG_DIR")
        .or_else(|| set("XDG_CONFIG_HOME").map(|home| home.join("hookswitch")))
        .or_else(|| set("HOME").map(|home| home.join(".config/hookswitch")))
}

/// The user's folder of states, which is the service's too. `None`: there is no home.
pub fn state() -> Option<PathBuf> {
    set("HOOKSWITCH_STATE_DIR")
        .or_else(|| set("XDG_STATE_HOME").map(|home| home.join("hookswitch")))
        .or_else(|| set("HOME").map(|home| home.join(".local/state/hookswitch")))
}

fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Read a list that the program keeps. One that is not there is empty.
///
/// # Errors
/// In words, with what to do: it cannot be read, or is not understood. It is to be left as it is then.
pub fn read<T>(path: &Path, parse: impl Fn(&str) -> Option<Vec<T>>) -> Result<Vec<T>, String> {
    let shown = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => parse(&text).ok_or_else(|| {
            tr_with(
                "{} is not understood and is left as it is. Correct it, or move it away.",
                &[&shown],
            )
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(tr_with(
            "{} cannot be read: {}. Make it readable, or move it away.",
            &[&shown, &error.to_string()],
        )),
    }
}

/// Replace a file as a whole: whoever reads it, also after a crash, has the old text or the new one.
///
/// # Errors
/// In words, with what to do: the folder cannot be written. The old text is there then.
pub fn replace(path: &Path, text: &str) -> Result<(), String> {
    write(path, text).map_err(|error| {
        let (path, error) = (path.display().to_string(), error.to_string());
        tr_with("{} cannot be written: {}. Make room, or give the folder back.", &[&path, &error])
    })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    // A file that is a link stays one: some keep their settings elsewhere.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("json.new");
    // It says whom the user calls: that is for nobody else to read.
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::replace;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_replaced_in_a_folder_that_was_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hookswitch/one.json");
        replace(&path, "1").unwrap();
        replace(&path, "2").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "2");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others cannot read it");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_written_says_so_and_keeps_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let no_folder = folder.path().join("file");
        fs::write(&no_folder, "1").unwrap();
        let why = replace(&no_folder.join("one.json"), "2").unwrap_err();
        assert!(why.contains("cannot be written"), "{why}");
        assert_eq!(fs::read_to_string(&no_folder).unwrap(), "1");
    }

    #[test]
    fn a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, link) = (folder.path().join("kept"), folder.path().join("link.json"));
        fs::write(&kept, "1").unwrap();
        std::os::unix::fs::symlink(&kept, &link).unwrap();
        replace(&link, "2").unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), "2");
    }
}
