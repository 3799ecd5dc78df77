//! The words on the wire of the call server.

use super::CallError;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// Sizes that both sides keep.
pub mod limits {
    /// Largest message, in bytes.
    pub const MESSAGE_LEN: usize = 16 * 1024;
    /// Longest address, device id or display name, in bytes.
    pub const NAME_LEN: usize = 256;
    /// Longest idempotency key, in bytes.
    pub const KEY_LEN: usize = 64;
    /// Version of these words that this build speaks.
    pub const WORDS_VERSION: u32 = 1;
}

/// A call's id: made by the server, the same on every device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub Uuid);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the device, repeated in the reply.
    pub id: u64,
    /// 1 to [`limits::KEY_LEN`] bytes; the same for every attempt at the same thing.
    pub idempotency_key: String,
    /// What to do.
    #[serde(flatten)]
    pub verb: Verb,
}

/// The verbs. The reply to each is an [`Outcome`] or a [`CallError`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Verb {
    /// First on every connection: this device is here and rings for `address`. The reply holds its live calls.
    Register {
        /// Whose device it is; the device token must be for it.
        address: String,
        /// Which device; the device token must be for it.
        device_id: String,
        /// What others see, may be empty.
        #[serde(default)]
        display_name: String,
        /// The newest version of these words that the device knows.
        words: u32,
    },
    /// Call somebody. The server makes the session and the caller's room token; with `ring` it rings at once.
    Create {
        /// Whom.
        callee: String,
        /// Ring at once, or wait for [`Verb::Ring`].
        #[serde(default = "yes")]
        ring: bool,
    },
    /// Ring the callee's devices now.
    Ring {
        /// Which call.
        call: CallId,
    },
    /// This device rings: its user can see or hear the call.
    RingAck {
        /// Which call.
        call: CallId,
    },
    /// Answer on this device. The first answer wins; it gets the room token.
    Answer {
        /// Which call.
        call: CallId,
        /// The version the user saw. If given and no longer true, the answer is refused as stale.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected_version: Option<u64>,
    },
    /// Do not answer.
    Decline {
        /// Which call.
        call: CallId,
        /// For everybody, or only on this device.
        #[serde(default)]
        scope: DeclineScope,
    },
    /// The caller gives up before an answer.
    Cancel {
        /// Which call.
        call: CallId,
    },
    /// End a call that was answered; before the answer, as [`Verb::Cancel`] or [`Verb::Decline`].
    End {
        /// Which call.
        call: CallId,
    },
}

fn yes() -> bool {
    true
}

impl Verb {
    /// The verb's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Register { .. } => "register",
            Self::Create { .. } => "create",
            Self::Ring { .. } => "ring",
            Self::RingAck { .. } => "ring_ack",
            Self::Answer { .. } => "answer",
            Self::Decline { .. } => "decline",
            Self::Cancel { .. } => "cancel",
            Self::End { .. } => "end",
        }
    }
}

/// How far a decline reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineScope {
    /// The callee does not want the call: it ends on every device.
    #[default]
    Everywhere,
    /// Only this device does not ring (do-not-disturb, no room for another call). The call ends when no device is left.
    ThisDevice,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum Message {
    /// To one request.
    Reply {
        /// The request's id.
        id: u64,
        /// What came of it.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// Ring for this call, until told otherwise or `ring_left_ms` is over.
    Ring {
        /// The call.
        call: CallSnapshot,
    },
    /// A call changed. State, reason and version are in it.
    Call {
        /// The call.
        call: CallSnapshot,
    },
    /// The server closes the connection, and why.
    Goodbye {
        /// Why.
        error: CallError,
    },
    /// A kind of a later version, to be ignored.
    #[serde(other)]
    Unknown,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The device is registered; these are its live calls.
    Registered {
        /// Calls that are not over, of which this device is a party.
        calls: Vec<CallSnapshot>,
        /// Version of the words that the connection speaks.
        words: u32,
    },
    /// Done; this is the call now.
    Call {
        /// The call.
        call: CallSnapshot,
        /// The token that opens the call's room, for the caller and for the device that answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// Where the rooms are, when not at the exchange itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rooms_url: Option<String>,
    },
    /// Refused; nothing changed.
    Refused {
        /// Why, and what to do.
        error: CallError,
    },
}

/// Somebody in a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Address, the one that can be called back.
    pub address: String,
    /// What to show, may be empty.
    #[serde(default)]
    pub display_name: String,
}

/// Everything that one device may know of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSnapshot {
    /// Which call.
    pub call: CallId,
    /// Grows with every change of the call.
    pub version: u64,
    /// Where the call is.
    #[serde(flatten)]
    pub state: CallState,
    /// Who calls.
    pub caller: Party,
    /// Who is called.
    pub callee: Party,
    /// The session whose room carries the media.
    pub session: String,
    /// Whether the device that reads this placed the call.
    pub outgoing: bool,
    /// Whether the device that reads this takes part: it placed or answered the call.
    pub here: bool,
    /// Milliseconds for which the call may still ring, while it is `created` or `ringing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_left_ms: Option<u64>,
    /// When it was answered, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at_ms: Option<u64>,
}

impl CallSnapshot {
    /// Whether this one replaces `known`. Replies and events may arrive in either order.
    pub fn newer_than(&self, known: &Self) -> bool {
        self.call == known.call && self.version > known.version
    }
}

/// The states of a call, in their usual order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CallState {
    /// Made; no device of the callee has said that it rings. Next: ringing, ended.
    Created,
    /// At least one device rings. Next: connecting, ended.
    Ringing,
    /// Answered; not both are in the room yet. Next: active, ended.
    Connecting,
    /// Both are in the room. Next: ended.
    Active,
    /// Over, for good.
    Ended {
        /// Why.
        reason: EndedReason,
    },
    /// A state of a later version; treat it as live.
    #[serde(other)]
    Unknown,
}

impl CallState {
    /// Whether it is over.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Ended { .. })
    }

    /// Whether it may still be answered.
    pub fn is_unanswered(self) -> bool {
        matches!(self, Self::Created | Self::Ringing)
    }
}

/// Why a call is over, as one device sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedReason {
    /// This side ended it.
    LocalEnded,
    /// The other side ended it or is gone.
    RemoteEnded,
    /// The callee declined.
    Declined,
    /// The caller gave up before an answer.
    Cancelled,
    /// Nobody answered in time.
    Unanswered,
    /// Another device of the callee answered.
    AnsweredElsewhere,
    /// Another device of the callee declined.
    DeclinedElsewhere,
    /// It did not come about or broke: no media, or the exchange restarted.
    Failed,
    /// No such callee.
    CalleeUnknown,
    /// None of the callee's devices is reachable.
    CalleeOffline,
    /// A reason of a later version.
    #[serde(other)]
    Unknown,
}

impl EndedReason {
    /// What the screen may say, one short sentence.
    pub fn screen_text(self) -> &'static str {
        match self {
            Self::LocalEnded | Self::RemoteEnded => "Call ended.",
            Self::Declined => "The call was declined.",
            Self::Cancelled => "The caller gave up.",
            Self::Unanswered => "Nobody answered.",
            Self::AnsweredElsewhere => "Answered on another device.",
            Self::DeclinedElsewhere => "Declined on another device.",
            Self::Failed => "The call failed. Try again.",
            Self::CalleeUnknown => "Nobody has this address. Check it and try again.",
            Self::CalleeOffline => "Not reachable right now. Try again later.",
            Self::Unknown => "Call ended.",
        }
    }
}
