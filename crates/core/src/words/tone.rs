/// A tone that the service plays for an app in its call, as telephones of the user's country sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallTone {
    /// It rings at the other end.
    Ringback,
    /// The other end is in a call.
    Busy,
    /// The call cannot be put through.
    Failure,
    /// One waits, and will be taken again.
    Hold,
}

impl CallTone {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ringback, Self::Busy, Self::Failure, Self::Hold];

    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ringback => "ringback",
            Self::Busy => "busy",
            Self::Failure => "failure",
            Self::Hold => "hold",
        }
    }

    /// The tone with that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tone| tone.name() == name)
    }
}
