//! What a desktop shows of calls.

mod call_screen;
mod main_window;
mod notifications;
mod rig;
mod servers;
