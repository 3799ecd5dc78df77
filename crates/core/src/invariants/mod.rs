//! What holds after every input, as functions. Properties and the runner of flows ask after each step.

mod pending;
#[cfg(test)]
mod tests;

use crate::arbiter::{Arbiter, Audio};
use crate::call::{Call, Sight, State};
use crate::words::{CallNumber, ProviderId, RingLevel, Verb};
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
        self.check_calls()?;
        self.check_sight()?;
        self.check_groups()?;
        self.check_emergency()?;
        self.check_transactions()?;
        self.check_pending()?;
        self.check_offers()
    }

    fn check_audio(&self) -> Result<(), String> {
        let talks = |call: &&Call| matches!(call.state, State::Active | State::Dialing { .. });
        let mut talking = self.calls.iter().filter(talks).map(|call| call.number);
        if let Some(first) = talking.next()
            && let Some(other) = talking.find(|other| !self.calls.are_together(first, *other))
        {
            return Err(format!("calls {first} and {other} talk at once"));
        }
        let live = |number: CallNumber| self.calls.get(number).is_some();
        match &self.audio {
            Audio::Idle => match self.calls.heard().next() {
                Some(number) => Err(format!("call {number} talks and nobody has the audio")),
                None => Ok(()),
            },
            Audio::Reserved(owner) if self.arbitrating.is_none() => {
                Err(format!("audio kept up for call {} without a transaction", owner.call))
            }
            Audio::Reserved(owner) if live(owner.call) => Ok(()),
            Audio::Up(owners)
                if self.calls.heard().count() == owners.len()
                    && self.calls.heard().all(|number| self.audio.is_for(number)) =>
            {
                Ok(())
            }
            audio => Err(format!("the audio is for {:?}, who do not talk", audio.owners())),
        }
    }

    /// An emergency call has the phone to itself: nothing rings, talks or mutes it.
    fn check_emergency(&self) -> Result<(), String> {
        let Some(number) = self.emergency else { return Ok(()) };
        let Some(call) = self.calls.get(number) else {
            return Err(format!("the emergency call {number} is over and in the way"));
        };
        if !call.facts.emergency || call.is_held() || call.muted {
            return Err(format!("the emergency call {number} is held or muted"));
        }
        let in_the_way = |other: &&Call| {
            other.number != number
                && matches!(
                    other.state,
                    State::Ringing { .. }
                        | State::Answering { .. }
                        | State::Starting
                        | State::Dialing { .. }
                        | State::Active
                )
        };
        match self.calls.iter().find(in_the_way) {
            Some(other) => Err(format!("call {} is in the way of an emergency", other.number)),
            None => Ok(()),
        }
    }

    /// A group is two calls or more of one app, answered, and no more than the app can have.
    fn check_groups(&self) -> Result<(), String> {
        for call in self.calls.iter() {
            let Some(group) = self.calls.group_of(call.number) else { continue };
            let number = call.number;
            if !group.members.contains(&number) || group.members.len() < 2 {
                return Err(format!("call {number} is in a group that is none"));
            }
            let other = |member: &&CallNumber| {
                let member = self.calls.get(**member);
                member.is_none_or(|member| member.provider != call.provider)
            };
            if let Some(other) = group.members.iter().find(other) {
                return Err(format!("calls {number} and {other} are not of one app"));
            }
            if !call.is_ending() && !matches!(call.state, State::Active | State::Held(_)) {
                return Err(format!("call {number} is in a group before it is answered"));
            }
            let provider = self.providers.get(call.provider);
            let most = provider.map_or(0, |p| p.configuration.maximum_calls_per_call_group);
            if group.members.len() > most.max(2) && !self.was_reconfigured(call.provider) {
                return Err(format!("{} calls in one group", group.members.len()));
            }
        }
        Ok(())
    }

    /// A configuration that is replaced leaves the calls there are as they are.
    fn was_reconfigured(&self, provider: ProviderId) -> bool {
        self.providers.get(provider).is_some_and(|provider| provider.reconfigured)
    }

    fn check_ring(&self) -> Result<(), String> {
        if self.ring != RingLevel::Silent && self.calls.ringing().is_empty() {
            return Err(String::from("it rings and no call does"));
        }
        let others = !self.calls.foreground().is_empty() || !self.calls.held().is_empty();
        match self.ring == RingLevel::Loud && others {
            true => Err(String::from("it rings loud into another call")),
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
            if let Some((id, _)) = performing.step
                && !self.transactions.has(id)
            {
                return Err(format!("action {action} belongs to no transaction"));
            }
        }
        if self.adopt_until.is_some() == self.orphans.is_empty() {
            return Err(String::from("the time to adopt does not fit what can be adopted"));
        }
        Ok(())
    }

    /// Every call has an app, and is muted only if somebody wants that.
    ///
    /// How many calls an account has is no question here: the limit is asked when a call begins, and those that were there
    /// before a restart, or a stand-in had, come on top. `tests/turn/limits.rs` looks at every turn for that.
    fn check_calls(&self) -> Result<(), String> {
        for call in self.calls.iter() {
            if self.providers.get(call.provider).is_none() {
                return Err(format!("call {} has no provider", call.number));
            }
            if call.muted && !call.mute_wanted && !self.unmutes(call.number) {
                return Err(format!("call {} is muted and nobody wants that", call.number));
            }
        }
        Ok(())
    }

    /// Who shows a call is there, and nobody is waited for who is not.
    fn check_sight(&self) -> Result<(), String> {
        for call in self.calls.iter() {
            let number = call.number;
            match &call.sight {
                Sight::By(by)
                    if by.is_empty() || !by.iter().all(|of| self.surfaces.contains(of)) =>
                {
                    return Err(format!("call {number} is shown by who is not there"));
                }
                Sight::Due(_, not_by) if self.surfaces.iter().all(|of| not_by.contains(of)) => {
                    return Err(format!("nobody is there who could show call {number}"));
                }
                Sight::New if !call.is_ending() => {
                    return Err(format!("nobody looks whether call {number} is shown"));
                }
                _ => {}
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
                let transaction = self.transactions.get(*id);
                let steps = transaction.map(|t| &t.steps[t.at.min(t.steps.len())..]);
                steps.is_some_and(|steps| steps.iter().any(|step| step.call == number))
            };
            if waits && !self.arbitrating.as_ref().is_some_and(coming) {
                return Err(format!("call {number} waits for a transaction that is over"));
            }
            // Its app may have ended it before it was its turn, and have the rest still to do.
            if call.is_ending()
                && self.performing.of_call(number).next().is_none()
                && !self.done_early().any(|(of, _)| of == number)
            {
                return Err(format!("call {number} is ending and nobody was asked to end it"));
            }
        }
        match self.arbitrating {
            Some(id) if !self.transactions.has(id) => {
                Err(String::from("the arbitrating transaction is over"))
            }
            _ => Ok(()),
        }
    }
}
