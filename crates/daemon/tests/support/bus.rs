//! A bus that knows only the services it is told of.

use super::Tied;
use std::fs::{create_dir, write};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

pub struct Bus {
    pub address: String,
    _daemon: Tied,
    folder: tempfile::TempDir,
}

impl Bus {
    /// `services`: bus names with what starts them.
    pub fn start(services: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        create_dir(path.join("services")).unwrap();
        for (name, program) in services {
            let text = format!("[D-BUS Service]\nName={name}\nExec={program}\n");
            write(path.join(format!("services/{name}.service")), text).unwrap();
        }
        write(path.join("bus.conf"), configuration(path)).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", path.join("bus.conf").display()))
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .env("GSETTINGS_BACKEND", "memory")
            .env("HOME", path)
            .env("XDG_RUNTIME_DIR", path)
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { address: address.trim().to_owned(), _daemon: Tied(daemon), folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#
    )
}
