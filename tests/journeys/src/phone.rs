use crate::{App, Peer, Screen, soon};
use hookswitch::{Configuration, Surface};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use zbus::Connection;

/// One phone: a private session bus that starts the service when somebody asks for it.
pub struct Phone {
    folder: TempDir,
    bus: Child,
    address: String,
}

impl Phone {
    /// A phone with the rules as they are.
    pub fn new() -> Self {
        Self::with_policy("")
    }

    /// A phone with knobs of the rules set, as `ring=3000,hold=1000`.
    ///
    /// # Panics
    /// There is no `dbus-daemon`, or the service was not built.
    pub fn with_policy(policy: &str) -> Self {
        Self::start(policy, "warn")
    }

    /// A phone whose service logs so much; see [`log`](Self::log).
    pub fn with_log(level: &str) -> Self {
        Self::start("", &format!("hookswitchd={level},hookswitch_core={level}"))
    }

    /// A phone on which these apps may make emergency calls.
    pub fn with_emergency(apps: &str) -> Self {
        Self::start_with("", "warn", apps)
    }

    /// What its service and bus logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// A phone with knobs of the rules set, and whose service has this in its environment.
    pub fn with_environment(policy: &str, environment: &[(&str, OsString)]) -> Self {
        Self::start_in(policy, "warn", "", environment)
    }

    fn start(policy: &str, log: &str) -> Self {
        Self::start_with(policy, log, "")
    }

    fn start_with(policy: &str, log: &str, emergency: &str) -> Self {
        Self::start_in(policy, log, emergency, &[])
    }

    fn start_in(
        policy: &str,
        log: &str,
        emergency: &str,
        environment: &[(&str, OsString)],
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the phone");
        let path = folder.path();
        for name in ["services", "data/applications", "state"] {
            fs::create_dir_all(path.join(name)).expect("the phone's folders");
        }
        let service = program("hookswitchd");
        fs::write(
            path.join("services/org.hookswitch.Hookswitch.service"),
            format!(
                "[D-BUS Service]\nName=org.hookswitch.Hookswitch\nExec={}\n",
                service.display()
            ),
        )
        .expect("the service file");
        let phone_bus = path.join("bus");
        fs::write(
            path.join("bus.conf"),
            BUS.replace("@SOCKET@", &phone_bus.display().to_string())
                .replace("@SERVICES@", &path.join("services").display().to_string()),
        )
        .expect("the configuration of the bus");
        // It ends with this process, however this process ends.
        let mut bus = Command::new("setpriv")
            .args([
                "--pdeathsig",
                "KILL",
                "dbus-daemon",
                "--nofork",
                "--nosyslog",
                "--print-address=1",
            ])
            .arg(format!("--config-file={}", path.join("bus.conf").display()))
            .env("HOOKSWITCH_STATE_DIR", path.join("state"))
            .env("HOOKSWITCH_DATA_DIR", path.join("data"))
            // Nobody's loudspeaker rings for a test, and nobody's ringtones count.
            .env("HOOKSWITCH_CONFIG_DIR", path.join("config"))
            .env("HOOKSWITCH_POLICY", policy)
            // These are about the rules; the audio has journeys of its own, and so has what calls need of the device.
            .env("HOOKSWITCH_AUDIO", "off")
            .env("HOOKSWITCH_POWER", "off")
            .env("HOOKSWITCH_EMERGENCY_APPS", emergency)
            .env("RUST_LOG", env::var("RUST_LOG").unwrap_or_else(|_| log.into()))
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(fs::File::create(path.join("log")).expect("a file for what is logged"))
            .spawn()
            .expect("dbus-daemon starts; it is in the Debian package of that name");
        let mut address = String::new();
        let output = bus.stdout.as_mut().expect("it has an output");
        BufReader::new(output).read_line(&mut address).expect("the bus says its address");
        let phone = Self { folder, bus, address: address.trim().to_owned() };
        phone.install("org.hookswitch.Journeys", &own_program(), true);
        phone
    }

    /// Install a program as an app, or as a surface.
    pub fn install(&self, app: &str, program: &Path, surface: bool) {
        let path = self.folder.path().join(format!("data/applications/{app}.desktop"));
        let name = app.rsplit('.').next().unwrap_or(app);
        let text = format!(
            "[Desktop Entry]\nType=Application\nName={name}\nExec=\"{}\"\nX-Hookswitch-Surface={surface}\n",
            program.display()
        );
        fs::write(path, text).expect("the desktop entry");
    }

    /// Let the bus start this command when somebody asks for this name.
    ///
    /// # Panics
    /// The bus does not look at its services again.
    pub async fn activatable(&self, name: &str, command: &str) {
        let file = self.folder.path().join(format!("services/{name}.service"));
        fs::write(file, format!("[D-BUS Service]\nName={name}\nExec={command}\n"))
            .expect("the service file");
        self.looks_again().await;
    }

    async fn looks_again(&self) {
        let connection = self.stranger().await;
        let bus = zbus::fdo::DBusProxy::new(&connection).await.expect("the bus can be asked");
        soon("the bus to look again", bus.reload_config()).await.expect("it looks again");
    }

