/// How a call ended. The first five are CallKit's `CXCallEndedReason` and can be reported by a provider; the others are
/// this user's own doing. Open on the wire: an unknown reason reads as failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndedReason {
    /// An error.
    Failed,
    /// The far side hung up, or cancelled its invitation.
    RemoteEnded,
    /// Nobody picked up in time.
    Unanswered,
    /// Another of the user's devices took it; not a missed call.
    AnsweredElsewhere,
    /// Another of the user's devices refused it; not a missed call.
    DeclinedElsewhere,
    /// The user hung up.
    HungUp,
    /// The user refused it while it rang.
    Declined,
    /// The user gave up before the far side answered.
    Cancelled,
    /// It had to make room for an emergency call.
    EmergencyCall,
}

impl EndedReason {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::Failed,
        Self::RemoteEnded,
        Self::Unanswered,
        Self::AnsweredElsewhere,
        Self::DeclinedElsewhere,
        Self::HungUp,
        Self::Declined,
        Self::Cancelled,
        Self::EmergencyCall,
    ];

    /// The word on the wire and in flows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::RemoteEnded => "remote_ended",
            Self::Unanswered => "unanswered",
            Self::AnsweredElsewhere => "answered_elsewhere",
            Self::DeclinedElsewhere => "declined_elsewhere",
            Self::HungUp => "hung_up",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::EmergencyCall => "emergency_call",
        }
    }

    /// The reason of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether a provider may report it. What the user does goes through a request instead.
    pub fn is_reportable(self) -> bool {
        !matches!(self, Self::HungUp | Self::Declined | Self::Cancelled | Self::EmergencyCall)
    }
}

/// What an end means. CallKit sends one action for all of these; here the app is told them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndKind {
    /// The user ends a call that was answered.
    HangUp,
    /// The user refuses a call that rings.
    Decline,
    /// The user gives up a call that was not answered yet.
    Cancel,
    /// The service's ringing limit passed.
    Unanswered,
    /// The service gave the call up: an answer or start that failed or came too late, or a call stuck connecting.
    Failed,
    /// It has to make room for an emergency call.
    EmergencyCall,
}

impl EndKind {
    /// The word on the wire and in flows.
    pub fn name(self) -> &'static str {
        match self {
            Self::HangUp => "hang_up",
            Self::Decline => "decline",
            Self::Cancel => "cancel",
            Self::Unanswered => "unanswered",
            Self::Failed => "failed",
            Self::EmergencyCall => "emergency_call",
        }
    }

    /// The kind of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::HangUp,
            Self::Decline,
            Self::Cancel,
            Self::Unanswered,
            Self::Failed,
            Self::EmergencyCall,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }

    /// How a call ended that ended in this way.
    pub fn reason(self) -> EndedReason {
        match self {
            Self::HangUp => EndedReason::HungUp,
            Self::Decline => EndedReason::Declined,
            Self::Cancel => EndedReason::Cancelled,
            Self::Unanswered => EndedReason::Unanswered,
            Self::Failed => EndedReason::Failed,
            Self::EmergencyCall => EndedReason::EmergencyCall,
        }
    }
}
