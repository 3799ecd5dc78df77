//! The words of calling: CallKit's first, Android Telecom's second, SIP's third.
//!
//! They are defined once, here, and re-exported by the bus and client crates.

mod action;
mod choice;
mod ended;
mod error;
mod handle;
mod ids;
mod record;
mod state;
mod time;
mod tone;

pub use action::{
    ActionKind, DtmfDigits, DtmfType, FailReason, Languages, Outcome, TranslationEngine, Verb,
};
pub use choice::{Choice, ChoiceKind};
pub use ended::{EndKind, EndedReason};
pub use error::{CompletionError, IncomingCallError, RegisterError, ReportError, RequestError};
pub use handle::{Handle, HandleKind};
pub use ids::{
    AccountId, ActionId, AppId, CallNumber, CallUuid, GroupId, ProviderId, RequestId, SurfaceId,
    TransactionId,
};
pub use record::{LogPolicy, MissedReason, RecentsEntry};
pub use state::{CallState, CallUpdate, Capabilities, Direction, Member, RingLevel};
pub use time::{Date, Timestamp};
pub use tone::CallTone;
