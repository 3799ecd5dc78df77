//! The call screens: `hookswitch-phone`.
//!
//! It is started by the bus (`org.hookswitch.Phone`) and stays, without a window, until a call comes.

mod application;

use gtk::glib;

fn main() -> glib::ExitCode {
    hookswitch_phone::tongue::find();
    application::run()
}
