//! `core restarts with …`: the calls that a service remembers when it comes back.

use super::names::Name;
use super::run::Stage;
use super::speak::uuid;
use crate::words::{AccountId, CallNumber, Date, Direction, Handle, RecentsEntry};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The words for calls that are remembered; `name` says what app, call and account of each are called.
pub(super) fn words(
    orphans: &[RecentsEntry],
    mut name: impl FnMut(&RecentsEntry) -> [Name; 3],
) -> String {
    if orphans.is_empty() {
        return String::from("nothing");
    }
    let mut all = Vec::new();
    for orphan in orphans {
        let [app, call, account] = name(orphan);
        let mut words = format!("{app} {call} {}", orphan.direction.name());
        if orphan.connected.is_some() {
            words.push_str(" connected");
        }
        if !orphan.listed {
            words.push_str(" unlisted");
        }
        if orphan.emergency {
            words.push_str(" emergency");
        }
        if orphan.has_audio {
            words.push_str(" audio");
        }
        if &*account != "default" {
            words.push_str(&format!(" account={account}"));
        }
        all.push(words);
    }
    all.join(" ; ")
}

impl Stage {
    /// These and no others are live for the service that comes back.
    pub(super) fn remember(&mut self, words: &[String]) -> Result<(), String> {
        let now = Date(self.at.cast_signed());
        for entry in self.entries.values_mut() {
            // What else was live ended after the last that is known of it.
            entry.ended.get_or_insert(now);
        }
        if words == ["nothing"] {
            return Ok(());
        }
        let mut remembered = BTreeSet::new();
        for orphan in words.split(|word| word == ";") {
            let mut entry = self.orphan(orphan)?;
            if !remembered.insert(entry.number) {
                entry.number = self.next_number();
                remembered.insert(entry.number);
            }
            self.names.number_call(entry.uuid, entry.number);
            self.entries.insert(entry.number, entry);
        }
        Ok(())
    }

    fn next_number(&self) -> CallNumber {
        CallNumber(self.entries.keys().next_back().map_or(1, |last| last.0 + 1))
    }

    fn orphan(&mut self, words: &[String]) -> Result<RecentsEntry, String> {
        let [app, name, direction, rest @ ..] = words else {
            return Err("a call is remembered as `app call incoming`, or `outgoing`".into());
        };
        let direction = match direction.as_str() {
            "incoming" => Direction::Incoming,
            "outgoing" => Direction::Outgoing,
            other => return Err(format!("a call is incoming or outgoing, not `{other}`")),
        };
        let (uuid, now) = (uuid(name), Date(self.at.cast_signed()));
        self.names.name_call(uuid, name.as_str());
        let number = self.names.number_of(uuid).unwrap_or_else(|| self.next_number());
        let mut entry = RecentsEntry {
            number,
            app: app.as_str().into(),
            account: AccountId::from("default"),
            uuid,
            direction,
            handle: Arc::new(Handle::default()),
            name: None,
            video: false,
            started: now,
            connected: None,
            ended: None,
            reason: None,
            missed: None,
            listed: true,
            emergency: false,
            has_audio: false,
        };
        for word in rest {
            match word.as_str() {
                "connected" => entry.connected = Some(now),
                "unlisted" => entry.listed = false,
                "audio" => entry.has_audio = true,
                "emergency" => entry.emergency = true,
                other => match other.strip_prefix("account=") {
                    Some(account) => entry.account = account.into(),
                    None => return Err(format!("`{other}` is nothing a call is remembered with")),
                },
            }
        }
        Ok(entry)
    }
}
