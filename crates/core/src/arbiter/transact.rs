use super::conclude::Ended;
use super::turn::Turn;
use crate::call::{Call, State};
use crate::effect::{Finished, ProviderNews};
use crate::input::Requester;
use crate::transaction::{Run, Step, Transaction};
use crate::words::{ActionId, CallNumber, EndKind, FailReason, Outcome, TransactionId, Verb};
use alloc::vec;
use alloc::vec::Vec;

impl Turn<'_> {
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

    /// A transaction that nobody asked for, if no other changes which call is active.
    pub fn begin_own(&mut self, steps: Vec<Step>, target: Option<CallNumber>) {
        let arbitration = steps.iter().any(|step| step.verb.is_arbitration());
        if steps.is_empty() || arbitration && self.core.arbitrating.is_some() {
            return;
        }
        self.begin(Transaction { target, ..Transaction::of(None, steps, 0) });
    }

    /// A performed step is over; its call may be, too.
    pub fn step_over(&mut self, id: TransactionId, result: Ended) {
        let Some(transaction) = self.core.transactions.get(id) else { return };
        let Some(step) = transaction.steps.get(transaction.at) else { return };
        let gone = self.core.calls.get(step.call).is_none();
        let makes_room = matches!(step.verb, Verb::End(_) | Verb::SetHeld(true));
        match result {
            Ok(date) => self.done(id, Outcome::Fulfilled(date)),
            Err(_) if gone && (makes_room || self.rest_resumes(transaction)) => {
                self.done(id, Outcome::Fulfilled(None));
            }
            Err(reason) => return self.abort(id, reason),
        }
        self.advance(id);
    }

    /// Whether the step is one of those that take a conversation from hold, of which others are left: that one of them
    /// ended meanwhile is no reason to hold these again.
    pub fn rest_resumes(&self, transaction: &Transaction) -> bool {
        let (done, coming) = transaction.steps.split_at(transaction.at);
        let resumes = |step: &&Step| step.verb == Verb::SetHeld(false);
        let lives =
            |step: &Step| self.core.calls.get(step.call).is_some_and(|call| !call.is_ending());
        coming.first().is_some_and(|step| resumes(&step))
            && (coming.iter().take_while(resumes).any(lives)
                || done.iter().rev().take_while(resumes).any(lives))
    }

    pub fn done(&mut self, id: TransactionId, outcome: Outcome) {
        let Some(transaction) = self.core.transactions.get_mut(id) else { return };
        if let Some(at) = transaction.steps.get(transaction.at).and_then(|step| step.requested) {
            transaction.results[at] = Some(outcome);
        }
        transaction.at += 1;
    }

    /// ERR-14: nothing after a failed step is performed, and what was done to make room is undone.
    pub fn abort(&mut self, id: TransactionId, reason: FailReason) {
        let Some(transaction) = self.core.transactions.get_mut(id) else { return };
        let rest = transaction.steps.split_off(transaction.at);
        let Some(failed) = rest.first() else { return };
        // What its app carries out on its own already can only be ended.
        let run = transaction.run.take().filter(Run::is_carried_out);
        let carried = run.map_or(0, |run| run.until.saturating_sub(transaction.at));
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
        // What was held to make room talks again; who came out of hold before another of the same conversation could
        // not is held again.
        let undo = |step: &Step| match (&step.verb, step.requested) {
            (Verb::SetHeld(held), None) => Some((step.call, !held)),
            _ => None,
        };
        let done: Vec<(CallNumber, bool)> = transaction.steps.iter().filter_map(undo).collect();
        for (action, _) in self.core.performing.of_transaction(id) {
            self.core.performing.remove(action);
        }
        self.finish(id);
        for (at, step) in rest.iter().enumerate() {
            self.take_back(step, at < carried);
        }
        if reason != FailReason::ProviderLost {
            self.undo(&done);
        }
    }

    /// A step that was announced and will not be performed, or only by an app that was offered the whole.
    fn take_back(&mut self, step: &Step, carried: bool) {
        let Some(call) = self.core.calls.get_mut(step.call) else { return };
        match (&step.verb, call.state) {
            (Verb::SetMuted(false), _) => call.mute_wanted = call.muted,
            (Verb::Answer, State::Answering { .. }) | (Verb::Start, State::Starting) if carried => {
                self.end_failed(step.call, EndKind::Failed, true);
            }
            (Verb::End(kind), State::Ending { .. }) if carried => {
                self.end_performed(step.call, *kind, None);
            }
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

    /// Give a call back that was held for something that did not come about, with everybody who is in one conversation
    /// with it.
    pub fn resume(&mut self, call: CallNumber) {
        let together: Vec<(CallNumber, bool)> =
            self.core.calls.together(call).map(|member| (member, false)).collect();
        self.undo(&together);
    }

    /// The service's own transaction that puts calls back on hold (true) or takes them from it (false).
    fn undo(&mut self, calls: &[(CallNumber, bool)]) {
        let calls_now = &self.core.calls;
        let is =
            |number: CallNumber, state: fn(&Call) -> bool| calls_now.get(number).is_some_and(state);
        let mut steps = Vec::new();
        let mut leaves = None;
        for (call, _) in calls.iter().filter(|(_, hold)| *hold) {
            if is(*call, |call| call.state == State::Active) {
                steps.push(Step::own(*call, Verb::SetHeld(true)));
                leaves = Some(*call);
            }
        }
        let free = |call: CallNumber| {
            calls_now.talking().is_none_or(|talking| {
                calls_now.are_together(call, talking)
                    || leaves.is_some_and(|leaves| calls_now.are_together(leaves, talking))
            })
        };
        let mut target = None;
        for (call, _) in calls.iter().filter(|(call, hold)| !hold && free(*call)) {
            if is(*call, Call::is_held) {
                steps.push(Step::own(*call, Verb::SetHeld(false)));
                target = Some(*call);
            }
        }
        self.begin_own(steps, target);
    }

    /// Say again that a call is not held.
    pub fn resume_again(&mut self, call: CallNumber) {
        let step = Step { forced: true, ..Step::own(call, Verb::SetHeld(false)) };
        let under_way = self.core.arbitrating.and_then(|id| self.core.transactions.get_mut(id));
        match under_way.filter(|transaction| transaction.requester.is_none()) {
            // Others of its conversation, which were held in time, are given back already.
            Some(undo) => undo.steps.push(step),
            None => self.begin_own(vec![step], Some(call)),
        }
    }

    pub fn finish(&mut self, id: TransactionId) {
        self.core.waiting.remove(id);
        if self.core.arbitrating == Some(id) {
            self.core.arbitrating = None;
        }
        let Some(transaction) = self.core.transactions.remove(id) else { return };
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
            // An end is done with that, as is whatever made room.
            let over = Err(FailReason::CallEnded);
            let Some((id, step)) = performing.step else { continue };
            let Some(transaction) = self.core.transactions.get_mut(id) else { continue };
            match &mut transaction.run {
                Some(run) if step > transaction.at => {
                    run.early.insert(step, (performing, over));
                }
                _ => self.step_over(id, over),
            }
        }
    }
}
