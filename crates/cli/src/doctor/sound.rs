use super::bus::Service;
use super::finding::Finding;
use crate::words;
use hookswitch::SoundServer;

const CHECK: &str = "sound";

/// What the service says about sound, and whether there is something to ring with.
pub async fn findings(service: &Service) -> (Vec<Finding>, bool) {
    let Some(surface) = service.surface() else { return (Vec::new(), false) };
    match surface.audio().await {
        Ok(audio) => {
            let devices: Vec<String> =
                audio.endpoints.iter().map(|endpoint| words::clean(&endpoint.name)).collect();
            let current = audio.endpoints.iter().position(|endpoint| endpoint.current);
            let can_ring = can_ring(audio.server, &devices);
            (vec![judge(audio.server, &devices, current.map(|at| devices[at].as_str()))], can_ring)
        }
        Err(error) => (
            vec![Finding::lacking(
                CHECK,
                format!(
                    "The service does not say how calls sound: {}",
                    words::clean(&error.to_string())
                ),
                "Update the service: it is older than this program.",
            )],
            false,
        ),
    }
}

/// Whether a ring could be heard: else it is said already why not.
fn can_ring(server: Option<SoundServer>, devices: &[String]) -> bool {
    server.is_some_and(|server| server != SoundServer::None) && !devices.is_empty()
}

fn judge(server: Option<SoundServer>, devices: &[String], current: Option<&str>) -> Finding {
    match server {
        Some(SoundServer::PipeWire) if devices.is_empty() => Finding::wrong(
            CHECK,
            "PipeWire runs, and has no device to hear calls on.",
            "See that WirePlumber runs, and that `wpctl status` lists a sink.",
        ),
        Some(SoundServer::PipeWire) => {
            let heard = current.map(|name| format!("; calls are heard on {name}"));
            let (all, heard) = (devices.join(", "), heard.unwrap_or_default());
            Finding::good(CHECK, format!("PipeWire runs, with {all}{heard}."))
        }
        Some(SoundServer::PulseAudio) => Finding::lacking(
            CHECK,
            "PulseAudio runs, not PipeWire: what is done to other sound for a call shows in mixers.",
            "Replace it by PipeWire, which has a server for PulseAudio's programs.",
        ),
        Some(_) | None => Finding::wrong(
            CHECK,
            "No sound server runs: nothing rings, nothing is made quiet for a call, and mute is only asked of apps.",
            "Start PipeWire and WirePlumber in this session, then run this again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn without_sound_something_is_wrong() {
        let speaker = ["Speaker".to_owned()];
        let verdict = |server, devices| judge(server, devices, None).verdict;
        assert_eq!(verdict(None, &speaker), Verdict::Wrong);
        assert_eq!(verdict(Some(SoundServer::None), &speaker), Verdict::Wrong);
        assert_eq!(verdict(Some(SoundServer::PipeWire), &[]), Verdict::Wrong);
        assert_eq!(verdict(Some(SoundServer::PulseAudio), &speaker), Verdict::Lacking);
        assert_eq!(verdict(Some(SoundServer::PipeWire), &speaker), Verdict::Good);
    }

    #[test]
    fn it_rings_wherever_there_is_something_to_ring_with() {
        let speaker = ["Speaker".to_owned()];
        assert!(can_ring(Some(SoundServer::PipeWire), &speaker));
        assert!(can_ring(Some(SoundServer::PulseAudio), &speaker));
        assert!(!can_ring(Some(SoundServer::PulseAudio), &[]));
        assert!(!can_ring(Some(SoundServer::None), &speaker) && !can_ring(None, &speaker));
    }

    #[test]
    fn the_device_in_use_is_named() {
        let devices = ["Speaker".to_owned(), "Headset".to_owned()];
        let finding = judge(Some(SoundServer::PipeWire), &devices, Some("Headset"));
        assert_eq!(
            finding.text,
            "PipeWire runs, with Speaker, Headset; calls are heard on Headset."
        );
    }
}
