//! The tones of a telephone, and what they are made of.

use hookswitch_core::EndTone;
use hookswitch_core::words::CallTone;
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
    /// The tone that an app asks for with this word.
    pub fn of_app(name: &str) -> Option<Self> {
        Some(match CallTone::from_name(name)? {
            CallTone::Ringback => Self::Ringback,
            CallTone::Busy => Self::Busy,
            CallTone::Failure => Self::Failure,
            CallTone::Hold => Self::Hold,
        })
    }

    /// The tone of a call that ended.
    pub fn of_end(tone: EndTone) -> Self {
        match tone {
            EndTone::Ended => Self::End,
            EndTone::Busy => Self::Busy,
            EndTone::Failure => Self::Failure,
        }
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
