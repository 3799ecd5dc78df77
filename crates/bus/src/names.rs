//! Bus names, paths, interfaces and members.

/// The service's well-known name; activatable.
pub const SERVICE: &str = "org.hookswitch.Hookswitch";
/// The service's one object.
pub const PATH: &str = "/org/hookswitch";
/// Where an app exports its delegate.
pub const DELEGATE_PATH: &str = "/org/hookswitch/ProviderDelegate";
/// What providers call.
pub const PROVIDER: &str = "org.hookswitch.Provider1";
/// What the service calls on a provider.
pub const DELEGATE: &str = "org.hookswitch.ProviderDelegate1";
/// What surfaces call, and the signal they get.
pub const SURFACE: &str = "org.hookswitch.Surface1";
/// What anybody may watch.
pub const OBSERVER: &str = "org.hookswitch.Observer1";
/// The list of calls that were.
pub const RECENTS: &str = "org.hookswitch.Recents1";
/// The service about itself.
pub const SERVICE_INTERFACE: &str = "org.hookswitch.Service1";
/// What error names begin with.
pub const ERROR_PREFIX: &str = "org.hookswitch.Error.";

/// The version of the contract: raised by additions, while the interface names stay.
pub const VERSION: u32 = 1;
/// What this version can do beyond its interfaces.
pub const FEATURES: &[&str] = &[
    "adopt",
    "audio",
    "call_list",
    "choices",
    "deferred",
    "emergency",
    "execute",
    "groups",
    "not_presented",
    "preflight",
    "recents",
    "ringtone",
    "test_ring",
    "tones",
    "translation",
    "video",
];
