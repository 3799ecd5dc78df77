//! Which outputs there are, and which of them ring.

use std::collections::BTreeMap;

/// What is known of an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sink {
    /// PipeWire's name of it.
    pub name: String,
    /// What it is.
    pub kind: SinkKind,
    /// How much the session prefers it.
    pub priority: i32,
}

/// What an output is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SinkKind {
    /// At the ear: nobody holds it there yet.
    Earpiece,
    /// Everybody in the room hears it; also what nothing is known of.
    #[default]
    Speaker,
    /// A headset or headphones on a wire.
    Wired,
    /// A headset, hands-free or car.
    Bluetooth,
}

impl SinkKind {
    /// The kind of an output with these properties; `get` looks for one, in the output first and then in its device.
    pub fn of<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let bluetooth =
            get("device.api") == Some("bluez5") || get("device.bus") == Some("bluetooth");
        match get("device.form-factor").or_else(|| get("device.form_factor")) {
            Some("handset") => Self::Earpiece,
            Some("headset" | "headphone") if !bluetooth => Self::Wired,
            Some("headset" | "headphone" | "hands-free" | "car") => Self::Bluetooth,
            // Some headsets do not say what they are. One that speaks by itself rings as well as the speaker does.
            None if bluetooth => Self::Bluetooth,
            _ => Self::Speaker,
        }
    }
}

/// The outputs that ring: the speaker, and a headset too if there is one, because whoever wears it does not hear the
/// speaker, and whoever does not, does not hear the headset. None by name: the session knows none yet, and whichever it
/// takes by default rings.
pub fn ringing(sinks: &BTreeMap<u32, Sink>, default: Option<&str>) -> Vec<String> {
    let best = |kinds: &[SinkKind]| {
        let fitting = sinks.values().filter(|sink| kinds.contains(&sink.kind));
        fitting.max_by_key(|sink| (default == Some(sink.name.as_str()), sink.priority, &sink.name))
    };
    let speaker = best(&[SinkKind::Speaker]);
    let headset = best(&[SinkKind::Bluetooth]).into_iter().chain(best(&[SinkKind::Wired]));
    let headset = headset.max_by_key(|sink| (default == Some(sink.name.as_str()), sink.kind));
    let some = speaker.into_iter().chain(headset).map(|sink| sink.name.clone()).collect::<Vec<_>>();
    match (some.is_empty(), best(&[SinkKind::Earpiece])) {
        // Better at the ear than nowhere.
        (true, Some(earpiece)) => vec![earpiece.name.clone()],
        _ => some,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(sinks: &[(&str, SinkKind)]) -> BTreeMap<u32, Sink> {
        let sink = |(at, (name, kind)): (usize, &(&str, SinkKind))| {
            (at as u32, Sink { name: (*name).to_owned(), kind: *kind, priority: 1000 - at as i32 })
        };
        sinks.iter().enumerate().map(sink).collect()
    }

    #[test]
    fn the_speaker_rings_and_a_headset_with_it() {
        use SinkKind::{Bluetooth, Earpiece, Speaker, Wired};
        let rings = |sinks: &[_], default| ringing(&there(sinks), default);
        assert_eq!(rings(&[], None), [""; 0]);
        assert_eq!(rings(&[("ear", Earpiece), ("speaker", Speaker)], None), ["speaker"]);
        assert_eq!(rings(&[("ear", Earpiece), ("speaker", Speaker)], Some("ear")), ["speaker"]);
        assert_eq!(rings(&[("speaker", Speaker), ("wire", Wired)], None), ["speaker", "wire"]);
        assert_eq!(rings(&[("hdmi", Speaker), ("speaker", Speaker)], Some("speaker")), ["speaker"]);
        assert_eq!(rings(&[("hdmi", Speaker), ("speaker", Speaker)], None), ["hdmi"]);
        let all = [("speaker", Speaker), ("wire", Wired), ("buds", Bluetooth)];
        assert_eq!(rings(&all, None), ["speaker", "buds"]);
        assert_eq!(rings(&all, Some("wire")), ["speaker", "wire"]);
        assert_eq!(rings(&[("wire", Wired)], None), ["wire"]);
        assert_eq!(rings(&[("ear", Earpiece)], None), ["ear"]);
    }

    #[test]
    fn the_kind_is_in_the_properties() {
        let kind = |properties: &[(&'static str, &'static str)]| {
            SinkKind::of(|key| {
                properties.iter().find(|(of, _)| *of == key).map(|(_, value)| *value)
            })
        };
        let form = |form| ("device.form-factor", form);
        assert_eq!(kind(&[]), SinkKind::Speaker);
        assert_eq!(kind(&[form("internal")]), SinkKind::Speaker);
        assert_eq!(kind(&[form("handset")]), SinkKind::Earpiece);
        assert_eq!(kind(&[form("headset")]), SinkKind::Wired);
        assert_eq!(kind(&[form("headphone"), ("device.api", "bluez5")]), SinkKind::Bluetooth);
        assert_eq!(kind(&[form("headset"), ("device.bus", "bluetooth")]), SinkKind::Bluetooth);
        assert_eq!(kind(&[("device.api", "bluez5")]), SinkKind::Bluetooth);
        assert_eq!(kind(&[form("portable"), ("device.api", "bluez5")]), SinkKind::Speaker);
        assert_eq!(kind(&[form("hands-free")]), SinkKind::Bluetooth);
        assert_eq!(kind(&[form("car")]), SinkKind::Bluetooth);
    }
}
