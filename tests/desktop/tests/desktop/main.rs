//! What a desktop shows of calls.

mod app_window;
mod banner;
mod call_screen;
mod declines;
mod each_button;
mod locked;
mod main_window;
mod notifications;
mod panel;
mod pictures;
mod renderer;
mod rig;
mod servers;
