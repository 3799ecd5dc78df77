use crate::{files, soon};
use hookswitch_journeys::{Mock, Phone, SystemBus};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use zbus::Connection;

const NAME: Option<&str> = Some("org.gnome.Shell");
const RIG: Option<&str> = Some("org.hookswitch.Rig");
const RIG_PATH: &str = "/org/hookswitch/Rig";
const PROGRAM: &str = "/usr/bin/gnome-shell";
/// Owns the name of notifications for the shell.
const NOTIFICATIONS: &str = "org.gnome.Shell.Notifications";
/// What that owns.
const NOTIFIED: &str = "org.freedesktop.Notifications";
/// How often to look where nobody tells.
const LOOK: Duration = Duration::from_millis(20);
/// A laptop.
const SIZE: &str = "1280x800";

/// Something to read on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// What is there.
    pub text: String,
    /// Its middle, from the left and from the top.
    pub at: (f64, f64),
    /// Whether it is on a button.
    pub button: bool,
}

/// GNOME Shell in a session of its own, which ends with this process.
pub struct Shell {
    phone: Phone,
    bus: Connection,
    folder: TempDir,
    process: Child,
    _system: SystemBus,
    _mocks: [Mock; 2],
    _verifier: UnixListener,
}

impl Shell {
    /// Start it in a session that is not locked, with this in its environment, and wait until it is there.
    ///
    /// # Panics
    /// It is not installed, or does not come up.
    pub async fn start_with(own: &[(&str, OsString)]) -> Self {
        let folder = tempfile::Builder::new().prefix("hs").tempdir().expect("a folder");
        files::lay_out(folder.path());
        let system = SystemBus::start();
        let logind = Mock::logind(&system).await;
        logind.has_session("c1").await;
        let manager = Mock::display_manager(&system).await;
        // It takes what the shell says to check who unlocks, and says nothing: asked again and again, it would be busy with that.
        let socket = folder.path().join("verifier");
        let verifier = UnixListener::bind(&socket).expect("a socket");
        let code = format!("ret = 'unix:path={}'", socket.display());
        manager.has("OpenReauthenticationChannel", "s", "s", &code).await;
        manager.has("RegisterSession", "a{sv}", "", "").await;

        let mut all = environment(folder.path());
        all.extend([
            ("HOOKSWITCH_SCREEN", OsString::from("off")),
            ("HOOKSWITCH_PHOSH", "never".into()),
            ("HOOKSWITCH_RING", "off".into()),
            ("HOOKSWITCH_CONFIG_DIR", settings(folder.path()).into()),
        ]);
        // What comes without a screen comes because each screen has left it: nobody is waited for longer than a story.
        let phone = Phone::with_environment("presented_within=600000", &all);
        phone.install("org.hookswitch.GnomeShell", Path::new(PROGRAM), true);
        let owner = format!("/usr/bin/gjs /usr/share/gnome-shell/{NOTIFICATIONS}");
        phone.activatable(NOTIFICATIONS, &owner).await;
        let bus = phone.stranger().await;

        let log = File::create(folder.path().join("shell.log")).expect("a file for what it logs");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", PROGRAM, "--wayland", "--headless", "--no-x11"]);
        command.args(["--virtual-monitor", SIZE]).envs(environment(folder.path()));
        command.env("DBUS_SESSION_BUS_ADDRESS", phone.address());
        command.env("DBUS_SYSTEM_BUS_ADDRESS", system.address());
        command.env("G_RESOURCE_OVERLAYS", files::scripts(folder.path()));
        command.envs(own.iter().cloned());
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        let process = command.spawn().expect("setpriv starts");
        let (_mocks, _system, _verifier) = ([logind, manager], system, verifier);
        let mut shell = Self { phone, bus, folder, process, _system, _mocks, _verifier };
        shell.is_there().await;
        shell
    }

