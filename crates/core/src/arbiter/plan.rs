//! What answering, starting or resuming would take: the same answer for doing it and for offering it.

use super::Arbiter;
use crate::call::State;
use crate::transaction::Step;
use crate::words::{CallNumber, ProviderId, RequestError, Verb};
use alloc::vec::Vec;

/// The steps of a transaction, and how the calls would stand after them.
#[derive(Clone, Debug)]
pub(super) struct Plan<'a> {
    core: &'a Arbiter,
    pub steps: Vec<Step>,
    /// Who would talk.
    pub talking: Option<CallNumber>,
    /// The last call that was brought to talk.
    pub target: Option<CallNumber>,
    held: usize,
    gone: Vec<CallNumber>,
    added: Vec<ProviderId>,
}

impl<'a> Plan<'a> {
    pub fn new(core: &'a Arbiter) -> Self {
        Self {
            core,
            steps: Vec::new(),
            talking: core.calls.talking(),
            target: None,
            held: core.calls.held().len(),
            gone: Vec::new(),
            added: Vec::new(),
        }
    }

    fn step(&mut self, call: CallNumber, verb: Verb, requested: Option<usize>) {
        self.steps.push(Step { call, verb, requested, forced: false });
    }

    /// MC-2, MC-6, MC-7: whoever talks is held first, where that is possible.
    fn make_room(&mut self, outgoing: bool) -> Result<(), RequestError> {
        let Some(talking) = self.talking else { return Ok(()) };
        let state = self.core.calls.get(talking).map(|call| (call.state, call.facts.capabilities));
        match state {
            Some((State::Active, can)) if can.holding => {
                self.step(talking, Verb::SetHeld(true), None);
                self.held += 1;
                self.talking = None;
                Ok(())
            }
            Some((State::Dialing { .. } | State::Starting, _)) | None if outgoing => {
                Err(RequestError::MaximumOutgoingCallsReached)
            }
            // It is being answered this moment; in a moment it can be held.
            Some((State::Answering { .. }, _)) => Err(RequestError::TransactionInProgress),
            _ => Err(RequestError::CannotHold),
        }
    }

    /// MC-18: an app has no more groups at once than it said it can have.
    fn check_groups(&mut self, provider: ProviderId) -> Result<(), RequestError> {
        let of = self.core.providers.get(provider).ok_or(RequestError::UnknownCallProvider)?;
        let counts = |number: &&CallNumber| {
            self.core.calls.get(**number).is_some_and(|call| call.provider == provider)
        };
        let gone = self.gone.iter().filter(counts).count();
        self.added.push(provider);
        let added = self.added.iter().filter(|other| **other == provider).count();
        let groups = (self.core.calls.groups(provider) + added).saturating_sub(gone);
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
        match (call.state, held) {
            (State::Active, true) if !call.facts.capabilities.holding => {
                return Err(RequestError::CannotHold);
            }
            (State::Active, true) => {
                self.held += 1;
                self.talking = self.talking.filter(|talking| *talking != number);
            }
            (State::Held(_), false) => {
                self.make_room(true)?;
                self.held = self.held.saturating_sub(1);
                self.talking = Some(number);
                self.target = Some(number);
            }
            // Wanted and so already: done without asking anybody.
            (State::Active, false) | (State::Held(_), true) => {}
            _ => return Err(RequestError::InvalidAction),
        }
        self.step(number, Verb::SetHeld(held), requested);
        Ok(())
    }

    pub fn end(
        &mut self,
        number: CallNumber,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        let call = self.core.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
        if call.is_held() {
            self.held = self.held.saturating_sub(1);
        }
        if !call.is_ringing() && !call.is_ending() {
            self.gone.push(number);
        }
        self.talking = self.talking.filter(|talking| *talking != number);
        self.step(number, Verb::End(call.end_kind()), requested);
        Ok(())
    }

    /// MC-8: never more held calls than the rule says, unless the far side already brought that about.
    pub fn check_held(&self) -> Result<(), RequestError> {
        match self.held > self.core.policy.held.max(self.core.calls.held().len()) {
            true => Err(RequestError::MaximumCallGroupsReached),
            false => Ok(()),
        }
    }

    /// The call that is held to make room, if one is.
    pub fn holds(&self) -> Option<CallNumber> {
        let made = |step: &&Step| step.verb == Verb::SetHeld(true) && step.requested.is_none();
        self.steps.iter().find(made).map(|step| step.call)
    }
}