    /// Start the service as somebody does who has it from its source: the bus does not know how to. It has its name then,
    /// and ends with the bus.
    ///
    /// # Panics
    /// It does not start.
    pub async fn starts_service_by_hand(&self) -> Child {
        let services = self.folder.path().join("services");
        fs::remove_file(services.join("org.hookswitch.Hookswitch.service"))
            .expect("there was a service file");
        self.looks_again().await;
        let state = self.state();
        let service = Command::new(program("hookswitchd"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOOKSWITCH_STATE_DIR", state)
            .env("HOOKSWITCH_DATA_DIR", self.folder.path().join("data"))
            .env("HOOKSWITCH_CONFIG_DIR", self.folder.path().join("config"))
            .env("HOOKSWITCH_AUDIO", "off")
            .env("HOOKSWITCH_POWER", "off")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the service starts");
        soon("the service's name", async {
            while self.service_pid().await.is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        service
    }

    /// Have the bus start whoever has this name.
    ///
    /// # Panics
    /// It does not start.
    pub async fn wake(&self, name: &str) {
        let connection = self.stranger().await;
        let bus = zbus::fdo::DBusProxy::new(&connection).await.expect("the bus can be asked");
        let name = zbus::names::WellKnownName::try_from(name).expect("a name");
        soon("the start", bus.start_service_by_name(name, 0)).await.expect("it starts");
    }

    /// Install the story's own program as this app, too.
    pub fn install_here(&self, app: &str) {
        self.install(app, &own_program(), false);
    }

    /// The address of its bus.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where its service keeps journal and recents.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// A connection to its bus that is nobody special.
    pub async fn stranger(&self) -> Connection {
        let builder = zbus::connection::Builder::address(self.address.as_str());
        builder.build().await.expect("the bus takes connections")
    }

    /// A connection to its bus that says what it likes.
    pub async fn peer(&self) -> Peer {
        Peer::new(self.stranger().await)
    }

    /// An app on this phone, whose actions the story completes.
    pub async fn app(&self, id: &str) -> App {
        self.install(id, &own_program(), false);
        App::start(self.address(), id, Configuration::default(), false).await
    }

    /// An app on this phone that says this about itself, and whose actions the story completes.
    pub async fn app_with(&self, id: &str, configuration: Configuration) -> App {
        self.install(id, &own_program(), false);
        App::start(self.address(), id, configuration, false).await
    }

    /// An app on this phone that does at once what it is asked.
    pub async fn willing_app(&self, id: &str) -> App {
        self.install(id, &own_program(), false);
        App::start(self.address(), id, Configuration::default(), true).await
    }

    /// A screen on this phone.
    pub async fn screen(&self) -> Screen {
        let connected = Surface::connect_at(Some(self.address()), "journey");
        let (surface, events) =
            soon("the screen", connected).await.expect("this program may be a surface");
        Screen::new(surface, events)
    }

    /// The process of the service, if it runs.
    pub async fn service_pid(&self) -> Option<u32> {
        let connection = self.stranger().await;
        let bus = zbus::fdo::DBusProxy::new(&connection).await.ok()?;
        let name = zbus::names::BusName::try_from(hookswitch_bus::names::SERVICE).ok()?;
        bus.get_connection_unix_process_id(name).await.ok()
    }

    /// `kill -9` the service.
    ///
    /// # Panics
    /// It does not run.
    pub async fn kill_service(&self) {
        assert!(self.kill_service_if_any().await, "the service runs");
    }

    /// `kill -9` the service, if it runs: whether it did. The bus may still have the name of one that was killed just now.
    pub async fn kill_service_if_any(&self) -> bool {
        match self.service_pid().await.map(try_kill) {
            None | Some(Err(Errno::SRCH)) => false,
            Some(killed) => {
                killed.expect("it can be killed");
                true
            }
        }
    }

    /// End the bus itself.
    pub fn kill_bus(&mut self) {
        kill(self.bus.id());
        self.bus.wait().expect("the bus can be waited for");
    }
}

impl Default for Phone {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        // The service ends with its bus.
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

/// `kill -9` a process of the story's own.
///
/// # Panics
/// There is no such process.
fn kill(pid: u32) {
    try_kill(pid).expect("it can be killed");
}

fn try_kill(pid: u32) -> Result<(), Errno> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, Signal::KILL)
}

/// A program of this project, built beside the tests.
///
/// # Panics
/// It was not built.
pub fn program(name: &str) -> PathBuf {
    let own = own_program();
    // Tests are in target/PROFILE/deps, programs one above.
    let folder = own.parent().expect("it is in a folder");
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{name} is not built: run `cargo build --workspace --bins --examples` first"
    );
    path
}

fn own_program() -> PathBuf {
    env::current_exe().and_then(fs::canonicalize).expect("this program is somewhere")
}

pub(crate) const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=@SOCKET@</listen>
  <servicedir>@SERVICES@</servicedir>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <!-- As the bus of a desktop's session has it. -->
  <limit name="max_replies_per_connection">50000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
</busconfig>
"#;
