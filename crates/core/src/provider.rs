use crate::numbered::Numbered;
use crate::words::{
    AccountId, AppId, CallNumber, CallUuid, Capabilities, EndKind, HandleKind, ProviderId,
    Timestamp,
};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// One line an app can be called on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// The provider's own id of it.
    pub id: AccountId,
    /// What the user calls it.
    pub label: String,
}

/// What a provider says about itself. CallKit: `CXProviderConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Configuration {
    /// At least one; calls that name none go to the first.
    pub accounts: Vec<Account>,
    /// How many groups (a call by itself is one) the app can have at once, not counting ringing ones. Default 2.
    pub maximum_call_groups: usize,
    /// How many calls one group can have. Default 5; 1 = no conferencing.
    pub maximum_calls_per_call_group: usize,
    /// Whether its calls go into recents. Default yes.
    pub includes_calls_in_recents: bool,
    /// Whether it can do video at all. Default no.
    pub supports_video: bool,
    /// Whether its calls can be translated. Default no.
    pub supports_audio_translation: bool,
    /// Whether it wants to see each transaction as a whole first. Default no.
    pub executes_transactions: bool,
    /// Whether it may make emergency calls. Granted, never taken at the app's word. Default no.
    pub emergency: bool,
    /// The kinds of address it can dial. Default none: surfaces offer no way to dial with it.
    pub supported_handle_kinds: Vec<HandleKind>,
    /// How long a call may show no sign of life while it is dialed, if not the service's default.
    pub stuck: Option<Duration>,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            accounts: Vec::from([Account { id: "default".into(), label: String::new() }]),
            maximum_call_groups: 2,
            maximum_calls_per_call_group: 5,
            includes_calls_in_recents: true,
            supports_video: false,
            supports_audio_translation: false,
            executes_transactions: false,
            emergency: false,
            supported_handle_kinds: Vec::new(),
            stuck: None,
        }
    }
}

/// A registered provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Provider {
    pub app: AppId,
    pub configuration: Configuration,
    /// It was replaced: there may be more calls than it allows now.
    pub reconfigured: bool,
    /// The app does not run: the service rings for it, and keeps what it would be asked.
    pub stand_in: Option<StandIn>,
}

/// What waits for an app that does not run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StandIn {
    /// Then its calls end as failed.
    pub until: Timestamp,
    /// Calls the user ended meanwhile: the app is told when it comes.
    pub ended: Vec<(CallNumber, CallUuid, EndKind)>,
}

impl Provider {
    /// What can be done with a call that says it can do that.
    pub fn allows(&self, can: Capabilities) -> Capabilities {
        let allowed = &self.configuration;
        Capabilities {
            grouping: can.grouping && allowed.maximum_calls_per_call_group > 1,
            video: can.video && allowed.supports_video,
            translation: can.translation && allowed.supports_audio_translation,
            ..can
        }
    }
}

/// All registered providers, by registration and by app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Providers {
    by_id: Numbered<ProviderId, Provider>,
    by_app: BTreeMap<AppId, ProviderId>,
    /// Stand-ins, by when their time is over.
    stand_ins: BTreeSet<(Timestamp, ProviderId)>,
}

impl Providers {
    pub fn get(&self, id: ProviderId) -> Option<&Provider> {
        self.by_id.get(id)
    }

    pub fn get_mut(&mut self, id: ProviderId) -> Option<&mut Provider> {
        self.by_id.get_mut(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (ProviderId, &Provider)> {
        self.by_id.iter()
    }

    pub fn of_app(&self, app: &AppId) -> Option<ProviderId> {
        self.by_app.get(app).copied()
    }

    /// What waits for the app, if it does not run.
    pub fn stand_in(&self, id: ProviderId) -> Option<&StandIn> {
        self.get(id)?.stand_in.as_ref()
    }

    /// When the next stand-in's time is over.
    pub fn next_stand_in(&self) -> Option<Timestamp> {
        self.stand_ins.first().map(|(until, _)| *until)
    }

    /// A stand-in whose time is over.
    pub fn stand_in_due(&self, now: Timestamp) -> Option<ProviderId> {
        self.stand_ins.first().filter(|(until, _)| *until <= now).map(|(_, id)| *id)
    }

    /// The user ended a call whose app does not run: it hears of it when it comes.
    pub fn keep_end(
        &mut self,
        id: ProviderId,
        number: Option<CallNumber>,
        uuid: CallUuid,
        kind: EndKind,
    ) {
        let stand_in = self.by_id.get_mut(id).and_then(|provider| provider.stand_in.as_mut());
        if let (Some(stand_in), Some(number)) = (stand_in, number) {
            stand_in.ended.push((number, uuid, kind));
        }
    }

    pub fn insert(&mut self, id: ProviderId, provider: Provider) {
        if let Some(stand_in) = &provider.stand_in {
            self.stand_ins.insert((stand_in.until, id));
        }
        self.by_app.insert(provider.app.clone(), id);
        self.by_id.insert(id, provider);
    }

    pub fn remove(&mut self, id: ProviderId) -> Option<Provider> {
        let provider = self.by_id.remove(id)?;
        if let Some(stand_in) = &provider.stand_in {
            self.stand_ins.remove(&(stand_in.until, id));
        }
        self.by_app.remove(&provider.app);
        Some(provider)
    }

    /// Whether what is kept by app and by time is what there is.
    pub fn adds_up(&self) -> bool {
        let mut again = Self::default();
        for (id, provider) in self.iter() {
            again.insert(id, provider.clone());
        }
        again == *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_can_do_what_both_it_and_its_app_can() {
        let of = |supports: bool, most: usize| Provider {
            app: "chat".into(),
            configuration: Configuration {
                maximum_calls_per_call_group: most,
                supports_video: supports,
                supports_audio_translation: supports,
                ..Configuration::default()
            },
            reconfigured: false,
            stand_in: None,
        };
        let all = Capabilities::default();
        assert_eq!(of(true, 2).allows(all), all);
        let less = Capabilities { grouping: false, video: false, translation: false, ..all };
        assert_eq!(of(false, 1).allows(all), less);
        let none = Capabilities { holding: false, ungrouping: false, dtmf: false, ..less };
        assert_eq!(of(true, 2).allows(none), none);
    }
}
