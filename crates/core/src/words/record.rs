use super::{AccountId, AppId, CallNumber, CallUuid, Date, Direction, EndedReason, Handle};
use alloc::string::String;
use alloc::sync::Arc;

/// Whether a call goes into recents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogPolicy {
    /// With handle and name.
    #[default]
    Full,
    /// Not at all.
    None,
}

/// Why an incoming call never got to the user, where it is more than nobody picking up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MissedReason {
    /// As many calls rang already as may ring at once.
    AlreadyRinging,
    /// Do-not-disturb was on.
    DoNotDisturb,
    /// The caller is on the block list.
    Blocked,
    /// An emergency call went on.
    EmergencyCall,
    /// The caller gave up before the invitation arrived.
    NeverRang,
}

impl MissedReason {
    /// All reasons.
    pub const ALL: [Self; 5] = [
        Self::AlreadyRinging,
        Self::DoNotDisturb,
        Self::Blocked,
        Self::EmergencyCall,
        Self::NeverRang,
    ];

    /// The reason of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// The word on the wire and in flows.
    pub fn name(self) -> &'static str {
        match self {
            Self::AlreadyRinging => "already_ringing",
            Self::DoNotDisturb => "do_not_disturb",
            Self::Blocked => "blocked",
            Self::EmergencyCall => "emergency_call",
            Self::NeverRang => "never_rang",
        }
    }
}

/// One line of recents, as it stands now. Entries replace each other by `number`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecentsEntry {
    /// The service's number of the call: the key.
    pub number: CallNumber,
    /// The app it was made with.
    pub app: AppId,
    /// The app's account it was made with.
    pub account: AccountId,
    /// The app's id of the call.
    pub uuid: CallUuid,
    /// Who called whom.
    pub direction: Direction,
    /// The other end.
    pub handle: Arc<Handle>,
    /// The name the app gave, if any.
    pub name: Option<Arc<String>>,
    /// Whether it carried video.
    pub video: bool,
    /// When it began to ring, or the invitation left.
    pub started: Date,
    /// When both could talk; never before `started`.
    pub connected: Option<Date>,
    /// When it ended; never before `connected` or `started`. `None`: it still goes on.
    pub ended: Option<Date>,
    /// How it ended, once it has.
    pub reason: Option<EndedReason>,
    /// Why it never rang, where it did not.
    pub missed: Option<MissedReason>,
    /// Whether it is in the list. False: it is remembered only while it lives, so that it can go on after a restart.
    pub listed: bool,
    /// Whether it is an emergency call.
    pub emergency: bool,
    /// Whether it has the audio now: after a restart of the service its app gets it back.
    pub has_audio: bool,
}

impl RecentsEntry {
    /// Whether the user missed it: an incoming call that rang out, was cancelled, or was kept from ringing.
    pub fn is_missed(&self) -> bool {
        self.direction == Direction::Incoming
            && self.connected.is_none()
            && match self.reason {
                Some(EndedReason::RemoteEnded | EndedReason::Unanswered | EndedReason::Failed) => {
                    self.missed != Some(MissedReason::Blocked)
                }
                _ => false,
            }
    }
}
