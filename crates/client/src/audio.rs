use hookswitch_bus::{AudioRecord, AudioSessionRecord, EndpointRecord, TestRingRecord};
use std::time::Duration;

/// The property of a stream that says to which call's audio session it belongs. See [`AudioSession::token`].
pub const SESSION_PROPERTY: &str = "hookswitch.session";

/// The audio session of a call: what an app needs to open its streams.
///
/// It comes with the call ([`prepare_audio_session`](crate::ProviderDelegate::prepare_audio_session)), so that the app can
/// open everything before it is asked to answer; nothing is heard before
/// [`did_activate_audio_session`](crate::ProviderDelegate::did_activate_audio_session).
/// [`Provider::audio_session`](crate::Provider::audio_session) has it at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudioSession {
    /// What the streams of the call say in their property [`SESSION_PROPERTY`], in PipeWire's properties or in the pulse
    /// server's: so they are known as this call's, whatever process they are in. The same for the whole call. `None`: of a
    /// service that goes by the process alone.
    pub token: Option<String>,
    /// The role of the streams.
    pub role: String,
    /// The device to play to, by its name in the sound server; `None`: the default one.
    pub sink: Option<String>,
    /// The device to listen to; `None`: the default one.
    pub source: Option<String>,
    /// Where the call is heard, by id.
    pub endpoint: Option<String>,
    /// What kind of device that is; `None` also of a kind of a later version.
    pub endpoint_kind: Option<EndpointKind>,
    /// Samples a second that suit.
    pub rate: u32,
    /// Channels that suit.
    pub channels: u32,
    /// Milliseconds of sound in one piece that suit.
    pub latency_ms: u32,
    /// The sound server; `None`: nobody has looked yet, or one of a later version.
    pub server: Option<SoundServer>,
    /// Whether the app may use it now.
    pub active: bool,
}

/// What kind of device a call is heard on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EndpointKind {
    /// Held to the ear.
    Earpiece,
    /// Heard in the room.
    Speaker,
    /// A headset or headphones on a wire.
    Wired,
    /// Whatever is connected by Bluetooth.
    Bluetooth,
}

impl EndpointKind {
    const ALL: [Self; 4] = [Self::Earpiece, Self::Speaker, Self::Wired, Self::Bluetooth];

    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Earpiece => "earpiece",
            Self::Speaker => "speaker",
            Self::Wired => "wired",
            Self::Bluetooth => "bluetooth",
        }
    }

    /// The kind of that word, if this version knows it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What plays and records on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SoundServer {
    /// PipeWire: everything works.
    PipeWire,
    /// PulseAudio.
    PulseAudio,
    /// None that the service can use: nobody is made quiet, and devices cannot be chosen.
    None,
}

impl SoundServer {
    const ALL: [Self; 3] = [Self::PipeWire, Self::PulseAudio, Self::None];

    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::PipeWire => "pipewire",
            Self::PulseAudio => "pulseaudio",
            Self::None => "none",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|server| server.name() == name)
    }
}

/// A device that calls can be heard on, with the microphone that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// Its name for programs, which stays the same.
    pub id: String,
    /// What kind of device it is; `None`: one of a later version.
    pub kind: Option<EndpointKind>,
    /// Its name for people.
    pub name: String,
    /// Whether calls are heard on it, or would be.
    pub current: bool,
}

/// The sound server, and where calls can be heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Audio {
    /// `None`: nobody has looked yet.
    pub server: Option<SoundServer>,
    /// The devices that are there.
    pub endpoints: Vec<Endpoint>,
}

impl AudioSession {
    pub(crate) fn new(record: AudioSessionRecord, active: bool) -> Self {
        Self {
            token: record.token,
            role: record.role.unwrap_or_else(|| "Communication".to_owned()),
            sink: record.sink,
            source: record.source,
            endpoint: record.endpoint,
            endpoint_kind: record.endpoint_kind.as_deref().and_then(EndpointKind::from_name),
            rate: record.rate.unwrap_or(48_000),
            channels: record.channels.unwrap_or(1),
            latency_ms: record.latency_ms.unwrap_or(10),
            server: record.server.as_deref().and_then(SoundServer::from_name),
            active,
        }
    }
}

impl From<EndpointRecord> for Endpoint {
    fn from(record: EndpointRecord) -> Self {
        Self {
            kind: EndpointKind::from_name(&record.kind),
            id: record.id,
            name: record.name,
            current: record.current.unwrap_or(false),
        }
    }
}

impl From<AudioRecord> for Audio {
    fn from(record: AudioRecord) -> Self {
        Self {
            server: record.server.as_deref().and_then(SoundServer::from_name),
            endpoints: record.endpoints.into_iter().map(Endpoint::from).collect(),
        }
    }
}

/// A test ring that is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRing {
    /// The outputs it is heard on, by the sound server's names; empty: the default one.
    pub outputs: Vec<String>,
    /// How long it goes on.
    pub duration: Duration,
}

impl From<TestRingRecord> for TestRing {
    fn from(record: TestRingRecord) -> Self {
        let duration = Duration::from_millis(u64::from(record.duration_ms));
        Self { outputs: record.outputs, duration }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_leaves_out_is_what_suits_most() {
        let session = AudioSession::new(AudioSessionRecord::default(), true);
        assert_eq!((session.rate, session.channels, session.latency_ms), (48_000, 1, 10));
        assert_eq!(
            (session.role.as_str(), session.token, session.active),
            ("Communication", None, true)
        );
        let record = AudioSessionRecord {
            endpoint_kind: Some("implant".to_owned()),
            server: Some("none".to_owned()),
            ..AudioSessionRecord::default()
        };
        let session = AudioSession::new(record, false);
        assert_eq!((session.endpoint_kind, session.server), (None, Some(SoundServer::None)));
    }

    #[test]
    fn words_are_what_they_are_called() {
        for kind in EndpointKind::ALL {
            assert_eq!(EndpointKind::from_name(kind.name()), Some(kind));
        }
        for server in SoundServer::ALL {
            assert_eq!(SoundServer::from_name(server.name()), Some(server));
        }
    }
}
