//! What a desktop shows of calls.

mod call_screen;
mod locked;
mod main_window;
mod notifications;
mod pictures;
mod rig;
mod servers;
