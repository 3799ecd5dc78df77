//! What is heard in a call, measured: a sound session without a sound card, meters, real players and apps with real
//! streams.
//!
//! [`Rig`] is a [`Phone`](hookswitch_journeys::Phone) within a [`Session`] of PipeWire, WirePlumber and the PulseAudio
//! door, with virtual devices. An [`Ear`] hears what a sink plays or an app records, and how loud each tone of it is. A
//! [`CallingApp`] is a process with streams of its own, made by programs that know nothing of Hookswitch; so is
//! everything that plays beside a call. A
//! [`Speakerbox`] is the sample app itself, with its devices. A [`Dump`] is all that programs can set on the graph: after a call it has to be
//! as before. Nothing sleeps for a condition: a story waits until a level is heard, with a guard of [`GUARD`].
//!
//! Tones are multiples of 200 Hz, [`MADE`](tone::MADE) dB when they are made.

mod calling;
mod clock;
pub mod device;
mod ear;
mod meter;
mod mpv;
pub mod orders;
mod props;
pub mod pulse;
mod rig;
mod session;
mod speakerbox;
pub mod stream;
pub mod tone;
mod track;

pub use calling::{CallingApp, plan_file};
pub use clock::Moment;
pub use ear::Ear;
pub use hookswitch_journeys::{GUARD, soon};
pub use meter::Meter;
pub use mpv::Mpv;
pub use props::{Dump, Node};
pub use rig::{OF_CALL, Rig};
pub use session::{QUANTUM, Session};
pub use speakerbox::{SPEAKERBOX, Speakerbox, exchange};
pub use track::{BLOCK, Block, first, longest_gap};
