use std::fs;
use std::path::PathBuf;

/// A program that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in ticks since boot: numbers come again, this pair does not.
    pub started: u64,
    /// Its executable; `None` if it cannot be seen.
    pub program: Option<PathBuf>,
    /// The sandbox it is in.
    pub sandbox: Option<Sandbox>,
}

/// A sandbox that enforces who is inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sandbox {
    /// Flatpak, by app id.
    Flatpak(String),
    /// Snap, by snap name.
    Snap(String),
}

impl Sandbox {
    /// Whether this is the sandbox of that app. A snap `chat` has desktop entries `chat_APP`.
    pub fn is(&self, app: &str) -> bool {
        match self {
            Self::Flatpak(id) => id == app,
            Self::Snap(name) => {
                app == name || app.strip_prefix(name.as_str()).is_some_and(|s| s.starts_with('_'))
            }
        }
    }
}

impl Process {
    /// Look at a process. `None`: it is gone.
    pub fn look(pid: u32) -> Option<Self> {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let started = started(&fs::read_to_string(folder.join("stat")).ok()?)?;
        let program = fs::read_link(folder.join("exe")).ok();
        let flatpak = fs::read_to_string(folder.join("root/.flatpak-info")).ok();
        let sandbox = match flatpak.as_deref().map(flatpak_id) {
            Some(Some(id)) => Some(Sandbox::Flatpak(id)),
            // In a Flatpak that does not say which: nobody.
            Some(None) => Some(Sandbox::Flatpak(String::new())),
            None => {
                let label = fs::read_to_string(folder.join("attr/current")).unwrap_or_default();
                snap_name(&label).map(Sandbox::Snap)
            }
        };
        // The number could have passed to another program while we looked.
        let again = started_of(pid)?;
        (again == started).then_some(Self { pid, started, program, sandbox })
    }
}

fn started_of(pid: u32) -> Option<u64> {
    started(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Field 22 of `/proc/PID/stat`; the name in field 2 may contain anything, so count behind its bracket.
fn started(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

fn flatpak_id(info: &str) -> Option<String> {
    let application = info.split("[Application]").nth(1)?.split("\n[").next()?;
    let name = application.lines().find_map(|line| line.strip_prefix("name="))?;
    Some(name.trim().to_owned())
}

/// AppArmor calls a snap's programs `snap.NAME.APP`.
fn snap_name(label: &str) -> Option<String> {
    label.strip_prefix("snap.")?.split(['.', ' ']).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_process_can_be_looked_at() {
        let process = Process::look(std::process::id()).unwrap();
        assert_eq!(process.program, std::env::current_exe().ok());
        assert!(process.started > 0);
        assert_eq!(Process::look(u32::MAX), None);
    }

    #[test]
    fn odd_names_of_programs_fool_nobody() {
        let stat = "7 (a) b) 9 ) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(started(stat), Some(4711));
        assert_eq!(started("nonsense"), None);
    }

    #[test]
    fn sandboxes_are_told_by_what_they_cannot_forge() {
        let info = "[Application]\nname=org.example.Chat\nruntime=x\n\n[Instance]\nname=no\n";
        assert_eq!(flatpak_id(info).as_deref(), Some("org.example.Chat"));
        assert_eq!(flatpak_id("[Runtime]\nname=org.example.Sdk\n"), None);
        assert_eq!(snap_name("snap.chat.daemon (enforce)\n").as_deref(), Some("chat"));
        assert_eq!(snap_name("unconfined\n"), None);
        assert!(Sandbox::Snap("chat".into()).is("chat_chat"));
        assert!(!Sandbox::Snap("chat".into()).is("chatter"));
    }
}
