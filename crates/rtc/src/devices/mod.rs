//! Microphone and loudspeaker through PipeWire, as source and sink of a session.
//!
//! [`Devices::open`] connects to PipeWire and makes nothing there yet: it may be done while the call still rings.
//! [`Devices::start`] makes the streams, which is for an app to do when it was granted the audio, and [`Devices::stop`]
//! takes them away. In between [`Microphone`] gives silence and [`Loudspeaker`] plays nothing.
//!
//! A device has a clock of its own, and moves samples in blocks of its own: between it and the 10 ms of the session is
//! a ring for each direction, kept as full as needed by playing up to 0.5 % faster or slower. The real-time thread of
//! PipeWire never waits for us.
//!
//! ```no_run
//! use hookswitch_rtc::devices::{DeviceOptions, Devices};
//!
//! # async fn example(session: hookswitch_rtc::Session, token: String) -> Result<(), Box<dyn std::error::Error>> {
//! let options = DeviceOptions { token: Some(token), ..DeviceOptions::default() };
//! let opened = Devices::open(options).await?;
//! session.publish(opened.microphone).await?;
//! session.play(opened.loudspeaker).await?;
//! opened.devices.start().await?;
//! # Ok(()) }
//! ```

mod connection;
mod ends;
mod error;
mod graph;
mod intake;
mod line;
mod outlet;
mod ring;
#[cfg(test)]
mod simulation;
mod speed;
mod statistics;
mod steering;
mod streams;
mod voice;

pub use ends::{Loudspeaker, Microphone};
pub use error::{DeviceEvent, DeviceEvents, DevicesError, Side};
pub use statistics::{DeviceStatistics, LineStatistics, VoiceStatistics};
pub use voice::Voice;

use graph::Command;
use intake::Intake;
use line::Line;
use outlet::Outlet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How long PipeWire may take to reply.
const REPLY: Duration = Duration::from_secs(3);

/// Which devices, and what is done to what they capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceOptions {
    /// The call service's token for this call, set as the streams' property `hookswitch.session`. Default: none.
    pub token: Option<String>,
    /// The loudspeaker, as PipeWire's node is called. Default: the user's default device.
    pub sink: Option<String>,
    /// The microphone, as PipeWire's node is called. Default: the user's default device.
    pub source: Option<String>,
    /// What the streams ask of PipeWire's graph, in milliseconds; from 1 to 100. Default 10.
    pub latency_ms: u32,
    /// Take the loudspeaker's echo out of the microphone. Default true.
    pub echo_cancellation: bool,
    /// Take the room's noise out of the microphone. Default true.
    pub noise_suppression: bool,
    /// What the streams are called where users see them. Default "Call".
    pub name: String,
    /// Which PipeWire: the name or absolute path of its socket. Default: the user's own.
    pub remote: Option<String>,
}

impl Default for DeviceOptions {
    fn default() -> Self {
        Self {
            token: None,
            sink: None,
            source: None,
            latency_ms: 10,
            echo_cancellation: true,
            noise_suppression: true,
            name: "Call".to_owned(),
            remote: None,
        }
    }
}

impl DeviceOptions {
    /// The C library underneath takes no zero bytes.
    fn check(&self) -> Result<(), DevicesError> {
        let names = [
            ("token", self.token.as_deref()),
            ("name of the loudspeaker", self.sink.as_deref()),
            ("name of the microphone", self.source.as_deref()),
            ("name of the streams", Some(self.name.as_str())),
            ("name of the sound server", self.remote.as_deref()),
        ];
        match names.iter().find(|(_, name)| name.is_some_and(|name| name.contains('\0'))) {
            Some((what, _)) => Err(DevicesError::BadName(what)),
            None => Ok(()),
        }
    }
}

/// Both directions, as all threads see them.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    pub(crate) microphone: Arc<Line>,
    pub(crate) loudspeaker: Arc<Line>,
}

impl Lines {
    pub(crate) fn new() -> Self {
        Self { microphone: Arc::new(Line::new()), loudspeaker: Arc::new(Line::new()) }
    }
}

