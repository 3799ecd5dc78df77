use super::turn::Turn;
use crate::call::State;
use crate::effect::{Perform, ProviderNews};
use crate::input::Requester;
use crate::transaction::{Performing, Run, Step};
use crate::words::{
    ActionId, CallNumber, CallUuid, FailReason, Outcome, ProviderId, TransactionId, Verb,
};
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
        self.core.waiting.remove(id);
        loop {
            let Some(transaction) = self.core.transactions.get_mut(id) else { return };
            let at = transaction.at;
            let Some(step) = transaction.steps.get(at).cloned() else {
                return self.finish(id);
            };
            if let Some(run) = &mut transaction.run {
                // Its app carries it out itself and has done this already, or will.
                if let Some((performing, result)) = run.early.remove(&at) {
                    self.conclude_step(performing, result);
                    return;
                }
                if run.waits_for(at) {
                    return;
                }
            }
            match self.go(&step) {
                Go::Perform => return self.perform(id, step),
                Go::Skip => self.done(id, Outcome::Fulfilled(None)),
                Go::Fail(FailReason::CallEnded)
                    if self.core.transactions.get(id).is_some_and(|t| self.rest_resumes(t)) =>
                {
                    self.done(id, Outcome::Fulfilled(None));
                }
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
        for id in self.core.waiting.take() {
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
            // A bug, for the explorer to find: a hold is taken for done while its app is at something else.
            #[cfg(planted_bug)]
            (Verb::SetHeld(true), State::Active)
                if self.core.performing.of_call(step.call).next().is_some() =>
            {
                Go::Skip
            }
            (Verb::SetHeld(false), State::Active) if step.forced => Go::Perform,
            (Verb::SetHeld(true), State::Held(_)) | (Verb::SetHeld(false), State::Active) => {
                Go::Skip
            }
            (Verb::SetVideo(on), _) if call.facts.video == *on => Go::Skip,
            (Verb::SetHeld(true), State::Active)
            | (Verb::SetHeld(false), State::Held(_))
            | (Verb::SetGroup(_), State::Active | State::Held(_))
            | (Verb::PlayDtmf(..), State::Active)
            | (Verb::Answer, State::Answering { .. })
            | (Verb::Start, State::Starting)
            | (Verb::End(_) | Verb::SetMuted(_) | Verb::SetVideo(_) | Verb::SetTranslating(_), _) => {
                Go::Perform
            }
            _ => Go::Fail(FailReason::NotPerformed),
        }
    }

    fn perform(&mut self, id: TransactionId, step: Step) {
        let Some(call) = self.core.calls.get(step.call) else { return };
        let provider = call.provider;
        let Some(transaction) = self.core.transactions.get(id) else { return };
        let known = self.core.providers.get(provider);
        let whole = known.is_some_and(|known| known.configuration.executes_transactions)
            && transaction.run.as_ref().is_none_or(|run| transaction.at >= run.until)
            && !call.facts.emergency;
        if whole {
            return self.offer(id, provider);
        }
        let at = transaction.at;
        if let Some(perform) = self.prepare(id, at) {
            self.begin_end(step.call, &perform.verb);
            self.ask(provider, perform);
        }
    }

    /// TX-1: what follows now for this app is offered to it as a whole.
    fn offer(&mut self, id: TransactionId, provider: ProviderId) {
        let Some(transaction) = self.core.transactions.get(id) else { return };
        let at = transaction.at;
        let own = |step: &Step| {
            self.core.calls.get(step.call).is_some_and(|call| call.provider == provider)
                && matches!(self.go(step), Go::Perform)
        };
        let until = at + transaction.steps.iter().skip(at).take_while(|step| own(step)).count();
        if let Some(transaction) = self.core.transactions.get_mut(id) {
            transaction.run = Some(Run::offered(at, until));
        }
        let performs: Vec<Perform> = (at..until).filter_map(|at| self.prepare(id, at)).collect();
        self.tell(provider, ProviderNews::Execute { transaction: id, performs });
    }

    /// The app says whether it carries out itself what it was offered.
    pub fn executed(&mut self, provider: ProviderId, id: TransactionId, handled: bool) {
        let Some(transaction) = self.core.transactions.get_mut(id) else { return };
        let Some(run) = &mut transaction.run else { return };
        let offered = self.core.performing.of_transaction(id);
        let to_it = |(action, _): &(ActionId, usize)| {
            self.core.performing.get(*action).is_some_and(|p| p.provider == provider)
        };
        if !run.is_offered() || !offered.iter().any(to_it) {
            return;
        }
        run.answer(handled);
        for (action, _) in offered {
            if !handled {
                self.core.performing.remove(action);
                continue;
            }
            let Some(performing) = self.core.performing.get(action) else { continue };
            let (call, verb) = (performing.call, performing.verb.clone());
            self.begin_end(call, &verb);
        }
        if !handled {
            // One after the other, then.
            self.advance(id);
        }
    }

    /// From the moment its app is asked to end it, a call is ending.
    fn begin_end(&mut self, number: CallNumber, verb: &Verb) {
        let state = self.core.calls.get(number).map(|call| call.state);
        if let (Verb::End(kind), Some(state)) = (verb, state)
            && !matches!(state, State::Ending { .. })
        {
            self.set_state(number, State::Ending { kind: *kind, was: state.before() });
        }
    }

    /// The action of one step: it is pending from now on.
    fn prepare(&mut self, id: TransactionId, at: usize) -> Option<Perform> {
        let step = self.core.transactions.get(id)?.steps.get(at)?.clone();
        let call = self.core.calls.get(step.call)?;
        let (provider, uuid) = (call.provider, call.facts.uuid);
        let verb = match step.verb {
            Verb::End(_) => Verb::End(call.end_kind()),
            verb => verb,
        };
        let performing = self.performing(provider, step.call, uuid, verb, Some((id, at)));
        Some(self.begin_action(performing))
    }

    /// Ask an app for something nobody waits for: an end that only tells it what is so already.
    pub fn perform_alone(
        &mut self,
        provider: ProviderId,
        call: CallNumber,
        uuid: CallUuid,
        verb: Verb,
    ) {
        if self.core.providers.get(provider).is_none() {
            return;
        }
        let performing = self.performing(provider, call, uuid, verb, None);
        let perform = self.begin_action(performing);
        self.ask(provider, perform);
    }

    fn performing(
        &self,
        provider: ProviderId,
        call: CallNumber,
        uuid: CallUuid,
        verb: Verb,
        step: Option<(TransactionId, usize)>,
    ) -> Performing {
        let stand_in = self.core.providers.stand_in(provider);
        let deadline = match stand_in {
            // It waits for its app.
            Some(stand_in) => stand_in.until,
            None => self.now.at + self.core.policy.deadline(&verb),
        };
        Performing { provider, call, uuid, verb, deadline, step }
    }

    fn begin_action(&mut self, performing: Performing) -> Perform {
        let action = self.core.next_action;
        self.core.next_action = ActionId(action.0 + 1);
        let perform = self.perform_record(action, &performing, performing.step);
        self.core.performing.insert(action, performing);
        perform
    }

    /// What the app is told of an action.
    pub fn perform_record(
        &self,
        action: ActionId,
        performing: &Performing,
        step: Option<(TransactionId, usize)>,
    ) -> Perform {
        let call = self.core.calls.get(performing.call);
        let new = performing.verb == Verb::Start;
        let transaction = step.and_then(|(id, at)| Some((id, at, self.core.transactions.get(id)?)));
        let own = Some(Requester::Provider(performing.provider));
        let takes_over = |other: &Step| {
            matches!(other.verb, Verb::Answer | Verb::Start | Verb::SetHeld(false))
                && !self.core.calls.are_together(other.call, performing.call)
        };
        let handing_over = transaction
            .is_some_and(|(_, at, transaction)| transaction.steps.iter().skip(at).any(takes_over));
        let origin = transaction.filter(|(.., transaction)| transaction.requester == own);
        Perform {
            action,
            call: performing.uuid,
            verb: performing.verb.clone(),
            deadline: performing.deadline,
            origin: origin.map(|(id, ..)| id),
            part_of: step.map(|(id, _)| id),
            facts: call.filter(|_| new).map(|call| call.facts.clone()),
            handing_over,
            keep_capturing: matches!(performing.verb, Verb::SetMuted(true))
                && call.is_some_and(|call| call.translating.is_some()),
        }
    }

    /// Send it; a stand-in keeps it for its app.
    fn ask(&mut self, provider: ProviderId, perform: Perform) {
        if self.core.providers.stand_in(provider).is_none() {
            return self.tell(provider, ProviderNews::Perform(perform));
        }
        // The call is over for the user at once; its app is told when it comes.
        if let Verb::End(kind) = perform.verb {
            let number = self.core.performing.get(perform.action).map(|p| p.call);
            self.core.providers.keep_end(provider, number, perform.call, kind);
            self.conclude(perform.action, Ok(None));
        }
    }
}
