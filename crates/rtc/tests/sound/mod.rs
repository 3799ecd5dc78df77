//! A sound server of a test's own, without hardware: PipeWire and WirePlumber with virtual devices.
//!
//! `room` is a loudspeaker and `mic` a microphone that hears what is played in the room; `ear` is another loudspeaker,
//! and the default one.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc;

const PIPEWIRE: &str = r#"
context.properties = { default.clock.rate = 48000 default.clock.quantum = 512 default.clock.min-quantum = 64 }
context.objects = [
    { factory = adapter args = { factory.name = support.null-audio-sink node.name = room media.class = Audio/Sink
        audio.position = [ MONO ] monitor.channel-volumes = true object.linger = true } }
    { factory = adapter args = { factory.name = support.null-audio-sink node.name = ear media.class = Audio/Sink
        audio.position = [ MONO ] priority.session = 2000 object.linger = true } }
]
context.modules = [
    { name = libpipewire-module-loopback args = {
        audio.position = [ MONO ]
        capture.props = { node.name = room_air stream.capture.sink = true target.object = room node.passive = true }
        playback.props = { node.name = mic media.class = Audio/Source priority.session = 2000 }
    } }
]
context.exec = [
    { path = "wireplumber" }
    { path = "stdbuf" args = "-oL pw-metadata -m 0" }
]
"#;

/// WirePlumber 0.4 reads this, 0.5 the other.
const WIREPLUMBER_4: &str = "alsa_monitor.enabled = false\nv4l2_monitor.enabled = false\n\
    libcamera_monitor.enabled = false\ndefault_access.enable_flatpak_portal = false\n";
const WIREPLUMBER_4_BLUETOOTH: &str = "bluez_monitor.enabled = false\n";
const WIREPLUMBER_5: &str = "wireplumber.profiles = { main = { hardware.audio = disabled hardware.bluetooth = disabled \
    hardware.video-capture = disabled support.logind = disabled support.portal-permissionstore = disabled \
    support.reserve-device = disabled } }\n";

/// The server; it ends with this.
pub struct SoundServer {
    // In the order in which they go.
    server: Child,
    _bus: Running,
    folder: TempDir,
}

impl SoundServer {
    /// Starts one and waits until its default devices are set. `None`, with the reason printed, where there is no
    /// PipeWire to start.
    pub fn start() -> Option<Self> {
        for program in [
            "pipewire",
            "wireplumber",
            "dbus-daemon",
            "pw-cat",
            "pw-cli",
            "pw-dump",
            "pw-metadata",
            "stdbuf",
        ] {
            let found = std::env::var_os("PATH").is_some_and(|path| {
                std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
            });
            if !found {
                println!("skipped: {program} is not installed");
                return None;
            }
        }
        let folder = tempfile::Builder::new().prefix("sound-").tempdir().unwrap();
        for part in [
            "run",
            "config/pipewire/pipewire.conf.d",
            "config/wireplumber/main.lua.d",
            "config/wireplumber/bluetooth.lua.d",
            "config/wireplumber/wireplumber.conf.d",
            "state",
        ] {
            fs::create_dir_all(folder.path().join(part)).unwrap();
        }
        for (path, text) in [
            ("config/pipewire/pipewire.conf.d/50-test.conf", PIPEWIRE),
            ("config/wireplumber/main.lua.d/80-test.lua", WIREPLUMBER_4),
            ("config/wireplumber/bluetooth.lua.d/80-test.lua", WIREPLUMBER_4_BLUETOOTH),
            ("config/wireplumber/wireplumber.conf.d/80-test.conf", WIREPLUMBER_5),
        ] {
            fs::write(folder.path().join(path), text).unwrap();
        }
        let bus = start_bus(folder.path());
        let server = serve(folder.path());
        Some(Self { server, _bus: bus, folder })
    }

    /// `kill -9`, and a new one in the same place.
    pub fn kill_and_start_again(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
        self.server = serve(self.folder.path());
    }

