use crate::finger::Finger;
use crate::picture;
use crate::spot::{NOWHERE, Spot};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use zbus::Connection;

/// Of the screen, in logical pixels; pictures have twice as many.
const SIZE: Spot = (360, 720);
/// The lower part, which has the buttons and no clock.
const BUTTONS: &str = "0,430 360x290";
/// So many pictures that are alike, one after the other, are of a screen that moves no more.
const STILL: usize = 6;
/// How often to look where nobody tells.
const LOOK: Duration = Duration::from_millis(20);

/// Where distributions have Phosh.
const PHOSH: [&str; 2] = ["/usr/libexec/phosh", "/usr/lib/phosh/phosh"];

const COMPOSITOR: &str = "[core]
xwayland=false
[output:HEADLESS-1]
mode = 720x1440
scale = 2
";

/// Whether the phone is locked when Phosh starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It is.
    Locked,
    /// It is in use.
    Unlocked,
}

/// Phosh on a screen in memory, which ends with this process.
pub struct Screen {
    folder: TempDir,
    bus: String,
    connection: Connection,
    finger: Option<Finger>,
    running: Vec<Child>,
}

impl Screen {
    /// Start it on the bus with this address, and wait until it can lock.
    ///
    /// # Panics
    /// A program is not installed, or does not come up.
    pub async fn start(bus: &str, lock: Lock) -> Self {
        let folder = tempfile::Builder::new().prefix("hs").tempdir().expect("a folder");
        for name in ["home", "run"] {
            fs::create_dir(folder.path().join(name)).expect("the folders of the screen");
        }
        fs::write(folder.path().join("phoc.ini"), COMPOSITOR).expect("room for its settings");
        let connection = zbus::connection::Builder::address(bus).build();
        let connection = crate::soon("the bus", connection).await.expect("it can be reached");
        let mut screen =
            Self { folder, bus: bus.to_owned(), connection, finger: None, running: Vec::new() };
        let settings = screen.folder.path().join("phoc.ini").display().to_string();
        screen.run("phoc", &["-C", &settings]);
        let socket = screen.folder.path().join("run/wayland-0");
        crate::soon("the compositor", until(|| socket.exists())).await;
        screen.finger = Some(Finger::start(screen.command("python3"), SIZE).await);
        let phosh = PHOSH.into_iter().find(|path| Path::new(path).exists());
        let phosh = phosh.expect("Phosh; it is in the package phosh");
        let lock = match lock {
            Lock::Locked => "--locked",
            Lock::Unlocked => "--unlocked",
        };
        screen.run(phosh, &[lock]);
        crate::soon("the shell", async {
            while !screen.is_served("org.gnome.ScreenSaver").await {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
        screen.finger("rest", NOWHERE).await;
        screen
    }

    /// A program of this session, which ends with this process, however this process ends.
    pub fn command(&self, program: &str) -> Command {
        let home = self.folder.path().join("home");
        let path = |name: &str| home.join(name).into_os_string();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", program]);
        let environment: [(&str, OsString); 13] = [
            ("HOME", home.clone().into()),
            ("XDG_RUNTIME_DIR", self.folder.path().join("run").into()),
            ("XDG_CONFIG_HOME", path(".config")),
            ("XDG_DATA_HOME", path(".local/share")),
            ("XDG_CACHE_HOME", path(".cache")),
            ("XDG_CURRENT_DESKTOP", "GNOME:Phosh".into()),
            ("XDG_SESSION_TYPE", "wayland".into()),
            ("GSETTINGS_BACKEND", "memory".into()),
            ("NO_AT_BRIDGE", "1".into()),
            ("GDK_BACKEND", "wayland".into()),
            ("LC_ALL", "C.UTF-8".into()),
            ("WAYLAND_DISPLAY", "wayland-0".into()),
            ("DBUS_SESSION_BUS_ADDRESS", self.bus.clone().into()),
        ];
        command.envs(environment).env_remove("DISPLAY");
        // No hardware: pictures are made by the processor, and there is no input device.
        command.env("WLR_BACKENDS", "headless").env("WLR_LIBINPUT_NO_DEVICES", "1");
        command.env("WLR_RENDERER", "pixman");
        command.stdin(Stdio::null()).stderr(self.log(program)).kill_on_drop(true);
        command
    }

    /// How somebody outside, as the bus, starts this program in this session.
    pub fn command_line(&self, program: &Path) -> String {
        let command = self.command("true");
        let all = command.as_std().get_envs();
        let set = all.filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
        let words: Vec<String> = set.map(|(name, value)| format!("{name}={value}")).collect();
        format!("/usr/bin/env {} GSK_RENDERER=cairo {}", words.join(" "), program.display())
    }

    fn log(&self, program: &str) -> File {
        let name = Path::new(program).file_name().unwrap_or_default().display().to_string();
        let file = self.folder.path().join(format!("{name}.log"));
        File::options().create(true).append(true).open(file).expect("a file for what is logged")
    }

    fn run(&mut self, program: &str, arguments: &[&str]) {
        let mut command = self.command(program);
        command.args(arguments).stdout(self.log(program));
        self.running.push(command.spawn().expect("setpriv starts"));
    }

    async fn is_served(&self, name: &str) -> bool {
        let bus = zbus::fdo::DBusProxy::new(&self.connection).await.expect("the bus can be asked");
        let name = name.try_into().expect("a name");
        bus.name_has_owner(name).await.is_ok_and(|has| has)
    }

    async fn ask_lock<B: serde::de::DeserializeOwned + zbus::Type>(&self, member: &str) -> B {
        let saver = Some("org.gnome.ScreenSaver");
        let path = "/org/gnome/ScreenSaver";
        let asked = self.connection.call_method(saver, path, saver, member, &());
        let answer = crate::soon(member, asked).await.expect("the shell answers");
        answer.body().deserialize().expect("its answer can be read")
    }

    /// Whether the phone is locked, as the shell says.
    pub async fn is_locked(&self) -> bool {
        self.ask_lock("GetActive").await
    }

    /// Lock the phone.
    pub async fn lock(&self) {
        self.ask_lock::<()>("Lock").await;
    }

    /// `kill -9` Phosh; the compositor goes on.
    ///
    /// # Panics
    /// It does not run.
    pub async fn kill_shell(&mut self) {
        let shell = self.running.last_mut().expect("it was started last");
        shell.kill().await.expect("it runs");
    }

    /// Wait until all these words are to be read on the screen, as OCR reads them. What is to be read then.
    ///
    /// # Panics
    /// They do not appear.
    pub async fn shows(&self, words: &[&str]) -> String {
        let mut text = String::new();
        let seen = tokio::time::timeout(crate::GUARD, async {
            loop {
                text = picture::read(&self.keep("read.ppm").await).await;
                if words.iter().all(|word| text.contains(word)) {
                    return;
                }
            }
        });
        let seen = seen.await.is_ok();
        assert!(seen, "{words:?} did not appear; the screen says:\n{text}");
        text
    }

    /// Wait until the buttons move no more.
    pub async fn is_still(&self) {
        crate::soon("a still screen", async {
            let mut last = Vec::new();
            let mut alike = 0;
            while alike < STILL {
                let next = self.buttons().await;
                alike = if next == last { alike + 1 } else { 0 };
                last = next;
            }
        })
        .await;
    }

    /// A picture of the part that has the buttons: the same bytes as long as nothing changes there.
    pub async fn buttons(&self) -> Vec<u8> {
        picture::take(self.command("grim"), Some(BUTTONS)).await
    }

    /// The colour of a part of the screen (`X,Y WxH`), red, green and blue, if it has only one.
    pub async fn colour(&self, part: &str) -> Option<[u8; 3]> {
        picture::colour(&picture::take(self.command("grim"), Some(part)).await)
    }

    /// Touch the screen there, once it is still.
    pub async fn tap(&mut self, spot: Spot) {
        self.is_still().await;
        self.finger("tap", spot).await;
        self.finger("rest", NOWHERE).await;
    }

    async fn finger(&mut self, does: &str, (x, y): Spot) {
        let finger = self.finger.as_mut().expect("it is there once the compositor is");
        finger.does(&format!("{does} {x} {y}")).await;
    }

    /// A picture of the screen, in a file of this name that lives as long as the screen.
    async fn keep(&self, name: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        let picture = picture::take(self.command("grim"), None).await;
        fs::write(&file, picture).expect("room for a picture");
        file
    }

    /// Leave a picture where the environment says that somebody wants to look: `PHOSH_PICTURES`, a folder.
    pub async fn photograph(&self, name: &str) {
        let Some(folder) = std::env::var_os("PHOSH_PICTURES") else { return };
        let mut grim = self.command("grim");
        grim.arg(Path::new(&folder).join(format!("{name}.png")));
        let taken = grim.status().await.expect("grim starts");
        assert!(taken.success(), "no picture of the screen");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for name in ["phoc", "python3", "phosh"] {
                let log = fs::read_to_string(self.folder.path().join(format!("{name}.log")));
                eprintln!("== {name} logged\n{}", log.unwrap_or_default());
            }
        }
    }
}

async fn until(is: impl Fn() -> bool) {
    while !is() {
        tokio::time::sleep(LOOK).await;
    }
}
