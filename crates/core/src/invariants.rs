//! What holds after every input, as functions. Properties and the runner of flows ask after each step.

use crate::arbiter::{Arbiter, Audio};
use crate::call::{Call, State};
use crate::words::{CallNumber, RingLevel, Verb};
use alloc::format;
use alloc::string::String;

impl Arbiter {
    /// Check everything that must always hold.
    ///
    /// # Errors
    /// The first thing that does not, in words.
    pub fn check(&self) -> Result<(), String> {
        self.check_audio()?;
        self.check_ring()?;
        self.check_deadlines()?;
        self.check_limits()?;
        self.check_transactions()
    }

    fn check_audio(&self) -> Result<(), String> {
        let active = self.calls.iter().filter(|call| call.state == State::Active).count();
        let dialing = |call: &&Call| matches!(call.state, State::Dialing { .. });
        let dialing = self.calls.iter().filter(dialing).count();
        if active + dialing > 1 {
            return Err(format!("{active} active and {dialing} dialing calls at once"));
        }
        let live = |number: CallNumber| self.calls.get(number).is_some();
        match self.audio {
            Audio::Idle => match self.calls.heard() {
                Some(number) => Err(format!("call {number} talks and nobody has the audio")),
                None => Ok(()),
            },
            Audio::Reserved(owner) if self.arbitrating.is_none() => {
                Err(format!("audio kept up for call {} without a transaction", owner.call))
            }
            Audio::Reserved(owner) if live(owner.call) => Ok(()),
            Audio::Activating(owner) | Audio::Granted(owner)
                if self.calls.heard() == Some(owner.call) =>
            {
                Ok(())
            }
            _ => Err(format!("call {:?} has the audio and does not talk", self.audio.owner())),
        }
    }

    fn check_ring(&self) -> Result<(), String> {
        match self.ring != RingLevel::Silent && self.calls.ringing().is_empty() {
            true => Err(String::from("it rings and no call does")),
            false => Ok(()),
        }
    }

    /// Every deadline belongs to something pending, and nothing is asked of an ended call but its end.
    fn check_deadlines(&self) -> Result<(), String> {
        for (action, performing) in self.performing.iter() {
            let live = self.calls.get(performing.call).is_some();
            if !live && !matches!(performing.verb, Verb::End(_)) {
                let verb = performing.verb.kind().name();
                return Err(format!("action {action} ({verb}) of an ended call is pending"));
            }
            if let Some(id) = performing.transaction
                && !self.transactions.contains_key(&id)
            {
                return Err(format!("action {action} belongs to no transaction"));
            }
        }
        if self.adopt_until.is_some() == self.orphans.is_empty() {
            return Err(String::from("the time to adopt does not fit what can be adopted"));
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), String> {
        let policy = self.policy();
        for call in self.calls.iter() {
            if self.providers.get(call.provider).is_none() {
                return Err(format!("call {} has no provider", call.number));
            }
            let all = self.calls.on_account(call.provider, &call.facts.account);
            if all > policy.calls_per_account {
                return Err(format!("{all} calls on one account"));
            }
            if call.muted && !call.mute_wanted && !self.unmutes(call.number) {
                return Err(format!("call {} is muted and nobody wants that", call.number));
            }
        }
        Ok(())
    }

    fn unmutes(&self, number: CallNumber) -> bool {
        let pending = |step: &crate::transaction::Step| {
            step.call == number && matches!(step.verb, Verb::SetMuted(_))
        };
        self.transactions.values().any(|transaction| transaction.steps.iter().any(pending))
    }

    /// Whatever is announced is on its way: no call waits for a transaction that is over.
    fn check_transactions(&self) -> Result<(), String> {
        for call in self.calls.iter() {
            let waits = matches!(call.state, State::Answering { .. } | State::Starting);
            let number = call.number;
            let coming = |id: &crate::words::TransactionId| {
                let transaction = self.transactions.get(id);
                let steps = transaction.map(|t| &t.steps[t.at.min(t.steps.len())..]);
                steps.is_some_and(|steps| steps.iter().any(|step| step.call == number))
            };
            if waits && !self.arbitrating.as_ref().is_some_and(coming) {
                return Err(format!("call {number} waits for a transaction that is over"));
            }
            if call.is_ending() && self.performing.of_call(number).next().is_none() {
                return Err(format!("call {number} is ending and nobody was asked to end it"));
            }
        }
        match self.arbitrating {
            Some(id) if !self.transactions.contains_key(&id) => {
                Err(String::from("the arbitrating transaction is over"))
            }
            _ => Ok(()),
        }
    }
}
