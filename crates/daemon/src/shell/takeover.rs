//! Whose the name `org.gnome.Calls` is.

use std::fs;
use std::path::{Path, PathBuf};

/// Whether calls are shown on Phosh's lock screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phosh {
    /// Where GNOME Calls is not installed, or was taken over from.
    #[default]
    Auto,
    /// As soon as nobody else owns the name.
    Always,
    /// Not at all.
    Never,
}

impl Phosh {
    /// The setting of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            _ => None,
        }
    }

    /// Whether to ask for the name at all. `services` are the folders with D-Bus service files, the user's own first.
    pub(crate) fn wants(self, services: &[PathBuf]) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => started_by(services).is_none_or(|program| is_ours(&program)),
        }
    }
}

/// The program that the bus starts for the name; the first file counts, as it does for the bus.
fn started_by(services: &[PathBuf]) -> Option<String> {
    let files = services.iter().map(|folder| folder.join("org.gnome.Calls.service"));
    let text = files.into_iter().find_map(|file| fs::read_to_string(file).ok())?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Exec="))?;
    Some(line.to_owned())
}

fn is_ours(program: &str) -> bool {
    let program = program.split_whitespace().next().unwrap_or_default();
    Path::new(program).file_name().is_some_and(|name| name == "hookswitchd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_wanted_where_nobody_else_would_be_started_for_it() {
        let user = tempfile::tempdir().unwrap();
        let system = tempfile::tempdir().unwrap();
        let folders = [user.path().to_owned(), system.path().to_owned()];
        let wants = |setting: Phosh| setting.wants(&folders);
        assert!(wants(Phosh::Auto) && wants(Phosh::Always) && !wants(Phosh::Never));
        let file = |folder: &tempfile::TempDir, program: &str| {
            let text = format!("[D-BUS Service]\nName=org.gnome.Calls\nExec={program}\n");
            fs::write(folder.path().join("org.gnome.Calls.service"), text).unwrap();
        };
        file(&system, "/usr/bin/gnome-calls --daemon");
        assert!(!wants(Phosh::Auto) && wants(Phosh::Always) && !wants(Phosh::Never));
        file(&user, "/usr/libexec/hookswitchd");
        assert!(wants(Phosh::Auto));
    }
}
