//! What a request would take: the same for doing it and for asking about it.

use super::Arbiter;
use super::dtmf::post_dial;
use super::plan::Plan;
use crate::call::{Call, State};
use crate::effect::Consequences;
use crate::input::{CallRef, Requested, Requester, StartDetails};
use crate::words::{
    AccountId, CallNumber, ChoiceKind, DtmfDigits, DtmfType, EndKind, ProviderId, RequestError,
    Verb,
};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// A start that was checked: all it takes to make the call.
pub(super) struct NewCall {
    pub number: CallNumber,
    pub provider: ProviderId,
    pub account: AccountId,
    pub details: StartDetails,
    pub post_dial: VecDeque<(DtmfType, DtmfDigits)>,
}

impl Arbiter {
    /// What would follow from a request, without anything being done or asked: whom it would hold, whom it would end.
    /// A surface names the loss with it, an app decides whether to ask.
    ///
    /// # Errors
    /// Why the request would be refused now.
    pub fn preflight(
        &self,
        requester: Requester,
        actions: &[Requested],
    ) -> Result<Consequences, RequestError> {
        if let [Requested::Start(details)] = actions
            && details.emergency
        {
            self.check_emergency_start(requester, details)?;
            // Some of the same app may get away with being held; that is not promised.
            let live = self.calls.iter().filter(|call| !call.is_held() && !call.is_ending());
            let ends = live.map(|call| call.number).collect();
            return Ok(Consequences { holds: Vec::new(), ends });
        }
        let (plan, _) = self.plan_all(requester, actions)?;
        let mut consequences = Consequences::default();
        // A group that is to be held makes no room by that, whoever of it is held already.
        let is_asked = |held: CallNumber| {
            let mut asked = plan.steps.iter().filter(|step| step.requested.is_some());
            asked.any(|step| {
                step.verb == Verb::SetHeld(true) && self.calls.are_together(step.call, held)
            })
        };
        for step in plan.steps.iter().filter(|step| step.requested.is_none()) {
            // Of a group that one leaves, that one is not who is held: the first who is stands for it.
            let (list, call) = match step.verb {
                Verb::SetHeld(true) if is_asked(step.call) => continue,
                Verb::SetHeld(true) => (&mut consequences.holds, step.call),
                Verb::End(_) => (&mut consequences.ends, self.calls.lead(step.call)),
                _ => continue,
            };
            if !list.iter().any(|known| self.calls.are_together(*known, call)) {
                list.push(call);
            }
        }
        Ok(consequences)
    }

    /// All steps of a request, if it would be accepted but for a transaction that is under way.
    pub(super) fn plan_all(
        &self,
        requester: Requester,
        actions: &[Requested],
    ) -> Result<(Plan<'_>, Option<NewCall>), RequestError> {
        if actions.is_empty() {
            return Err(RequestError::EmptyTransaction);
        }
        let mut new = None;
        let mut plan = Plan::new(self, self.standing());
        for (at, action) in actions.iter().enumerate() {
            plan.check_regroups()?;
            self.plan(&mut plan, requester, action, at, &mut new)?;
            // After each: what comes later in the list makes no room for what comes before.
            plan.check_held().map_err(|error| match (requester, actions) {
                // Only an end would make room, and that is not for an app to ask for.
                (Requester::Provider(_), [Requested::Answer(_)]) => RequestError::WouldEndCall,
                _ => error,
            })?;
        }
        Ok((plan, new))
    }

    /// An emergency call is refused for nothing but its own: an app that may not, an id that is taken, another one.
    pub(super) fn check_emergency_start(
        &self,
        requester: Requester,
        details: &StartDetails,
    ) -> Result<NewCall, RequestError> {
        if self.emergency.is_some() {
            return Err(RequestError::EmergencyCallInProgress);
        }
        let new = self.resolve_start(requester, details)?;
        let known = self.providers.get(new.provider);
        match known.is_some_and(|known| known.configuration.emergency) {
            true => Ok(new),
            false => Err(RequestError::Unentitled),
        }
    }

    /// The late tap: what the user saw when they chose must still be so. Except that who wants a call to end and finds it
    /// over, or ending, has what they want: both ends of a line often hang up at once.
    pub(super) fn check_revision(
        &self,
        requester: Requester,
        action: &Requested,
        revision: u64,
    ) -> Result<(), RequestError> {
        if self.is_over(requester, action) {
            return Ok(());
        }
        let number = match action {
            Requested::Choose(number, _) => *number,
            Requested::Answer(call)
            | Requested::End(call)
            | Requested::EndGroup(call)
            | Requested::SetHeld(call, _)
            | Requested::SetMuted(call, _)
            | Requested::SetGroup(call, _)
            | Requested::SetVideo(call, _)
            | Requested::SetTranslating(call, _)
            | Requested::PlayDtmf(call, ..) => self.resolve(requester, *call)?,
            Requested::Start(_) => return Ok(()),
        };
        match self.calls.get(number) {
            Some(call) if call.choices_revision == revision => Ok(()),
            Some(_) => Err(RequestError::ChoicesChanged),
            None => Err(RequestError::UnknownCallUuid),
        }
    }

