use super::turn::Turn;
use crate::effect::Reply;
use crate::provider::{Configuration, Provider};
use crate::words::{AppId, FailReason, ProviderId, RegisterError, Timestamp};

impl Turn<'_> {
    pub fn register(
        &mut self,
        provider: ProviderId,
        app: AppId,
        configuration: Configuration,
    ) -> Result<Option<Timestamp>, RegisterError> {
        // TO-8: a second provider of the same app would orphan the calls of the first.
        let known = self.core.providers.of_app(&app);
        let stand_in = known.filter(|known| self.core.providers.stand_in(*known).is_some());
        if known.is_some() && stand_in.is_none() || self.core.providers.get(provider).is_some() {
            return Err(RegisterError::AlreadyRegistered);
        }
        self.check(&configuration)?;
        let remembered = self.core.orphans.keys().any(|(of, _)| *of == app);
        let entry = Provider { app, configuration, reconfigured: false, stand_in: None };
        match stand_in {
            Some(stand_in) => {
                self.attach(stand_in, provider, entry);
            }
            None => self.core.providers.insert(provider, entry),
        }
        Ok(self.core.adopt_until.filter(|_| remembered))
    }

    pub fn configure(
        &mut self,
        provider: ProviderId,
        configuration: Configuration,
    ) -> Result<(), RegisterError> {
        self.check(&configuration)?;
        let known = self.core.providers.get_mut(provider).ok_or(RegisterError::NotRegistered)?;
        known.configuration = configuration;
        known.reconfigured = true;
        let calls: alloc::vec::Vec<_> = self.core.calls.of_provider(provider).collect();
        // What its calls can do may be more or less now.
        calls.into_iter().for_each(|call| self.dirty.insert(call));
        self.rearranged = true;
        Ok(())
    }

    pub fn check(&self, configuration: &Configuration) -> Result<(), RegisterError> {
        let accounts = &configuration.accounts;
        if accounts.is_empty()
            || configuration.maximum_call_groups == 0
            || configuration.maximum_calls_per_call_group == 0
        {
            return Err(RegisterError::InvalidArgument);
        }
        if accounts.len() > self.core.policy.accounts {
            return Err(RegisterError::TooManyAccounts);
        }
        let twice = |i: usize| accounts[..i].iter().any(|other| other.id == accounts[i].id);
        if (0..accounts.len()).any(twice) {
            return Err(RegisterError::DuplicateAccount);
        }
        Ok(())
    }

    /// TO-7: all its calls end as failed.
    pub fn invalidate(&mut self, provider: ProviderId) -> Reply {
        if self.core.providers.get(provider).is_none() {
            return Reply::RegisterRefused(RegisterError::NotRegistered);
        }
        self.provider_lost(provider);
        Reply::Done
    }

    /// TO-9: its calls end as failed, the audio is released, held calls of others stay held.
    pub fn provider_lost(&mut self, provider: ProviderId) {
        if self.core.providers.remove(provider).is_none() {
            return;
        }
        self.core.ended.remove(&provider);
        // What it was asked comes to nothing; first, so that no end below is taken for a call that ended by itself.
        let mut lost = alloc::vec::Vec::new();
        for action in self.core.performing.of_provider(provider) {
            lost.extend(self.core.performing.remove(action));
        }
        let calls: alloc::vec::Vec<_> = self.core.calls.of_provider(provider).collect();
        for call in calls {
            self.end_lost(call);
        }
        for performing in lost {
            if let Some((transaction, _)) = performing.step {
                self.step_over(transaction, Err(FailReason::ProviderLost));
            }
        }
        self.pump();
    }
}
