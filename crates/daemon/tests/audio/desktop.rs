//! A desktop of its own: a bus, PipeWire with devices that are made up, and the call service.

use crate::watch::{Stream, World, listen};
use hookswitch::{
    Adoption, AnswerCallAction, AudioSession, CallState, CallUpdate, CallUuid, EndCallAction,
    Provider, ProviderDelegate, Reset, SetGroupCallAction, SetHeldCallAction, SetMutedCallAction,
    Surface,
};
use std::fs::{self, File};
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

/// A guard against waiting for ever, not a measure of anything.
const LONG: Duration = Duration::from_secs(30);

const BUS: &str = "org.freedesktop.DBus";

/// What comes of it, if it comes at all.
pub async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    let result = tokio::time::timeout(LONG, future).await;
    result.unwrap_or_else(|_| panic!("in vain waited for: {what}"))
}

/// An app, and what its delegate was told.
pub struct App {
    pub provider: Provider,
    pub news: UnboundedReceiver<&'static str>,
    /// Calls that it reports again, muted, after a restart of the service.
    pub keeps: Arc<Mutex<Vec<CallUuid>>>,
}

struct Delegate {
    tell: UnboundedSender<&'static str>,
    keeps: Arc<Mutex<Vec<CallUuid>>>,
}

impl ProviderDelegate for Delegate {
    fn did_reset(&mut self, provider: &Provider, _: Reset) {
        for call in self.keeps.lock().unwrap().iter() {
            let update = CallUpdate::default();
            let (state, muted, group_with) = (CallState::Active, true, None);
            let adoption = Adoption { state, muted, group_with, update };
            provider.adopt_call(*call, adoption).forget();
        }
    }

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        action.fulfill();
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        action.fulfill();
    }

    // It says that it does, and goes on sending.
    fn perform_set_muted(&mut self, _: &Provider, action: SetMutedCallAction) {
        action.fulfill();
    }

    fn perform_set_held(&mut self, _: &Provider, action: SetHeldCallAction) {
        action.fulfill();
    }

    fn perform_set_group_call(&mut self, _: &Provider, action: SetGroupCallAction) {
        action.fulfill();
    }

    fn did_activate_audio_session(&mut self, _: &Provider, _: CallUuid) {
        let _ = self.tell.send("activated");
    }

    fn prepare_audio_session(&mut self, provider: &Provider, call: CallUuid, of: AudioSession) {
        assert_eq!(provider.audio_session(call), Some(of));
        let _ = self.tell.send("prepared");
    }

    fn did_deactivate_audio_session(&mut self, _: &Provider, _: CallUuid) {
        let _ = self.tell.send("deactivated");
    }
}

/// Programs that end with this, the last one first.
#[derive(Default)]
struct Programs(Vec<Child>);

