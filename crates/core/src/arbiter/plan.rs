//! What answering, starting or resuming would take: the same answer for doing it and for offering it.

use super::Arbiter;
use crate::call::{Call, State};
use crate::transaction::Step;
use crate::words::{CallNumber, ProviderId, RequestError, Verb};
use alloc::vec::Vec;

/// The steps of a transaction, and how the calls would stand after them.
#[derive(Clone, Debug)]
pub(super) struct Plan<'a> {
    pub core: &'a Arbiter,
    pub steps: Vec<Step>,
    /// Who would talk.
    pub talking: Option<CallNumber>,
    /// The last call that was brought to talk.
    pub target: Option<CallNumber>,
    /// Groups that are held; a call in none counts as one.
    pub held: usize,
    held_before: usize,
    gone: Vec<CallNumber>,
    added: Vec<ProviderId>,
    /// Whose groups there are fewer of.
    pub removed: Vec<ProviderId>,
    /// The call whose dialed digits go out.
    pub digits: Option<CallNumber>,
}

/// Room in memory of a plan that is not needed any more.
#[derive(Debug, Default)]
pub(super) struct PlanRoom {
    steps: Vec<Step>,
    gone: Vec<CallNumber>,
    added: Vec<ProviderId>,
    removed: Vec<ProviderId>,
}

/// How the calls stand before a plan: looked up once for many of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    talking: Option<CallNumber>,
    held: usize,
}

impl Arbiter {
    pub(super) fn standing(&self) -> Standing {
        Standing { talking: self.calls.talking(), held: self.calls.held_groups().count() }
    }
}

impl<'a> Plan<'a> {
    /// The same, from the beginning; its room is used again.
    pub fn begin_again(&mut self, standing: Standing) {
        self.clear();
        (self.talking, self.target, self.digits) = (standing.talking, None, None);
        (self.held, self.held_before) = (standing.held, standing.held);
    }

    pub fn new(core: &'a Arbiter, standing: Standing) -> Self {
        Self::within(core, standing, PlanRoom::default())
    }

    /// One that uses room which others had.
    pub fn within(core: &'a Arbiter, standing: Standing, room: PlanRoom) -> Self {
        let PlanRoom { steps, gone, added, removed } = room;
        Self {
            core,
            steps,
            talking: standing.talking,
            target: None,
            held: standing.held,
            held_before: standing.held,
            gone,
            added,
            removed,
            digits: None,
        }
    }

    /// Its room, for another one.
    pub fn into_room(mut self) -> PlanRoom {
        self.clear();
        let Self { steps, gone, added, removed, .. } = self;
        PlanRoom { steps, gone, added, removed }
    }

    fn clear(&mut self) {
        self.steps.clear();
        self.gone.clear();
        self.added.clear();
        self.removed.clear();
    }

    pub(super) fn step(&mut self, call: CallNumber, verb: Verb, requested: Option<usize>) {
        self.steps.push(Step { call, verb, requested, forced: false });
    }

    /// MC-2, MC-6, MC-7: whoever talks is held first, where that is possible.
    fn make_room(&mut self, outgoing: bool) -> Result<(), RequestError> {
        let Some(talking) = self.talking else { return Ok(()) };
        let state = self.core.calls.get(talking).map(|call| call.state);
        match state {
            Some(State::Active) => self.hold(talking, None, None),
            Some(State::Dialing { .. } | State::Starting) | None if outgoing => {
                Err(RequestError::MaximumOutgoingCallsReached)
            }
            // It is being answered this moment; in a moment it can be held.
            Some(State::Answering { .. }) => Err(RequestError::TransactionInProgress),
            _ => Err(RequestError::CannotHold),
        }
    }

    /// EMG-07, EMG-09: while an emergency call goes on, nothing else starts, is answered or resumes, and it is not held.
    pub(super) fn check_emergency(&self) -> Result<(), RequestError> {
        match self.core.emergency {
            Some(_) => Err(RequestError::EmergencyCallInProgress),
            None => Ok(()),
        }
    }

    /// Hold this call and who is together with it, but for `spared`; the last of them does what was requested.
    pub(super) fn hold(
        &mut self,
        number: CallNumber,
        spared: Option<CallNumber>,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        let core = self.core;
        let active = |member: &CallNumber| {
            Some(*member) != spared && !self.gone.contains(member) && self.talks(*member)
        };
        let members: Vec<CallNumber> = core.calls.together(number).filter(active).collect();
        let holds = |member: &CallNumber| {
            core.calls.get(*member).is_some_and(|call| call.facts.capabilities.holding)
        };
        if !members.iter().all(holds) {
            return Err(RequestError::CannotHold);
        }
        for (at, member) in members.iter().enumerate() {
            let last = at + 1 == members.len();
            self.step(*member, Verb::SetHeld(true), requested.filter(|_| last));
        }
        self.held += 1;
        if self.talking.is_some_and(|talking| core.calls.are_together(talking, number)) {
            self.talking = None;
        }
        Ok(())
    }

    /// MC-18: an app has no more groups at once than it said it can have.
    pub(super) fn check_groups(&mut self, provider: ProviderId) -> Result<(), RequestError> {
        let of = self.core.providers.get(provider).ok_or(RequestError::UnknownCallProvider)?;
        let times = |list: &[ProviderId]| list.iter().filter(|other| **other == provider).count();
        self.added.push(provider);
        let groups = (self.core.calls.groups(provider) + times(&self.added))
            .saturating_sub(times(&self.removed));
        match groups > of.configuration.maximum_call_groups {
            true => Err(RequestError::MaximumCallGroupsReached),
            false => Ok(()),
        }
    }

