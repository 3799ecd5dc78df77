use crate::input::Requester;
use crate::numbered::Numbered;
use crate::row::Row;
use crate::words::{
    ActionId, CallNumber, CallUuid, Date, FailReason, Outcome, ProviderId, Timestamp,
    TransactionId, Verb,
};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// One action of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub call: CallNumber,
    pub verb: Verb,
    /// Which requested action this does; `None` for a hold that makes room.
    pub requested: Option<usize>,
    /// Ask the app even if the call is in the wanted state already: after a hold that came too late nobody knows.
    pub forced: bool,
}

impl Step {
    /// A step that nobody asked for.
    pub fn own(call: CallNumber, verb: Verb) -> Self {
        Self { call, verb, requested: None, forced: false }
    }
}

/// Steps that follow each other and belong to one app, which was offered them as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    pub from: usize,
    /// The first step behind it.
    pub until: usize,
    /// Whether the app carries it out itself; `None`: it has not said.
    pub handled: Option<bool>,
    /// Steps the app was done with before their turn.
    pub early: BTreeMap<usize, (Performing, Result<Option<Date>, FailReason>)>,
}

impl Run {
    pub fn offered(from: usize, until: usize) -> Self {
        Self { from, until, handled: None, early: BTreeMap::new() }
    }

    pub fn is_offered(&self) -> bool {
        self.handled.is_none()
    }

    pub fn answer(&mut self, handled: bool) {
        self.handled = Some(handled);
    }

    /// Whether the app does it without being asked for each step: unless it has said that it does not.
    pub fn is_carried_out(&self) -> bool {
        self.handled != Some(false)
    }

    /// Whether this step comes without asking for it.
    pub fn waits_for(&self, step: usize) -> bool {
        (self.from..self.until).contains(&step) && self.is_carried_out()
    }
}

/// An ordered list of actions, performed one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Transaction {
    /// `None`: the service's own.
    pub requester: Option<Requester>,
    pub steps: Vec<Step>,
    /// The step being performed, or waiting to be.
    pub at: usize,
    /// One for each requested action.
    pub results: Vec<Option<Outcome>>,
    /// The call that is to talk once this is done.
    pub target: Option<CallNumber>,
    /// What was offered as a whole last.
    pub run: Option<Run>,
}

impl Transaction {
    /// One that did nothing yet.
    pub fn of(requester: Option<Requester>, steps: Vec<Step>, results: usize) -> Self {
        let results = alloc::vec![None; results];
        Self { requester, steps, at: 0, results, target: None, run: None }
    }

    pub fn is_arbitration(&self) -> bool {
        self.steps.iter().any(|step| step.verb.is_arbitration())
    }
}

/// An action that a provider was asked to perform and has not completed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Performing {
    pub provider: ProviderId,
    pub call: CallNumber,
    pub uuid: CallUuid,
    pub verb: Verb,
    pub deadline: Timestamp,
    /// Of which transaction, and which step; `None`: nobody waits for it.
    pub step: Option<(TransactionId, usize)>,
}

/// All actions under way, by id, by call and by deadline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Performings {
    by_id: Numbered<ActionId, Performing>,
    by_call: Row<(CallNumber, ActionId)>,
    deadlines: Row<(Timestamp, ActionId)>,
}

impl Performings {
    pub fn get(&self, action: ActionId) -> Option<&Performing> {
        self.by_id.get(action)
    }

    pub fn iter(&self) -> impl Iterator<Item = (ActionId, &Performing)> {
        self.by_id.iter()
    }

    pub fn of_call(
        &self,
        call: CallNumber,
    ) -> impl Iterator<Item = (ActionId, &Performing)> + use<'_> {
        let own = self.by_call.at_least((call, ActionId(0))).take_while(move |(of, _)| *of == call);
        own.filter_map(|(_, action)| Some((action, self.by_id.get(action)?)))
    }

    pub fn of_provider(&self, provider: ProviderId) -> Vec<ActionId> {
        let own = self.by_id.iter().filter(|(_, p)| p.provider == provider);
        own.map(|(action, _)| action).collect()
    }

    /// Actions of this transaction, and which step each is.
    pub fn of_transaction(&self, id: TransactionId) -> Vec<(ActionId, usize)> {
        let own = self.by_id.iter().filter_map(|(action, performing)| {
            let (of, step) = performing.step?;
            (of == id).then_some((action, step))
        });
        own.collect()
    }

    /// The app of these actions has come; their time begins now.
    pub fn hand_over(
        &mut self,
        from: ProviderId,
        to: ProviderId,
        deadline: impl Fn(&Verb) -> Timestamp,
    ) -> Vec<ActionId> {
        let actions = self.of_provider(from);
        for action in &actions {
            if let Some(mut performing) = self.remove(*action) {
                performing.provider = to;
                performing.deadline = deadline(&performing.verb);
                self.insert(*action, performing);
            }
        }
        actions
    }

    pub fn next_deadline(&self) -> Option<(Timestamp, ActionId)> {
        self.deadlines.first()
    }

    pub fn insert(&mut self, action: ActionId, performing: Performing) {
        self.by_call.insert((performing.call, action));
        self.deadlines.insert((performing.deadline, action));
        self.by_id.insert(action, performing);
    }

    pub fn remove(&mut self, action: ActionId) -> Option<Performing> {
        let performing = self.by_id.remove(action)?;
        self.by_call.remove((performing.call, action));
        self.deadlines.remove((performing.deadline, action));
        Some(performing)
    }

    /// Whether what is kept by call and by deadline is what there is.
    pub fn adds_up(&self) -> bool {
        let mut again = Self::default();
        for (action, performing) in self.iter() {
            again.insert(action, performing.clone());
        }
        again == *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_twice_says_the_same_twice() {
        let performing = |call: u64, deadline: u64| Performing {
            provider: ProviderId(1),
            call: CallNumber(call),
            uuid: CallUuid(1),
            verb: Verb::Answer,
            deadline: Timestamp(deadline),
            step: None,
        };
        let mut known = Performings::default();
        known.insert(ActionId(1), performing(1, 5));
        known.insert(ActionId(2), performing(2, 4));
        assert!(known.adds_up());
        assert_eq!(known.next_deadline(), Some((Timestamp(4), ActionId(2))));
        let mut wrong = known.clone();
        wrong.deadlines.remove((Timestamp(4), ActionId(2)));
        assert!(!wrong.adds_up());
        let mut wrong = known.clone();
        drop(wrong.by_call.take());
        assert!(!wrong.adds_up());
        known.remove(ActionId(2));
        assert!(known.adds_up());
        assert_eq!(known.next_deadline(), Some((Timestamp(5), ActionId(1))));
    }
}
