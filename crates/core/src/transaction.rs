use crate::input::Requester;
use crate::words::{
    ActionId, CallNumber, CallUuid, Outcome, ProviderId, Timestamp, TransactionId, Verb,
};
use alloc::collections::{BTreeMap, BTreeSet};
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
}

impl Transaction {
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
    /// `None`: nobody waits for it.
    pub transaction: Option<TransactionId>,
}

/// All actions under way, by id, by call and by deadline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Performings {
    by_id: BTreeMap<ActionId, Performing>,
    by_call: BTreeSet<(CallNumber, ActionId)>,
    deadlines: BTreeSet<(Timestamp, ActionId)>,
}

impl Performings {
    pub fn get(&self, action: ActionId) -> Option<&Performing> {
        self.by_id.get(&action)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&ActionId, &Performing)> {
        self.by_id.iter()
    }

    pub fn of_call(
        &self,
        call: CallNumber,
    ) -> impl Iterator<Item = (ActionId, &Performing)> + use<'_> {
        self.by_call
            .range((call, ActionId(0))..=(call, ActionId(u64::MAX)))
            .filter_map(|(_, action)| Some((*action, self.by_id.get(action)?)))
    }

    pub fn of_provider(&self, provider: ProviderId) -> Vec<ActionId> {
        let own = self.by_id.iter().filter(|(_, p)| p.provider == provider);
        own.map(|(action, _)| *action).collect()
    }

    pub fn next_deadline(&self) -> Option<(Timestamp, ActionId)> {
        self.deadlines.first().copied()
    }

    pub fn insert(&mut self, action: ActionId, performing: Performing) {
        self.by_call.insert((performing.call, action));
        self.deadlines.insert((performing.deadline, action));
        self.by_id.insert(action, performing);
    }

    pub fn remove(&mut self, action: ActionId) -> Option<Performing> {
        let performing = self.by_id.remove(&action)?;
        self.by_call.remove(&(performing.call, action));
        self.deadlines.remove(&(performing.deadline, action));
        Some(performing)
    }
}
