//! Make and take calls through the Hookswitch call service.
//!
//! An app that can call is a [`Provider`]: it reports what happens elsewhere, and its [`ProviderDelegate`] performs what
//! the user does, on a call screen, a headset, or in the app itself (through the [`CallController`]). A program that
//! shows calls is a [`Surface`]; one that only wants to know whether the user is in a call is a [`CallObserver`]. The
//! words are CallKit's, without the CX.
//!
//! The first provider: somebody calls, and the user may answer.
//!
//! ```no_run
#![doc = include_str!("../README-example.rs")]
//! ```
//!
//! What it guarantees:
//! - What arrives is handled in the order it arrived, on one task; what is asked leaves in the order it was asked.
//! - Each action is completed exactly once; one that is dropped counts as failed.
//! - Only the call service is listened to, by its connection on the bus: nobody else can make an app answer or hang up.
//! - When the service restarts, it is started and registered with again, and there is exactly one
//!   [`did_reset`](ProviderDelegate::did_reset).
//! - No handle, name or digit is written to the log.
//!
//! Every error says its cause and what to do now; each door has its own reasons. What a later version of the service
//! says is ignored, or reads as the nearest thing this version knows.

#[cfg(doc)]
#[doc = include_str!("../../../docs/callkit.md")]
pub mod callkit {
    // So that the page's links find what they name.
    #[expect(unused_imports, reason = "for links")]
    use super::*;
}

mod action;
mod audio;
mod call;
mod call_list;
mod controller;
mod delegate;
mod error;
mod line;
mod observer;
mod offered;
mod own_call;
mod peer;
mod pending;
mod provider;
mod recents;
mod revival;
mod surface;
mod ticket;
mod transaction;
mod wire;

pub use action::{
    AnswerCallAction, EndCallAction, PlayDtmfCallAction, SetGroupCallAction, SetHeldCallAction,
    SetMutedCallAction, SetTranslatingCallAction, SetVideoCallAction, StartCallAction,
};
pub use audio::{
    Audio, AudioSession, Endpoint, EndpointKind, SESSION_PROPERTY, SoundServer, TestRing,
};
pub use call::{Call, ObservedCall};
pub use call_list::{CallList, CallListEvent, CallListEvents};
pub use controller::{CallController, Preflight};
pub use delegate::{ProviderDelegate, Reset, TimedOut};
pub use error::{Error, ServiceError};
pub use hookswitch_bus::{ProviderRecord, RecentsQuery, StatusRecord, SurfaceRecord};
pub use hookswitch_core::words::{
    AccountId, ActionId, ActionKind, AppId, CallNumber, CallState, CallTone, CallUpdate, CallUuid,
    Capabilities, Choice, ChoiceKind, CompletionError, Date, Direction, DtmfDigits, DtmfType,
    EndKind, EndedReason, FailReason, GroupId, Handle, HandleKind, IncomingCallError, Languages,
    LogPolicy, Member, MissedReason, Outcome, RegisterError, ReportError, RequestError, RingLevel,
    TransactionId, TranslationEngine,
};
pub use hookswitch_core::{Account, Adoption, Configuration, Finished};
pub use observer::{CallObserver, ObserverEvent};
pub use offered::{AttachedCall, OfferedAction, OfferedTransaction};
pub use own_call::OwnCall;
pub use pending::{Pending, Request};
pub use provider::{Provider, ProviderBuilder, Registration, new_call};
pub use recents::Recent;
pub use surface::{
    Consequences, Dial, Surface, SurfaceChange, SurfaceEvent, SurfaceEvents, SurfaceState, Wish,
};
pub use ticket::{PendingAction, PendingTransaction};
pub use transaction::{CallAction, StartCall, Transaction};
