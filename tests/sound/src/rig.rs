use crate::calling::CallingApp;
use crate::device::{DESK, Device};
use crate::ear::Ear;
use crate::meter::Meter;
use crate::props::Dump;
use crate::session::Session;
use crate::stream::Stream;
use crate::tone;
use hookswitch_journeys::{Phone, Screen};
use std::path::Path;
use tokio::process::Child;
use tokio::sync::{Mutex, MutexGuard};

/// Stories of sound run one at a time: two would disturb each other's samples.
static ALONE: Mutex<()> = Mutex::const_new(());

pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().await
}

/// A voice at a microphone, in decibels.
const HEARD: std::ops::Range<f64> = tone::MADE - 1.0..tone::MADE + 1.0;

/// Streams of calling apps are named with this in front: what happens to them is theirs.
pub const OF_CALL: &str = "call-";

/// A phone with its sound: the service on a private bus, in a sound session of its own, and meters on it.
pub struct Rig {
    /// What records.
    pub meter: Meter,
    /// The bus and the service.
    pub phone: Phone,
    /// PipeWire and all around it.
    pub session: Session,
    voices: Vec<(Device, Child)>,
    /// Of two phones the first has it.
    _alone: Option<MutexGuard<'static, ()>>,
}

impl Rig {
    /// A desk, with the rules as they are.
    pub async fn new() -> Self {
        Self::with("", DESK).await
    }

    /// These devices, and knobs of the rules set, as `hold=1000,audio_release=500`.
    ///
    /// The service itself makes no sound: its ring has many tones, and would be taken for what is listened to.
    pub async fn with(policy: &str, devices: &[Device]) -> Self {
        Self::start(policy, devices, "off").await
    }

    /// The same with a service that can be heard ringing.
    pub async fn with_ring(policy: &str, devices: &[Device]) -> Self {
        Self::start(policy, devices, "on").await
    }

    /// Two phones, each with a sound session of its own, as two machines have them: a service makes the other's call as
    /// quiet as everything else that plays in its session.
    pub async fn pair(policy: &str, devices: &[Device]) -> [Self; 2] {
        let first = Self::start(policy, devices, "off").await;
        [first, Self::make(policy, devices, "off").await]
    }

    async fn start(policy: &str, devices: &[Device], ring: &str) -> Self {
        let alone = alone().await;
        let mut rig = Self::make(policy, devices, ring).await;
        rig._alone = Some(alone);
        rig
    }

    async fn make(policy: &str, devices: &[Device], ring: &str) -> Self {
        let mut session = Session::new();
        let mut environment = session.environment();
        environment.push(("HOOKSWITCH_AUDIO", "on".into()));
        environment.push(("HOOKSWITCH_RING", ring.into()));
        environment.push(("HOOKSWITCH_CONFIG_DIR", session.settings().into()));
        let phone = Phone::with_environment(policy, &environment);
        session.start(phone.address(), devices).await;
        let meter = Meter::start(&session.socket());
        Self { meter, phone, session, voices: Vec::new(), _alone: None }
    }

    /// Somebody speaks into a microphone: this tone, from now on.
    pub async fn speaks(&mut self, microphone: Device, frequency: u32) {
        let tone = self.session.tone(frequency);
        self.says(microphone, &tone).await;
        // Somebody always listens: a virtual microphone that nobody has recorded for a moment stays silent afterwards.
        self.meter.microphone(microphone.name).await.becomes(frequency, HEARD).await;
    }

    /// The same in [beats](tone::BEAT): what goes on for ever is noise to whoever suppresses noise.
    pub async fn beats(&mut self, microphone: Device, frequency: u32) {
        let tone = self.session.beats(frequency);
        self.says(microphone, &tone).await;
        self.meter.microphone(microphone.name).await.becomes(frequency, HEARD).await;
    }

    /// This file comes to a microphone through the air, from now on.
    pub async fn says(&mut self, microphone: Device, file: &Path) {
        let name = format!("voice-{}", microphone.name);
        // What comes through the air is no program's stream: nobody may make it softer.
        let properties = format!("{{ node.name = \"{name}\" media.role = Accessibility }}");
        let mut command = self.session.command("pw-cat");
        command.args(["--playback", "--target=0", "--media-role=Accessibility"]);
        command.arg(format!("--properties={properties}")).arg(file);
        self.voices.push((microphone, command.spawn().expect("setpriv starts")));
        let from = format!("{name}:output_MONO");
        let to = format!("{}:input_MONO", microphone.name);
        crate::soon("a voice at the microphone", async {
            while self.session.tool("pw-link", &[&from, &to]).await.is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Nobody speaks into this one any more.
    pub async fn silence(&mut self, microphone: Device) {
        for (of, voice) in &mut self.voices {
            if *of == microphone {
                // An error means that it has ended.
                let _ = voice.kill().await;
            }
        }
    }

    /// Another program plays this tone, until what this returns is dropped.
    pub async fn plays(&self, stream: &Stream, frequency: u32) -> Child {
        let command = stream.plays(&self.session.tone(frequency));
        self.runs(&command)
    }

    /// Another program runs, until what this returns is dropped: neither the service's nor an app's.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn runs(&self, command: &[String]) -> Child {
        let (program, arguments) = command.split_first().expect("a program");
        self.session.command(program).args(arguments).spawn().expect("setpriv starts")
    }

    /// Listen to what a sink plays.
    pub async fn sink(&self, device: Device) -> Ear {
        self.meter.sink(device.name).await
    }

    /// A calling app.
    pub async fn app(&self, id: &str) -> CallingApp {
        CallingApp::start(&self.session, &self.phone, id).await
    }

    /// A screen.
    pub async fn screen(&self) -> Screen {
        self.phone.screen().await
    }

    /// Wait until the graph is as `wanted` says, and return it.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Dump) -> bool) -> Dump {
        crate::soon(what, async {
            loop {
                let dump = self.session.dump();
                if wanted(&dump) {
                    return dump;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// The user has written this into a file of the service's settings.
    ///
    /// # Panics
    /// There is no room.
    pub fn sets(&self, file: &str, text: &str) {
        let folder = self.session.settings();
        std::fs::create_dir_all(&folder).expect("room for the settings");
        std::fs::write(folder.join(file), text).expect("room for the settings");
    }

    /// All that programs can set, but for the streams of calling apps.
    pub fn others(&self) -> Dump {
        self.session.dump().without(OF_CALL)
    }

    /// Wait until [`others`](Self::others) are as they were.
    ///
    /// # Panics
    /// It does not come to that.
    pub async fn is_as_before(&self, before: &Dump) {
        let mut now = Dump::default();
        let equal = async {
            loop {
                now = self.others();
                if now == *before {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(crate::GUARD, equal).await.is_err() {
            panic!("something was not undone:\n{}", before.difference(&now));
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("== the graph\n{}== the service\n{}", self.session.dump(), self.phone.log());
        }
    }
}
