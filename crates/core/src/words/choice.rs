use super::CallNumber;

/// What a surface may offer for a call, as one button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChoiceKind {
    /// Answer; nobody else is touched.
    Answer,
    /// Hold the active call and answer.
    HoldAndAccept,
    /// End the active call and answer.
    EndAndAccept,
    /// End the held call, hold the active one, and answer.
    EndHeldAndAccept,
    /// Refuse the ringing call.
    Decline,
    /// Give up a call that is not answered yet.
    Cancel,
    /// End the call.
    End,
    /// Put the call on hold.
    Hold,
    /// Take the call from hold; nobody else is touched.
    Resume,
    /// Hold the active call and take this one from hold.
    Swap,
    /// End the active call, which cannot be held, and take this one from hold.
    EndAndResume,
    /// Make this call and another one of the same app one conversation.
    Merge,
    /// Talk with this member of a group alone; the others are held.
    Split,
    /// End all calls of the group.
    EndGroup,
    /// Send the digits that were dialed behind a semicolon.
    SendDigits,
}

impl ChoiceKind {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Answer,
        Self::HoldAndAccept,
        Self::EndAndAccept,
        Self::EndHeldAndAccept,
        Self::Decline,
        Self::Cancel,
        Self::End,
        Self::Hold,
        Self::Resume,
        Self::Swap,
        Self::EndAndResume,
        Self::Merge,
        Self::Split,
        Self::EndGroup,
        Self::SendDigits,
    ];

    /// The word on the wire and in flows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::HoldAndAccept => "hold_and_accept",
            Self::EndAndAccept => "end_and_accept",
            Self::EndHeldAndAccept => "end_held_and_accept",
            Self::Decline => "decline",
            Self::Cancel => "cancel",
            Self::End => "end",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Swap => "swap",
            Self::EndAndResume => "end_and_resume",
            Self::Merge => "merge",
            Self::Split => "split",
            Self::EndGroup => "end_group",
            Self::SendDigits => "send_digits",
        }
    }

    /// The kind of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One thing the user can do with a call, and what it costs. Where it touches a group, the group is named by its member
/// with the lowest number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Choice {
    /// What it does.
    pub kind: ChoiceKind,
    /// The call that is lost by it, other than this one. A surface names it on the button.
    pub ends: Option<CallNumber>,
    /// The call that is held by it, other than this one.
    pub holds: Option<CallNumber>,
    /// The call that this one is merged with.
    pub merges: Option<CallNumber>,
}
