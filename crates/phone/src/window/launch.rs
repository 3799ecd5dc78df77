//! The apps that calls belong to, as the desktop knows them.

use gtk::prelude::*;
use gtk::{gdk, gio};

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

fn find(id: &str) -> Option<gio::AppInfo> {
    let file = format!("{id}.desktop");
    gio::AppInfo::all().into_iter().find(|app| app.id().is_some_and(|id| id == file))
}
