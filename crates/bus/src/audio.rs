use std::collections::HashMap;
use zbus::{DeserializeDict, SerializeDict, Type, Variant};

/// The audio session of a call: what an app needs to open its streams, and how they are known as the call's. Every key may
/// be absent, of a service that has no audio or of a later version.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AudioSessionRecord {
    /// What the call's streams say in their property `hookswitch.session`: random, and the same for the whole call.
    pub token: Option<String>,
    /// The role of the streams: `Communication`.
    pub role: Option<String>,
    /// The device to play to; absent: the default one.
    pub sink: Option<String>,
    /// The device to listen to; absent: the default one.
    pub source: Option<String>,
    /// The endpoint the call is heard on.
    pub endpoint: Option<String>,
    /// Its kind: `earpiece`, `speaker`, `wired` or `bluetooth`.
    pub endpoint_kind: Option<String>,
    /// Samples a second.
    pub rate: Option<u32>,
    /// Channels.
    pub channels: Option<u32>,
    /// Milliseconds of sound in one piece.
    pub latency_ms: Option<u32>,
    /// The sound server: `pipewire`, `pulseaudio` or `none`.
    pub server: Option<String>,
    /// Only in the list of sessions: whether the app may use it now.
    pub active: Option<bool>,
}

impl AudioSessionRecord {
    /// The keys with their values, for a property.
    pub fn into_variants(self) -> HashMap<String, Variant<'static>> {
        let texts = [
            ("token", self.token),
            ("role", self.role),
            ("sink", self.sink),
            ("source", self.source),
            ("endpoint", self.endpoint),
            ("endpoint_kind", self.endpoint_kind),
            ("server", self.server),
        ];
        let numbers =
            [("rate", self.rate), ("channels", self.channels), ("latency_ms", self.latency_ms)];
        let texts = texts.into_iter().filter_map(|(key, of)| Some((key, Variant::from(of?))));
        let numbers = numbers.into_iter().filter_map(|(key, of)| Some((key, Variant::from(of?))));
        let active = self.active.map(|active| ("active", Variant::from(active)));
        let all = texts.chain(numbers).chain(active);
        all.map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

/// A device that calls can be heard on, with the microphone that goes with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct EndpointRecord {
    /// Its name for programs, which stays the same.
    pub id: String,
    /// `earpiece`, `speaker`, `wired` or `bluetooth`.
    pub kind: String,
    /// Its name for people.
    pub name: String,
    /// Whether calls are heard on it now. Default no.
    pub current: Option<bool>,
}

/// The sound server, and where calls can be heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AudioRecord {
    /// `pipewire`, `pulseaudio` or `none`; absent: nobody has looked yet.
    pub server: Option<String>,
    /// Where calls can be heard.
    pub endpoints: Vec<EndpointRecord>,
}

/// A test ring that is heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct TestRingRecord {
    /// The outputs that it is heard on, by the sound server's names; empty: the default one.
    pub outputs: Vec<String>,
    /// Milliseconds until it ends by itself.
    pub duration_ms: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_has_the_keys_that_are_there() {
        let record = AudioSessionRecord {
            token: Some("t".to_owned()),
            rate: Some(48_000),
            active: Some(false),
            ..AudioSessionRecord::default()
        };
        let variants = record.into_variants();
        assert_eq!(variants.len(), 3);
        assert_eq!(variants["token"], Variant::from("t"));
        assert_eq!(variants["rate"], Variant::from(48_000u32));
        assert_eq!(variants["active"], Variant::from(false));
    }
}
