use hookswitch_core::words::RecentsEntry;
use zbus::{DeserializeDict, SerializeDict, Type};

/// Which lines of recents.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct RecentsQuery {
    /// At most this many, 1 to 1000; default 100.
    pub limit: Option<u32>,
    /// Only lines with a smaller number: the next page.
    pub before: Option<u64>,
    /// Only missed calls.
    pub missed: Option<bool>,
}

/// One line of recents, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct RecentsRecord {
    /// The service's number of the call: the line's key.
    pub number: u64,
    /// The app it was made with.
    pub app_id: String,
    /// The app's account.
    pub account: String,
    /// `incoming` or `outgoing`.
    pub direction: String,
    /// The other end.
    pub handle: String,
    /// Its kind.
    pub handle_kind: String,
    /// What to call it where no contact matches.
    pub handle_name: Option<String>,
    /// The name the app gave.
    pub name: Option<String>,
    /// Whether it carried video.
    pub has_video: bool,
    /// Milliseconds since 1970-01-01 UTC.
    pub started: i64,
    /// When both could talk.
    pub connected: Option<i64>,
    /// When it ended; absent: it still goes on.
    pub ended: Option<i64>,
    /// How it ended: a word of `EndedReason`.
    pub reason: Option<String>,
    /// Whether the user missed it.
    pub missed: bool,
    /// Why it never rang: `already_ringing`, `do_not_disturb`, `blocked`, `emergency_call` or `never_rang`.
    pub missed_reason: Option<String>,
    /// Whether it was an emergency call. Default no.
    pub emergency: Option<bool>,
}

impl From<&RecentsEntry> for RecentsRecord {
    fn from(entry: &RecentsEntry) -> Self {
        Self {
            number: entry.number.0,
            app_id: entry.app.to_string(),
            account: entry.account.to_string(),
            direction: entry.direction.name().to_owned(),
            handle: entry.handle.value.clone(),
            handle_kind: entry.handle.kind.name().to_owned(),
            handle_name: entry.handle.display_name.clone(),
            name: entry.name.as_deref().cloned(),
            has_video: entry.video,
            started: entry.started.0,
            connected: entry.connected.map(|date| date.0),
            ended: entry.ended.map(|date| date.0),
            reason: entry.reason.map(|reason| reason.name().to_owned()),
            missed: entry.is_missed(),
            missed_reason: entry.missed.map(|reason| reason.name().to_owned()),
            emergency: entry.emergency.then_some(true),
        }
    }
}
