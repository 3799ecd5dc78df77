use super::print::verb_words;
use super::run::{BEGIN, Stage};
use super::{Does, Flow, FlowError, Line, Names, Step};
use crate::arbiter::Arbiter;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Parties whose lines count only in flows that name them.
const OPTIONAL: [&str; 5] = ["ring", "audio", "recents", "choices", "screen"];

/// Plays a flow on a fresh arbiter, one step for each call of `next`. Between the steps it can be asked how things stand.
///
/// The invariants are checked after each input. A step that cannot be played at all is an error, and the last one.
#[derive(Clone, Debug)]
pub struct Player<'a> {
    flow: &'a Flow,
    stage: Stage,
    named: BTreeSet<&'a str>,
    at: usize,
}

/// A step that was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played<'a> {
    /// The step as it is written.
    pub step: &'a Step,
    /// What was said, as far as the flow names the party.
    pub said: Vec<Line>,
    /// What was said otherwise than it is written.
    pub otherwise: Option<String>,
}

/// An action that an app was asked to perform and has not completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The app.
    pub party: String,
    /// What it was asked.
    pub words: String,
    /// Milliseconds left for it.
    pub left_ms: u64,
}

impl Flow {
    /// To play it step by step.
    pub fn player(&self) -> Player<'_> {
        let lines = self.steps.iter().flat_map(|step| &step.expected);
        let named = lines.map(|line| line.party.as_str()).collect();
        Player { flow: self, stage: Stage::new(), named, at: 0 }
    }
}

impl Player<'_> {
    /// The arbiter as it is now.
    pub fn arbiter(&self) -> &Arbiter {
        &self.stage.core
    }

    /// What the flow calls its parties and calls.
    pub fn names(&self) -> &Names {
        &self.stage.names
    }

    /// Milliseconds since the flow began.
    pub fn elapsed_ms(&self) -> u64 {
        self.stage.at.saturating_sub(BEGIN)
    }

    /// What apps were asked and have not done, in the order they were asked.
    pub fn pending(&self) -> Vec<Pending> {
        let all = self.stage.core.performing.iter();
        let pending = all.map(|(_, performing)| Pending {
            party: self.stage.names.provider(performing.provider).to_string(),
            words: verb_words(
                &performing.verb,
                &self.stage.names.call(performing.uuid),
                &self.stage.names,
            ),
            left_ms: performing.deadline.0.saturating_sub(self.stage.at),
        });
        pending.collect()
    }
}

impl<'a> Iterator for Player<'a> {
    type Item = Result<Played<'a>, FlowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.flow.steps.get(self.at)?;
        self.at += 1;
        match self.stage.play(&step.does) {
            Ok(mut said) => {
                if matches!(step.does, Does::Given(..)) {
                    said.clear();
                }
                said.retain(|line| {
                    let party = line.party.as_str();
                    !OPTIONAL.contains(&party) || self.named.contains(party)
                });
                let otherwise = otherwise(step, &said);
                Some(Ok(Played { step, said, otherwise }))
            }
            Err(what) => {
                self.at = self.flow.steps.len();
                Some(Err(FlowError { flow: Some(self.flow.name.clone()), line: step.line, what }))
            }
        }
    }
}

/// Each party by itself: what is said to one waits for nobody else.
fn otherwise(step: &Step, said: &[Line]) -> Option<String> {
    let mut parties: BTreeSet<&str> = BTreeSet::new();
    parties.extend(step.expected.iter().chain(said).map(|line| line.party.as_str()));
    for party in parties {
        let of = |lines: &[Line]| -> Vec<String> {
            let own = lines.iter().filter(|line| line.party == party);
            own.map(|line| line.words.clone()).collect()
        };
        if of(&step.expected) != of(said) {
            let said: Vec<String> = said.iter().map(|line| format!("    {line}")).collect();
            let said = said.join("\n");
            return Some(format!("`{party}` is told otherwise. All that was said:\n{said}"));
        }
    }
    None
}
