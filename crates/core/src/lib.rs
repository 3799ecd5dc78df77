//! Every decision of the Hookswitch call service, and nothing else.
//!
//! [`Arbiter::handle`] is the one way in: the time and an [`Input`] go in, every [`Effect`] comes back at once, in
//! order, addressed to a party. [`Arbiter::next_deadline`] says when to come back without being asked.
//!
//! What it guarantees:
//! - Every request gets one reply. Every perform ends once: fulfilled, failed, timed out, or its provider or call gone.
//! - A refused request changes nothing.
//! - At most one call has the audio; it rings only while a call rings; nothing is asked of an ended call but its end.
//! - An admitted call is in recents exactly once, unless its log policy says none or it was cancelled before it dialed.
//! - Ids and time come in with the input, maps are ordered, there are no floats: same inputs, same effects.
//! - The cost of an event does not grow with recents, contacts, blocked numbers or ended calls.
//!
//! What it refuses to do: read a clock, do IO, allocate ids at random, or know what a bus is. Who may speak for a
//! provider or a surface is settled before an input is made.
//!
//! ```
//! use hookswitch_core::flow::{self, Flow};
//!
//! let flows = flow::parse(
//!     "an_answered_call_gets_the_audio:
//!          chat -> core : report incoming anna
//!          core -> ui   : ringing anna
//!          ui   -> core : request answer anna
//!          core -> ui   : answering anna
//!          core -> chat : perform answer anna
//!          chat -> core : fulfill answer anna
//!          core -> ui   : active anna
//!          core -> chat : audio on anna",
//! )?;
//! flows.iter().try_for_each(Flow::run)?;
//! # Ok::<(), hookswitch_core::flow::FlowError>(())
//! ```
#![cfg_attr(not(every_test), no_std)]
extern crate alloc;
#[cfg(every_test)]
extern crate self as hookswitch_core;

mod arbiter;
mod call;
mod calls;
mod effect;
#[cfg(test)]
#[cfg(every_test)]
mod every_test;
pub mod flow;
mod group;
mod input;
mod invariants;
mod numbered;
mod policy;
mod provider;
mod row;
mod transaction;
pub mod words;

pub use arbiter::Arbiter;
pub use call::Facts;
pub use effect::{
    AudioEffect, AudioStanding, CallView, Change, Consequences, Effect, EndTone, Finished, Needs,
    Perform, ProviderNews, Reply,
};
pub use input::{
    Adoption, CallRef, Completion, Input, Now, Report, Requested, Requester, StartDetails, Verdict,
};
pub use policy::{AutoResume, Policy};
pub use provider::{Account, Configuration};
