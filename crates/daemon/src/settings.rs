use crate::audio::{Levels, Wanted};
use crate::ring::RingSettings;
use crate::ring::region::Region;
use crate::shell::{Phosh, SightSettings};
use hookswitch_core::Policy;
use std::env;
use std::path::PathBuf;
use thiserror::Error;

/// What the environment says about how to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where journal and recents are kept; `None`: nothing is kept.
    pub state: Option<PathBuf>,
    /// Folders with `applications/*.desktop`, first wins.
    pub data: Vec<PathBuf>,
    /// The numbers and choices of the rules.
    pub policy: Policy,
    /// Apps that may make emergency calls, if the service can make sure that they are these apps.
    pub emergency: Vec<String>,
    /// The bus is somebody's own, for trying things out: those apps need not be verified.
    pub private: bool,
    /// How the audio is run.
    pub(crate) audio: Wanted,
    /// Whether calls are shown on Phosh's lock screen.
    pub phosh: Phosh,
    /// Whether the calls of GNOME Calls are taken, where that owns its name.
    pub gnome_calls: bool,
    /// Folders with D-Bus service files, first wins.
    pub services: Vec<PathBuf>,
    /// Where the ringer finds things.
    pub ring: RingSettings,
    /// Whether the device is kept awake for calls, and their apps alive.
    pub power: bool,
    /// How calls come to be seen.
    pub sight: SightSettings,
}

/// What is wrong with the environment.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// A knob that is none.
    #[error(
        "HOOKSWITCH_POLICY: `{0}` is no knob of the rules. Write knob=value,knob=value; times are in milliseconds."
    )]
    Policy(String),
    /// No setting for Phosh.
    #[error("HOOKSWITCH_PHOSH: `{0}` is none of auto, always and never. Write one of them.")]
    Phosh(String),
    /// Nowhere to keep anything.
    #[error(
        "no place to keep the list of calls: neither HOOKSWITCH_STATE_DIR nor XDG_STATE_HOME nor HOME is set. Set one of them."
    )]
    NoState,
}

impl Settings {
    /// Read the environment.
    ///
    /// # Errors
    /// A variable is set to what it cannot be.
    pub fn from_env() -> Result<Self, SettingsError> {
        let folder = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let mut policy = Policy::default();
        let mut levels = Levels::default();
        for knob in env::var("HOOKSWITCH_POLICY").unwrap_or_default().split(',') {
            let knob = knob.trim();
            if knob.is_empty() {
                continue;
            }
            let set = knob.split_once('=').and_then(|(name, value)| match name {
                "audio_duck" | "audio_release" => levels.set(name, value),
                _ => policy.set(name, value),
            });
            set.ok_or_else(|| SettingsError::Policy(knob.to_owned()))?;
        }
        let state = match env::var("HOOKSWITCH_JOURNAL").as_deref() {
            Ok("off") => None,
            _ => Some(
                folder("HOOKSWITCH_STATE_DIR")
                    .or_else(|| folder("XDG_STATE_HOME").map(|home| home.join("hookswitch")))
                    .or_else(|| folder("HOME").map(|home| home.join(".local/state/hookswitch")))
                    .ok_or(SettingsError::NoState)?,
            ),
        };
        let config = folder("HOOKSWITCH_CONFIG_DIR")
            .or_else(|| folder("XDG_CONFIG_HOME").map(|home| home.join("hookswitch")))
            .or_else(|| folder("HOME").map(|home| home.join(".config/hookswitch")));
        let on = env::var_os("HOOKSWITCH_AUDIO").is_none_or(|value| value != "off");
        let power = env::var_os("HOOKSWITCH_POWER").is_none_or(|value| value != "off");
        let sight = SightSettings::from_env(config.clone());
        let audio = Wanted { on, folder: state.clone(), settings: config, levels };
        let mut data: Vec<PathBuf> = folder("HOOKSWITCH_DATA_DIR").into_iter().collect();
        // Our own installation: PREFIX/bin or PREFIX/libexec has PREFIX/share beside it.
        let program = env::current_exe().ok();
        let prefix = program.as_deref().and_then(|path| path.parent()?.parent());
        data.extend(prefix.map(|prefix| prefix.join("share")));
        let own = folder("XDG_DATA_HOME")
            .or_else(|| folder("HOME").map(|home| home.join(".local/share")));
        let system = env::var("XDG_DATA_DIRS").unwrap_or_default();
        let system = if system.is_empty() { "/usr/local/share:/usr/share" } else { &system };
        let services: Vec<PathBuf> = own
            .into_iter()
            .chain(env::split_paths(system))
            .map(|folder| folder.join("dbus-1/services"))
            .collect();
        data.extend(env::split_paths(system).filter(|path| path.is_absolute()));
        let phosh = match env::var("HOOKSWITCH_PHOSH").unwrap_or_default() {
            word if word.is_empty() => Phosh::default(),
            word => Phosh::from_name(&word).ok_or(SettingsError::Phosh(word))?,
        };
        let gnome_calls = env::var_os("HOOKSWITCH_GNOME_CALLS").is_none_or(|value| value != "off");
        let emergency = env::var("HOOKSWITCH_EMERGENCY_APPS").unwrap_or_default();
        let emergency = emergency.split(',').map(str::trim).filter(|app| !app.is_empty());
        let emergency = emergency.map(str::to_owned).collect();
        let private = env::var_os("HOOKSWITCH_PRIVATE").is_some_and(|value| value == "1");
        let ring = RingSettings {
            off: ["HOOKSWITCH_AUDIO", "HOOKSWITCH_RING"]
                .into_iter()
                .any(|name| env::var(name).is_ok_and(|value| value == "off")),
            config: folder("HOOKSWITCH_CONFIG_DIR")
                .or_else(|| folder("XDG_CONFIG_HOME").map(|home| home.join("hookswitch")))
                .or_else(|| folder("HOME").map(|home| home.join(".config/hookswitch"))),
            data: data.clone(),
            region: region(),
            ..RingSettings::default()
        };
        Ok(Self {
            state,
            data,
            policy,
            emergency,
            private,
            audio,
            phosh,
            gnome_calls,
            services,
            ring,
            power,
            sight,
        })
    }
}

/// The country whose tones are played: as the user says, else as the locale of telephone numbers does.
fn region() -> Region {
    if let Some(country) = env::var("HOOKSWITCH_REGION").ok().filter(|country| !country.is_empty())
    {
        return Region::of_country(&country);
    }
    let set = |name: &&str| env::var(name).is_ok_and(|value| !value.is_empty());
    let name = ["LC_ALL", "LC_TELEPHONE", "LANG"].into_iter().find(set);
    name.and_then(|name| env::var(name).ok())
        .map_or_else(Region::default, |l| Region::of_locale(&l))
}
