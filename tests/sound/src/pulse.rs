//! A sound session without PipeWire: the real PulseAudio by itself, with devices that only move samples.

use crate::calling::CallingApp;
use crate::ear::Ear;
use crate::rig::alone;
use crate::session::Session;
use crate::stream::{Door, Stream};
use hookswitch_journeys::{Phone, Screen};
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::Child;
use tokio::sync::MutexGuard;

/// A device of PulseAudio, by name, with the form that it says it has. Sinks are heard; of sources each hears a tone of
/// its own.
#[derive(Clone, Copy, Debug)]
pub struct PulseDevice {
    /// What it is called.
    pub name: &'static str,
    form: &'static str,
    tone: Option<u32>,
}

impl PulseDevice {
    /// A device that plays.
    pub const fn sink(name: &'static str, form: &'static str) -> Self {
        Self { name, form, tone: None }
    }

    /// A microphone that somebody speaks this tone into.
    pub const fn microphone(name: &'static str, form: &'static str, tone: u32) -> Self {
        Self { name, form, tone: Some(tone) }
    }

    /// The module that makes it.
    pub fn module(&self) -> String {
        let Self { name, form, .. } = self;
        let form = format!("device.form_factor={form}");
        match self.tone {
            None => format!("module-null-sink sink_name={name} rate=48000 sink_properties={form}"),
            Some(tone) => format!(
                "module-sine-source source_name={name} rate=48000 frequency={tone} source_properties={form}"
            ),
        }
    }
}

/// A phone whose sound is PulseAudio's.
pub struct PulseRig {
    /// The bus and the service.
    pub phone: Phone,
    /// PulseAudio.
    pub session: Session,
    _alone: MutexGuard<'static, ()>,
}

impl PulseRig {
    /// With these devices, of which the first sink and the first microphone are the default ones. Without any there is no
    /// sound server at all. `ring`: whether the service can be heard ringing.
    pub async fn with(policy: &str, devices: &[PulseDevice], ring: bool) -> Self {
        let alone = alone().await;
        let mut session = Session::new();
        let mut environment = session.environment();
        environment.push(("HOOKSWITCH_AUDIO", "on".into()));
        environment.push(("HOOKSWITCH_RING", if ring { "on" } else { "off" }.into()));
        environment.push(("HOOKSWITCH_CONFIG_DIR", session.settings().into()));
        let phone = Phone::with_environment(policy, &environment);
        let modules: Vec<String> = devices.iter().map(PulseDevice::module).collect();
        session.start_pulseaudio(phone.address(), &modules).await;
        Self { phone, session, _alone: alone }
    }

    /// Listen to what a sink plays, until the second of what this returns is dropped.
    ///
    /// # Panics
    /// There is no such sink.
    pub fn sink(&self, name: &str) -> (Ear, Child) {
        let file = self.session.folder().join(format!("{name}.heard"));
        // A screen reader's, as nobody may make it softer.
        let stream = Stream::new(&format!("ear-{name}"), Door::Pulse).role("Accessibility");
        let mut command = stream.records(&file);
        command.insert(1, format!("--device={name}.monitor"));
        (Ear::file(&format!("what {name} plays"), file), self.runs(&command))
    }

    /// Another program plays this tone, until what this returns is dropped.
    pub fn plays(&self, stream: &Stream, frequency: u32) -> Child {
        self.runs(&stream.plays(&self.session.tone(frequency)))
    }

    fn runs(&self, command: &[String]) -> Child {
        let (program, arguments) = command.split_first().expect("a program");
        let mut command = self.session.command(program);
        command.args(arguments).stdout(Stdio::null()).spawn().expect("setpriv starts")
    }

    /// A calling app.
    pub async fn app(&self, id: &str) -> CallingApp {
        CallingApp::start(&self.session, &self.phone, id).await
    }

    /// A screen.
    pub async fn screen(&self) -> Screen {
        self.phone.screen().await
    }

    /// What a tool for mixers says, and does.
    pub async fn pactl(&self, arguments: &[&str]) -> String {
        self.session.tool("pactl", arguments).await.unwrap_or_default()
    }

    /// The streams that play and their volumes in the server's own numbers, as lines: name, sink, mute and channels.
    pub async fn streams(&self) -> Vec<PulseStream> {
        let (inputs, outputs) = (
            self.pactl(&["-f", "json", "list", "sink-inputs"]).await,
            self.pactl(&["-f", "json", "list", "source-outputs"]).await,
        );
        [inputs, outputs].iter().flat_map(|text| PulseStream::read(text)).collect()
    }

    /// Wait until the stream of this name is as `wanted` says.
    pub async fn until(&self, name: &str, wanted: impl Fn(&PulseStream) -> bool) -> PulseStream {
        crate::soon(name, async {
            loop {
                let streams = self.streams().await;
                if let Some(found) = streams.into_iter().find(|of| of.name == name && wanted(of)) {
                    return found;
                }
            }
        })
        .await
    }
}

impl Drop for PulseRig {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("== the service\n{}", self.phone.log());
        }
    }
}

/// A stream, as the server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulseStream {
    /// What it calls itself.
    pub name: String,
    /// The server's number.
    pub index: u64,
    /// The device it plays on or listens to.
    pub device: u64,
    /// Whether it is muted.
    pub muted: bool,
    /// Its channels' volumes, in the server's numbers: 65536 is as it was made.
    pub volumes: Vec<u64>,
}

impl PulseStream {
    fn read(text: &str) -> Vec<Self> {
        let all: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
        let one = |value: &serde_json::Value| {
            let volumes = value["volume"].as_object()?;
            Some(Self {
                name: value["properties"]["media.name"].as_str()?.to_owned(),
                index: value["index"].as_u64()?,
                device: value["sink"].as_u64().or(value["source"].as_u64())?,
                muted: value["mute"].as_bool()?,
                volumes: volumes.values().filter_map(|of| of["value"].as_u64()).collect(),
            })
        };
        all.iter().filter_map(one).collect()
    }
}

/// The program, and what has to be in its environment: the system's, or one that was only unpacked, as PulseAudio and
/// PipeWire's package for ALSA cannot both be installed.
///
/// # Panics
/// There is none.
pub fn pulseaudio() -> (PathBuf, Vec<(&'static str, PathBuf)>, Option<PathBuf>) {
    let system = PathBuf::from("/usr/bin/pulseaudio");
    if system.exists() {
        return (system, Vec::new(), None);
    }
    let service = hookswitch_journeys::program("hookswitchd");
    let unpacked = service.ancestors().nth(2).map(|target| target.join("pulseaudio"));
    let unpacked = unpacked.filter(|folder| folder.join("usr/bin/pulseaudio").exists());
    let unpacked = unpacked.expect("PulseAudio is not here: run scripts/setup.sh test");
    let find = |folder: &str, inner: &str| {
        let mut all = std::fs::read_dir(unpacked.join(folder)).expect("it is unpacked whole");
        all.find_map(|entry| Some(entry.ok()?.path().join(inner)).filter(|path| path.exists()))
    };
    let library = find("usr/lib", "pulseaudio").expect("it is unpacked whole");
    let modules = find("usr/lib", "modules").expect("it is unpacked whole");
    // Modules are libraries of each other.
    let libraries = format!("{}:{}", library.display(), modules.display());
    let program = unpacked.join("usr/bin/pulseaudio");
    (program, vec![("LD_LIBRARY_PATH", libraries.into())], Some(modules))
}
