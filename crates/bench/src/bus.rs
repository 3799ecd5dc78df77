//! A private message bus, with nothing on it but what is measured.

use crate::Outcome;
use crate::tied::{self, Running};
use std::fs::File;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The buses a session can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// The reference implementation, and Debian's default.
    DbusDaemon,
    /// Fedora's and Arch's default.
    DbusBroker,
}

impl Kind {
    /// Both, the default first.
    pub const ALL: [Self; 2] = [Self::DbusDaemon, Self::DbusBroker];

    /// The name of its program.
    pub fn name(self) -> &'static str {
        match self {
            Self::DbusDaemon => "dbus-daemon",
            Self::DbusBroker => "dbus-broker",
        }
    }

    /// Why it cannot run here, if it cannot.
    pub fn missing(self) -> Option<&'static str> {
        let has = |program: &str| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
        };
        match self {
            Self::DbusDaemon if !has("dbus-daemon") => Some("install the package dbus-daemon"),
            Self::DbusBroker if !has("dbus-broker-launch") => {
                Some("install the package dbus-broker")
            }
            Self::DbusBroker if !has("dbus-daemon") => {
                Some("install the package dbus-daemon too: its launcher asks for a user bus")
            }
            Self::DbusBroker if !has_journal() && !rustix::process::geteuid().is_root() => {
                Some("without systemd it starts for root only, in a mount namespace")
            }
            _ => None,
        }
    }
}

/// A bus, and what it needs to run, ended when dropped.
pub struct Bus {
    /// Which.
    pub kind: Kind,
    /// Where it listens.
    pub address: String,
    /// Its process.
    pub pid: u32,
    // In the order in which they end.
    _children: Vec<Running>,
    _directory: Directory,
}

impl Bus {
    /// Start one, on the cores this thread has.
    pub fn start(kind: Kind) -> Outcome<Self> {
        let directory = Directory::new(kind.name())?;
        let socket = directory.path.join("bus");
        let configuration = directory.path.join("bus.conf");
        std::fs::write(&configuration, configuration_of(&socket))?;
        let children = match kind {
            Kind::DbusDaemon => vec![dbus_daemon(&directory, &configuration)?],
            Kind::DbusBroker => {
                // The launcher looks for systemd on the user's bus: it gets an empty one.
                let (helper, conf) =
                    (directory.path.join("helper"), directory.path.join("helper.conf"));
                std::fs::write(&conf, configuration_of(&helper))?;
                let empty = dbus_daemon(&directory, &conf)?;
                wait_for(&helper)?;
                let user_bus = address_of(&helper);
                vec![dbus_broker(&directory, &socket, &configuration, &user_bus)?, empty]
            }
        };
        wait_for(&socket)?;
        // The socket listens before the broker serves it.
        let until = Instant::now() + Duration::from_secs(5);
        let pid = loop {
            let found = children
                .first()
                .and_then(|first| crate::proc::descendant(first.pid(), kind.name()));
            match found {
                Some(pid) => break pid,
                None if Instant::now() > until => {
                    let log = std::fs::read_to_string(directory.path.join("log"));
                    let log = log.unwrap_or_default();
                    return Err(format!("{} did not start: {log}", kind.name()).into());
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let address = address_of(&socket);
        Ok(Self { kind, address, pid, _children: children, _directory: directory })
    }

    /// Another process of this program, on this bus.
    pub fn role(&self, name: &str) -> Outcome<Command> {
        let mut command = tied::role(name)?;
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        Ok(command)
    }
}

fn dbus_daemon(directory: &Directory, configuration: &Path) -> Outcome<Running> {
    let mut command = tied::command("dbus-daemon")?;
    command.stderr(directory.log()?);
    command.arg(format!("--config-file={}", configuration.display()));
    Running::start("dbus-daemon", command.args(["--nofork", "--nosyslog"]))
}

/// The launcher takes a listening socket as systemd hands it over, as descriptor 3, and insists on the journal's socket:
/// without systemd it gets a silent one, in a mount namespace of its own.
fn dbus_broker(
    directory: &Directory,
    socket: &Path,
    configuration: &Path,
    user_bus: &str,
) -> Outcome<Running> {
    let listener: OwnedFd = UnixListener::bind(socket)?.into();
    let start = "exec 3<&0 0</dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; \
                 exec dbus-broker-launch --scope user --config-file \"$0\"";
    let namespace = "mount -t tmpfs none /run && mkdir -p /run/systemd/journal && exec \"$@\"";
    let mut command = match has_journal() {
        true => tied::command("sh")?,
        false => {
            let mut command = tied::command("unshare")?;
            command.args(["--mount", "sh", "-c", namespace, "sh"]);
            command.arg(std::env::current_exe()?).args(["with-journal", "sh"]);
            command
        }
    };
    command.arg("-c").arg(start).arg(configuration);
    command.env("DBUS_SESSION_BUS_ADDRESS", user_bus).stderr(directory.log()?);
    Running::start("dbus-broker", command.stdin(Stdio::from(listener)))
}

const JOURNAL: &str = "/run/systemd/journal/socket";

fn has_journal() -> bool {
    Path::new(JOURNAL).exists()
}

/// What `hookswitch-bench with-journal` does: be the journal, silently, for a program and what it starts.
pub fn with_journal(program: &[std::ffi::OsString]) -> Outcome {
    let socket = UnixDatagram::bind(JOURNAL)?;
    let (program, arguments) = program.split_first().ok_or("a program is needed")?;
    // Standard input, the listening socket, goes on to the program.
    let mut child = tied::command(program)?.args(arguments).spawn()?;
    std::thread::spawn(move || {
        let mut line = [0; 65536];
        while socket.recv(&mut line).is_ok() {}
    });
    child.wait()?;
    Ok(())
}

fn wait_for(socket: &Path) -> Outcome {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => return Ok(stream.shutdown(Shutdown::Both)?),
            Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("{}: {error}", socket.display()).into()),
        }
    }
}

fn address_of(socket: &Path) -> String {
    format!("unix:path={}", socket.display())
}

/// A directory of this run, removed when dropped.
pub struct Directory {
    /// Where.
    pub path: PathBuf,
}

impl Directory {
    /// A new one. Its path is short: the path of a socket in it has room for 107 bytes.
    pub fn new(name: &str) -> Outcome<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hookswitch-bench-{}-{count}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // What an earlier process with this id may have left.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path)?;
        Ok(Self { path })
    }

    /// Where what runs here complains: buses talk a lot, and say little.
    fn log(&self) -> Outcome<File> {
        Ok(File::options().create(true).append(true).open(self.path.join("log"))?)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Left-overs in the temporary directory do no harm.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Everybody may do everything, and no limit is near.
fn configuration_of(socket: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">1000000000</limit>
  <limit name="max_completed_connections">100000</limit>
  <limit name="max_connections_per_user">100000</limit>
  <limit name="max_names_per_connection">50000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
"#,
        socket.display()
    )
}