/// What [`Devices::open`] gives.
#[derive(Debug)]
pub struct Opened {
    /// Starts and stops.
    pub devices: Devices,
    /// For [`Session::publish`](crate::Session::publish).
    pub microphone: Microphone,
    /// For [`Session::play`](crate::Session::play).
    pub loudspeaker: Loudspeaker,
    /// What happens meanwhile.
    pub events: DeviceEvents,
}

/// A connection to PipeWire, on a thread of its own, and the two streams while they are started. Dropping it takes the
/// streams away and closes the connection.
#[derive(Debug)]
pub struct Devices {
    commands: graph::Commands,
    lines: Lines,
    voice: Option<Arc<Mutex<Voice>>>,
}

impl Devices {
    /// Connects to PipeWire. Nothing is captured or played yet, and no stream of ours is there.
    ///
    /// # Errors
    /// PipeWire is not there or does not reply, or a name in the options is none.
    pub async fn open(options: DeviceOptions) -> Result<Opened, DevicesError> {
        options.check()?;
        let lines = Lines::new();
        let (echo, noise) = (options.echo_cancellation, options.noise_suppression);
        let voice = (echo || noise).then(|| Arc::new(Mutex::new(Voice::new(echo, noise))));
        let microphone = Microphone {
            intake: Intake::new(lines.microphone.clone())?,
            lines: lines.clone(),
            voice: voice.clone(),
        };
        let loudspeaker = Loudspeaker {
            outlet: Outlet::new(lines.loudspeaker.clone())?,
            voice: voice.clone().filter(|_| echo),
        };
        let (event_tx, rx) = mpsc::unbounded_channel();
        let (opened, reply) = oneshot::channel();
        let commands = graph::spawn(options, lines.clone(), event_tx, opened)?;
        let devices = Self { commands, lines, voice };
        match timeout(REPLY, reply).await {
            Ok(Ok(result)) => result?,
            Ok(Err(_)) => return Err(DevicesError::Closed),
            Err(_) => return Err(DevicesError::NoReply(REPLY)),
        }
        Ok(Opened { devices, microphone, loudspeaker, events: DeviceEvents { rx } })
    }

    /// Makes both streams. When it returns they are made; [`DeviceEvent::Running`] says when samples flow, usually
    /// within 50 ms. Starting what is started changes nothing.
    ///
    /// # Errors
    /// PipeWire is away (the streams follow when it is back) or refused.
    pub async fn start(&self) -> Result<(), DevicesError> {
        self.ask(Command::Start).await?
    }

    /// Takes both streams away. When it returns, nothing of ours listens any more.
    ///
    /// # Errors
    /// The devices are closed, or PipeWire does not reply.
    pub async fn stop(&self) -> Result<(), DevicesError> {
        self.ask(Command::Stop).await
    }

    /// Which devices the next start uses; `None` is the default. Streams that run stay where they are: the call
    /// service moves them itself.
    ///
    /// # Errors
    /// A name has a zero byte in it.
    pub fn set_targets(
        &self,
        sink: Option<String>,
        source: Option<String>,
    ) -> Result<(), DevicesError> {
        let options = DeviceOptions { sink, source, ..DeviceOptions::default() };
        options.check()?;
        let DeviceOptions { sink, source, .. } = options;
        self.commands.send(Command::Target { sink, source })
    }

    /// The token that the next start sets on the streams.
    ///
    /// # Errors
    /// It has a zero byte in it.
    pub fn set_token(&self, token: Option<String>) -> Result<(), DevicesError> {
        let options = DeviceOptions { token, ..DeviceOptions::default() };
        options.check()?;
        self.commands.send(Command::Token(options.token))
    }

    /// How it goes.
    pub fn statistics(&self) -> DeviceStatistics {
        let voice = self
            .voice
            .as_ref()
            .map(|voice| voice.lock().unwrap_or_else(PoisonError::into_inner).statistics());
        DeviceStatistics {
            microphone: self.lines.microphone.statistics(),
            loudspeaker: self.lines.loudspeaker.statistics(),
            voice: voice.unwrap_or_default(),
        }
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, DevicesError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply))?;
        match timeout(REPLY, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(DevicesError::Closed),
            Err(_) => Err(DevicesError::NoReply(REPLY)),
        }
    }
}