    async fn is_there(&mut self) {
        soon("GNOME Shell", async {
            let code = "Main.layoutManager._startingUp";
            while self.tries(code).await.is_none_or(|is| is != "false") {
                if let Ok(Some(status)) = self.process.try_wait() {
                    panic!("it ended ({status}); it is in the package gnome-shell");
                }
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
        // It shows all windows at first, and warns of sessions of root.
        self.eval("Main.overview.hide()").await;
        self.eval("Main.messageTray.getSources().forEach(one => one.destroy())").await;
        // Another program has the name of notifications for it. The service asks for none that is not there.
        let bus = zbus::fdo::DBusProxy::new(&self.bus).await.expect("the bus can be asked");
        soon("the owner of notifications", async {
            let name = zbus::names::BusName::try_from(NOTIFIED).expect("a name");
            while !bus.name_has_owner(name.clone()).await.is_ok_and(|has| has) {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    }

    /// The user has this in a file of settings of the service.
    ///
    /// # Panics
    /// There is no room for it.
    pub fn settles(&self, file: &str, text: &str) {
        let folder = settings(self.folder.path());
        fs::create_dir_all(&folder).expect("the user's folder");
        fs::write(folder.join(file), text).expect("room for settings");
    }

    /// Its phone: the bus with the service.
    pub fn phone(&self) -> &Phone {
        &self.phone
    }

    /// Start a program that has windows, in this session. It ends when this is dropped.
    ///
    /// # Panics
    /// It is not there.
    pub fn starts(&self, program: impl AsRef<OsStr>, arguments: &[&OsStr]) -> Child {
        let log = self.folder.path().join("programs.log");
        let log = File::options().create(true).append(true).open(log).expect("a file for its log");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(program).args(arguments);
        command.envs(environment(self.folder.path())).env("GSK_RENDERER", "cairo");
        command.env("DBUS_SESSION_BUS_ADDRESS", self.phone.address());
        command.env("WAYLAND_DISPLAY", "wayland-0").env_remove("DISPLAY");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        command.spawn().expect("setpriv starts")
    }

    /// A file that nobody else has, for what a program tells.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Wait until the window with this title has the keyboard.
    pub async fn has_focus(&self, title: &str) {
        // Titles have marks around names, for those who read from right to left.
        let code = "(global.display.focus_window?.title ?? '').replace(/[\\u2066\\u2069]/g, '')";
        self.until(&format!("the focus on {title}"), &format!("{code} === '{title}'")).await;
    }

    /// How many windows there are.
    pub async fn windows(&self) -> usize {
        let count = self.eval("global.get_window_actors().length").await;
        count.parse().expect("a number")
    }

    async fn tries(&self, code: &str) -> Option<String> {
        let asked = self.bus.call_method(NAME, RIG_PATH, RIG, "Eval", &code).await.ok()?;
        asked.body().deserialize().ok()
    }

    /// What this is in the shell, as JSON.
    ///
    /// # Panics
    /// It is nothing.
    pub async fn eval(&self, code: &str) -> String {
        soon(code, self.tries(code)).await.unwrap_or_else(|| panic!("{code} is nothing"))
    }

    /// Wait until this is true in the shell.
    pub async fn until(&self, what: &str, code: &str) {
        soon(what, async {
            while self.eval(code).await != "true" {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    }

    async fn tell(&self, member: &str, body: &(impl serde::Serialize + zbus::wire::DynamicType)) {
        let told = self.bus.call_method(NAME, RIG_PATH, RIG, member, body);
        soon(member, told).await.unwrap_or_else(|error| panic!("{member}: {error}"));
    }

    /// Everything that can be read.
    pub async fn words(&self) -> Vec<Word> {
        let asked = self.bus.call_method(NAME, RIG_PATH, RIG, "Words", &());
        let answer = soon("the words on the screen", asked).await.expect("it reads");
        let all: Vec<(String, f64, f64, bool)> = answer.body().deserialize().expect("words");
        let word = |(text, x, y, button)| Word { text, at: (x, y), button };
        all.into_iter().map(word).collect()
    }

    /// Wait until all of these can be read.
    ///
    /// # Panics
    /// They do not appear.
    pub async fn shows(&self, wanted: &[&str]) -> Vec<Word> {
        let mut all = Vec::new();
        let seen = tokio::time::timeout(crate::GUARD, async {
            loop {
                all = self.words().await;
                if wanted.iter().all(|text| all.iter().any(|word| word.text == *text)) {
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        let seen = seen.await.is_ok();
        assert!(seen, "{wanted:?} did not appear; the screen says {all:?}");
        all
    }

    /// Wait until this can be read no more.
    pub async fn hides(&self, text: &str) {
        soon(&format!("no {text}"), async {
            while self.words().await.iter().any(|word| word.text == text) {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    }

    async fn button(&self, text: &str) -> (f64, f64) {
        let all = self.shows(&[text]).await;
        let button = all.iter().find(|word| word.button && word.text == text);
        button.unwrap_or_else(|| panic!("{text} is no button: {all:?}")).at
    }

    /// Click on this button at once.
    pub async fn clicks(&self, text: &str) {
        let at = self.button(text).await;
        self.tell("Click", &at).await;
    }

    /// Touch this button at once.
    pub async fn touches(&self, text: &str) {
        let at = self.button(text).await;
        self.tell("Touch", &at).await;
    }

    /// Press and release a key, as X names keys by number.
    pub async fn key(&self, key: u32) {
        self.tell("Key", &key).await;
    }

    /// Lock the session, and wait until it is.
    pub async fn locks(&self) {
        self.eval("Main.screenShield.lock(false)").await;
        self.until(
            "the lock",
            "Main.screenShield.locked && Main.sessionMode.currentMode === 'unlock-dialog'",
        )
        .await;
    }

    /// As after the right password: nobody here can check one.
    pub async fn unlocks(&self) {
        self.eval("Main.screenShield.deactivate(false)").await;
        self.until("no lock", "Main.sessionMode.currentMode === 'user'").await;
    }

    /// Whether the session is locked.
    pub async fn is_locked(&self) -> bool {
        self.eval("Main.screenShield.locked").await == "true"
    }

    /// Leave a picture where the environment says that somebody wants to look: `GNOME_PICTURES`, a folder.
    pub async fn photograph(&self, name: &str) {
        let Some(folder) = std::env::var_os("GNOME_PICTURES") else { return };
        let path = Path::new(&folder).join(format!("{name}.png"));
        self.tell("Picture", &path.display().to_string()).await;
    }
}

/// Where the service has its settings, and everybody else who is to know them looks.
fn settings(folder: &Path) -> PathBuf {
    folder.join("config/hookswitch")
}

/// What everything in the session has in its environment.
fn environment(folder: &Path) -> Vec<(&'static str, OsString)> {
    let path = |name: &str| folder.join(name).into_os_string();
    vec![
        ("HOME", path("")),
        ("XDG_RUNTIME_DIR", path("run")),
        ("XDG_CONFIG_HOME", path("config")),
        ("XDG_CACHE_HOME", path("cache")),
        ("XDG_DATA_HOME", path("data")),
        ("XDG_SESSION_ID", "c1".into()),
        ("XDG_SESSION_TYPE", "wayland".into()),
        ("XDG_CURRENT_DESKTOP", "GNOME".into()),
        ("GSETTINGS_BACKEND", "keyfile".into()),
        ("LIBGL_ALWAYS_SOFTWARE", "1".into()),
        ("LP_NUM_THREADS", "1".into()),
        ("NO_AT_BRIDGE", "1".into()),
        ("LC_ALL", "C.UTF-8".into()),
        // It would look for a sound server.
        ("PULSE_SERVER", path("nobody")),
    ]
}

impl Drop for Shell {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(self.folder.path().join("shell.log"));
            eprintln!("== GNOME Shell logged\n{}", log.unwrap_or_default());
        }
    }
}