    /// An app names its own calls; a surface any.
    fn resolve(&self, requester: Requester, call: CallRef) -> Result<CallNumber, RequestError> {
        let found = match (requester, call) {
            (Requester::Provider(provider), CallRef::Uuid(uuid)) => self.calls.find(provider, uuid),
            (Requester::Provider(_), CallRef::Number(_)) => None,
            (_, CallRef::Number(number)) => self.calls.get(number).map(|_| number),
            (_, CallRef::Uuid(_)) => None,
        };
        found.ok_or(RequestError::UnknownCallUuid)
    }

    /// Whether this asks for the end of what is over, or ending.
    fn is_over(&self, requester: Requester, action: &Requested) -> bool {
        let (Requested::End(call) | Requested::EndGroup(call)) = action else { return false };
        let Ok(number) = self.resolve(requester, *call) else {
            return self.ended_already(requester, *call);
        };
        let ends = |number| self.calls.get(number).is_some_and(Call::is_ending);
        match action {
            Requested::EndGroup(_) => self.calls.together(number).all(ends),
            _ => ends(number),
        }
    }

    /// Ending a call that ended already succeeds: both ends of a line often hang up at once.
    fn ended_already(&self, requester: Requester, call: CallRef) -> bool {
        match (requester, call) {
            (Requester::Provider(provider), CallRef::Uuid(uuid)) => {
                let ended = self.ended.get(&provider);
                ended.is_some_and(|ended| ended.iter().any(|over| over.uuid == uuid))
            }
            (Requester::Provider(_), _) | (_, CallRef::Uuid(_)) => false,
            (_, CallRef::Number(number)) => number.0 >= 1 && number < self.next_number,
        }
    }

    fn plan(
        &self,
        plan: &mut Plan,
        requester: Requester,
        action: &Requested,
        at: usize,
        new: &mut Option<NewCall>,
    ) -> Result<(), RequestError> {
        let requested = Some(at);
        match action {
            Requested::Start(details) => {
                let start = self.check_start(requester, details)?;
                plan.start(start.number, start.provider, requested)?;
                *new = Some(start);
            }
            Requested::Answer(call) => plan.answer(self.resolve(requester, *call)?, requested)?,
            Requested::Choose(number, kind) => self.choose(plan, *number, *kind, requested)?,
            Requested::End(call) => match self.resolve(requester, *call) {
                Ok(number) => plan.end(number, requested)?,
                Err(_) if self.ended_already(requester, *call) => {}
                Err(error) => return Err(error),
            },
            Requested::EndGroup(call) => match self.resolve(requester, *call) {
                Ok(number) => plan.end_group(number, requested)?,
                Err(_) if self.ended_already(requester, *call) => {}
                Err(error) => return Err(error),
            },
            Requested::SetGroup(call, with) => {
                let number = self.resolve(requester, *call)?;
                match with {
                    Some(other) => {
                        plan.merge(number, self.resolve(requester, *other)?, requested)?;
                    }
                    None => plan.split(number, requested)?,
                }
            }
            Requested::SetHeld(call, held) => {
                plan.set_held(self.resolve(requester, *call)?, *held, requested)?;
            }
            Requested::SetMuted(call, muted) => {
                let number = self.resolve(requester, *call)?;
                let call = self.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
                if matches!(call.state, State::Ringing { .. } | State::Ending { .. }) {
                    return Err(RequestError::InvalidAction);
                }
                if *muted && self.emergency == Some(number) {
                    return Err(RequestError::EmergencyCallInProgress);
                }
                // One conversation has one microphone. TX-5: wanted and so already is done without asking the app, so that no
                // two can toggle each other.
                let other = |member: &CallNumber| {
                    let call = self.calls.get(*member);
                    call.is_some_and(|call| call.mute_wanted != *muted && !call.is_ending())
                };
                let members: Vec<CallNumber> = self.calls.together(number).filter(other).collect();
                for (at, member) in members.iter().enumerate() {
                    let last = at + 1 == members.len();
                    plan.step(*member, Verb::SetMuted(*muted), requested.filter(|_| last));
                }
            }
            Requested::SetVideo(call, on) => {
                let number = self.resolve(requester, *call)?;
                let call = self.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
                let can = self
                    .providers
                    .get(call.provider)
                    .is_some_and(|provider| provider.allows(call.facts.capabilities).video);
                if !call.is_connecting_or_connected() || *on && !can {
                    return Err(RequestError::InvalidAction);
                }
                if call.facts.video != *on {
                    plan.step(number, Verb::SetVideo(*on), requested);
                }
            }
            Requested::SetTranslating(call, languages) => {
                let number = self.resolve(requester, *call)?;
                let call = self.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
                let can = self
                    .providers
                    .get(call.provider)
                    .is_some_and(|provider| provider.allows(call.facts.capabilities).translation);
                if !matches!(call.state, State::Active | State::Held(_))
                    || languages.is_some() && !can
                {
                    return Err(RequestError::InvalidAction);
                }
                if call.translating.as_ref().map(|(languages, _)| languages) != languages.as_ref() {
                    plan.step(number, Verb::SetTranslating(languages.clone()), requested);
                }
            }
            Requested::PlayDtmf(call, digits, kind) => {
                let number = self.resolve(requester, *call)?;
                let call = self.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
                if call.state != State::Active || !call.facts.capabilities.dtmf {
                    return Err(RequestError::InvalidAction);
                }
                plan.step(number, Verb::PlayDtmf(digits.clone(), *kind), requested);
            }
        }
        Ok(())
    }

