use super::{Date, EndKind};
use alloc::string::String;
use core::fmt;

/// Why digits are sent. CallKit: `CXPlayDTMFCallActionType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DtmfType {
    /// A key was tapped.
    #[default]
    SingleTone,
    /// Digits behind a comma: after a few seconds.
    SoftPause,
    /// Digits behind a semicolon: after the user confirmed.
    HardPause,
}

impl DtmfType {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::SingleTone => "single_tone",
            Self::SoftPause => "soft_pause",
            Self::HardPause => "hard_pause",
        }
    }

    /// The type of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::SingleTone, Self::SoftPause, Self::HardPause]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// 1 to 64 of `0-9 * # A-D`. Debug output hides them: they may be a PIN.
///
/// ```
/// use hookswitch_core::words::DtmfDigits;
///
/// assert!(DtmfDigits::new("12#").is_some());
/// assert!(DtmfDigits::new("12x").is_none());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DtmfDigits(String);

impl DtmfDigits {
    /// The digits, if each can be sent.
    pub fn new(digits: impl Into<String>) -> Option<Self> {
        let digits = digits.into();
        let valid = |c: char| matches!(c, '0'..='9' | '*' | '#' | 'A'..='D');
        ((1..=64).contains(&digits.len()) && digits.chars().all(valid)).then_some(Self(digits))
    }

    /// The digits as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DtmfDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DtmfDigits({} hidden)", self.0.len())
    }
}

/// What the service asks a provider to do with one call. CallKit: the `CX…CallAction` classes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Invite the callee. Fulfilled = the invitation has left.
    Start,
    /// Connect a ringing call. Fulfilled = both can talk.
    Answer,
    /// End, decline or cancel; the kind tells which.
    End(EndKind),
    /// Hold (true) or resume (false).
    SetHeld(bool),
    /// Mute (true) or unmute (false) the microphone for this call.
    SetMuted(bool),
    /// Send tones.
    PlayDtmf(DtmfDigits, DtmfType),
}

impl Verb {
    /// Which kind of action this is.
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Start => ActionKind::Start,
            Self::Answer => ActionKind::Answer,
            Self::End(_) => ActionKind::End,
            Self::SetHeld(_) => ActionKind::SetHeld,
            Self::SetMuted(_) => ActionKind::SetMuted,
            Self::PlayDtmf(..) => ActionKind::PlayDtmf,
        }
    }

    /// Whether it changes which call is active. Only one transaction at a time may.
    pub fn is_arbitration(&self) -> bool {
        matches!(self, Self::Start | Self::Answer | Self::SetHeld(_))
    }
}

/// The kind of an action, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionKind {
    /// [`Verb::Start`].
    Start,
    /// [`Verb::Answer`].
    Answer,
    /// [`Verb::End`].
    End,
    /// [`Verb::SetHeld`].
    SetHeld,
    /// [`Verb::SetMuted`].
    SetMuted,
    /// [`Verb::PlayDtmf`].
    PlayDtmf,
}

impl ActionKind {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start_call",
            Self::Answer => "answer_call",
            Self::End => "end_call",
            Self::SetHeld => "set_held",
            Self::SetMuted => "set_muted",
            Self::PlayDtmf => "play_dtmf",
        }
    }
}

/// Why an action did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailReason {
    /// The app said it could not.
    Failed,
    /// The app said nothing in time.
    TimedOut,
    /// The app left the bus.
    ProviderLost,
    /// The call ended first.
    CallEnded,
    /// The call that had to be held first could not be held.
    CannotHold,
    /// An earlier action of the same transaction failed.
    NotPerformed,
}

impl FailReason {
    /// The word on the wire and in flows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::ProviderLost => "provider_lost",
            Self::CallEnded => "call_ended",
            Self::CannotHold => "cannot_hold",
            Self::NotPerformed => "not_performed",
        }
    }
}

/// How an action ended, exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It worked, at that time if the app said when (CallKit: `fulfill(withDate…:)`).
    Fulfilled(Option<Date>),
    /// It did not.
    Failed(FailReason),
}
