use crate::compositor::Compositor;
use crate::pointer::Pointer;
use crate::soon;
use hookswitch_journeys::Phone;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

/// How often to look whether the compositor is there: nobody tells.
const LOOK: Duration = Duration::from_millis(2);

/// How large the output is, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Size {
    /// A phone held upright.
    pub const PHONE: Self = Self { width: 360, height: 720 };
    /// A laptop.
    pub const LAPTOP: Self = Self { width: 1280, height: 800 };
}

/// A desktop without a display, with a phone's bus on it. Everything ends with this process, however this process ends.
pub struct Desktop {
    // In the order in which they end.
    phone: Phone,
    pointer: Pointer,
    compositor: Compositor,
    folder: TempDir,
}

impl Desktop {
    /// A desktop of that size, with the rules as they are.
    pub async fn start(size: Size) -> Self {
        Self::start_with(size, "", &[]).await
    }

    /// A desktop whose service has knobs of the rules set, as `ring=3000,hold=1000`, and this in its environment.
    ///
    /// # Panics
    /// sway is not installed, or does not come up.
    pub async fn start_with(size: Size, policy: &str, environment: &[(&str, OsString)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the desktop");
        for name in ["run", "config", "cache", "data", "state"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).expect("the desktop's folders");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("they are ours");
        }
        let mut compositor = Compositor::start(&folder.path().join("run"), size);
        soon("the compositor", async {
            while !compositor.listens() {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
        let pointer = Pointer::new(compositor.socket(), size);
        let mut all: Vec<(&str, OsString)> = Self::home(folder.path());
        all.extend(compositor.environment());
        all.extend(environment.iter().cloned());
        // What the bus starts is on this desktop, too.
        let phone = Phone::with_environment(policy, &all);
        Self { phone, pointer, compositor, folder }
    }

    fn home(folder: &Path) -> Vec<(&'static str, OsString)> {
        let path = |name: &str| folder.join(name).into_os_string();
        vec![
            ("HOME", path("")),
            ("XDG_RUNTIME_DIR", path("run")),
            ("XDG_CONFIG_HOME", path("config")),
            ("XDG_CACHE_HOME", path("cache")),
            ("XDG_DATA_HOME", path("data")),
            ("GSETTINGS_BACKEND", "memory".into()),
        ]
    }

    /// Its phone: the bus with the service.
    pub fn phone(&self) -> &Phone {
        &self.phone
    }

    /// The address of its bus.
    pub fn bus_address(&self) -> &str {
        self.phone.address()
    }

    /// A place for a story's own files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A program on this desktop, which ends with this process, however this process ends.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(program);
        command.env_remove("DISPLAY");
        command.envs(Self::home(self.folder.path())).envs(self.compositor.environment());
        command.env("DBUS_SESSION_BUS_ADDRESS", self.bus_address());
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Run it to its end. What it said.
    ///
    /// # Panics
    /// It failed.
    pub async fn run(&self, program: &str, arguments: &[&str]) -> String {
        let ran = soon(program, self.command(program).args(arguments).output()).await;
        let ran = ran.unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        let wrong = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{program} {arguments:?} failed: {said}{wrong}");
        said
    }

    /// Write what is on the output into a PNG.
    pub async fn screenshot(&self, path: &Path) {
        self.run("grim", &[&path.to_string_lossy()]).await;
    }

    /// Type as `wtype` is told, as `["-k", "Tab", "-k", "Return"]`.
    pub async fn keys(&self, keys: &[&str]) {
        self.run("wtype", keys).await;
    }

    /// Press and release the left button there, in pixels from the upper left corner.
    pub fn click(&mut self, x: u32, y: u32) {
        self.pointer.click(x, y);
    }

    /// Move the pointer there, in pixels from the upper left corner.
    pub fn move_to(&mut self, x: u32, y: u32) {
        self.pointer.move_to(x, y);
    }

    /// Drag from there to there with the left button down, in so many steps.
    pub fn drag(&mut self, from: (u32, u32), to: (u32, u32), steps: u32) {
        self.pointer.drag(from, to, steps);
    }
}
