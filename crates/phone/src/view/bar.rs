//! The bar on top of the main window while a call goes on.

use super::{Kind, View};
use crate::tongue::{tr, tr_with};

/// What it says; `None`: there is no call.
pub fn bar(view: &View) -> Option<String> {
    let name = view.identity.name.as_str();
    match view.kind {
        Kind::Over => None,
        Kind::Incoming | Kind::CallWaiting => {
            Some(format!("{} · {}", tr_with("{} calls", &[name]), tr("return to the call")))
        }
        Kind::InCall => {
            Some(format!("{name} · {} · {}", view.status.text(), tr("return to the call")))
        }
    }
}
