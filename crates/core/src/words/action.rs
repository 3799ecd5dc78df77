use super::{CallUuid, Date, EndKind};
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

/// 1 to 64 of `0-9 * # A-D`; of digits behind a comma also `,`: another pause. Debug output hides them: they may be a PIN.
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

    /// Digits that were dialed behind a comma, in which a comma is another pause.
    pub fn after_pause(digits: impl Into<String>) -> Option<Self> {
        let digits = digits.into();
        let without: String = digits.chars().filter(|c| *c != ',').collect();
        Self::new(without).filter(|_| digits.len() <= 64).map(|_| Self(digits))
    }

    /// How many there are, not counting pauses.
    pub fn count(&self) -> usize {
        self.0.bytes().filter(|byte| *byte != b',').count()
    }

    /// How many more pauses are among them.
    pub fn pauses(&self) -> usize {
        self.0.len() - self.count()
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

/// Two languages that a call is translated between. CallKit: `CXSetTranslatingCallAction`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Languages {
    /// Spoken here: a language tag of BCP 47, as `de` or `pt-BR`.
    pub local: String,
    /// Spoken there.
    pub remote: String,
}

impl Languages {
    /// The two, if each looks like a language tag: 2 to 35 letters, digits and hyphens.
    pub fn new(local: impl Into<String>, remote: impl Into<String>) -> Option<Self> {
        let (local, remote) = (local.into(), remote.into());
        let is_tag = |tag: &str| {
            (2..=35).contains(&tag.len())
                && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        (is_tag(&local) && is_tag(&remote)).then_some(Self { local, remote })
    }
}

/// Who translates. CallKit: `CXTranslationEngine`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TranslationEngine {
    /// The system does. There is none yet: an app cannot fulfill with it.
    #[default]
    Default,
    /// The app does.
    Custom,
}

impl TranslationEngine {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Custom => "custom",
        }
    }

    /// The engine of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Default, Self::Custom].into_iter().find(|engine| engine.name() == name)
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
    /// Join the group of that call, or make one with it; `None`: leave the group. Fulfilled = the calls are one
    /// conversation (or not any more), and where one of them talked, all of them do.
    SetGroup(Option<CallUuid>),
    /// Turn video on or off.
    SetVideo(bool),
    /// Translate between these languages, or (`None`) no more.
    SetTranslating(Option<Languages>),
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
            Self::SetGroup(_) => ActionKind::SetGroup,
            Self::SetVideo(_) => ActionKind::SetVideo,
            Self::SetTranslating(_) => ActionKind::SetTranslating,
            Self::PlayDtmf(..) => ActionKind::PlayDtmf,
        }
    }

    /// Whether it changes which call is active. Only one transaction at a time may.
    pub fn is_arbitration(&self) -> bool {
        matches!(self, Self::Start | Self::Answer | Self::SetHeld(_) | Self::SetGroup(_))
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
    /// [`Verb::SetGroup`].
    SetGroup,
    /// [`Verb::SetVideo`].
    SetVideo,
    /// [`Verb::SetTranslating`].
    SetTranslating,
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
            Self::SetGroup => "set_group",
            Self::SetVideo => "set_video",
            Self::SetTranslating => "set_translating",
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
    /// An emergency call took its place.
    EmergencyCall,
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
            Self::EmergencyCall => "emergency_call",
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
