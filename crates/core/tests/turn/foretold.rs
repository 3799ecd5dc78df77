//! What a request does was known before, and what is offered would be accepted.

use super::{Seen, Turn};
use hookswitch_core::words::{CallNumber, RequestError};
use hookswitch_core::{Input, Reply, Requested, Requester};

impl Turn<'_> {
    /// What a request would do was known before, and an app's own request ends nobody else's call.
    pub(super) fn check_foretold(&self) -> Result<(), String> {
        let Input::Request { requester, actions, revision, .. } = self.input else { return Ok(()) };
        if self.was_due() {
            return Ok(());
        }
        let would = self.before.core.preflight(*requester, actions);
        match (self.reply(), would) {
            (Some(Reply::Accepted(_)), Err(error)) => {
                Err(format!("it was accepted and would have been refused {}", error.name()))
            }
            (Some(Reply::Accepted(_)), Ok(would)) => {
                let Requester::Provider(provider) = requester else { return Ok(()) };
                let foreign = |number: &&CallNumber| {
                    self.before.call(**number).is_some_and(|call| call.provider != *provider)
                };
                let loss = would.ends.iter().find(foreign);
                let emergency = self.emergency_asked();
                ensure!(loss.is_none() || emergency, "an app ended call {loss:?} of another");
                Ok(())
            }
            (Some(Reply::RequestRefused(RequestError::ChoicesChanged)), _)
                if revision.is_some() =>
            {
                Ok(())
            }
            (Some(Reply::RequestRefused(error)), Ok(_)) => {
                let later = [
                    RequestError::TransactionInProgress,
                    RequestError::TooManyRequests,
                    RequestError::UnknownCallProvider,
                ];
                ensure!(later.contains(error), "it was refused {} unforetold", error.name());
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Whatever is offered would be accepted, and does to others what it says.
pub fn check_offers(seen: &Seen) -> Result<(), String> {
    let surface = Requester::Surface(hookswitch_core::words::SurfaceId(1));
    for call in &seen.calls {
        for choice in call.choices.iter() {
            let (number, name) = (call.number, choice.kind.name());
            let would = seen.core.preflight(surface, &[Requested::Choose(number, choice.kind)]);
            let would = would.map_err(|error| {
                format!("{name} is offered for call {number} and refused {}", error.name())
            })?;
            let own = seen.lead(call);
            let others = |calls: &[CallNumber]| -> Vec<CallNumber> {
                calls.iter().copied().filter(|number| *number != own).collect()
            };
            let ends: Vec<CallNumber> = choice.ends.into_iter().collect();
            ensure!(others(&would.ends) == ends, "{name} of call {number} names no loss");
            let holds: Vec<CallNumber> = choice.holds.into_iter().collect();
            ensure!(
                would.holds == holds,
                "{name} of call {number} says it holds {holds:?}, and it holds {:?}",
                would.holds
            );
        }
    }
    Ok(())
}
