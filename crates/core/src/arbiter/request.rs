use super::plan::Plan;
use super::report::{facts, log_policy};
use super::turn::Turn;
use crate::call::{Call, State};
use crate::effect::{AudioEffect, Effect, Reply};
use crate::input::{CallRef, Requested, Requester, StartDetails};
use crate::transaction::Transaction;
use crate::words::{
    AccountId, CallNumber, CallUpdate, ChoiceKind, Direction, EndKind, ProviderId, RequestError,
    TransactionId, Verb,
};
use alloc::vec;
use alloc::vec::Vec;

/// A start that was checked: all it takes to make the call.
struct NewCall {
    number: CallNumber,
    provider: ProviderId,
    account: AccountId,
    details: StartDetails,
}

impl Turn<'_> {
    /// TX-6: what the user wants, from wherever. Accepted as a whole or refused as a whole.
    pub fn request(
        &mut self,
        requester: Requester,
        actions: Vec<Requested>,
        revision: Option<u64>,
    ) -> Result<TransactionId, RequestError> {
        if actions.is_empty() {
            return Err(RequestError::EmptyTransaction);
        }
        if let Requester::Provider(provider) = requester
            && self.core.providers.get(provider).is_none()
        {
            return Err(RequestError::UnknownCallProvider);
        }
        let pending = self.core.transactions.values();
        if pending.filter(|t| t.requester == Some(requester)).count()
            >= self.core.policy.pending_requests
        {
            return Err(RequestError::TooManyRequests);
        }
        if let Some(revision) = revision {
            self.check_revision(requester, &actions[0], revision)?;
        }
        let mut new = None;
        let mut plan = Plan::new(self.core);
        for (at, action) in actions.iter().enumerate() {
            self.plan(&mut plan, requester, action, at, &mut new)?;
        }
        let arbitration = plan.steps.iter().any(|step| step.verb.is_arbitration());
        plan.check_held().map_err(|error| match (requester, &actions[..]) {
            // Only an end would make room, and that is not for an app to ask for.
            (Requester::Provider(_), [Requested::Answer(_)]) => RequestError::WouldEndCall,
            _ => error,
        })?;
        if arbitration && self.core.arbitrating.is_some() {
            return Err(RequestError::TransactionInProgress);
        }
        let (steps, target) = (plan.steps, plan.target);
        if let Some(new) = new {
            self.begin_start(new);
        }
        for step in &steps {
            match step.verb {
                Verb::Answer => self.begin_answer(step.call),
                Verb::SetMuted(muted) => self.begin_mute(step.call, muted),
                _ => {}
            }
        }
        Ok(self.begin(Transaction {
            requester: Some(requester),
            steps,
            at: 0,
            results: vec![None; actions.len()],
            target,
        }))
    }

    /// Give the transaction its id and let its first step go.
    pub fn begin(&mut self, transaction: Transaction) -> TransactionId {
        let id = self.core.next_transaction;
        self.core.next_transaction = TransactionId(id.0 + 1);
        if transaction.is_arbitration() {
            self.core.arbitrating = Some(id);
        }
        self.core.transactions.insert(id, transaction);
        self.advance(id);
        id
    }

    /// The late tap: what the user saw when they chose must still be so.
    fn check_revision(
        &self,
        requester: Requester,
        action: &Requested,
        revision: u64,
    ) -> Result<(), RequestError> {
        let number = match action {
            Requested::Choose(number, _) => *number,
            Requested::Answer(call)
            | Requested::End(call)
            | Requested::SetHeld(call, _)
            | Requested::SetMuted(call, _)
            | Requested::PlayDtmf(call, ..) => self.resolve(requester, *call)?,
            Requested::Start(_) => return Ok(()),
        };
        match self.core.calls.get(number) {
            Some(call) if call.choices_revision == revision => Ok(()),
            Some(_) => Err(RequestError::ChoicesChanged),
            None => Err(RequestError::UnknownCallUuid),
        }
    }

    /// An app names its own calls; a surface any.
    fn resolve(&self, requester: Requester, call: CallRef) -> Result<CallNumber, RequestError> {
        let found = match (requester, call) {
            (Requester::Provider(provider), CallRef::Uuid(uuid)) => {
                self.core.calls.find(provider, uuid)
            }
            (Requester::Provider(_), CallRef::Number(_)) => None,
            (_, CallRef::Number(number)) => self.core.calls.get(number).map(|_| number),
            (_, CallRef::Uuid(_)) => None,
        };
        found.ok_or(RequestError::UnknownCallUuid)
    }

    /// Ending a call that ended already succeeds: both ends of a line often hang up at once.
    fn ended_already(&self, requester: Requester, call: CallRef) -> bool {
        match (requester, call) {
            (Requester::Provider(provider), CallRef::Uuid(uuid)) => {
                self.core.ended.contains(&(provider, uuid))
            }
            (Requester::Provider(_), _) | (_, CallRef::Uuid(_)) => false,
            (_, CallRef::Number(number)) => number.0 >= 1 && number < self.core.next_number,
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
            Requested::SetHeld(call, held) => {
                plan.set_held(self.resolve(requester, *call)?, *held, requested)?;
            }
            Requested::SetMuted(call, muted) => {
                let number = self.resolve(requester, *call)?;
                let call = self.core.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
                if matches!(call.state, State::Ringing { .. } | State::Ending { .. }) {
                    return Err(RequestError::InvalidAction);
                }
                // TX-5: wanted and so already is done without asking the app, so that no two can toggle each other.
                if call.mute_wanted != *muted {
                    plan.steps.push(crate::transaction::Step {
                        call: number,
                        verb: Verb::SetMuted(*muted),
                        requested,
                        forced: false,
                    });
                }
            }
            Requested::PlayDtmf(call, digits, kind) => {
                let number = self.resolve(requester, *call)?;
                let call = self.core.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
                if call.state != State::Active || !call.facts.capabilities.dtmf {
                    return Err(RequestError::InvalidAction);
                }
                plan.steps.push(crate::transaction::Step {
                    call: number,
                    verb: Verb::PlayDtmf(digits.clone(), *kind),
                    requested,
                    forced: false,
                });
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
        let call = self.core.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
        let loss = || {
            let offered = call.choices.iter().find(|choice| choice.kind == kind);
            offered.and_then(|choice| choice.ends).ok_or(RequestError::InvalidAction)
        };
        match kind {
            ChoiceKind::Answer | ChoiceKind::HoldAndAccept => plan.answer(number, requested),
            ChoiceKind::EndAndAccept | ChoiceKind::EndHeldAndAccept => {
                plan.end(loss()?, None)?;
                plan.answer(number, requested)
            }
            ChoiceKind::EndAndResume => {
                plan.end(loss()?, None)?;
                plan.set_held(number, false, requested)
            }
            ChoiceKind::Resume | ChoiceKind::Swap => plan.set_held(number, false, requested),
            ChoiceKind::Hold => plan.set_held(number, true, requested),
            // A tap meant for a ringing call must not hang up the one that was answered meanwhile.
            ChoiceKind::Decline if !call.is_ringing() => Err(RequestError::InvalidAction),
            ChoiceKind::Cancel if call.end_kind() != EndKind::Cancel => {
                Err(RequestError::InvalidAction)
            }
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
        let provider = match (requester, &details.app) {
            (Requester::Provider(provider), _) => Some(provider),
            (_, Some(app)) => self.core.providers.of_app(app),
            (_, None) => None,
        };
        let provider = provider.ok_or(RequestError::UnknownCallProvider)?;
        let known = self.core.providers.get(provider).ok_or(RequestError::UnknownCallProvider)?;
        let account = known.account(details.account.clone()).ok_or(RequestError::UnknownAccount)?;
        if self.core.calls.find(provider, details.uuid).is_some() {
            return Err(RequestError::CallUuidAlreadyExists);
        }
        if self.core.calls.on_account(provider, &account) >= self.core.policy.calls_per_account {
            return Err(RequestError::MaximumCallGroupsReached);
        }
        let number = self.core.next_number;
        Ok(NewCall { number, provider, account, details: details.clone() })
    }

    fn begin_start(&mut self, new: NewCall) {
        let Some(provider) = self.core.providers.get(new.provider) else { return };
        let (app, log) = (provider.app.clone(), log_policy(provider, &CallUpdate::default()));
        let update = CallUpdate {
            remote_handle: Some(new.details.handle),
            has_video: Some(new.details.video),
            ..CallUpdate::default()
        };
        let facts = facts(app, new.account, new.details.uuid, Direction::Outgoing, update);
        let number = self.next_number();
        self.core.calls.insert(Call::new(number, new.provider, facts, log, State::Starting));
        self.dirty.insert(number);
        self.rearranged = true;
    }

    /// IN-4: it stops ringing when the user accepts, and connects until the app fulfills.
    fn begin_answer(&mut self, number: CallNumber) {
        if let Some(State::Ringing { until, .. }) = self.core.calls.get(number).map(|c| c.state) {
            self.set_state(number, State::Answering { until });
        }
    }

    /// A mute holds from the moment it is asked for; an unmute only when the app has done it.
    fn begin_mute(&mut self, number: CallNumber, muted: bool) {
        let Some(call) = self.core.calls.get_mut(number) else { return };
        call.mute_wanted = muted;
        if muted && !call.muted {
            call.muted = true;
            self.dirty.insert(number);
            self.mail.push(Effect::Audio(AudioEffect::SetMuted(number, true)));
        }
    }

    pub fn silence(&mut self, number: CallNumber) -> Reply {
        let Some(call) = self.core.calls.get(number) else {
            return Reply::RequestRefused(RequestError::UnknownCallUuid);
        };
        let State::Ringing { until, .. } = call.state else {
            return Reply::RequestRefused(RequestError::InvalidAction);
        };
        self.core.calls.set_state(number, State::Ringing { until, silenced: true });
        Reply::Done
    }
}