    pub fn remote(&self) -> String {
        self.folder.path().join("run/pipewire-0").display().to_string()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program that speaks with this server.
    pub fn command(&self, program: &str) -> Command {
        command(self.folder.path(), program)
    }

    /// Plays a WAV file on a loudspeaker until what is returned is dropped.
    pub fn play(&self, target: &str, file: &Path) -> Running {
        let mut command = self.command("pw-cat");
        command.args(["-p", "--target", target]).arg(file);
        Running(command.spawn().unwrap())
    }

    /// What is played on a loudspeaker: 48 kHz, mono, 10 ms each.
    pub fn listen(&self, sink: &str) -> (Running, mpsc::UnboundedReceiver<[i16; 480]>) {
        let mut command = self.command("pw-cat");
        command.args(["-r", "--target", sink, "-P", "{ stream.capture.sink = true }"]);
        command.args([
            "--rate",
            "48000",
            "--channels",
            "1",
            "--format",
            "s16",
            "--latency",
            "10ms",
            "-",
        ]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (tx, rx) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 960];
            while stdout.read_exact(&mut bytes).is_ok() {
                let mut frame = [0; 480];
                for (to, from) in frame.iter_mut().zip(bytes.chunks_exact(2)) {
                    *to = i16::from_le_bytes([from[0], from[1]]);
                }
                if tx.send(frame).is_err() {
                    return;
                }
            }
        });
        (Running(child), rx)
    }

    /// One more loudspeaker, which is pulled out when what is returned is dropped.
    pub fn plug_in(&self, name: &str) -> Plugged {
        let mut child = self.command("pw-cli").stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        writeln!(
            stdin,
            "create-node adapter {{ factory.name=support.null-audio-sink node.name={name} media.class=Audio/Sink audio.position=[MONO] }}"
        )
        .unwrap();
        stdin.flush().unwrap();
        Plugged { _child: Running(child), _stdin: stdin }
    }

    /// The properties of all nodes.
    pub fn nodes(&self) -> Vec<serde_json::Value> {
        let output = self.command("pw-dump").stdout(Stdio::piped()).output().unwrap();
        let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        all.as_array()
            .into_iter()
            .flatten()
            .filter(|object| object["type"] == "PipeWire:Interface:Node")
            .map(|object| object["info"]["props"].clone())
            .collect()
    }
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A program that ends with this.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Plugged {
    _child: Running,
    _stdin: ChildStdin,
}

fn command(folder: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env("XDG_RUNTIME_DIR", folder.join("run"))
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("DBUS_SESSION_BUS_ADDRESS", bus_address(folder))
        .env_remove("PIPEWIRE_REMOTE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn bus_address(folder: &Path) -> String {
    format!("unix:path={}", folder.join("run/bus").display())
}

/// WirePlumber wants a session bus, whatever for. It is there when it has said its address.
fn start_bus(folder: &Path) -> Running {
    let mut bus = command(folder, "dbus-daemon");
    bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
    bus.arg(format!("--address={}", bus_address(folder)));
    let mut bus = bus.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(bus.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(!line.is_empty(), "dbus-daemon did not start");
    Running(bus)
}

/// Starts the server, which starts the others, and waits until the session manager has chosen the default devices: the
/// monitor of its metadata says so.
fn serve(folder: &Path) -> Child {
    let mut server = command(folder, "pipewire").stdout(Stdio::piped()).spawn().unwrap();
    let stdout = server.stdout.take().unwrap();
    let (tx, rx) = std::sync::mpsc::channel();
    // It reads on to the end, so that nobody who writes there ever waits.
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = tx.send(line);
        }
    });
    let mut missing = vec![
        "'default.audio.sink' value:'{\"name\":\"ear\"}'",
        "'default.audio.source' value:'{\"name\":\"mic\"}'",
    ];
    let mut said = Vec::new();
    while !missing.is_empty() {
        match rx.recv_timeout(Duration::from_secs(60)) {
            Ok(line) => {
                missing.retain(|part| !line.replace(": ", ":").contains(*part));
                said.push(line);
            }
            Err(_) => {
                let _ = server.kill();
                panic!("the sound server did not choose {missing:?}: {said:#?}");
            }
        }
    }
    server
}
