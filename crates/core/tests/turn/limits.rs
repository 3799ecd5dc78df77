//! Never more than the rules allow; and nothing is in the way of an emergency call.

use super::Turn;
use hookswitch_core::words::{CallState, RequestError};
use hookswitch_core::{CallView, Input, Reply, Report};

impl Turn<'_> {
    /// An emergency call is refused for nothing but its own, and only its own people end it.
    pub(super) fn check_emergency(&self) -> Result<(), String> {
        if self.emergency_asked()
            && let Some(Reply::RequestRefused(error)) = self.reply()
        {
            let own = [
                RequestError::EmergencyCallInProgress,
                RequestError::Unentitled,
                RequestError::UnknownAccount,
                RequestError::UnknownCallProvider,
                RequestError::CallUuidAlreadyExists,
                RequestError::InvalidArgument,
            ];
            ensure!(own.contains(error), "an emergency call was refused {}", error.name());
        }
        let Some(call) = self.before.emergency() else { return Ok(()) };
        if self.after.call(call.number).is_some() || self.was_due() {
            return Ok(());
        }
        let own = match self.input {
            Input::Report { provider, call: uuid, .. } => {
                (*provider, *uuid) == (call.provider, call.facts.uuid)
            }
            Input::Complete { action, .. } => {
                self.before.asked.get(action).is_some_and(|asked| asked.number == call.number)
            }
            Input::ProviderLost { provider } | Input::Invalidate { provider, .. } => {
                *provider == call.provider
            }
            _ => false,
        };
        ensure!(own, "the emergency call {} was ended by something else", call.number);
        Ok(())
    }

    /// What is more than the rules allow was so before.
    pub(super) fn check_limits(&self) -> Result<(), String> {
        let policy = self.after.core.policy();
        // What was let in before a restart counts for nothing when it comes back, whichever way.
        let adopted = match (self.input, self.reply()) {
            (Input::Report { report: Report::Adopt(_), .. }, _) => true,
            (_, Some(Reply::Admitted(number))) => self.before.core.remembers(*number),
            _ => false,
        };
        if adopted || matches!(self.input, Input::Restore { .. }) {
            return Ok(());
        }
        let dials =
            |call: &CallView| matches!(call.state, CallState::Dialing | CallState::Connecting);
        ensure!(self.after.count(dials) <= 1, "two calls are being dialed");
        if let Some(Reply::Admitted(number)) = self.reply()
            && let Some(new) = self.after.call(*number)
            && self.before.call(*number).is_none()
            && !new.facts.emergency
        {
            let rings = |call: &CallView| call.state == CallState::Ringing;
            let own = |call: &CallView| {
                rings(call) && (call.provider, call.account()) == (new.provider, new.account())
            };
            ensure!(self.after.count(rings) <= policy.ringing, "too many calls ring");
            ensure!(self.after.count(own) <= policy.ringing_per_account, "too many calls ring");
        }
        for new in self.after.calls.iter().filter(|call| self.before.call(call.number).is_none()) {
            let all = self
                .after
                .count(|call| (call.provider, call.account()) == (new.provider, new.account()));
            let right = all <= policy.calls_per_account || new.facts.emergency;
            ensure!(right, "{all} calls on one account");
        }
        for (provider, _, said) in self.after.core.providers() {
            let after = self.after.groups(provider, false);
            let most = said.maximum_call_groups.max(self.before.groups(provider, true));
            // What makes way for an emergency call may be held beyond that.
            let emergency = self.after.emergency().is_some();
            ensure!(after <= most || emergency, "{after} groups of {provider}");
        }
        Ok(())
    }
}