    pub fn answer(
        &mut self,
        call: CallNumber,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        let ringing = self.core.calls.get(call).ok_or(RequestError::UnknownCallUuid)?;
        if !ringing.is_ringing() || self.gone.contains(&call) {
            return Err(RequestError::InvalidAction);
        }
        self.check_emergency()?;
        self.make_room(false)?;
        self.check_groups(ringing.provider)?;
        self.step(call, Verb::Answer, requested);
        self.talking = Some(call);
        self.target = Some(call);
        Ok(())
    }

    /// `call` is the number the new call will have.
    pub fn start(
        &mut self,
        call: CallNumber,
        provider: ProviderId,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        self.check_emergency()?;
        self.make_room(true)?;
        self.check_groups(provider)?;
        self.step(call, Verb::Start, requested);
        self.talking = Some(call);
        self.target = Some(call);
        Ok(())
    }

    pub fn set_held(
        &mut self,
        number: CallNumber,
        held: bool,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        let call = self.core.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
        if self.gone.contains(&number) {
            return Err(RequestError::InvalidAction);
        }
        self.check_emergency()?;
        match call.state {
            State::Active | State::Held(_) if self.is_held(number) == held => {
                // Wanted and so already: done without asking anybody.
                self.step(number, Verb::SetHeld(held), requested);
            }
            State::Active | State::Held(_) if held => self.hold(number, None, requested)?,
            State::Active | State::Held(_) => self.resume(number, requested)?,
            _ => return Err(RequestError::InvalidAction),
        }
        Ok(())
    }

    /// Take this call and who is together with it from hold; the last of them does what was requested.
    fn resume(&mut self, number: CallNumber, requested: Option<usize>) -> Result<(), RequestError> {
        let core = self.core;
        if !self.talking.is_some_and(|talking| core.calls.are_together(talking, number)) {
            self.make_room(true)?;
            self.held = self.held.saturating_sub(1);
        }
        let held = |member: &CallNumber| !self.gone.contains(member) && self.is_held(*member);
        let members: Vec<CallNumber> = core.calls.together(number).filter(held).collect();
        for (at, member) in members.iter().enumerate() {
            let last = at + 1 == members.len();
            self.step(*member, Verb::SetHeld(false), requested.filter(|_| last));
        }
        self.talking = Some(number);
        self.target = Some(number);
        Ok(())
    }

    pub fn end(
        &mut self,
        number: CallNumber,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        let core = self.core;
        let call = core.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
        let stays = |member: &CallNumber| {
            *member != number
                && !self.gone.contains(member)
                && core.calls.get(*member).is_some_and(|call| !call.is_ending())
        };
        let rest: Option<CallNumber> = core.calls.together(number).find(stays);
        let talks = |rest: &CallNumber| core.calls.get(*rest).is_some_and(Call::talks);
        let talks_on = core.calls.together(number).find(|member| stays(member) && talks(member));
        if self.is_held(number) && rest.is_none() {
            self.held = self.held.saturating_sub(1);
        }
        if !call.is_ringing() && !call.is_ending() && !self.gone.contains(&number) {
            self.gone.push(number);
            if rest.is_none() {
                self.removed.push(call.provider);
            }
        }
        if self.talking == Some(number) {
            self.talking = talks_on;
        }
        self.step(number, Verb::End(call.end_kind()), requested);
        Ok(())
    }

    /// Whether the call is held once the steps so far are done.
    pub(super) fn is_held(&self, number: CallNumber) -> bool {
        let held = |step: &Step| match step.verb {
            Verb::SetHeld(held) if step.call == number => Some(held),
            _ => None,
        };
        let planned = self.steps.iter().rev().find_map(held);
        planned.unwrap_or_else(|| self.core.calls.get(number).is_some_and(Call::is_held))
    }

    /// Whether it is answered and not held then.
    fn talks(&self, number: CallNumber) -> bool {
        let call = self.core.calls.get(number);
        call.is_some_and(|call| matches!(call.state, State::Active | State::Held(_)))
            && !self.is_held(number)
    }

    pub(super) fn is_gone(&self, number: CallNumber) -> bool {
        self.gone.contains(&number)
    }

    /// End this call and who is together with it; the last of them does what was requested.
    pub fn end_group(
        &mut self,
        number: CallNumber,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        let members: Vec<CallNumber> = self.core.calls.together(number).collect();
        for (at, member) in members.iter().enumerate() {
            let last = at + 1 == members.len();
            self.end(*member, requested.filter(|_| last))?;
        }
        Ok(())
    }

    /// MC-8: never more held calls than the rule says, unless the far side already brought that about.
    pub fn check_held(&self) -> Result<(), RequestError> {
        match self.held > self.core.policy.held.max(self.held_before) {
            true => Err(RequestError::MaximumCallGroupsReached),
            false => Ok(()),
        }
    }

    /// MC-20: a merge or a split comes last in its request. What would come behind it is worked out with conversations that
    /// are not so any more by then.
    pub fn check_regroups(&self) -> Result<(), RequestError> {
        match self.steps.last().is_some_and(|step| matches!(step.verb, Verb::SetGroup(_))) {
            true => Err(RequestError::InvalidAction),
            false => Ok(()),
        }
    }

    /// The call that is held to make room, if one is.
    pub fn holds(&self) -> Option<CallNumber> {
        let made = |step: &&Step| step.verb == Verb::SetHeld(true) && step.requested.is_none();
        // Of a group that one leaves, that one is not who is held: the first who is stands for it.
        self.steps.iter().find(made).map(|step| step.call)
    }
}