    /// MC-4: what ends another call must have been offered, with the loss named.
    fn choose(
        &self,
        plan: &mut Plan,
        number: CallNumber,
        kind: ChoiceKind,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        let call = self.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
        let loss = || {
            let offered = call.choices.iter().find(|choice| choice.kind == kind);
            offered.and_then(|choice| choice.ends).ok_or(RequestError::InvalidAction)
        };
        match kind {
            ChoiceKind::Answer | ChoiceKind::HoldAndAccept => plan.answer(number, requested),
            ChoiceKind::EndAndAccept | ChoiceKind::EndHeldAndAccept => {
                plan.end_group(loss()?, None)?;
                plan.answer(number, requested)
            }
            ChoiceKind::EndAndResume => {
                plan.end_group(loss()?, None)?;
                plan.set_held(number, false, requested)
            }
            ChoiceKind::Resume | ChoiceKind::Swap => plan.set_held(number, false, requested),
            ChoiceKind::Hold => plan.set_held(number, true, requested),
            // A tap meant for a ringing call must not hang up the one that was answered meanwhile.
            ChoiceKind::Decline if !call.is_ringing() => Err(RequestError::InvalidAction),
            ChoiceKind::Cancel if call.end_kind() != EndKind::Cancel => {
                Err(RequestError::InvalidAction)
            }
            ChoiceKind::Merge => {
                let offered = call.choices.iter().find(|choice| choice.kind == kind);
                let with = offered.and_then(|choice| choice.merges);
                plan.merge(number, with.ok_or(RequestError::InvalidAction)?, requested)
            }
            ChoiceKind::SendDigits => match call.post_dial.front() {
                Some((kind @ DtmfType::HardPause, digits)) if call.state == State::Active => {
                    plan.step(number, Verb::PlayDtmf(digits.clone(), *kind), requested);
                    plan.digits = Some(number);
                    Ok(())
                }
                _ => Err(RequestError::InvalidAction),
            },
            ChoiceKind::Split if call.group.is_none() => Err(RequestError::InvalidAction),
            ChoiceKind::Split => plan.split(number, requested),
            ChoiceKind::EndGroup => plan.end_group(number, requested),
            ChoiceKind::End | ChoiceKind::Decline | ChoiceKind::Cancel => {
                plan.end(number, requested)
            }
        }
    }

    fn check_start(
        &self,
        requester: Requester,
        details: &StartDetails,
    ) -> Result<NewCall, RequestError> {
        let new = self.resolve_start(requester, details)?;
        if details.emergency {
            // By itself only: everything makes way for it at once.
            return Err(RequestError::InvalidAction);
        }
        if self.calls.of_account(new.provider, &new.account).calls >= self.policy.calls_per_account
        {
            return Err(RequestError::MaximumCallGroupsReached);
        }
        Ok(new)
    }

    fn resolve_start(
        &self,
        requester: Requester,
        details: &StartDetails,
    ) -> Result<NewCall, RequestError> {
        let provider = match (requester, &details.app) {
            (Requester::Provider(provider), _) => Some(provider),
            (_, Some(app)) => self.providers.of_app(app),
            (_, None) => None,
        };
        let provider = provider.ok_or(RequestError::UnknownCallProvider)?;
        if self.providers.stand_in(provider).is_some() {
            return Err(RequestError::UnknownCallProvider);
        }
        let known = self.providers.get(provider).ok_or(RequestError::UnknownCallProvider)?;
        let account = known.account(details.account.clone()).ok_or(RequestError::UnknownAccount)?;
        // Also one that may still be adopted: an id names one call.
        let is_live = self.calls.find(provider, details.uuid).is_some();
        if is_live || self.orphan(provider, details.uuid).is_some() {
            return Err(RequestError::CallUuidAlreadyExists);
        }
        let (handle, post_dial) =
            post_dial(&details.handle).ok_or(RequestError::InvalidArgument)?;
        let details = StartDetails { handle, ..details.clone() };
        Ok(NewCall { number: self.next_number, provider, account, details, post_dial })
    }
}
