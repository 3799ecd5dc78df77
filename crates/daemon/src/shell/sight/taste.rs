//! What the user wants of notifications: `notifications.json` in the service's folder of settings.

use serde::Deserialize;
use std::fs;
use std::path::Path;

/// When a live call is shown in a notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// While no surface shows it.
    #[default]
    Unseen,
    /// While it lives.
    Always,
    /// Never; nor is it told of missed calls.
    Never,
}

/// What the user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Taste {
    /// `"show": "unseen"`, `"always"` or `"never"`.
    pub show: When,
    /// `"hide_details": true`: nothing of who it is, for whoever else may look.
    pub hide_details: bool,
}

impl Taste {
    /// Read it. What is not there is as by default; what is not understood is said in the log.
    pub fn read(folder: Option<&Path>) -> Self {
        let Some(folder) = folder else { return Self::default() };
        let Ok(bytes) = fs::read(folder.join("notifications.json")) else { return Self::default() };
        serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!(
                "notifications.json is not understood: {error}. Details are hidden until it is; correct it."
            );
            // Whoever wrote one may have meant that.
            Self { hide_details: true, ..Self::default() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_shows_nothing_of_who_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let read = || Taste::read(Some(folder.path()));
        let write = |text: &str| fs::write(folder.path().join("notifications.json"), text).unwrap();
        assert_eq!(read(), Taste::default());
        write(r#"{"show": "always", "more": 1}"#);
        assert_eq!(read(), Taste { show: When::Always, hide_details: false });
        write(r#"{"show": "sometimes"}"#);
        assert_eq!(read(), Taste { show: When::Unseen, hide_details: true });
    }
}
