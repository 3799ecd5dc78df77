use super::choices::Offers;
use super::plan::Plan;
use super::room::emptied;
use super::turn::{Turn, entry};
use crate::call::{HeldFor, State};
use crate::effect::{Change, Effect};
use crate::policy::AutoResume;
use crate::words::{CallNumber, RingLevel};
use alloc::vec::Vec;

impl Turn<'_> {
    /// Look at everything that follows from how the calls stand now, and say it all in order: entries first, so that
    /// nothing is told that is not remembered.
    pub fn settle(mut self) -> Vec<Effect> {
        self.resume_held();
        let mut effects = Vec::with_capacity(self.mail.len() + 4);
        let ring = self.ring();
        self.settle_audio();
        self.let_end_be_heard();
        let stale = self.stale.take();
        self.write_entries(&stale);
        if let [_] = self.records[..] {
            effects.extend(self.records.pop().map(Effect::Record));
        }
        // The sort is stable: of several entries of a call the last one stands.
        self.records.sort_by_key(|entry| entry.number);
        let mut records = self.records.drain(..).peekable();
        while let Some(entry) = records.next() {
            if records.peek().is_none_or(|next| next.number != entry.number) {
                effects.push(Effect::Record(entry));
            }
        }
        drop(records);
        let told = self.dirty.take();
        self.watch_new(&told);
        let change = self.change(&told);
        if !change.calls.is_empty() || !change.finished.is_empty() {
            effects.push(Effect::Change(change));
        }
        effects.extend(ring.map(Effect::Ring));
        effects.append(&mut self.mail);
        let room = &mut self.core.room;
        room.records = emptied(self.records);
        room.dirty = emptied(told);
        room.stale = emptied(stale);
        room.mail = emptied(self.mail);
        effects
    }

    /// MC-12, MC-13: which held call, if any, takes its place again by itself.
    fn resume_held(&mut self) {
        let calls = &self.core.calls;
        // EMG-07: nor while an emergency call is not over, though it may be ending.
        if self.core.emergency.is_some() {
            return;
        }
        // What made room for a call that was never connected gets its place back, whoever ended that call.
        let made_room = |failed: &CallNumber| {
            let for_it = |number: &CallNumber| {
                let held = Some(State::Held(HeldFor::Room(*failed)));
                calls.get(*number).map(|call| call.state) == held
            };
            calls.held().iter().find(for_it)
        };
        if let Some(number) = self.dial_failed.iter().find_map(made_room) {
            return self.resume(number);
        }
        let Some(provider) = self.user_ended else { return };
        let (Some(number), None) = calls.held_pair() else { return };
        let Some(call) = calls.get(number) else { return };
        let by_service = matches!(call.state, State::Held(HeldFor::Room(_)));
        let wanted = match self.core.policy.auto_resume {
            AutoResume::Any => true,
            AutoResume::SameProvider => call.provider == provider,
            AutoResume::Never => false,
        };
        if by_service && wanted && calls.ringing().is_empty() {
            self.resume(number);
        }
    }

    /// UI-8: loud only when nobody talks. It follows what is left, without restart or gap.
    fn ring(&mut self) -> Option<RingLevel> {
        let calls = &self.core.calls;
        let audible = |number: CallNumber| {
            let state = calls.get(number).map(|call| call.state);
            matches!(state, Some(State::Ringing { silenced: false, .. }))
        };
        let level = match calls.ringing().iter().any(audible) {
            false => RingLevel::Silent,
            true if calls.foreground().is_empty() && calls.held().is_empty() => RingLevel::Loud,
            true => RingLevel::Waiting,
        };
        (level != core::mem::replace(&mut self.core.ring, level)).then_some(level)
    }

    fn write_entries(&mut self, stale: &[CallNumber]) {
        for &number in stale {
            let Some(call) = self.core.calls.get(number) else { continue };
            // An outgoing call gets its entry when it dials.
            if call.started.is_some() {
                let entry = entry(call, self.core.audio.is_for(number), self.now.date);
                self.records.push(entry);
            }
        }
    }

    fn change(&mut self, told: &[CallNumber]) -> Change {
        let mut others = core::mem::take(&mut self.core.room.others);
        let affected = if self.rearranged {
            // What can be done with these depends on the others.
            others.extend(told);
            others.extend(self.core.calls.ringing().iter());
            others.extend(self.core.calls.held().iter());
            others.extend(self.core.calls.foreground().iter());
            others.sort_unstable();
            others.dedup();
            &others
        } else {
            told
        };
        let mut calls = core::mem::take(&mut self.ended);
        let mut choices = core::mem::take(&mut self.core.room.choices);
        let mut plan = core::mem::take(&mut self.core.room.plan);
        let mut standing = None;
        for &number in affected {
            let Some(call) = self.core.calls.get(number) else { continue };
            let state = call.public_state();
            let moved = call.shown != Some(state);
            // What can be done is worked out only where it can be something else than before.
            let worked_out = moved || self.rearranged;
            if worked_out {
                let core = &*self.core;
                let standing = *standing.get_or_insert_with(|| core.standing());
                let mut offers =
                    Offers { core, standing, plan: Plan::within(core, standing, plan) };
                offers.of(call, &mut choices);
                plan = offers.plan.into_room();
            }
            let differs = worked_out && (moved || choices[..] != call.choices[..]);
            if differs && let Some(call) = self.core.calls.get_mut(number) {
                call.choices_revision += 1;
                call.shown = Some(state);
                call.choices = choices[..].into();
            }
            if (differs || told.binary_search(&number).is_ok())
                && let Some(call) = self.core.calls.get(number)
            {
                if calls.is_empty() {
                    calls.reserve_exact(affected.len());
                }
                calls.push(self.core.view(call));
            }
        }
        calls.sort_by_key(|call| call.number);
        self.core.room.others = emptied(others);
        self.core.room.choices = emptied(choices);
        self.core.room.plan = plan;
        Change { calls, finished: core::mem::take(&mut self.finished) }
    }
}
