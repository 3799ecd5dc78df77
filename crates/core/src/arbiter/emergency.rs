//! Emergency calls: they are performed at once and wait for nobody.

use super::turn::Turn;
use super::wish::NewCall;
use crate::call::{Call, HeldFor, State};
use crate::input::Requester;
use crate::transaction::{Performing, Step, Transaction};
use crate::words::{
    AccountId, CallNumber, EndKind, MissedReason, Outcome, ProviderId, Timestamp, TransactionId,
    Verb,
};
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

/// Until when calls on this account may be an emergency service calling back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Callback {
    pub provider: ProviderId,
    pub account: AccountId,
    pub until: Timestamp,
}

impl Turn<'_> {
    /// EMG-01 to EMG-05: everything makes room. What rings is missed; calls of apps that cannot make emergency calls end;
    /// of the app that can, the active call is held if it has none held yet, and ends otherwise. No reply is waited for.
    pub fn start_emergency(&mut self, requester: Requester, new: NewCall) -> TransactionId {
        self.give_up_arbitration();
        let (number, provider) = (new.number, new.provider);
        self.begin_start(new);
        self.core.emergency = Some(number);
        self.clear_the_way(number, provider);
        let step = Step { requested: Some(0), ..Step::own(number, Verb::Start) };
        self.begin(Transaction {
            target: Some(number),
            ..Transaction::of(Some(requester), vec![step], 1)
        })
    }

    /// Everybody makes way for the emergency call of this app.
    pub fn clear_the_way(&mut self, number: CallNumber, of: ProviderId) {
        let calls = &self.core.calls;
        let own = |held: CallNumber| calls.get(held).is_some_and(|call| call.provider == of);
        let own_held = calls.held_groups().any(own);
        let others = calls.iter().map(|call| call.number).filter(|other| *other != number);
        for other in others.collect::<Vec<_>>() {
            self.make_way(other, of, number, own_held);
        }
        self.pump();
    }

    fn make_way(&mut self, other: CallNumber, of: ProviderId, number: CallNumber, own_held: bool) {
        let calls = &self.core.calls;
        let Some(call) = calls.get(other) else { return };
        let (provider, uuid) = (call.provider, call.facts.uuid);
        let can_hold = |member: CallNumber| {
            calls.get(member).is_some_and(|call| call.facts.capabilities.holding)
        };
        match call.state {
            State::Ending { .. } => {}
            State::Ringing { .. } | State::Answering { .. } => {
                self.end_missed(other, MissedReason::EmergencyCall);
                self.perform_alone(provider, other, uuid, Verb::End(EndKind::EmergencyCall));
            }
            State::Held(_) if provider == of => {}
            State::Active if provider == of && !own_held && calls.together(other).all(can_hold) => {
                self.set_state(other, State::Held(HeldFor::Room(number)));
                self.perform_alone(provider, other, uuid, Verb::SetHeld(true));
            }
            _ => self.end_failed(other, EndKind::EmergencyCall, true),
        }
    }

    /// Whatever is about to change which call is active comes to nothing.
    pub fn give_up_arbitration(&mut self) {
        let Some(id) = self.core.arbitrating else { return };
        for (action, _) in self.core.performing.of_transaction(id) {
            let Some(performing) = self.core.performing.remove(action) else { continue };
            // What is ending ends, though nobody waits for it any more.
            if self.core.calls.get(performing.call).is_some_and(Call::is_ending) {
                self.core.performing.insert(action, Performing { step: None, ..performing });
            }
        }
        let mut early = None;
        if let Some(transaction) = self.core.transactions.get_mut(id) {
            early = transaction.run.take().map(|run| run.early);
            let failed = Outcome::Failed(crate::words::FailReason::EmergencyCall);
            transaction.results.iter_mut().for_each(|result| {
                result.get_or_insert(failed);
            });
        }
        self.finish(id);
        // What its app ended before it was its turn is over: nobody is asked to end it any more.
        for (done, result) in early.into_iter().flat_map(BTreeMap::into_values) {
            if let Verb::End(kind) = done.verb {
                self.end_performed(done.call, kind, result.unwrap_or_default());
            }
        }
    }

    /// EMG-10: it is over; for a while its service may call back.
    pub fn emergency_over(&mut self, call: &Call) {
        if self.core.emergency != Some(call.number) {
            return;
        }
        self.core.emergency = None;
        self.rearranged = true;
        self.core.callback = Some(Callback {
            provider: call.provider,
            account: call.facts.account.clone(),
            until: self.now.at + self.core.policy.emergency_callback,
        });
    }

    /// Whether a call that comes in on this account may be an emergency service calling back.
    pub fn is_callback(&self, provider: ProviderId, account: &AccountId, marked: bool) -> bool {
        let granted = self.core.providers.get(provider);
        let granted = granted.is_some_and(|provider| provider.configuration.emergency);
        let expected = self.core.callback.as_ref().is_some_and(|callback| {
            callback.provider == provider
                && callback.account == *account
                && self.now.at < callback.until
        });
        granted && (marked || expected)
    }
}
