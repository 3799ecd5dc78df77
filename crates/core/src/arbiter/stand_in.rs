//! Calls that the service rings for an app that does not run, because a push said so.

use super::turn::Turn;
use crate::effect::ProviderNews;
use crate::input::{Report, Verdict};
use crate::provider::{Configuration, Provider, StandIn};
use crate::words::{
    AppId, CallNumber, CallUpdate, CallUuid, IncomingCallError, ProviderId, Timestamp, Verb,
};
use alloc::vec::Vec;

impl Turn<'_> {
    /// The service rings for an app. What the user does is kept until the app has come.
    pub fn rung(
        &mut self,
        provider: ProviderId,
        app: AppId,
        configuration: Configuration,
        call: CallUuid,
        update: CallUpdate,
        verdict: Verdict,
    ) -> Result<CallNumber, IncomingCallError> {
        let known = self.core.providers.of_app(&app);
        let id = known.unwrap_or(provider);
        if known.is_none() {
            if self.check(&configuration).is_err() || self.core.providers.get(provider).is_some() {
                return Err(IncomingCallError::InvalidArgument);
            }
            let until = self.now.at + self.core.policy.attach;
            let stand_in = Some(StandIn { until, ended: Vec::new() });
            let entry = Provider { app, configuration, reconfigured: false, stand_in };
            self.core.providers.insert(id, entry);
        }
        let report = Report::Incoming { account: None, update, verdict };
        let admitted = match self.report(id, call, report) {
            crate::effect::Reply::Admitted(number) => Ok(number),
            crate::effect::Reply::IncomingRefused(error) => Err(error),
            _ => Err(IncomingCallError::Unknown),
        };
        match admitted {
            Ok(number) => {
                if let Some(call) = self.core.calls.get_mut(number) {
                    call.rung = true;
                }
                if self.core.providers.stand_in(id).is_none() {
                    self.tell_attached(id, number);
                }
            }
            Err(_) if known.is_none() => {
                self.core.providers.remove(id);
                self.core.ended.remove(&id);
            }
            Err(_) => {}
        }
        admitted
    }

    /// The app has come: its calls are its own, and it hears what the user did meanwhile.
    pub fn attach(&mut self, stand_in: ProviderId, provider: ProviderId, entry: Provider) {
        let Some(was) = self.core.providers.remove(stand_in) else { return };
        self.core.providers.insert(provider, entry);
        self.core.calls.hand_over(stand_in, provider);
        if let Some(ended) = self.core.ended.remove(&stand_in) {
            self.core.ended.insert(provider, ended);
        }
        let (now, policy) = (self.now.at, self.core.policy.clone());
        let actions = self
            .core
            .performing
            .hand_over(stand_in, provider, |verb: &Verb| now + policy.deadline(verb));
        let calls: Vec<CallNumber> = self.core.calls.of_provider(provider).collect();
        for number in calls {
            // It is another registration's now, which may allow more or less.
            self.dirty.insert(number);
            self.tell_attached(provider, number);
        }
        self.rearranged = true;
        for (number, uuid, kind) in was.stand_in.into_iter().flat_map(|stand_in| stand_in.ended) {
            self.perform_alone(provider, number, uuid, Verb::End(kind));
        }
        for action in actions {
            let Some(performing) = self.core.performing.get(action).cloned() else { continue };
            let perform = self.perform_record(action, &performing, performing.step);
            self.tell(provider, ProviderNews::Perform(perform));
        }
    }

    fn tell_attached(&mut self, provider: ProviderId, number: CallNumber) {
        let Some(call) = self.core.calls.get(number) else { return };
        let (uuid, state, facts) = (call.facts.uuid, call.public_state(), call.facts.clone());
        self.tell(provider, ProviderNews::DidAttachCall { call: uuid, state, facts });
    }

    /// The app never came: its calls end as failed, and are missed.
    pub fn stand_in_due(&mut self, now: Timestamp) -> bool {
        let Some(id) = self.core.providers.stand_in_due(now) else { return false };
        self.provider_lost(id);
        true
    }
}
