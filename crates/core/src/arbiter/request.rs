use super::report::{facts, log_policy};
use super::turn::Turn;
use super::wish::NewCall;
use crate::call::{Call, State};
use crate::effect::{AudioEffect, Effect, Reply};
use crate::input::{Requested, Requester};
use crate::transaction::Transaction;
use crate::words::{CallNumber, CallUpdate, Direction, RequestError, TransactionId, Verb};
use alloc::vec::Vec;

impl Turn<'_> {
    /// TX-6: what the user wants, from wherever. Accepted as a whole or refused as a whole.
    pub fn request(
        &mut self,
        requester: Requester,
        actions: Vec<Requested>,
        revision: Option<u64>,
    ) -> Result<TransactionId, RequestError> {
        if let Requester::Provider(provider) = requester
            && self.core.providers.get(provider).is_none()
        {
            return Err(RequestError::UnknownCallProvider);
        }
        if let [Requested::Start(details)] = &actions[..]
            && details.emergency
        {
            // However much of it is pending already.
            let new = self.core.check_emergency_start(requester, details)?;
            return Ok(self.start_emergency(requester, new));
        }
        let pending = self.core.transactions.values();
        if pending.filter(|t| t.requester == Some(requester)).count()
            >= self.core.policy.pending_requests
        {
            return Err(RequestError::TooManyRequests);
        }
        if let (Some(revision), Some(first)) = (revision, actions.first()) {
            self.core.check_revision(requester, first, revision)?;
        }
        let (plan, new) = self.core.plan_all(requester, &actions)?;
        let arbitration = plan.steps.iter().any(|step| step.verb.is_arbitration());
        if arbitration && self.core.arbitrating.is_some() {
            return Err(RequestError::TransactionInProgress);
        }
        let (steps, target, digits) = (plan.steps, plan.target, plan.digits);
        if let Some(new) = new {
            self.begin_start(new);
        }
        if let Some(number) = digits
            && let Some(call) = self.core.calls.get_mut(number)
        {
            call.post_dial.pop_front();
            self.digits_gone(number);
        }
        for step in &steps {
            match step.verb {
                Verb::Answer => self.begin_answer(step.call),
                Verb::SetMuted(muted) => self.begin_mute(step.call, muted),
                _ => {}
            }
        }
        Ok(self.begin(Transaction {
            target,
            ..Transaction::of(Some(requester), steps, actions.len())
        }))
    }

    pub fn begin_start(&mut self, new: NewCall) {
        let Some(provider) = self.core.providers.get(new.provider) else { return };
        let (app, log) = (provider.app.clone(), log_policy(provider, &CallUpdate::default()));
        let update = CallUpdate {
            remote_handle: Some(new.details.handle),
            has_video: Some(new.details.video),
            ..CallUpdate::default()
        };
        let mut facts = facts(app, new.account, new.details.uuid, Direction::Outgoing, update);
        facts.emergency = new.details.emergency;
        let number = self.next_number();
        let mut call = Call::new(number, new.provider, facts, log, State::Starting);
        call.post_dial = new.post_dial;
        self.core.calls.insert(call);
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
