//! PulseAudio's own protocol, for where PipeWire does not run.
//!
//! A [`Wire`] is one connection to the server. It never waits once it is made: what it is told is sent when there is room,
//! and what the server says is taken when it is there. Messages are read and written by the crate `pulseaudio`.

mod wire;

pub use wire::{Heard, Wire, WireError, props, server_is_there};
