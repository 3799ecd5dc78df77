use super::{Does, Step};
use crate::words::CallState;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// How things stand somewhere in a journal, as far as its lines say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether it is known at all: not before the first mark, or the first start of the service.
    pub known: bool,
    /// Knobs that are not as by default.
    pub policy: Vec<(String, String)>,
    /// What each registered app said about itself.
    pub registered: BTreeMap<String, Vec<String>>,
    live: BTreeSet<String>,
    /// Calls that ended, and whose app was asked to end them.
    ending: BTreeSet<(String, String)>,
}

impl Standing {
    /// Whether no call lives, and no app has still to end one.
    pub fn is_idle(&self) -> bool {
        self.known && self.live.is_empty() && self.ending.is_empty()
    }

    /// What the comments above a step say; they are of a journal, not of a flow, and do not stay.
    pub fn mark(&mut self, step: &Step) {
        let mut lines = step.comments.iter().skip_while(|comment| *comment != MARK);
        if lines.next().is_none() {
            return;
        }
        let before = core::mem::take(self);
        self.known = true;
        for line in lines {
            let Some(line) = line.strip_prefix("| ") else { continue };
            let mut words = line.split_whitespace().map(ToString::to_string);
            match (words.next().as_deref(), line.split_once(" : register")) {
                (Some("policy"), _) => {
                    let knob = words.next().unwrap_or_default();
                    let (knob, value) = knob.split_once('=').unwrap_or((&knob, ""));
                    self.policy.push((knob.to_string(), value.to_string()));
                }
                (Some("live"), _) => self.live.extend(words),
                (Some(party), Some((_, words))) => {
                    let words = words.split_whitespace().map(ToString::to_string);
                    self.registered.insert(party.to_string(), words.collect());
                }
                _ => {}
            }
        }
        // A service that comes back says which calls it remembers; until then they are what they were.
        if matches!(step.does, Does::Restart(_)) {
            self.known = before.known;
            self.live = before.live;
            self.ending = before.ending;
            self.registered = before.registered;
        }
    }

    /// What a step changes.
    pub fn pass(&mut self, step: &Step) {
        match &step.does {
            Does::Restart(with) => {
                self.registered.clear();
                self.ending.clear();
                if let Some(words) = with {
                    self.known = true;
                    let calls = words.split(|word| word == ";").filter_map(|words| words.get(1));
                    self.live = calls.cloned().collect();
                }
            }
            Does::Input(party, words) => self.input(party, words, step),
            // A journal has none.
            Does::Given(..)
            | Does::Policy(..)
            | Does::AudioByHand
            | Does::After(_)
            | Does::Asleep(_) => {}
        }
        for line in &step.expected {
            let words: Vec<&str> = line.words.split(' ').collect();
            match (line.party.as_str(), &words[..]) {
                ("ui", ["ended", call, ..]) => drop(self.live.remove(*call)),
                ("ui", [state, call]) if CallState::from_name(state).is_some() => {
                    self.live.insert((*call).to_string());
                }
                ("recents", [call, _, reason, ..]) if *reason != "live" => {
                    self.live.remove(*call);
                }
                (party, ["perform", "end", call, ..]) => {
                    self.ending.insert((party.to_string(), (*call).to_string()));
                }
                (party, ["timed", "out", "end", call, ..]) => {
                    self.ending.remove(&(party.to_string(), (*call).to_string()));
                }
                _ => {}
            }
        }
    }

    fn input(&mut self, party: &str, words: &[String], step: &Step) {
        let refused = |line: &super::Line| line.party == party && line.words.starts_with("refused");
        let refused = step.expected.iter().any(refused);
        let [first, rest @ ..] = words else { return };
        match (first.as_str(), rest) {
            ("register" | "configure", rest) if !refused => {
                self.registered.insert(party.to_string(), rest.to_vec());
            }
            ("invalidate" | "lost", _) if !refused => {
                self.registered.remove(party);
                self.ending.retain(|(of, _)| of != party);
            }
            ("fulfill" | "fail", [verb, call, ..]) if verb == "end" && !refused => {
                self.ending.remove(&(party.to_string(), call.clone()));
            }
            _ => {}
        }
    }
}

/// The comment under which a journal says how things stand.
pub(super) const MARK: &str = "from here:";

/// The comments that are no part of a journal's marks.
pub(super) fn other_comments(comments: &[String]) -> Vec<String> {
    let ours = |comment: &&String| *comment == MARK || comment.starts_with("| ");
    comments.iter().filter(|comment| !ours(comment)).cloned().collect()
}
