//! What a desktop shows of calls.

mod call_screen;
mod notifications;
mod rig;
mod servers;
