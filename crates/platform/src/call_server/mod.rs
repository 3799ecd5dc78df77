//! The call server: who calls whom, which device rings, who answers first.
//!
//! Rooms carry the media and know nothing of callees or ringing; the call server knows nothing of media. A device
//! keeps one WebSocket to [`PATH`], opened with its device token. Everything on it is JSON: [`Request`] from the
//! device, [`Message`] from the server.
//!
//! Rules of the wire, from its first version:
//! * every [`Request`] has an idempotency key: sent again with the same key, it is not done again, and gets the same
//!   reply;
//! * every call has a version that only grows; a message about a call carries the whole call, so that the newest
//!   version is all there is to know ([`CallSnapshot::newer_than`]);
//! * kinds, states, reasons and codes that are not known yet are read as `Unknown`, not refused.
//!
//! [`Device`] is the client. It reconnects by itself and brings its calls up to date when it does.

mod client;
mod driver;
mod error;
mod link;
mod words;

pub use client::{CallEvents, ConnectOptions, Device, DeviceEvent};
pub use error::{CallError, DeviceError};
pub use words::{
    CallId, CallSnapshot, CallState, DeclineScope, EndedReason, Message, Outcome, Party, Request,
    Verb, limits,
};

/// Where the call server listens, under the exchange's address.
pub const PATH: &str = "/calls/v1";
