//! The apps that calls belong to, as the desktop knows them.

use crate::tongue::{tr, tr_with};
use gtk::prelude::*;
use gtk::{gdk, gio};

/// What is in front of a telephone number in the address of a message.
const MESSAGES: &str = "sms";

/// Its icon, if it is an app that can be opened: one with a desktop file of its id.
pub fn icon(id: &str) -> Option<gio::Icon> {
    let app = find(id)?;
    app.icon().or_else(|| gio::Icon::for_string("application-x-executable-symbolic").ok())
}

/// Bring it to the front, with a token that lets it take the focus.
///
/// # Errors
/// It is not installed any more, or cannot be started: why, for people.
pub fn open(id: &str) -> Result<(), String> {
    let app = find(id).ok_or_else(|| format!("{id} is not installed any more."))?;
    let context = gdk::Display::default().map(|display| display.app_launch_context());
    app.launch(&[], context.as_ref()).map_err(|error| error.to_string())
}

/// Whether there is a program that sends messages to telephone numbers.
pub fn sends_messages() -> bool {
    gio::AppInfo::default_for_uri_scheme(MESSAGES).is_some()
}

/// Have it begin that message; the user sends it there.
///
/// # Errors
/// It is not installed any more, or cannot be started: why and what to do, for people.
pub fn write(uri: &str) -> Result<(), String> {
    let none =
        || tr("No program sends messages any more. Choose one in the settings of the desktop.");
    let app = gio::AppInfo::default_for_uri_scheme(MESSAGES).ok_or_else(none)?;
    let context = gdk::Display::default().map(|display| display.app_launch_context());
    app.launch_uris(&[uri], context.as_ref()).map_err(|error| {
        let (name, why) = (app.display_name(), error.to_string());
        tr_with(
            "{} cannot be started: {}. Install it again, or choose another one.",
            &[&name, &why],
        )
    })
}

fn find(id: &str) -> Option<gio::AppInfo> {
    let file = format!("{id}.desktop");
    gio::AppInfo::all().into_iter().find(|app| app.id().is_some_and(|id| id == file))
}
