use crate::device::Device;
use crate::props::Dump;
use crate::tone;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// How often to look whether a server is there: nobody tells.
const LOOK: Duration = Duration::from_millis(2);

/// How many samples the graph handles at once: 5.3 ms, as on a usual desktop.
pub const QUANTUM: u32 = 256;

/// Programs that go before they are answered: one may be gone before its question was read.
const IMPATIENT: usize = 5;

/// How long a tone in a file goes on: longer than any story.
const TONE_SECONDS: u32 = 180;

/// A sound session without a sound card: PipeWire, WirePlumber and the PulseAudio door, with devices that only move
/// samples. Its own folder holds everything that is kept, and all of it ends with this process.
pub struct Session {
    folder: TempDir,
    bus: String,
    /// In the order in which they were started.
    servers: Vec<Child>,
}

impl Session {
    /// Make the folder of one; nothing runs yet.
    ///
    /// # Panics
    /// There is no room for it.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the sound session");
        for name in ["run", "config", "state", "cache", "data"] {
            fs::create_dir(folder.path().join(name)).expect("the session's folders");
        }
        Self { folder, bus: String::new(), servers: Vec::new() }
    }

    /// What programs of the session have in their environment.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let path = |name: &str| self.folder.path().join(name).into_os_string();
        let pulse = format!("unix:{}", self.folder.path().join("run/pulse/native").display());
        vec![
            ("HOME", path("")),
            ("XDG_RUNTIME_DIR", path("run")),
            ("XDG_CONFIG_HOME", path("config")),
            ("XDG_STATE_HOME", path("state")),
            ("XDG_CACHE_HOME", path("cache")),
            ("XDG_DATA_HOME", path("data")),
            ("PIPEWIRE_RUNTIME_DIR", path("run")),
            ("PULSE_RUNTIME_PATH", path("run/pulse")),
            ("PULSE_SERVER", pulse.into()),
        ]
    }

    /// Where its PipeWire listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("run/pipewire-0")
    }

    /// Where the user's settings of the service are.
    pub fn settings(&self) -> PathBuf {
        self.folder.path().join("config/hookswitch")
    }

    /// A place for a story's own files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A program of this session, which ends with this process, however this process ends.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", program]);
        command.envs(self.environment()).env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "PIPEWIRE_REMOTE", "PIPEWIRE_DEBUG"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Start it with these devices, on the message bus with this address; the first sink and the first microphone are
    /// the default ones.
    ///
    /// # Panics
    /// A program is not installed, or does not come up.
    pub async fn start(&mut self, bus: &str, devices: &[Device]) {
        let began = Instant::now();
        self.bus = bus.to_owned();
        self.configure(devices);
        self.serve("pipewire");
        crate::soon("PipeWire", listens(&self.socket())).await;
        self.serve("wireplumber");
        self.serve("pipewire-pulse");
        crate::soon("the PulseAudio door", listens(&self.folder().join("run/pulse/native"))).await;
        let default = |microphone| {
            let mut kind = devices.iter().filter(|device| device.is_microphone() == microphone);
            kind.next().map(|device| device.name)
        };
        crate::soon("all devices", async {
            while !devices.iter().all(|device| self.dump_has(device.name)) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        for (key, name) in [("sink", default(false)), ("source", default(true))] {
            if let Some(name) = name {
                self.set_default(key, name).await;
            }
        }
        println!("the sound session started in {} ms", began.elapsed().as_millis());
    }

    /// Start PulseAudio instead, with these modules; without any, nothing.
    ///
    /// # Panics
    /// It is not there, or does not come up.
    pub async fn start_pulseaudio(&mut self, bus: &str, modules: &[String]) {
        self.bus = bus.to_owned();
        if modules.is_empty() {
            return;
        }
        let (program, environment, folder) = crate::pulse::pulseaudio();
        let mut arguments: Vec<String> = [
            "-n",
            "--daemonize=no",
            "--use-pid-file=no",
            "--exit-idle-time=-1",
            "--log-level=notice",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.extend(["--realtime=no", "--high-priority=no"].map(str::to_owned));
        arguments.extend(folder.map(|folder| format!("--dl-search-path={}", folder.display())));
        for module in ["module-native-protocol-unix", "module-stream-restore"] {
            arguments.push(format!("--load={module}"));
        }
        arguments.extend(modules.iter().map(|module| format!("--load={module}")));
        self.serve_with(&program.display().to_string(), "pulseaudio", &arguments, &environment);
        crate::soon("PulseAudio", listens(&self.folder().join("run/pulse/native"))).await;
    }

    /// Start PipeWire beside it, without any device and without a session manager.
    pub async fn start_pictures(&mut self) {
        self.configure(&[]);
        self.serve("pipewire");
        crate::soon("PipeWire", listens(&self.socket())).await;
    }

    fn serve(&mut self, program: &str) {
        self.serve_with(program, program, &[], &[]);
    }

    fn serve_with(
        &mut self,
        path: &str,
        program: &str,
        arguments: &[String],
        environment: &[(&'static str, PathBuf)],
    ) {
        let log = fs::File::create(self.folder().join(format!("{program}.log")));
        let log = log.expect("a file for what is logged");
        let mut command = self.command(path);
        command.args(arguments).envs(environment.iter().cloned());
        command.stdout(log.try_clone().expect("the file once more")).stderr(log);
        let started = command.as_std_mut().spawn();
        self.servers.push(started.expect("setpriv starts; it is in the package util-linux"));
    }

    /// Make a device the one that streams without a wish of their own use; `key` is `sink` or `source`.
    pub async fn set_default(&self, key: &str, name: &str) {
        let wanted = format!("default.configured.audio.{key}");
        let is = format!("default.audio.{key}");
        let value = format!("{{ \"name\": \"{name}\" }}");
        crate::soon("the default device", async {
            while self.dump().default_device(&is) != Some(name.to_owned()) {
                self.tool(
                    "pw-metadata",
                    &["-n", "default", "0", &wanted, &value, "Spa:String:JSON"],
                )
                .await;
            }
        })
        .await;
    }

    /// Let PipeWire stop telling everybody of changes in its metadata: programs that have asked for it go before WirePlumber,
    /// which has it, could answer. PipeWire counts them as pending for ever.
    ///
    /// # Panics
    /// There is no WirePlumber.
    pub async fn deafen(&self) {
        let manager = self.servers.get(1).expect("WirePlumber is the second that is started");
        let manager = i32::try_from(manager.id()).ok().and_then(Pid::from_raw).expect("its number");
        kill_process(manager, Signal::STOP).expect("it can be stopped");
        for _ in 0..IMPATIENT {
            let mut command = self.command("stdbuf");
            command.args(["--output=L", "pw-metadata", "--name=default"]).stdout(Stdio::piped());
            let mut impatient = command.spawn().expect("setpriv starts");
            let output = impatient.stdout.take().expect("it has an output");
            // It says so when it asks.
            let mut lines = BufReader::new(output).lines();
            crate::soon("pw-metadata", lines.next_line()).await.expect("it can be read");
            let both = [impatient.id(), self.servers.first().map(Child::id)];
            crate::soon("the question to be read", async {
                while !both.into_iter().flatten().all(is_asleep) {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            impatient.kill().await.expect("it waits for an answer");
        }
        kill_process(manager, Signal::CONT).expect("it goes on");
    }

    /// Run one of the tools of the session to its end, and return what it printed; nothing if it failed.
    pub async fn tool(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let ran = self.command(program).args(arguments).stderr(Stdio::null()).output();
        let output = crate::soon(program, ran).await.expect("setpriv starts");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// All that programs can set, and have set, on the graph.
    ///
    /// # Panics
    /// PipeWire does not answer.
    pub fn dump(&self) -> Dump {
        let mut said = String::new();
        // It asks for one object after the other, and stumbles over one that goes meanwhile.
        for _ in 0..5 {
            let mut command = std::process::Command::new("pw-dump");
            let output = command.arg("-N").envs(self.environment()).output();
            let output = output.expect("pw-dump starts; it is in the package pipewire-bin");
            match Dump::read(&output.stdout) {
                Ok(dump) => return dump,
                Err(error) => {
                    said = format!("{error}; {}", String::from_utf8_lossy(&output.stderr))
                }
            }
        }
        panic!("pw-dump says nothing that can be read: {said}");
    }

    fn dump_has(&self, node: &str) -> bool {
        self.dump().node(node).is_some()
    }

    /// A file with a tone that goes on for three minutes.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn tone(&self, frequency: u32) -> PathBuf {
        let path = self.folder().join(format!("{frequency}.wav"));
        if !path.exists() {
            tone::write_wav(&path, frequency, TONE_SECONDS).expect("room for the tone");
        }
        path
    }

    /// The same in beats.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn beats(&self, frequency: u32) -> PathBuf {
        let path = self.folder().join(format!("{frequency}-in-beats.wav"));
        if !path.exists() {
            let written = tone::write_again(&path, &tone::beat(frequency), TONE_SECONDS);
            written.expect("room for the tone");
        }
        path
    }

    /// Plug a device in. Returns when it is on the graph.
    pub async fn plug(&self, device: Device) {
        let made = self.tool("pw-cli", &["create-node", "adapter", &device.arguments()]).await;
        made.expect("pw-cli makes the device");
        crate::soon(device.name, async {
            while !self.dump_has(device.name) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Pull a device out.
    ///
    /// # Panics
    /// It is not there.
    pub async fn unplug(&self, device: Device) {
        let dump = self.dump();
        let node = dump.node(device.name).map(|node| node.id);
        let node = node.unwrap_or_else(|| panic!("{} is not plugged:\n{dump}", device.name));
        self.tool("pw-cli", &["destroy", &node.to_string()]).await.expect("pw-cli pulls it");
        crate::soon(device.name, async {
            while self.dump_has(device.name) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    fn configure(&self, devices: &[Device]) {
        let write = |name: &str, text: &str| {
            let path = self.folder().join("config").join(name);
            fs::create_dir_all(path.parent().expect("it has a folder")).expect("its folder");
            fs::write(path, text).expect("the configuration");
        };
        let objects: String = devices
            .iter()
            .map(|device| format!("  {{ factory = adapter args = {} }}\n", device.arguments()))
            .collect();
        write(
            "pipewire/pipewire.conf.d/50-devices.conf",
            &format!(
                "context.properties = {{ default.clock.rate = 48000 default.clock.quantum = {QUANTUM} \
                 default.clock.min-quantum = 64 default.clock.max-quantum = 1024 }}\n\
                 context.objects = [\n{objects}]\n"
            ),
        );
        // No sound cards, cameras, Bluetooth and portals of the machine. WirePlumber 0.4 reads the first two, 0.5 the third.
        write("wireplumber/main.lua.d/80-headless.lua", NO_HARDWARE);
        write("wireplumber/bluetooth.lua.d/80-headless.lua", "bluez_monitor.enabled = false\n");
        write("wireplumber/wireplumber.conf.d/80-headless.conf", NO_HARDWARE_05);
    }

    /// What its servers said, for a story that fails.
    pub fn log(&self) -> String {
        let names = ["pipewire", "wireplumber", "pipewire-pulse", "pulseaudio"];
        names
            .map(|name| {
                let text = fs::read_to_string(self.folder().join(format!("{name}.log")));
                format!("== {name}\n{}", text.unwrap_or_default())
            })
            .join("\n")
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
        // Nothing of theirs is kept. They are waited for, so that the folder can go.
        for server in self.servers.iter_mut().rev() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

async fn listens(socket: &Path) {
    while UnixStream::connect(socket).is_err() {
        tokio::time::sleep(LOOK).await;
    }
}

const NO_HARDWARE: &str = "\
alsa_monitor.enabled = false
v4l2_monitor.enabled = false
libcamera_monitor.enabled = false
default_access.enable_flatpak_portal = false
";

const NO_HARDWARE_05: &str = "\
wireplumber.profiles = {
  main = {
    hardware.audio = disabled
    hardware.bluetooth = disabled
    hardware.video-capture = disabled
    support.logind = disabled
    support.portal-permissionstore = disabled
    support.reserve-device = disabled
  }
}
";

/// Whether a process waits for something: field 3 of `/proc/PID/stat`, behind the name.
fn is_asleep(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('S'))
}
