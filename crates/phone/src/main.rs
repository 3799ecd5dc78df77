//! The call screens: `hookswitch-phone`.
//!
//! It is started by the bus (`org.hookswitch.Phone`) and stays, without a window, until a call comes or the user opens the app.

mod application;
mod main_window;

use gtk::glib;

fn main() -> glib::ExitCode {
    hookswitch_phone::tongue::find();
    application::run()
}
