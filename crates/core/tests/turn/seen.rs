//! What can be seen of an arbiter.

use hookswitch_core::words::{
    ActionId, CallNumber, CallState, CallUuid, Direction, ProviderId, Timestamp, Verb,
};
use hookswitch_core::{Arbiter, CallView};
use std::collections::{BTreeMap, BTreeSet};

/// An action that an app was asked to perform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub provider: ProviderId,
    pub number: CallNumber,
    pub call: CallUuid,
    pub verb: Verb,
    pub deadline: Timestamp,
}

/// An arbiter, and what can be seen of it.
#[derive(Clone)]
pub struct Seen {
    pub core: Arbiter,
    pub calls: Vec<CallView>,
    pub asked: BTreeMap<ActionId, Asked>,
    pub audio: BTreeSet<CallNumber>,
    pub granted: BTreeSet<CallNumber>,
}

impl Seen {
    pub fn of(core: Arbiter) -> Self {
        let asked = core.performs().map(|(action, provider, number, call, verb, deadline)| {
            (action, Asked { provider, number, call, verb: verb.clone(), deadline })
        });
        Self {
            calls: core.calls(),
            asked: asked.collect(),
            audio: core.audio_calls().map(|(call, _)| call).collect(),
            granted: core.audio_calls().filter(|(_, granted)| *granted).map(|(c, _)| c).collect(),
            core,
        }
    }

    pub fn call(&self, number: CallNumber) -> Option<&CallView> {
        self.calls.iter().find(|call| call.number == number)
    }

    pub fn named(&self, provider: ProviderId, uuid: CallUuid) -> Option<&CallView> {
        self.calls.iter().find(|call| call.provider == provider && call.facts.uuid == uuid)
    }

    pub fn knows(&self, provider: ProviderId) -> bool {
        self.core.providers().any(|(id, ..)| id == provider)
    }

    pub fn emergency(&self) -> Option<&CallView> {
        let is = |call: &&CallView| call.facts.emergency && call.direction() == Direction::Outgoing;
        self.calls.iter().find(is)
    }

    pub fn count(&self, is: impl Fn(&CallView) -> bool) -> usize {
        self.calls.iter().filter(|call| is(call)).count()
    }

    /// Conversations that somebody waits in, and will for a while. With `all`, also those that end, in which others talk,
    /// or that something is pending for: as many as there were when that was asked for.
    pub fn held(&self, all: bool) -> usize {
        let of = |state: CallState| {
            let all = self.calls.iter().filter(move |call| call.state == state);
            all.map(|call| self.lead(call)).collect::<BTreeSet<_>>()
        };
        let (held, talking) = (of(CallState::Held), of(CallState::Active));
        let ending = of(CallState::Ending);
        if all {
            return held.union(&ending).count();
        }
        // While one of them ends, or its app is still at a hold, what was to follow waits.
        let moves = self.asked.values().filter(|asked| matches!(asked.verb, Verb::SetHeld(_)));
        let moves = moves.filter_map(|asked| self.call(asked.number));
        let moving: BTreeSet<CallNumber> = moves.map(|call| self.lead(call)).collect();
        let stays =
            |lead: &&CallNumber| ![&talking, &ending, &moving].iter().any(|of| of.contains(lead));
        held.iter().filter(stays).count()
    }

    pub fn lead(&self, call: &CallView) -> CallNumber {
        let same = |other: &&CallView| call.group.is_some() && other.group == call.group;
        let mut members = self.calls.iter().filter(same);
        let stays = |member: &&CallView| member.state != CallState::Ending;
        let lead = members.clone().find(stays).or(members.next());
        lead.map_or(call.number, |lead| lead.number)
    }

    /// Conversations of this app that are answered or being dialed; with those that are about to be, if `coming`: they may
    /// take the place of one that is about to end.
    pub fn groups(&self, provider: ProviderId, coming: bool) -> usize {
        let stands = |call: &&CallView| match call.state {
            CallState::Answering | CallState::Starting => coming && call.provider == provider,
            CallState::Ringing | CallState::Ending => false,
            _ => call.provider == provider,
        };
        let leads = self.calls.iter().filter(stands).map(|call| self.lead(call));
        leads.collect::<BTreeSet<_>>().len()
    }
}
