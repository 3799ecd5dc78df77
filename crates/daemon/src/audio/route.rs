use super::endpoint::EndpointKind;

/// A way out of a device, or into it, of which one is open at a time: the loudspeaker or the headphones of one card.
/// PulseAudio's word for it is port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Its number at its device.
    pub index: i32,
    /// What it is called; that stays the same.
    pub name: String,
    /// What to call it.
    pub description: String,
    /// What it is, in the words of PulseAudio's ports: `speaker`, `headphones`, `earpiece`, ...; empty: not known.
    pub form: String,
    /// Whether it leads out.
    pub is_output: bool,
    /// Whether something is plugged; `None`: the device cannot tell.
    pub available: Option<bool>,
    /// The parts of the device that it can be open for, by number.
    pub parts: Vec<i32>,
}

impl Route {
    /// The kind of endpoint it makes of a device of this kind.
    pub fn kind(&self, device: EndpointKind) -> EndpointKind {
        // Many cards tell nothing but a name, such as `[Out] Earpiece` or `analog-output-headphones`.
        let name = self.name.to_ascii_lowercase();
        let is = |forms: &[&str]| {
            forms.contains(&self.form.as_str())
                || self.form.is_empty() && forms.iter().any(|form| name.contains(form))
        };
        match () {
            () if device == EndpointKind::Bluetooth => device,
            () if is(&["earpiece", "handset"]) => EndpointKind::Earpiece,
            () if is(&["headphones", "headphone", "headset"]) => EndpointKind::Wired,
            () if is(&["speaker"]) => EndpointKind::Speaker,
            () => device,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_says_what_it_is_or_its_name_does() {
        use EndpointKind::{Bluetooth, Earpiece, Speaker, Wired};
        for (form, name, kind) in [
            ("earpiece", "x", Earpiece),
            ("handset", "x", Earpiece),
            ("headphones", "[Out] Speaker", Wired),
            ("headset", "x", Wired),
            ("speaker", "analog-output-headphones", Speaker),
            ("hdmi", "hdmi-output-0", Speaker),
            ("", "[Out] Earpiece", Earpiece),
            ("", "analog-output-headphones", Wired),
            ("", "analog-output-speaker", Speaker),
            ("", "analog-output", Speaker),
        ] {
            let route = Route { form: form.into(), name: name.into(), ..Route::default() };
            assert_eq!(route.kind(Speaker), kind, "{form} {name}");
            assert_eq!(route.kind(Bluetooth), Bluetooth);
        }
    }
}
