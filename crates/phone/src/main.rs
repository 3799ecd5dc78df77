//! The call screens: `hookswitch-phone`.
//!
//! It is started by the bus (`org.hookswitch.Phone`) and stays, without a window, until a call comes or the user opens the app.

mod application;
mod renderer;

use gtk::glib;

fn main() -> glib::ExitCode {
    renderer::choose();
    hookswitch_phone::tongue::find();
    application::run()
}
