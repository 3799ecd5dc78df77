//! The program `speakerbox-window`: Speakerbox with a window of its own, as an app with calls has it. Calls are also shown and
//! answered on the system's own screens; everything goes through the call service, whoever asks.
//!
//! GTK has this thread and the phone another one; [`phone_line`] is between the two. [`view`] decides what is shown.

mod arguments;
mod call_row;
mod contacts;
mod phone_line;
mod view;
mod window;

use adw::prelude::*;
use arguments::WindowArguments;
use clap::Parser;
use phone_line::PhoneLine;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use window::Window;

/// Not the id of the app for the call service: under that the service starts the program without a window.
const WINDOW_ID: &str = "org.hookswitch.SpeakerboxWindow";

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = WindowArguments::parse();
    let contacts = match arguments.contacts() {
        Ok(contacts) => contacts,
        Err(error) => return failed(&error.to_string()),
    };
    // Several phones may run on one bus, each with its own window.
    let app = adw::Application::new(Some(WINDOW_ID), gtk::gio::ApplicationFlags::NON_UNIQUE);
    let line = match PhoneLine::open(arguments.phone) {
        Ok(line) => line,
        Err(error) => {
            return failed(&format!("the system gives no thread: {error}. Close other programs."));
        }
    };
    let window = std::cell::RefCell::new(Some((line, contacts)));
    let ended: std::rc::Rc<std::cell::RefCell<Option<String>>> = std::rc::Rc::default();
    let why = ended.clone();
    app.connect_activate(move |app| match window.take() {
        Some((line, contacts)) => Window::open(app, line, &contacts, why.clone()),
        None => app.windows().iter().for_each(|window| window.present()),
    });
    // The arguments are ours.
    app.run_with_args::<&str>(&[]);
    match ended.take() {
        Some(error) => failed(&error),
        None => ExitCode::SUCCESS,
    }
}

fn failed(error: &str) -> ExitCode {
    eprintln!("speakerbox-window: {error}");
    ExitCode::FAILURE
}
