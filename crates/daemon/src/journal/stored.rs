use hookswitch_core::words::{
    CallNumber, CallUuid, Date, Direction, EndedReason, Handle, HandleKind, MissedReason,
    RecentsEntry,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// An entry as it is written. Keys are never reused; unknown ones are ignored, so that versions can follow each other.
#[derive(Serialize, Deserialize)]
pub struct Stored<'a> {
    n: u64,
    app: Cow<'a, str>,
    acc: Cow<'a, str>,
    uuid: u128,
    out: bool,
    #[serde(default)]
    h: Cow<'a, str>,
    #[serde(default)]
    hk: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hn: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    video: bool,
    t0: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    t1: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    t2: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    miss: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unlisted: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    audio: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sos: bool,
}

impl<'a> From<&'a RecentsEntry> for Stored<'a> {
    /// Of a call that goes into no list, handle and name stay out of the journal as well.
    fn from(entry: &'a RecentsEntry) -> Self {
        let text = |text: &'a str| match entry.listed {
            true => Cow::Borrowed(text),
            false => Cow::Borrowed(""),
        };
        let maybe = |text: Option<&'a str>| text.filter(|_| entry.listed).map(Cow::Borrowed);
        Self {
            n: entry.number.0,
            app: Cow::Borrowed(entry.app.as_str()),
            acc: Cow::Borrowed(entry.account.as_str()),
            uuid: entry.uuid.0,
            out: entry.direction == Direction::Outgoing,
            h: text(&entry.handle.value),
            hk: Cow::Borrowed(entry.handle.kind.name()),
            hn: maybe(entry.handle.display_name.as_deref()),
            name: maybe(entry.name.as_deref().map(String::as_str)),
            video: entry.video,
            t0: entry.started.0,
            t1: entry.connected.map(|date| date.0),
            t2: entry.ended.map(|date| date.0),
            why: entry.reason.map(|reason| Cow::Borrowed(reason.name())),
            miss: entry.missed.map(|reason| Cow::Borrowed(reason.name())),
            unlisted: !entry.listed,
            audio: entry.has_audio,
            sos: entry.emergency,
        }
    }
}

impl From<Stored<'_>> for RecentsEntry {
    fn from(stored: Stored<'_>) -> Self {
        let handle = Handle {
            kind: HandleKind::from_name(&stored.hk).unwrap_or_default(),
            value: stored.h.into_owned(),
            display_name: stored.hn.map(Cow::into_owned),
        };
        Self {
            number: CallNumber(stored.n),
            app: stored.app.as_ref().into(),
            account: stored.acc.as_ref().into(),
            uuid: CallUuid(stored.uuid),
            direction: if stored.out { Direction::Outgoing } else { Direction::Incoming },
            handle: Arc::new(handle),
            name: stored.name.map(|name| Arc::new(name.into_owned())),
            video: stored.video,
            started: Date(stored.t0),
            connected: stored.t1.map(Date),
            ended: stored.t2.map(Date),
            reason: stored
                .why
                .map(|why| EndedReason::from_name(&why).unwrap_or(EndedReason::Failed)),
            missed: stored.miss.and_then(|word| MissedReason::from_name(&word)),
            listed: !stored.unlisted,
            emergency: stored.sos,
            has_audio: stored.audio,
        }
    }
}
