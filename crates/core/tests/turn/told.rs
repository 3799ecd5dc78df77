//! What audio, ringer, recents and surfaces are told is what is so.

use super::Turn;
use hookswitch_core::words::{CallNumber, CallState, RingLevel};
use hookswitch_core::{AudioEffect, CallView, Change, Effect, ProviderNews};
use std::collections::{BTreeMap, BTreeSet};

impl Turn<'_> {
    /// One conversation at most has the audio at any moment, and nobody keeps it who does not talk.
    pub(super) fn check_audio(&self) -> Result<(), String> {
        let of = |provider, uuid| {
            let now = self.after.named(provider, uuid);
            now.or_else(|| self.before.named(provider, uuid)).map(|call| call.number)
        };
        let together = |one: CallNumber, other: CallNumber| {
            let group = |number| self.after.call(number).and_then(|call| call.group);
            one == other || group(one).is_some() && group(one) == group(other)
        };
        let (mut up, mut granted) = (self.before.audio.clone(), self.before.granted.clone());
        for effect in self.effects {
            match effect {
                Effect::Audio(AudioEffect::Activate(call)) => {
                    up.retain(|other| together(*call, *other));
                    up.insert(*call);
                }
                Effect::Audio(AudioEffect::Deactivate(call)) => {
                    up.remove(call);
                }
                Effect::Audio(AudioEffect::HandOver(_, to)) => up = BTreeSet::from([*to]),
                Effect::Provider(provider, ProviderNews::DidActivateAudio(uuid)) => {
                    let call = of(*provider, *uuid).ok_or("audio for a call nobody knows")?;
                    let other = granted.iter().find(|other| !together(call, **other));
                    ensure!(other.is_none(), "calls {call} and {other:?} have the audio");
                    granted.insert(call);
                }
                Effect::Provider(provider, ProviderNews::DidDeactivateAudio(uuid)) => {
                    let call = of(*provider, *uuid).ok_or("audio off for a call nobody knows")?;
                    ensure!(granted.remove(&call), "call {call} had no audio to lose");
                }
                _ => {}
            }
        }
        let gone = |call: &CallNumber| {
            let provider = self.before.call(*call).map(|call| call.provider);
            provider.is_some_and(|provider| !self.after.knows(provider))
        };
        granted.retain(|call| !gone(call));
        ensure!(up == self.after.audio, "audio was told {up:?}, not {:?}", self.after.audio);
        let right = &self.after.granted;
        ensure!(granted == *right, "apps were told audio for {granted:?}, not {right:?}");
        Ok(())
    }

    pub(super) fn check_ring(&self) -> Result<(), String> {
        let told = self.effects.iter().filter_map(|effect| match effect {
            Effect::Ring(level) => Some(*level),
            _ => None,
        });
        let told: Vec<RingLevel> = told.collect();
        let (before, after) = (self.before.core.ring_level(), self.after.core.ring_level());
        let right: Vec<RingLevel> = (before != after).then_some(after).into_iter().collect();
        ensure!(told == right, "the ringer is told {told:?}, not {right:?}");
        Ok(())
    }

    /// A line of recents is opened while its call lives and closed once, when it ends.
    pub(super) fn check_recents(&self) -> Result<(), String> {
        let mut closed = BTreeSet::new();
        let mut written = BTreeSet::new();
        for effect in self.effects {
            let Effect::Record(entry) = effect else { continue };
            let number = entry.number;
            ensure!(written.insert(number), "call {number} has two lines in one turn");
            ensure!(
                entry.connected.is_none_or(|at| at >= entry.started),
                "{number} runs backwards"
            );
            let Some(ended) = entry.ended else {
                let call = self.after.call(number);
                let call = call.ok_or(format!("a line for call {number}, which is over"))?;
                let fits = (entry.connected, entry.video) == (call.connected, call.facts.video)
                    && entry.has_audio == self.after.audio.contains(&number);
                ensure!(fits, "the line of call {number} is not how it is");
                continue;
            };
            ensure!(entry.connected.is_none_or(|at| ended >= at), "{number} runs backwards");
            ensure!(ended >= entry.started && !entry.has_audio, "{number} runs backwards");
            ensure!(self.after.call(number).is_none(), "call {number} is closed and lives");
            closed.insert(number);
        }
        for call in self.before.calls.iter().filter(|call| self.after.call(call.number).is_none()) {
            let due = call.started.is_some();
            ensure!(!due || closed.contains(&call.number), "call {} has no line", call.number);
        }
        for call in &self.after.calls {
            let before = self.before.call(call.number);
            let differs = before.is_none_or(|before| {
                (before.started, before.connected) != (call.started, call.connected)
                    || self.before.audio.contains(&call.number)
                        != self.after.audio.contains(&call.number)
            });
            let due = differs && call.started.is_some();
            ensure!(!due || written.contains(&call.number), "call {} is not written", call.number);
        }
        // What did not live is a call that was refused, which has a new number, or one that nobody adopted.
        let newest = self.before.calls.last().map(|call| call.number);
        let again = closed.iter().find(|number| {
            self.before.call(**number).is_none() && newest.is_some_and(|newest| **number < newest)
        });
        let adopts = self.before.core.remembers_calls();
        ensure!(again.is_none() || adopts, "the line of call {again:?} is closed twice");
        Ok(())
    }

    /// Whoever follows the changes sees the calls as they are.
    pub(super) fn check_picture(&self) -> Result<(), String> {
        let mut picture: BTreeMap<CallNumber, CallView> =
            self.before.calls.iter().map(|call| (call.number, call.clone())).collect();
        let changes: Vec<&Change> = self.effects.iter().filter_map(change).collect();
        ensure!(changes.len() <= 1, "two changes in one turn");
        for view in changes.iter().flat_map(|change| &change.calls) {
            let number = view.number;
            let before = picture.insert(number, view.clone());
            let known = self.before.call(number);
            ensure!(before.as_ref() == known, "call {number} changes twice in one turn");
            let ended = view.state == CallState::Ended;
            ensure!(ended == view.ended.is_some(), "call {number} ended without a reason");
            let raised = known.is_none_or(|known| view.choices_revision > known.choices_revision);
            let differs = known
                .is_none_or(|known| (known.state, &known.choices) != (view.state, &view.choices));
            ensure!(raised == differs, "the revision of call {number} does not say what changed");
            if ended {
                ensure!(view.choices.is_empty(), "something is offered for ended call {number}");
                picture.remove(&number);
            }
        }
        let after: BTreeMap<CallNumber, CallView> =
            self.after.calls.iter().map(|call| (call.number, call.clone())).collect();
        for (number, call) in &after {
            let shown = picture.get(number);
            let differs = shown.map_or("all", |shown| differs(call, shown));
            ensure!(differs.is_empty(), "call {number} is not shown as it is: {differs}");
        }
        ensure!(picture.len() == after.len(), "a call that is over is still shown");
        Ok(())
    }
}

/// What of two views of a call is not the same.
fn differs(one: &CallView, other: &CallView) -> &'static str {
    match () {
        () if one == other => "",
        () if one.provider != other.provider => "who has it",
        () if one.state != other.state => "its state",
        () if one.facts != other.facts => "its facts",
        () if (one.group, one.group_connected) != (other.group, other.group_connected) => {
            "its group"
        }
        () if one.choices != other.choices => "its choices",
        () if one.capabilities != other.capabilities => "what can be done with it",
        () => "something",
    }
}

fn change(effect: &Effect) -> Option<&Change> {
    match effect {
        Effect::Change(change) => Some(change),
        _ => None,
    }
}
