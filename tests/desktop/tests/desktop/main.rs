//! What a desktop shows of calls.

mod notifications;
mod rig;
mod servers;
