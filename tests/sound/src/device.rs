//! The devices of a session without sound hardware: they move samples, and nothing comes out of them.

/// One device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is called on the graph.
    pub name: &'static str,
    text: &'static str,
    microphone: bool,
    form: &'static str,
    bus: Option<&'static str>,
}

/// A loudspeaker.
pub const SPEAKER: Device = sink("speaker", "Speaker", "internal");
/// What one holds to the ear.
pub const EARPIECE: Device = sink("earpiece", "Earpiece", "handset");
/// A wired headset's ears.
pub const HEADSET: Device = sink("headset", "Headset", "headset");
/// The microphone beside the earpiece.
pub const HANDSET_MIC: Device = microphone("handset_mic", "Handset microphone", "handset");
/// A wired headset's microphone.
pub const HEADSET_MIC: Device = microphone("headset_mic", "Headset microphone", "headset");
/// A Bluetooth headset's ears.
pub const BLUETOOTH: Device =
    Device { bus: Some("bluetooth"), ..sink("bluez_output.00_11", "Bluetooth headset", "headset") };
/// A Bluetooth headset's microphone.
pub const BLUETOOTH_MIC: Device = Device {
    bus: Some("bluetooth"),
    ..microphone("bluez_input.00_11", "Bluetooth microphone", "headset")
};

/// All that a desk has: a phone with a wired headset.
pub const DESK: &[Device] = &[SPEAKER, EARPIECE, HEADSET, HANDSET_MIC, HEADSET_MIC];
/// A phone without anything plugged.
pub const PHONE: &[Device] = &[SPEAKER, EARPIECE, HANDSET_MIC];

const fn sink(name: &'static str, text: &'static str, form: &'static str) -> Device {
    Device { name, text, microphone: false, form, bus: None }
}

const fn microphone(name: &'static str, text: &'static str, form: &'static str) -> Device {
    Device { microphone: true, ..sink(name, text, form) }
}

impl Device {
    /// Whether it is a microphone.
    pub fn is_microphone(&self) -> bool {
        self.microphone
    }

    /// The arguments of PipeWire's factory `adapter`. It stays when whoever made it goes.
    pub fn arguments(&self) -> String {
        let Self { name, text, form, .. } = self;
        let (class, position) = match self.microphone {
            true => ("Audio/Source/Virtual", "MONO"),
            false => ("Audio/Sink", "FL FR"),
        };
        let bus = self.bus.map(|bus| format!("device.bus = {bus} device.api = bluez5"));
        let bus = bus.unwrap_or_default();
        format!(
            "{{ factory.name = support.null-audio-sink node.name = {name} \
             node.description = \"{text}\" media.class = {class} audio.position = [ {position} ] \
             device.form-factor = {form} {bus} monitor.channel-volumes = true \
             object.linger = true }}"
        )
    }
}
