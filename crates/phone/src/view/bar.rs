//! The bar on top of the main window while a call goes on.

use super::{Kind, View};
use crate::tongue::tr_with;

/// What it says; `None`: there is no call.
pub fn bar(view: &View) -> Option<String> {
    let name = view.identity.name.as_str();
    match view.kind {
        Kind::Over => None,
        Kind::Incoming | Kind::CallWaiting => {
            Some(tr_with("{} calls · return to the call", &[name]))
        }
        Kind::InCall => Some(tr_with("{} · {} · return to the call", &[name, view.status.text()])),
    }
}
