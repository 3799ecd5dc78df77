//! What the user prefers: the setting, which is theirs to write, and what they chose last, which is kept.

use super::endpoint::{Always, EndpointKind};
use super::ledger;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the user prefers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The setting.
    pub always: Always,
    /// What they chose last, by the kinds that were there.
    pub last: BTreeMap<String, EndpointKind>,
}

/// `audio.json` in the service's folder of settings.
#[derive(Debug, Default, Deserialize)]
struct Settings {
    /// `automatic`, `speaker` or `headset`.
    #[serde(default)]
    always: Option<String>,
}

/// Read both. What is not there, or not understood, is as if nobody had said anything.
pub fn read(settings: Option<&Path>, folder: Option<&Path>) -> Kept {
    let settings: Settings =
        settings.map(|folder| ledger::read(&folder.join("audio.json"))).unwrap_or_default();
    let always = match settings.always.as_deref() {
        Some("speaker") => Always::Speaker,
        Some("headset") => Always::Headset,
        None | Some("automatic") => Always::Automatic,
        Some(_) => {
            tracing::warn!("`always` in audio.json is none of automatic, speaker and headset");
            Always::Automatic
        }
    };
    let last: BTreeMap<String, String> =
        folder.map(|folder| ledger::read(&last_in(folder))).unwrap_or_default();
    let known = |(kinds, kind): (String, String)| Some((kinds, EndpointKind::from_name(&kind)?));
    Kept { always, last: last.into_iter().filter_map(known).collect() }
}

/// Keep what the user chose last.
pub fn keep(folder: &Path, last: &BTreeMap<String, EndpointKind>) {
    let words: BTreeMap<&str, &str> =
        last.iter().map(|(kinds, kind)| (kinds.as_str(), kind.name())).collect();
    if let Err(error) = ledger::write(&last_in(folder), Some(&words)) {
        tracing::warn!("the choice of a device cannot be kept: {error}");
    }
}

fn last_in(folder: &Path) -> PathBuf {
    folder.join("endpoints")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_was_chosen_is_kept_and_the_setting_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(read(Some(folder), Some(folder)), Kept::default());
        let last = BTreeMap::from([("earpiece+speaker".to_owned(), EndpointKind::Speaker)]);
        keep(folder, &last);
        fs::write(folder.join("audio.json"), r#"{"always":"headset","more":1}"#).unwrap();
        assert_eq!(read(Some(folder), Some(folder)), Kept { always: Always::Headset, last });
        fs::write(folder.join("audio.json"), r#"{"always":"sofa"}"#).unwrap();
        fs::write(folder.join("endpoints"), r#"{"wired":"sofa"}"#).unwrap();
        assert_eq!(read(Some(folder), Some(folder)), Kept::default());
    }
}
