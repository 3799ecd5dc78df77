use super::turn::Turn;
use crate::call::{HeldFor, State};
use crate::effect::{AudioEffect, Effect, Finished, ProviderNews};
use crate::input::{Completion, Requester};
use crate::transaction::{Performing, Step, Transaction};
use crate::words::{
    ActionId, ActionKind, CallNumber, CallUuid, CompletionError, Date, EndKind, FailReason,
    Outcome, ProviderId, TransactionId, Verb,
};
use alloc::vec;
use alloc::vec::Vec;

/// What to do about a step.
enum Go {
    /// Ask the app.
    Perform,
    /// It is so already.
    Skip,
    /// Another action of the same call has to end first.
    Wait,
    /// It cannot be any more.
    Fail(FailReason),
}

impl Turn<'_> {
    /// TX-3, TX-4: one step after the other, each when the one before is done.
    pub fn advance(&mut self, id: TransactionId) {
        self.core.waiting.remove(&id);
        loop {
            let Some(transaction) = self.core.transactions.get(&id) else { return };
            let Some(step) = transaction.steps.get(transaction.at).cloned() else {
                return self.finish(id);
            };
            match self.go(&step) {
                Go::Perform => return self.perform(id, step),
                Go::Skip => self.done(id, Outcome::Fulfilled(None)),
                Go::Fail(reason) => return self.abort(id, reason),
                Go::Wait => {
                    self.core.waiting.insert(id);
                    return;
                }
            }
        }
    }

    /// Let transactions go on that waited for something that is over now.
    pub fn pump(&mut self) {
        for id in core::mem::take(&mut self.core.waiting) {
            self.advance(id);
        }
    }

    fn go(&self, step: &Step) -> Go {
        let makes_room = matches!(step.verb, Verb::End(_) | Verb::SetHeld(true));
        let Some(call) = self.core.calls.get(step.call) else {
            // A call that is gone needs neither holding nor ending.
            return if makes_room { Go::Skip } else { Go::Fail(FailReason::CallEnded) };
        };
        if call.is_ending() {
            return if makes_room { Go::Wait } else { Go::Fail(FailReason::CallEnded) };
        }
        let mut under_way = self.core.performing.of_call(step.call);
        if !matches!(step.verb, Verb::End(_))
            && under_way.any(|(_, other)| other.verb.kind() == step.verb.kind())
        {
            return Go::Wait;
        }
        match (&step.verb, call.state) {
            (Verb::SetHeld(false), State::Active) if step.forced => Go::Perform,
            (Verb::SetHeld(true), State::Held(_)) | (Verb::SetHeld(false), State::Active) => {
                Go::Skip
            }
            (Verb::SetHeld(true), State::Active)
            | (Verb::SetHeld(false), State::Held(_))
            | (Verb::PlayDtmf(..), State::Active)
            | (Verb::Answer, State::Answering { .. })
            | (Verb::Start, State::Starting)
            | (Verb::End(_) | Verb::SetMuted(_), _) => Go::Perform,
            _ => Go::Fail(FailReason::NotPerformed),
        }
    }

    fn perform(&mut self, id: TransactionId, step: Step) {
        let Some(call) = self.core.calls.get(step.call) else { return };
        let (provider, uuid, state) = (call.provider, call.facts.uuid, call.state);
        let start = (step.verb == Verb::Start).then(|| call.facts.clone());
        let mut verb = step.verb;
        if let Verb::End(_) = verb {
            let kind = call.end_kind();
            verb = Verb::End(kind);
            self.set_state(step.call, State::Ending { kind, was: state.before() });
        }
        let Some(transaction) = self.core.transactions.get(&id) else { return };
        let origin = (transaction.requester == Some(Requester::Provider(provider))).then_some(id);
        let later = &transaction.steps[transaction.at + 1..];
        let takes_over =
            |step: &Step| matches!(step.verb, Verb::Answer | Verb::Start | Verb::SetHeld(false));
        let handing_over = later.iter().any(takes_over);
        self.ask(provider, step.call, uuid, verb, Some(id), origin, start, handing_over);
    }

    /// Ask an app for something nobody waits for: an end that only tells it what is so already.
    pub fn perform_alone(
        &mut self,
        provider: ProviderId,
        call: CallNumber,
        uuid: CallUuid,
        verb: Verb,
    ) {
        self.ask(provider, call, uuid, verb, None, None, None, false);
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    fn ask(
        &mut self,
        provider: ProviderId,
        call: CallNumber,
        uuid: CallUuid,
        verb: Verb,
        transaction: Option<TransactionId>,
        origin: Option<TransactionId>,
        start: Option<alloc::sync::Arc<crate::call::Facts>>,
        handing_over: bool,
    ) {
        if self.core.providers.get(provider).is_none() {
            return;
        }
        let action = self.core.next_action;
        self.core.next_action = ActionId(action.0 + 1);
        let deadline = self.now.at + self.core.policy.deadline(&verb);
        let performing =
            Performing { provider, call, uuid, verb: verb.clone(), deadline, transaction };
        self.core.performing.insert(action, performing);
        self.tell(
            provider,
            ProviderNews::Perform {
                action,
                call: uuid,
                verb,
                deadline,
                origin,
                start,
                handing_over,
            },
        );
    }

    /// TX-2: once, in time, by the app it was given to.
    pub fn complete(
        &mut self,
        provider: ProviderId,
        action: ActionId,
        completion: Completion,
    ) -> Result<(), CompletionError> {
        match self.core.performing.get(action) {
            Some(performing) if performing.provider == provider => {}
            Some(_) => return Err(CompletionError::UnknownAction),
            None if action >= self.core.next_action || action.0 == 0 => {
                return Err(CompletionError::UnknownAction);
            }
            None => return Err(CompletionError::ActionAlreadyCompleted),
        }
        let result = match completion {
            Completion::Fulfill(date) => Ok(date),
            Completion::Fail => Err(FailReason::Failed),
        };
        self.conclude(action, result);
        Ok(())
    }

    /// TO-1, TO-3: the app is told that its time is up, and then it is as if it had said no.
    pub fn time_out(&mut self, action: ActionId) {
        let Some(late) = self.core.performing.get(action) else { return };
        let (provider, call, verb) = (late.provider, late.uuid, late.verb.clone());
        self.tell(provider, ProviderNews::TimedOut { action, call, verb });
        self.conclude(action, Err(FailReason::TimedOut));
    }

    /// The end of a perform that came from its app.
    fn conclude(&mut self, action: ActionId, result: Result<Option<Date>, FailReason>) {
        let Some(performing) = self.core.performing.remove(action) else { return };
        let forced = performing.transaction.is_some_and(|id| {
            let transaction = self.core.transactions.get(&id);
            transaction.and_then(|t| t.steps.get(t.at)).is_some_and(|step| step.forced)
        });
        match result {
            Ok(date) => self.apply(&performing, date),
            Err(reason) => self.not_applied(&performing, reason, forced),
        }
        if let Some(id) = performing.transaction {
            let over = match (&performing.verb, result) {
                // The call ends for everybody, whatever its app says.
                (Verb::End(_), Err(_)) => Ok(None),
                (_, result) => result,
            };
            self.step_over(id, over);
        }
        // A hold that came too late: nobody knows what the app did, so it is told once more what holds.
        if result == Err(FailReason::TimedOut)
            && performing.verb == Verb::SetHeld(true)
            && self.core.calls.get(performing.call).is_some_and(|c| c.state == State::Active)
        {
            self.resume(performing.call, true);
        }
        self.pump();
    }

    fn apply(&mut self, done: &Performing, date: Option<Date>) {
        let now = self.now.date;
        let number = done.call;
        if let Verb::End(kind) = done.verb {
            return self.end_performed(number, kind, date);
        }
        let stuck = self.now.at + self.stuck(number);
        let Some(call) = self.core.calls.get_mut(number) else { return };
        match (&done.verb, call.state) {
            (Verb::Answer, State::Answering { .. }) => {
                call.connected = Some(date.unwrap_or(now).max(call.started.unwrap_or(now)));
                self.stale.insert(number);
                self.set_state(number, State::Active);
            }
            (Verb::Start, State::Starting) => {
                call.started = Some(date.unwrap_or(now));
                self.stale.insert(number);
                self.set_state(number, State::Dialing { reached: false, stuck });
            }
            (Verb::SetHeld(true), State::Active) => {
                let target = done.transaction.and_then(|id| self.core.transactions.get(&id));
                let implied = target.and_then(|t| {
                    let step = t.steps.get(t.at)?;
                    step.requested.is_none().then_some(t.target)?
                });
                let held = implied.map_or(HeldFor::Itself, HeldFor::Room);
                self.set_state(number, State::Held(held));
            }
            (Verb::SetHeld(false), State::Held(_)) => self.set_state(number, State::Active),
            (Verb::SetMuted(false), _) if !call.mute_wanted => {
                call.muted = false;
                self.dirty.insert(number);
                self.mail.push(Effect::Audio(AudioEffect::SetMuted(number, false)));
            }
            _ => {}
        }
    }

    fn not_applied(&mut self, failed: &Performing, reason: FailReason, forced: bool) {
        let number = failed.call;
        if let Verb::End(kind) = failed.verb {
            return self.end_performed(number, kind, None);
        }
        let Some(call) = self.core.calls.get_mut(number) else { return };
        match (&failed.verb, call.state) {
            (Verb::Answer, State::Answering { .. }) => {
                self.end_failed(number, EndKind::Failed, true);
            }
            (Verb::Start, State::Starting) => {
                // OUT-7. An app that said no itself need not be told.
                self.end_failed(number, EndKind::Failed, reason == FailReason::TimedOut);
            }
            (Verb::SetHeld(false), State::Active) if forced => {
                self.set_state(number, State::Held(HeldFor::Itself));
            }
            (Verb::SetMuted(false), _) => call.mute_wanted = call.muted,
            _ => {}
        }
    }

    /// A performed step is over; its call may be, too.
    pub fn step_over(&mut self, id: TransactionId, result: Result<Option<Date>, FailReason>) {
        let Some(transaction) = self.core.transactions.get(&id) else { return };
        let Some(step) = transaction.steps.get(transaction.at) else { return };
        let gone = self.core.calls.get(step.call).is_none();
        let makes_room = matches!(step.verb, Verb::End(_) | Verb::SetHeld(true));
        match result {
            Ok(date) => self.done(id, Outcome::Fulfilled(date)),
            Err(_) if gone && makes_room => self.done(id, Outcome::Fulfilled(None)),
            Err(reason) => return self.abort(id, reason),
        }
        self.advance(id);
    }

    fn done(&mut self, id: TransactionId, outcome: Outcome) {
        let Some(transaction) = self.core.transactions.get_mut(&id) else { return };
        if let Some(at) = transaction.steps.get(transaction.at).and_then(|step| step.requested) {
            transaction.results[at] = Some(outcome);
        }
        transaction.at += 1;
    }

    /// ERR-14: nothing after a failed step is performed, and what was done to make room is undone.
    fn abort(&mut self, id: TransactionId, reason: FailReason) {
        let Some(transaction) = self.core.transactions.get_mut(&id) else { return };
        let rest = transaction.steps.split_off(transaction.at);
        let Some(failed) = rest.first() else { return };
        let mut blame = reason;
        match failed.requested {
            Some(at) => {
                transaction.results[at] = Some(Outcome::Failed(reason));
                blame = FailReason::NotPerformed;
            }
            None if failed.verb == Verb::SetHeld(true) => blame = FailReason::CannotHold,
            None => {}
        }
        for result in transaction.results.iter_mut().filter(|result| result.is_none()) {
            *result = Some(Outcome::Failed(blame));
        }
        let made_room: Vec<CallNumber> = transaction
            .steps
            .iter()
            .filter(|step| step.verb == Verb::SetHeld(true) && step.requested.is_none())
            .map(|step| step.call)
            .collect();
        self.finish(id);
        for step in rest {
            self.take_back(&step);
        }
        if reason != FailReason::ProviderLost {
            for call in made_room {
                self.resume(call, false);
            }
        }
    }

    /// A step that was announced and will not be performed.
    fn take_back(&mut self, step: &Step) {
        let Some(call) = self.core.calls.get_mut(step.call) else { return };
        match (&step.verb, call.state) {
            (Verb::SetMuted(false), _) => call.mute_wanted = call.muted,
            (Verb::Answer, State::Answering { until }) if until > self.now.at => {
                self.set_state(step.call, State::Ringing { until, silenced: false });
            }
            (Verb::Answer, State::Answering { .. }) => {
                self.end_failed(step.call, EndKind::Unanswered, true);
            }
            (Verb::Start, State::Starting) => {
                self.end_unstarted(step.call);
            }
            _ => {}
        }
    }

    /// Give a call back that was held for something that did not come about, or say again that it is not held.
    pub fn resume(&mut self, call: CallNumber, forced: bool) {
        let held = self.core.calls.get(call).is_some_and(crate::call::Call::is_held);
        let free = self.core.arbitrating.is_none();
        if free && (forced || held && self.core.calls.talking().is_none()) {
            let step = Step { call, verb: Verb::SetHeld(false), requested: None, forced };
            self.begin(Transaction {
                requester: None,
                steps: vec![step],
                at: 0,
                results: Vec::new(),
                target: Some(call),
            });
        }
    }

    fn finish(&mut self, id: TransactionId) {
        self.core.waiting.remove(&id);
        if self.core.arbitrating == Some(id) {
            self.core.arbitrating = None;
        }
        let Some(transaction) = self.core.transactions.remove(&id) else { return };
        let done = |result: Option<Outcome>| result.unwrap_or(Outcome::Fulfilled(None));
        let results = transaction.results.into_iter().map(done).collect();
        let finished = Finished { transaction: id, results };
        match transaction.requester {
            Some(Requester::Provider(provider)) => {
                self.tell(provider, ProviderNews::Finished(finished));
            }
            Some(Requester::Surface(surface)) => self.finished.push((surface, finished)),
            Some(Requester::Headset) | None => {}
        }
    }

    /// What was under way for a call that ended by itself comes to nothing.
    pub fn drop_performings(&mut self, number: CallNumber) {
        let under_way: Vec<ActionId> =
            self.core.performing.of_call(number).map(|(action, _)| action).collect();
        for action in under_way {
            let Some(performing) = self.core.performing.remove(action) else { continue };
            if let Some(id) = performing.transaction {
                let over = match performing.verb.kind() {
                    ActionKind::End => Ok(None),
                    _ => Err(FailReason::CallEnded),
                };
                self.step_over(id, over);
            }
        }
    }
}
