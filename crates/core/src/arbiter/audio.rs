use super::Arbiter;
use super::turn::Turn;
use crate::effect::{AudioEffect, AudioStanding, Effect, ProviderNews};
use crate::transaction::Step;
use crate::words::{CallNumber, CallUuid, ProviderId, RingLevel, Verb};
use alloc::vec::Vec;

/// A call that has to do with the audio; kept apart from the call, which may be gone by the time its app is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    pub call: CallNumber,
    provider: ProviderId,
    uuid: CallUuid,
    /// Its app was told to start.
    pub granted: bool,
}

/// Who has the audio: one field, in one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Audio {
    /// Nobody.
    Idle,
    /// Kept up between two calls of one transaction, for this one, whose app may not start yet.
    Reserved(Owner),
    /// Up, or being brought up, for one call or the members of one group: never empty, lowest number first.
    Up(Vec<Owner>),
}

impl Audio {
    /// The calls it is up for.
    pub fn owners(&self) -> &[Owner] {
        match self {
            Self::Idle => &[],
            Self::Reserved(owner) => core::slice::from_ref(owner),
            Self::Up(owners) => owners,
        }
    }

    /// Whether it is for this call.
    pub fn is_for(&self, call: CallNumber) -> bool {
        self.owners().iter().any(|owner| owner.call == call)
    }

    /// How far each of them is.
    pub fn standings(&self) -> impl Iterator<Item = (CallNumber, AudioStanding)> {
        let reserved = matches!(self, Self::Reserved(_));
        self.owners().iter().map(move |owner| match (reserved, owner.granted) {
            (true, _) => (owner.call, AudioStanding::Reserved),
            (false, false) => (owner.call, AudioStanding::Up),
            (false, true) => (owner.call, AudioStanding::Granted),
        })
    }

    /// The first call whose app was told to start.
    pub fn granted(&self) -> Option<CallNumber> {
        self.owners().iter().find(|owner| owner.granted).map(|owner| owner.call)
    }
}

impl Arbiter {
    /// AUD-05: whether the tone of an end may begin, or, if one is heard, go on: not over somebody who talks or is about to,
    /// nor over a ring, nor beside an emergency.
    pub fn has_room_for_end(&self) -> bool {
        matches!(self.audio, Audio::Idle)
            && self.calls.foreground().is_empty()
            && self.arbitrating.is_none()
            && self.ring == RingLevel::Silent
            && self.emergency.is_none()
    }
}

impl Turn<'_> {
    /// AU-3, IN-3, OUT-1: the audio follows the fulfil of start, answer and resume, and goes with end and hold. MC-5: in
    /// a transaction it passes from one call to the next in one step. AU-5: who stays in a group keeps it.
    pub fn settle_audio(&mut self) {
        let calls = &self.core.calls;
        let first = calls.first_heard();
        let as_before = match (&self.core.audio, first) {
            (Audio::Idle, None) => true,
            (Audio::Up(owners), Some(first)) => match (&owners[..], calls.group_of(first)) {
                ([owner], None) => owner.call == first,
                (owners, _) => calls.heard().eq(owners.iter().map(|owner| owner.call)),
            },
            _ => false,
        };
        if as_before {
            return;
        }
        let mut heard: Vec<CallNumber> = calls.heard().collect();
        heard.sort_unstable();
        let before = core::mem::replace(&mut self.core.audio, Audio::Idle);
        let stays = |owner: &Owner| heard.contains(&owner.call);
        for owner in before.owners().iter().filter(|owner| owner.granted && !stays(owner)) {
            self.tell(owner.provider, ProviderNews::DidDeactivateAudio(owner.uuid));
        }
        let next = match heard.is_empty() {
            true => self.successor().map_or(Audio::Idle, Audio::Reserved),
            false => {
                let known = |call: &CallNumber| {
                    let up = matches!(before, Audio::Up(_)).then_some(before.owners());
                    up.into_iter().flatten().find(|owner| owner.call == *call).copied()
                };
                Audio::Up(
                    heard
                        .iter()
                        .filter_map(|call| known(call).or_else(|| self.owner(*call)))
                        .collect(),
                )
            }
        };
        self.say_audio(&before, &next);
        for owner in before.owners().iter().chain(next.owners()) {
            if before.is_for(owner.call) != next.is_for(owner.call)
                && self.core.calls.get(owner.call).is_some()
            {
                self.stale.insert(owner.call);
            }
        }
        self.core.audio = next;
    }

    /// AUD-05: a tone says it, where there is room for one.
    pub fn let_end_be_heard(&mut self) {
        let Some((call, tone)) = self.end_tone.take() else { return };
        if self.core.has_room_for_end() {
            self.mail.push(Effect::Audio(AudioEffect::EndTone(call, tone)));
        }
    }

    fn say_audio(&mut self, before: &Audio, next: &Audio) {
        if before == next {
            return;
        }
        let mut say = |effect| self.mail.push(Effect::Audio(effect));
        let leaves = |owner: &&Owner| !next.is_for(owner.call);
        match (before, next) {
            (_, Audio::Up(owners)) => {
                let kept =
                    |owner: &Owner| matches!(before, Audio::Up(_)) && before.is_for(owner.call);
                // If nobody stays, bringing up the next takes it from whoever had it.
                if owners.iter().any(kept) {
                    let left = before.owners().iter().filter(leaves);
                    left.for_each(|owner| say(AudioEffect::Deactivate(owner.call)));
                }
                let new = owners.iter().filter(|owner| !kept(owner));
                new.for_each(|owner| say(AudioEffect::Activate(owner.call)));
            }
            (_, Audio::Reserved(to)) => {
                if let Some((first, others)) = before.owners().split_first() {
                    others.iter().for_each(|owner| say(AudioEffect::Deactivate(owner.call)));
                    say(AudioEffect::HandOver(first.call, to.call));
                }
            }
            (_, Audio::Idle) => {
                before.owners().iter().for_each(|owner| say(AudioEffect::Deactivate(owner.call)));
            }
        }
    }

    /// The call that is to talk next by the running transaction: of a conversation that is resumed, the first.
    fn successor(&self) -> Option<Owner> {
        let transaction = self.core.transactions.get(self.core.arbitrating?)?;
        let talks =
            |step: &&Step| matches!(step.verb, Verb::Answer | Verb::Start | Verb::SetHeld(false));
        let next = transaction.steps.iter().skip(transaction.at).find(talks);
        self.owner(next.map(|step| step.call).or(transaction.target)?)
    }

    fn owner(&self, number: CallNumber) -> Option<Owner> {
        let call = self.core.calls.get(number)?;
        let uuid = call.facts.uuid;
        Some(Owner { call: number, provider: call.provider, uuid, granted: false })
    }

    /// AU-4: said again it means the same.
    pub fn audio_activated(&mut self, call: CallNumber) {
        let Audio::Up(owners) = &mut self.core.audio else { return };
        // The call may have lost it while it was being brought up.
        let Some(owner) = owners.iter_mut().find(|owner| owner.call == call) else { return };
        owner.granted = true;
        let (provider, uuid) = (owner.provider, owner.uuid);
        self.tell(provider, ProviderNews::DidActivateAudio(uuid));
    }
}
