//! What must be true of all turns together.

use crate::turn::Turn;
use hookswitch_core::words::{CallNumber, ProviderId, RecentsEntry, TransactionId};
use hookswitch_core::{Effect, Finished, Input, ProviderNews, Reply, Requester};
use std::collections::BTreeMap;

/// Lines of recents and accepted requests, from the beginning.
#[derive(Default)]
pub struct Ledger {
    entries: BTreeMap<CallNumber, RecentsEntry>,
    admitted: Vec<CallNumber>,
    /// Who asked, and for how many actions.
    accepted: BTreeMap<TransactionId, (Requester, usize)>,
}

impl Ledger {
    pub fn live_entries(&self) -> impl Iterator<Item = &RecentsEntry> {
        self.entries.values().filter(|entry| entry.ended.is_none())
    }

    /// The highest number that was ever written.
    pub fn highest(&self) -> u64 {
        self.entries.keys().next_back().map_or(0, |number| number.0)
    }

    /// Whoever had asked is not told any more.
    pub fn restart(&mut self) {
        self.accepted.clear();
    }

    pub fn note(&mut self, turn: &Turn) -> Result<(), String> {
        for effect in turn.effects {
            match effect {
                Effect::Record(entry) => {
                    let before = self.entries.insert(entry.number, entry.clone());
                    let closed = before.is_some_and(|before| before.ended.is_some());
                    if closed {
                        return Err(format!("the line of call {} was closed", entry.number));
                    }
                }
                Effect::Reply(_, Reply::Admitted(number)) => self.admitted.push(*number),
                Effect::Reply(_, Reply::Accepted(id)) => {
                    if let Input::Request { requester, actions, .. } = turn.input {
                        self.accepted.insert(*id, (*requester, actions.len()));
                    }
                }
                _ => {}
            }
        }
        for effect in turn.effects {
            match effect {
                Effect::Change(change) => {
                    for (surface, finished) in &change.finished {
                        self.finished(Requester::Surface(*surface), finished)?;
                    }
                }
                Effect::Provider(provider, ProviderNews::Finished(finished)) => {
                    self.finished(Requester::Provider(*provider), finished)?;
                }
                _ => {}
            }
        }
        let runs: Vec<ProviderId> = turn.after.core.providers().map(|(id, ..)| id).collect();
        self.accepted.retain(|_, (requester, _)| match requester {
            Requester::Provider(provider) => runs.contains(provider),
            Requester::Surface(_) => true,
            Requester::Headset => false,
        });
        if self.accepted.len() > turn.after.core.pending_transactions() {
            return Err("a transaction is over and whoever asked was not told".into());
        }
        self.check_lines(turn)
    }

    fn finished(&mut self, requester: Requester, finished: &Finished) -> Result<(), String> {
        let id = finished.transaction;
        match self.accepted.remove(&id) {
            Some((asked, actions)) if asked == requester && actions == finished.results.len() => {
                Ok(())
            }
            known => Err(format!("transaction {id} of {known:?} finished as {finished:?}")),
        }
    }

    /// Every call that rang or was dialed has one line, open while it lives, that says who has the audio.
    fn check_lines(&self, turn: &Turn) -> Result<(), String> {
        let audio: Vec<CallNumber> = turn.after.core.audio_calls().map(|(call, _)| call).collect();
        for call in turn.after.calls.iter().filter(|call| call.started.is_some()) {
            let right = self.entries.get(&call.number).is_some_and(|entry| {
                entry.ended.is_none()
                    && entry.connected == call.connected
                    && entry.has_audio == audio.contains(&call.number)
            });
            if !right {
                return Err(format!("the line of call {} is not how it is", call.number));
            }
        }
        let live = self.live_entries().map(|entry| entry.number);
        let orphan = turn.after.core.remembers_calls();
        let lost = live.into_iter().find(|number| turn.after.call(*number).is_none());
        match lost {
            Some(number) if !orphan => Err(format!("call {number} is over and its line is open")),
            _ => Ok(()),
        }
    }

    /// Nothing lives any more.
    pub fn check_over(&self) -> Result<(), String> {
        if let Some((id, asked)) = self.accepted.iter().next() {
            return Err(format!("{asked:?} never heard of transaction {id}"));
        }
        if let Some(entry) = self.live_entries().next() {
            return Err(format!("the line of call {} was never closed", entry.number));
        }
        let missing = self.admitted.iter().find(|number| !self.entries.contains_key(number));
        match missing {
            Some(number) => Err(format!("call {number} was admitted and is not in recents")),
            None => Ok(()),
        }
    }
}
