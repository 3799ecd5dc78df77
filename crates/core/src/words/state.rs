use super::{Handle, LogPolicy};
use alloc::string::String;
use alloc::vec::Vec;

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The far side called.
    Incoming,
    /// The user called.
    Outgoing,
}

impl Direction {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
        }
    }
}

/// Where a call is in its life.
///
/// Usual order: Ringing, Answering, Active for an incoming call; Starting, Dialing, Connecting, Active for an outgoing
/// one; Active and Held alternate; Ending, Ended close it. Any state may go straight to Ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallState {
    /// Incoming; waits for the user.
    Ringing,
    /// The user accepted; the app connects it.
    Answering,
    /// A start was accepted; room is being made or the app is being asked.
    Starting,
    /// The invitation has left for the callee (CallKit: started).
    Dialing,
    /// The far side was reached and media is being set up.
    Connecting,
    /// Both can talk.
    Active,
    /// Answered, and put on hold here.
    Held,
    /// The user ended it; the app is being told.
    Ending,
    /// Over. Final: later reports are refused.
    Ended,
}

impl CallState {
    /// All states.
    pub const ALL: [Self; 9] = [
        Self::Ringing,
        Self::Answering,
        Self::Starting,
        Self::Dialing,
        Self::Connecting,
        Self::Active,
        Self::Held,
        Self::Ending,
        Self::Ended,
    ];

    /// The word on the wire and in flows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Answering => "answering",
            Self::Starting => "starting",
            Self::Dialing => "dialing",
            Self::Connecting => "connecting",
            Self::Active => "active",
            Self::Held => "held",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }

    /// The state of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// How loud it rings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RingLevel {
    /// Nothing rings, or the user silenced what rings.
    #[default]
    Silent,
    /// A soft call-waiting tone: the user is in a call already.
    Waiting,
    /// The ringtone.
    Loud,
}

impl RingLevel {
    /// The word on the wire and in flows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Waiting => "waiting",
            Self::Loud => "loud",
        }
    }
}

/// What can be done with a call. CallKit: the `supports…` flags of `CXCallUpdate`; all on until the app says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capabilities {
    /// It can be held, alone or swapped with another.
    pub holding: bool,
    /// It may be merged while it is alone.
    pub grouping: bool,
    /// It may be split off while it is in a group.
    pub ungrouping: bool,
    /// Tones can be sent.
    pub dtmf: bool,
    /// Video can be turned on.
    pub video: bool,
    /// It can be translated.
    pub translation: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            holding: true,
            grouping: true,
            ungrouping: true,
            dtmf: true,
            video: true,
            translation: true,
        }
    }
}

/// Somebody at the other end of a call with several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// Their address, with the name to show.
    pub handle: Handle,
    /// Whether they are there now. LiveCommunicationKit: `activeRemoteMembers`.
    pub active: bool,
}

/// News of a call. A *delta*: a field that is `None` keeps its value. CallKit: `CXCallUpdate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallUpdate {
    /// Who is at the other end.
    pub remote_handle: Option<Handle>,
    /// Overrides the name the system would find by itself.
    pub localized_caller_name: Option<String>,
    /// Whether it can be held.
    pub supports_holding: Option<bool>,
    /// Whether it can be merged.
    pub supports_grouping: Option<bool>,
    /// Whether it can be split off.
    pub supports_ungrouping: Option<bool>,
    /// Whether tones can be sent.
    pub supports_dtmf: Option<bool>,
    /// Whether video can be turned on, with an app that can do video.
    pub supports_video: Option<bool>,
    /// Whether it can be translated, with an app that can do that.
    pub supports_translation: Option<bool>,
    /// Whether it carries video.
    pub has_video: Option<bool>,
    /// Whether the media is lost and being set up again: the call goes on with all its choices, and its screen says so while it is
    /// active. The app says `false` when both hear each other again, and ends the call when it gives up: nothing ends it by time.
    /// Not in CallKit; LiveKit: `Reconnecting` and `Reconnected`.
    pub reconnecting: Option<bool>,
    /// Who takes part at the other end, where that is more than one. LiveCommunicationKit: `members`.
    pub members: Option<Vec<Member>>,
    /// The far side is an emergency service calling back: it passes every filter. Only from apps that may make emergency
    /// calls.
    pub emergency: Option<bool>,
    /// Whether it goes into recents. Only the first report decides.
    pub log_policy: Option<LogPolicy>,
}
