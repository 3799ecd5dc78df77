use std::time::Duration;

/// What a tone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// It rings at the other end.
    Ringback,
    /// The other end is in a call.
    Busy,
    /// The call cannot be put through.
    Failure,
    /// One waits, and will be taken again.
    Hold,
    /// Somebody else calls: soft, for who is in a call.
    Waiting,
    /// What was asked for is not done.
    Refusal,
    /// The call is over.
    End,
}

impl Tone {
    /// The tones that an app may ask for.
    pub const OF_APPS: [Self; 4] = [Self::Ringback, Self::Busy, Self::Failure, Self::Hold];

    /// The word on the bus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ringback => "ringback",
            Self::Busy => "busy",
            Self::Failure => "failure",
            Self::Hold => "hold",
            Self::Waiting => "waiting",
            Self::Refusal => "refusal",
            Self::End => "end",
        }
    }

    /// The tone that an app asks for with this word.
    pub fn of_app(name: &str) -> Option<Self> {
        Self::OF_APPS.into_iter().find(|tone| tone.name() == name)
    }

    /// Whether it begins again until it is stopped.
    pub fn repeats(self) -> bool {
        !matches!(self, Self::Refusal | Self::End)
    }
}

/// What is heard at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pitch {
    /// Nothing.
    Silence,
    /// One frequency, in Hz.
    One(u16),
    /// Two at once.
    Two(u16, u16),
    /// The first, getting louder and softer as often in a second as the second says.
    Swelling(u16, u16),
}

/// How long that is heard, in milliseconds.
pub type Step = (Pitch, u16);

/// The whole of it.
pub fn length(steps: &[Step]) -> Duration {
    Duration::from_millis(steps.iter().map(|(_, ms)| u64::from(*ms)).sum())
}
