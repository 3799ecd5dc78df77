//! Nothing hangs, nothing is offered that is not so, and what is kept twice says the same twice.

use crate::arbiter::Arbiter;
use crate::transaction::{Performing, Run, Transaction};
use crate::words::{ActionId, CallNumber, CallUuid, ProviderId, Timestamp, TransactionId, Verb};
use alloc::format;
use alloc::string::String;

impl Arbiter {
    /// Whatever has begun ends by itself at the latest when something it waits for runs out of time.
    pub(super) fn check_pending(&self) -> Result<(), String> {
        if !self.calls.adds_up() || !self.performing.adds_up() || !self.providers.adds_up() {
            return Err(String::from("an answer that is kept is not what the calls say"));
        }
        for (action, performing) in self.performing.iter() {
            self.check_step(action, performing)?;
        }
        for (id, transaction) in self.transactions.iter() {
            self.check_goes_on(id, transaction)?;
        }
        Ok(())
    }

    fn check_step(&self, action: ActionId, performing: &Performing) -> Result<(), String> {
        if self.providers.get(performing.provider).is_none() {
            return Err(format!("action {action} waits for an app that is gone"));
        }
        let Some((id, at)) = performing.step else { return Ok(()) };
        let transaction = self.transactions.get(id);
        let step = transaction.filter(|t| t.at <= at).and_then(|t| t.steps.get(at));
        match step.is_some_and(|step| step.call == performing.call) {
            true => Ok(()),
            false => Err(format!("action {action} is for a step that is over")),
        }
    }

    fn check_goes_on(&self, id: TransactionId, transaction: &Transaction) -> Result<(), String> {
        let Some(step) = transaction.steps.get(transaction.at) else {
            return Err(format!("transaction {id} is over and was not finished"));
        };
        if self.waiting.contains(id) {
            let ends = self.calls.get(step.call).is_some_and(|call| call.is_ending());
            let kind = step.verb.kind();
            let waits = self.performing.of_call(step.call).any(|(_, p)| p.verb.kind() == kind);
            let early = |(of, verb): (CallNumber, &Verb)| of == step.call && verb.kind() == kind;
            return match ends || waits || self.done_early().any(early) {
                true => Ok(()),
                false => Err(format!("transaction {id} waits for nothing")),
            };
        }
        let mut asked = self.performing.iter();
        match asked.any(|(_, performing)| performing.step == Some((id, transaction.at))) {
            true => Ok(()),
            false => Err(format!("transaction {id} hangs: nobody was asked for its next step")),
        }
    }

    /// What apps were done with before it was its turn, as part of what they carry out as a whole.
    pub(super) fn done_early(&self) -> impl Iterator<Item = (CallNumber, &Verb)> {
        let runs = self.transactions.values().filter_map(|transaction| transaction.run.as_ref());
        runs.flat_map(|run| run.early.values()).map(|(early, _)| (early.call, &early.verb))
    }

    /// Surfaces show each call as it is, and offer what would be accepted.
    pub(super) fn check_offers(&self) -> Result<(), String> {
        for call in self.calls.iter() {
            if call.shown != Some(call.public_state()) {
                return Err(format!("call {} is shown in another state", call.number));
            }
            if *call.choices != *self.choices(call) {
                return Err(format!("what is offered for call {} is out of date", call.number));
            }
        }
        Ok(())
    }

    /// What apps were asked and have not completed: for tests that play the apps.
    #[doc(hidden)]
    pub fn performs(
        &self,
    ) -> impl Iterator<Item = (ActionId, ProviderId, CallNumber, CallUuid, &Verb, Timestamp)> {
        self.performing.iter().map(|(action, performing)| {
            let Performing { provider, call, uuid, verb, deadline, .. } = performing;
            (action, *provider, *call, *uuid, verb, *deadline)
        })
    }

    /// Whether the app was offered this action with others, as a whole.
    #[doc(hidden)]
    pub fn is_of_whole(&self, action: ActionId) -> bool {
        let step = self.performing.get(action).and_then(|performing| performing.step);
        step.is_some_and(|(id, at)| {
            let run = self.transactions.get(id).and_then(|transaction| transaction.run.as_ref());
            run.is_some_and(|run| (run.from..run.until).contains(&at))
        })
    }

    /// The calls the audio is up for, or is kept up for, and whether their apps were told to start.
    #[doc(hidden)]
    pub fn audio_calls(&self) -> impl Iterator<Item = (CallNumber, bool)> {
        self.audio.owners().iter().map(|owner| (owner.call, owner.granted))
    }

    /// Calls that the user ended, and whose app, which does not run, is told so when it comes.
    #[doc(hidden)]
    pub fn kept_ends(&self) -> impl Iterator<Item = CallUuid> {
        let stand_ins = self.providers.iter().filter_map(|(_, known)| known.stand_in.as_ref());
        stand_ins.flat_map(|stand_in| &stand_in.ended).map(|(_, uuid, _)| *uuid)
    }

    /// Whether calls from before a restart wait to be adopted.
    #[doc(hidden)]
    pub fn remembers_calls(&self) -> bool {
        !self.orphans.is_empty()
    }

    /// Whether this is one of them.
    #[doc(hidden)]
    pub fn remembers(&self, number: CallNumber) -> bool {
        self.orphans.values().any(|orphan| orphan.number == number)
    }

    /// What this app was offered as a whole and has not said whether it carries it out.
    #[doc(hidden)]
    pub fn offered(&self, provider: ProviderId) -> impl Iterator<Item = TransactionId> {
        let to_it = move |id: &TransactionId| {
            let mut asked = self.performing.iter().map(|(_, performing)| performing);
            asked.any(|p| p.provider == provider && p.step.is_some_and(|(of, _)| of == *id))
        };
        let offered = self.transactions.iter();
        let offered = offered.filter(|(_, t)| t.run.as_ref().is_some_and(Run::is_offered));
        offered.map(|(id, _)| id).filter(to_it)
    }
}
