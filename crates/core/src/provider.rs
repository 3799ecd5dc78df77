use crate::words::{AccountId, AppId, HandleKind, ProviderId};
use alloc::collections::BTreeMap;
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
}

/// All registered providers, by registration and by app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Providers {
    by_id: BTreeMap<ProviderId, Provider>,
    by_app: BTreeMap<AppId, ProviderId>,
}

impl Providers {
    pub fn get(&self, id: ProviderId) -> Option<&Provider> {
        self.by_id.get(&id)
    }

    pub fn get_mut(&mut self, id: ProviderId) -> Option<&mut Provider> {
        self.by_id.get_mut(&id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (ProviderId, &Provider)> {
        self.by_id.iter().map(|(id, provider)| (*id, provider))
    }

    pub fn of_app(&self, app: &AppId) -> Option<ProviderId> {
        self.by_app.get(app).copied()
    }

    pub fn insert(&mut self, id: ProviderId, provider: Provider) {
        self.by_app.insert(provider.app.clone(), id);
        self.by_id.insert(id, provider);
    }

    pub fn remove(&mut self, id: ProviderId) -> Option<Provider> {
        let provider = self.by_id.remove(&id)?;
        self.by_app.remove(&provider.app);
        Some(provider)
    }
}
