use crate::args::Private;
use crate::failure::Failure;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, create_dir_all, read_to_string, remove_dir_all, write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A directory of its own for a private bus; removed in the end.
pub struct Place {
    directory: PathBuf,
    state: PathBuf,
    policy: Option<String>,
}

impl Place {
    /// Make it, with everything the bus and the service look for.
    pub fn make(private: &Private) -> Result<Self, Failure> {
        let cannot = |what: &str, error: std::io::Error| {
            Failure::new(format!("cannot {what}: {error}. Is there room, and may this user write?"))
        };
        let myself = std::env::current_exe().map_err(|error| cannot("find myself", error))?;
        let beside = myself.with_file_name("hookswitchd");
        let daemon = private.daemon.clone().unwrap_or(beside);
        let Ok(daemon) = daemon.canonicalize() else {
            return Err(Failure::new(format!(
                "the service is not at {}. Build it, or say where it is with --daemon.",
                daemon.display()
            )));
        };
        remove_left_over();
        let directory = new_directory().map_err(|error| cannot("make a directory", error))?;
        let state = private.state.clone().unwrap_or_else(|| directory.join("state"));
        let place = Self { directory, state, policy: private.policy.clone() };
        place.fill(private, &myself, &daemon).map_err(|error| cannot("fill a directory", error))?;
        Ok(place)
    }

    fn fill(&self, private: &Private, myself: &Path, daemon: &Path) -> std::io::Result<()> {
        let (services, applications) =
            (self.directory.join("services"), self.data().join("applications"));
        create_dir_all(&services)?;
        create_dir_all(&applications)?;
        create_dir_all(&self.state)?;
        write(self.configuration(), configuration(&self.directory))?;
        write(
            services.join("org.hookswitch.Hookswitch.service"),
            format!(
                // Not tied to its parent, which ends once the service is there; it ends with the bus.
                "[D-BUS Service]\nName=org.hookswitch.Hookswitch\nExec={}\n",
                quoted(daemon.as_os_str())
            ),
        )?;
        let entry = |id: &str, name: &str, program: &Path, surface: bool| {
            write(
                applications.join(format!("{id}.desktop")),
                format!(
                    "[Desktop Entry]\nType=Application\nName={name}\nNoDisplay=true\nExec={}\n\
                     X-Hookswitch-Surface={surface}\n",
                    quoted(program.as_os_str())
                ),
            )
        };
        entry("org.hookswitch.Cli", "Hookswitch", myself, true)?;
        entry("org.hookswitch.Simulator", "Simulator", myself, true)?;
        for (at, surface) in private.surface.iter().enumerate() {
            let program = surface.canonicalize()?;
            entry(&format!("org.hookswitch.Surface{at}"), "Surface", &program, true)?;
        }
        Ok(())
    }

    /// What the service and the command find in their environment.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut environment = vec![
            ("HOOKSWITCH_STATE_DIR", self.state.clone().into_os_string()),
            ("HOOKSWITCH_DATA_DIR", self.data().into_os_string()),
            ("HOOKSWITCH_PRIVATE", "1".into()),
        ];
        // The user's own sound server is none of it, nor when their machine sleeps, unless they say so.
        for name in ["HOOKSWITCH_AUDIO", "HOOKSWITCH_POWER"] {
            if std::env::var_os(name).is_none() {
                environment.push((name, "off".into()));
            }
        }
        if let Some(policy) = &self.policy {
            environment.push(("HOOKSWITCH_POLICY", policy.into()));
        }
        environment
    }

    /// The configuration of the bus.
    pub fn configuration(&self) -> PathBuf {
        self.directory.join("bus.conf")
    }

    /// Where bus and service log to: here, unless somebody wants to see it.
    pub fn log(&self) -> std::io::Result<Stdio> {
        match std::env::var_os("RUST_LOG") {
            Some(_) => Ok(Stdio::inherit()),
            None => Ok(File::create(self.directory.join("log"))?.into()),
        }
    }

    /// The end of what they logged, each line on its own.
    pub fn last_lines(&self) -> String {
        let log = read_to_string(self.directory.join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().fold(String::new(), |text, line| format!("{text}\n  {line}"))
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = remove_dir_all(&self.directory);
    }
}

/// Remove the directories of those that were killed and could not.
fn remove_left_over() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("hookswitch-"));
        let pid = pid.and_then(|rest| rest.split_once('-')).and_then(|(pid, _)| pid.parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else { continue };
        // Another user's cannot be removed, and is left.
        if test_kill_process(pid) == Err(Errno::SRCH) {
            let _ = remove_dir_all(entry.path());
        }
    }
}

fn new_directory() -> std::io::Result<PathBuf> {
    let mut number = 0;
    loop {
        let name = format!("hookswitch-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        match DirBuilder::new().mode(0o700).create(&directory) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            made => return made.map(|()| directory),
        }
    }
}

/// A word of an `Exec` line.
fn quoted(word: &OsStr) -> String {
    let mut quoted = String::from("\"");
    for c in word.to_string_lossy().chars() {
        if matches!(c, '"' | '\\' | '`' | '$') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A session bus that knows one service, ours, and needs nothing of the machine's.
fn configuration(directory: &Path) -> String {
    let directory = escaped(&directory.to_string_lossy());
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>unix:path={directory}/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{directory}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">1000000000</limit>
  <limit name="service_start_timeout">120000</limit>
  <limit name="max_completed_connections">100000</limit>
  <limit name="max_connections_per_user">100000</limit>
  <limit name="max_pending_service_starts">10000</limit>
  <limit name="max_names_per_connection">50000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
"#
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_exec() {
        assert_eq!(quoted(OsStr::new("/a b/c$d")), "\"/a b/c\\$d\"");
    }

    #[test]
    fn a_directory_is_new_each_time_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let (one, two) = (new_directory().unwrap(), new_directory().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::remove_dir(one).unwrap();
        std::fs::remove_dir(two).unwrap();
    }
}
