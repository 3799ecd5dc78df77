//! The call service: the bus, the clock, the journal and the list of recents around the core, which decides.
//!
//! One thread handles the bus: what comes in is turned into an input of the core, what the core answers goes out in one
//! write. Nothing on that thread waits for a peer. SQLite has a thread of its own.

mod audio;
mod bus_runtime;
mod clock;
mod doors;
mod effects;
mod flow_log;
mod heard;
pub mod identity;
pub mod journal;
mod memory;
mod outbox;
mod peers;
mod performs;
mod power;
mod pulse;
pub mod recents;
pub mod ring;
mod ringing;
mod service;
mod settings;
mod shell;
mod test_ring;

pub use audio::guard;
pub use service::{ServeError, serve};
pub use settings::{Settings, SettingsError};
pub use shell::Phosh;
