use zbus::{DeserializeDict, SerializeDict, Type};

/// A registered provider, as surfaces see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ProviderRecord {
    /// The app.
    pub app_id: String,
    /// Its name, from its desktop entry; else its id.
    pub app_name: String,
    /// Whether the service could make sure that the program is this app.
    pub verified: bool,
    /// Ids of its accounts, the default one first.
    pub accounts: Vec<String>,
    /// What it can dial.
    pub handle_kinds: Vec<String>,
    /// Whether it can do video.
    pub supports_video: bool,
    /// Whether it may make emergency calls. Default no.
    pub emergency: Option<bool>,
}

/// A registered surface.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct SurfaceRecord {
    /// What it calls itself.
    pub name: String,
}

/// How the service is.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct StatusRecord {
    /// The version of the program.
    pub program: String,
    /// The version of the contract.
    pub version: u32,
    /// Live calls.
    pub calls: u32,
    /// Registered providers; empty for a caller that is no surface.
    pub providers: Vec<ProviderRecord>,
    /// Registered surfaces; empty for a caller that is no surface.
    pub surfaces: Vec<SurfaceRecord>,
    /// What does not work, in words, with what to do; empty: all works.
    pub degraded: Vec<String>,
    /// How loud it rings.
    pub ring: String,
}
