//! Who is on the other end of a connection. `docs/security.md` says what this can and cannot know.

mod desktop;
mod process;

pub use desktop::{DesktopEntry, find_entry, surface_entry};
pub use process::{Process, Sandbox};

use std::path::PathBuf;

/// What is known about a connection's program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The program, as the system sees it; `None`: gone already, or not to be seen.
    pub process: Option<Process>,
}

/// How sure we are that a program is the app it says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// What to call the app: from its desktop entry, else its id.
    pub name: String,
    /// Whether everything fits: see [`attribute`].
    pub verified: bool,
}

/// Why a program cannot be that app at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// Its sandbox has another id.
    OtherSandbox,
    /// Another connection owns the app's bus name.
    OtherOwner,
}

impl Contradiction {
    /// Cause, and what to do now.
    pub fn text(self) -> &'static str {
        match self {
            Self::OtherSandbox => {
                "The sandbox this program runs in belongs to another app. Register under that app's id."
            }
            Self::OtherOwner => {
                "Another program owns this app id as its bus name. Register from the connection that owns it."
            }
        }
    }
}

/// Whether this program is that app.
///
/// A sandbox's id is enforced. Outside of one, a program is attributed: it owns the app id as its bus name, and the
/// desktop entry of that id, in a folder only the system or the installation writes, starts this very program.
///
/// # Errors
/// Something says that it is another app.
pub fn attribute(
    app: &str,
    identity: &Identity,
    owns_name: bool,
    owned_by_other: bool,
    data: &[PathBuf],
) -> Result<Attribution, Contradiction> {
    let entry = find_entry(app, data);
    let name = entry.as_ref().map_or_else(|| app.to_owned(), |entry| entry.name.clone());
    let process = identity.process.as_ref();
    let sandbox = process.and_then(|process| process.sandbox.as_ref());
    if let Some(sandbox) = sandbox {
        return match sandbox.is(app) {
            true => Ok(Attribution { name, verified: true }),
            false => Err(Contradiction::OtherSandbox),
        };
    }
    if owned_by_other {
        return Err(Contradiction::OtherOwner);
    }
    let program = process.and_then(|process| process.program.as_deref());
    let started_by_entry = match (&entry, program) {
        (Some(entry), Some(program)) => entry.starts(program),
        _ => false,
    };
    Ok(Attribution { name, verified: owns_name && started_by_entry })
}

/// Whether this program may be a surface: the desktop entry that starts it says so. A sandboxed one never is.
pub fn may_be_surface(identity: &Identity, data: &[PathBuf]) -> bool {
    let Some(process) = &identity.process else { return false };
    process.sandbox.is_none()
        && process.program.as_deref().is_some_and(|program| surface_entry(program, data))
}

/// Whether this program is the phone shell Phosh: the one that the system, or whoever installed beside us, put where its
/// programs are. In a sandbox nothing is.
pub fn is_phosh(identity: &Identity, data: &[PathBuf]) -> bool {
    let Some(process) = &identity.process else { return false };
    let places = ["libexec/phosh", "lib/phosh/phosh", "lib/phosh", "bin/phosh"];
    let mut prefixes = data.iter().filter_map(|folder| folder.parent());
    let is = |program: &std::path::Path| {
        prefixes.any(|prefix| places.iter().any(|place| prefix.join(place) == program))
    };
    process.sandbox.is_none() && process.program.as_deref().is_some_and(is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn folder(entry: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("applications")).unwrap();
        let path = folder.path().join("applications/org.example.Chat.desktop");
        fs::write(path, entry).unwrap();
        folder
    }

    fn runs(program: &str, sandbox: Option<Sandbox>) -> Identity {
        let program = Some(Path::new(program).canonicalize().unwrap());
        Identity { process: Some(Process { pid: 1, started: 1, program, sandbox }) }
    }

    #[test]
    fn a_program_is_an_app_if_name_and_entry_fit() {
        let data = folder("[Desktop Entry]\nName=Chat\nExec=/bin/sh -c x\n");
        let data = [data.path().to_owned()];
        let is = |identity: &Identity, owns, other| {
            attribute("org.example.Chat", identity, owns, other, &data)
        };
        let verified = |yes| Ok(Attribution { name: "Chat".into(), verified: yes });
        assert_eq!(is(&runs("/bin/sh", None), true, false), verified(true));
        assert_eq!(is(&runs("/bin/sh", None), false, false), verified(false));
        assert_eq!(is(&runs("/bin/cat", None), true, false), verified(false));
        assert_eq!(is(&Identity::default(), true, false), verified(false));
        assert_eq!(is(&runs("/bin/sh", None), false, true), Err(Contradiction::OtherOwner));
    }

    #[test]
    fn a_sandbox_is_believed_and_nothing_else() {
        let data = folder("[Desktop Entry]\nName=Chat\nExec=/bin/sh\n");
        let data = [data.path().to_owned()];
        let inside = runs("/bin/sh", Some(Sandbox::Flatpak("org.example.Chat".into())));
        assert!(attribute("org.example.Chat", &inside, false, false, &data).unwrap().verified);
        let error = attribute("org.example.Other", &inside, true, false, &data).unwrap_err();
        assert_eq!(error, Contradiction::OtherSandbox);
    }

    #[test]
    fn only_what_its_entry_calls_a_surface_is_one() {
        let data =
            folder("[Desktop Entry]\nName=S\nExec=\"/bin/sh\" %u\nX-Hookswitch-Surface=true\n");
        let data = [data.path().to_owned()];
        assert!(may_be_surface(&runs("/bin/sh", None), &data));
        assert!(!may_be_surface(&runs("/bin/cat", None), &data));
        assert!(!may_be_surface(&Identity::default(), &data));
        let inside = runs("/bin/sh", Some(Sandbox::Snap("chat".into())));
        assert!(!may_be_surface(&inside, &data));
        let plain = folder("[Desktop Entry]\nName=S\nExec=/bin/sh\n");
        assert!(!may_be_surface(&runs("/bin/sh", None), &[plain.path().to_owned()]));
    }
}