impl Drop for Programs {
    fn drop(&mut self) {
        for mut child in std::mem::take(&mut self.0).into_iter().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// See the head of this file.
pub struct Desktop {
    world: watch::Receiver<World>,
    address: String,
    _programs: Programs,
    folder: TempDir,
}

/// A device: its name, its class, and what it is built into.
pub type Device = (&'static str, &'static str, &'static str);

const DEVICES: [Device; 4] = [
    ("speaker", "Audio/Sink", "internal"),
    ("earpiece", "Audio/Sink", "handset"),
    ("headset", "Audio/Sink", "headset"),
    ("microphone", "Audio/Source/Virtual", "internal"),
];

impl Desktop {
    /// Start it. `None`, with the reason printed: there is no PipeWire on this machine.
    pub async fn start() -> Option<Self> {
        Self::with(&DEVICES).await
    }

    /// The same with these devices, of which `speaker` is one.
    pub async fn with(devices: &[Device]) -> Option<Self> {
        for program in
            ["dbus-daemon", "pipewire", "pw-cat", "pw-cli", "pw-dump", "pw-metadata", "wireplumber"]
        {
            let found = Command::new("sh").arg("-c").arg(format!("command -v {program}")).output();
            if !found.is_ok_and(|found| found.status.success()) {
                println!("not tried: there is no {program} here");
                return None;
            }
        }
        // Short, as the path of a socket must be.
        let folder = tempfile::Builder::new().prefix("hs").tempdir_in("/tmp").unwrap();
        let path = folder.path();
        configure(path, devices);
        let mut programs = Programs::default();
        let mut bus = tied(path, "dbus-daemon", &path.join("run/none"));
        bus.args(["--nofork", "--print-address=1"]).stdout(Stdio::piped());
        let config = format!("--config-file={}", path.join("bus.conf").display());
        let mut bus = bus.arg(config).env("RUST_LOG", "hookswitchd=info").spawn().unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        programs.0.push(bus);
        for program in ["pipewire", "wireplumber"] {
            let mut command = tied(path, program, Path::new(&address));
            programs.0.push(command.spawn().unwrap());
            if program == "pipewire" {
                // Nothing says that it listens but that it answers.
                soon("PipeWire", async {
                    let mut asks = tied(path, "pw-cli", Path::new(&address));
                    asks.args(["info", "0"]);
                    while !asks.status().unwrap().success() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                })
                .await;
            }
        }
        // pw-dump does not tell of this when it changes.
        soon("a default device", async {
            let mut asks = tied(path, "pw-metadata", Path::new(&address));
            asks.args(["0", "default.audio.sink"]).stdout(Stdio::piped());
            while !String::from_utf8_lossy(&asks.output().unwrap().stdout).contains("speaker") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        // It keeps what it prints into a pipe to itself until that is a lot.
        let mut dump = tied(path, "stdbuf", Path::new(&address));
        let mut dump = dump
            .args(["-oL", "pw-dump", "--monitor", "--no-colors"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut world = listen(dump.stdout.take().unwrap());
        programs.0.push(dump);
        let ready = |world: &World| devices.iter().all(|(name, ..)| world.has(name));
        soon("the devices", world.wait_for(ready)).await.unwrap();
        Some(Self { world, address, _programs: programs, folder })
    }

    /// An app that does as it is told.
    pub async fn app(&self, id: &str) -> App {
        let (tell, news) = unbounded_channel();
        let builder = Provider::builder(id).address(self.address.as_str());
        let keeps = Arc::default();
        let delegate = Delegate { tell, keeps: Arc::clone(&keeps) };
        let provider = soon("the registration", builder.register(delegate)).await.unwrap();
        App { provider, news, keeps }
    }

    /// A surface.
    pub async fn surface(&self) -> Surface {
        let connecting = Surface::connect_at(Some(&self.address), "test");
        soon("the surface", connecting).await.unwrap().0
    }

    /// Somebody plays silence, for ever.
    pub fn plays(&self, name: &'static str, role: &str, token: Option<&str>) -> Stream {
        self.stream("--playback", name, role, token, "/dev/zero")
    }

    /// Somebody listens.
    pub fn listens(&self, name: &'static str, token: Option<&str>) -> Stream {
        self.stream("--record", name, "Communication", token, "/dev/null")
    }

    fn stream(
        &self,
        what: &str,
        name: &'static str,
        role: &str,
        token: Option<&str>,
        file: &str,
    ) -> Stream {
        let mut properties = format!("node.name = {name}");
        if let Some(token) = token {
            properties += &format!(" hookswitch.session = \"{token}\"");
        }
        let mut command = tied(self.folder.path(), "pw-cat", Path::new(&self.address));
        command.args([what, "--media-role", role, "-P", &format!("{{ {properties} }}")]);
        // Through the standard streams: the kind of a file is not asked for then.
        match what {
            "--playback" => command.stdin(File::open(file).unwrap()),
            _ => command.stdout(File::create(file).unwrap()),
        };
        Stream::new(name, command.arg("-").spawn().unwrap())
    }

    /// Wait until the stream has this volume.
    pub async fn volume(&self, stream: &mut Stream, wanted: f64) {
        let mut world = self.world.clone();
        let is = |world: &World| {
            world.volume(stream.name).is_some_and(|volume| (volume - wanted).abs() < 1e-3)
        };
        let what = format!("{} at {wanted}", stream.name);
        let waited = tokio::time::timeout(LONG, world.wait_for(is)).await;
        if !matches!(waited, Ok(Ok(_))) {
            let volume = self.world.borrow().volume(stream.name);
            panic!("in vain waited for {what}: it is {volume:?}\n{}", self.log());
        }
    }

    /// Wait until the stream is connected to this device.
    pub async fn goes_to(&self, stream: &mut Stream, wanted: &str) {
        let mut world = self.world.clone();
        let is = |world: &World| world.goes_to(stream.name) == Some(wanted);
        let waited = tokio::time::timeout(LONG, world.wait_for(is)).await;
        if !matches!(waited, Ok(Ok(_))) {
            let now = self.world.borrow().goes_to(stream.name).map(str::to_owned);
            panic!(
                "in vain waited for {} on {wanted}: it is on {now:?}\n{}",
                stream.name,
                self.log()
            );
        }
    }

    /// Wait until the service has nothing written down any more.
    pub async fn nothing_is_left(&self) {
        let ledger = self.state().join("audio.ledger");
        soon("the ledger to be empty", async {
            while ledger.exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// A connection to the bus, of nobody.
    pub async fn stranger(&self) -> zbus::Connection {
        let connection = zbus::connection::Builder::address(self.address.as_str());
        soon("a connection", connection.build()).await.unwrap()
    }

    /// Let nobody start the service again.
    pub async fn uninstall_service(&self) {
        let file = self.folder.path().join("services/org.hookswitch.Hookswitch.service");
        fs::remove_file(file).unwrap();
        let path = "/org/freedesktop/DBus";
        let bus = self.stranger().await;
        bus.call_method(Some(BUS), path, Some(BUS), "ReloadConfig", &()).await.unwrap();
    }

    /// Kill the service.
    pub async fn kill_service(&self) {
        let (path, name) = ("/org/freedesktop/DBus", "org.hookswitch.Hookswitch");
        let bus = self.stranger().await;
        let asked =
            bus.call_method(Some(BUS), path, Some(BUS), "GetConnectionUnixProcessID", &name);
        let service: i32 = asked.await.unwrap().body().deserialize::<u32>().unwrap().cast_signed();
        let pid = rustix::process::Pid::from_raw(service).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    /// What service and bus logged.
    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("dbus-daemon.log")).unwrap_or_default()
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }
}

/// A program that ends with this process, in this desktop.
fn tied(folder: &Path, program: &str, address: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    for (name, of) in [
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_STATE_HOME", "home"),
        ("HOOKSWITCH_STATE_DIR", "state"),
        ("HOOKSWITCH_CONFIG_DIR", "config"),
        ("HOOKSWITCH_DATA_DIR", "data"),
    ] {
        command.env(name, folder.join(of));
    }
    command.env("DBUS_SESSION_BUS_ADDRESS", address);
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "PIPEWIRE_REMOTE", "PIPEWIRE_RUNTIME_DIR"] {
        command.env_remove(name);
    }
    let log = File::create(folder.join(format!("{program}.log"))).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command
}

fn configure(folder: &Path, devices: &[Device]) {
    let pipewire = folder.join("config/pipewire/pipewire.conf.d");
    let scripts = folder.join("config/wireplumber");
    for path in [
        pipewire.clone(),
        scripts.join("main.lua.d"),
        scripts.join("bluetooth.lua.d"),
        folder.join("run"),
        folder.join("services"),
        folder.join("data/applications"),
    ] {
        fs::create_dir_all(path).unwrap();
    }
    let objects: String = devices
        .iter()
        .map(|(name, class, form)| {
            format!(
                "{{ factory = adapter args = {{ factory.name = support.null-audio-sink node.name = {name} \
                 node.description = {name} media.class = {class} audio.position = [ MONO ] \
                 device.form-factor = {form} object.linger = true }} }}\n"
            )
        })
        .collect();
    fs::write(pipewire.join("50-devices.conf"), format!("context.objects = [\n{objects}]\n"))
        .unwrap();
    fs::write(
        scripts.join("main.lua.d/80-headless.lua"),
        "alsa_monitor.enabled = false\nv4l2_monitor.enabled = false\n\
         libcamera_monitor.enabled = false\ndefault_access.enable_flatpak_portal = false\n",
    )
    .unwrap();
    let no_bluetooth = "bluez_monitor.enabled = false\n";
    fs::write(scripts.join("bluetooth.lua.d/80-headless.lua"), no_bluetooth).unwrap();
    let program = env!("CARGO_BIN_EXE_hookswitchd");
    fs::write(
        folder.join("services/org.hookswitch.Hookswitch.service"),
        format!("[D-BUS Service]\nName=org.hookswitch.Hookswitch\nExec={program}\n"),
    )
    .unwrap();
    let own = std::env::current_exe().unwrap();
    fs::write(
        folder.join("data/applications/org.hookswitch.Test.desktop"),
        format!(
            "[Desktop Entry]\nType=Application\nName=Test\nExec={}\nX-Hookswitch-Surface=true\n",
            own.display()
        ),
    )
    .unwrap();
    fs::write(
        folder.join("bus.conf"),
        format!(
            "<busconfig><type>session</type><listen>unix:path={0}/run/bus</listen><auth>EXTERNAL</auth>\
             <servicedir>{0}/services</servicedir><policy context=\"default\">\
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
             <allow own=\"*\"/></policy></busconfig>",
            folder.display()
        ),
    )
    .unwrap();
}
