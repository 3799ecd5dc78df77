use super::bus::Names;
use super::finding::Finding;
use crate::words;
use zbus::{Connection, OwnedVariant};

const NAME: &str = "org.sigxcpu.Feedback";
const PATH: &str = "/org/sigxcpu/Feedback";

/// The feedback service, which vibrates.
#[derive(Debug, PartialEq, Eq)]
pub enum Feedback {
    Absent,
    Silent,
    /// With the profile that the user chose: full, quiet or silent.
    Profile(String),
}

pub async fn ask(bus: &Connection, names: &Names) -> Feedback {
    if !names.has(NAME) {
        return Feedback::Absent;
    }
    let asked = ("org.sigxcpu.Feedback", "Profile");
    let properties = Some("org.freedesktop.DBus.Properties");
    let Ok(reply) = bus.call_method(Some(NAME), PATH, properties, "Get", &asked).await else {
        return Feedback::Silent;
    };
    let value = reply.body().deserialize::<OwnedVariant>().ok();
    match value.and_then(|value| String::try_from(value).ok()) {
        Some(profile) => Feedback::Profile(profile),
        None => Feedback::Silent,
    }
}

pub fn judge(feedback: &Feedback) -> Finding {
    const CHECK: &str = "vibration";
    match feedback {
        Feedback::Absent => Finding::good(CHECK, "There is no feedback service: nothing vibrates."),
        Feedback::Silent => Finding::lacking(
            CHECK,
            "The feedback service does not answer: calls do not vibrate.",
            "Restart feedbackd.",
        ),
        Feedback::Profile(profile) if profile == "full" => {
            Finding::good(CHECK, "The feedback profile is full: calls ring and vibrate.")
        }
        Feedback::Profile(profile) => Finding::lacking(
            CHECK,
            format!("The feedback profile is {}: calls do not ring loud.", words::clean(profile)),
            "Choose the profile full in the shell's settings, unless you want that.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn only_the_full_profile_rings() {
        let profile = |name: &str| judge(&Feedback::Profile(name.into())).verdict;
        assert_eq!(profile("full"), Verdict::Good);
        assert_eq!(profile("quiet"), Verdict::Lacking);
        assert_eq!(profile("silent"), Verdict::Lacking);
        assert_eq!(judge(&Feedback::Absent).verdict, Verdict::Good);
        assert_eq!(judge(&Feedback::Silent).verdict, Verdict::Lacking);
    }
}
