//! What the service itself lets be heard and felt: the ringtone, the tone of a second call, tones for apps, vibration.
//!
//! [`Ringer`] takes orders on the thread of the bus and waits for nothing. A [`voice`] plays them on a thread and a
//! connection to the sound server of its own, which are there only while something is to be heard. Files are decoded
//! [apart], in a process of their own.

pub mod apart;
pub mod choice;
mod decode;
pub mod feedback;
mod graph;
#[cfg(test)]
mod measure;
mod mixer;
mod news;
mod output;
mod outputs;
mod pulse;
pub mod region;
mod resample;
mod ringer;
pub mod score;
mod seen;
mod server;
mod sinks;
pub mod sound;
mod synth;
pub mod tone;
pub mod voice;
mod wake;

pub use mixer::Rise;
pub use news::{RingNews, Unavailable};
pub use ringer::{Caller, RingSettings, Ringer};
