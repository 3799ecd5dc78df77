use crate::limits::{MAX_ID, MAX_NAME, MAX_RECORDS, OutOfRange, short};
use crate::ringtone::RingtoneFile;
use hookswitch_core::words::HandleKind;
use hookswitch_core::{Account, Configuration};
use std::time::Duration;
use zbus::{DeserializeDict, SerializeDict, Type};

/// One account of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct AccountRecord {
    /// The provider's own id of it.
    pub id: String,
    /// What the user calls it; default empty.
    pub label: Option<String>,
}

/// What a provider says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct ConfigurationRecord {
    /// Register only: the app, which is also its desktop entry's name.
    pub app_id: Option<String>,
    /// Default one account `default`.
    pub accounts: Option<Vec<AccountRecord>>,
    /// Default 2.
    pub maximum_call_groups: Option<u32>,
    /// Default 5.
    pub maximum_calls_per_call_group: Option<u32>,
    /// Default true.
    pub includes_calls_in_recents: Option<bool>,
    /// Default false.
    pub supports_video: Option<bool>,
    /// Default false.
    pub supports_audio_translation: Option<bool>,
    /// Default false.
    pub executes_transactions: Option<bool>,
    /// Default none.
    pub supported_handle_kinds: Option<Vec<String>>,
    /// Milliseconds a call may be dialed without a sign of life; default the service's.
    pub stuck_timeout_ms: Option<u32>,
    /// The sound that its calls ring with; default the service's own.
    pub ringtone: Option<RingtoneFile>,
}

impl ConfigurationRecord {
    /// The configuration in the words of the core. Whether it may make emergency calls is not the app's to say.
    ///
    /// # Errors
    /// A text is too long, or there are too many accounts.
    pub fn into_configuration(self) -> Result<Configuration, OutOfRange> {
        let mut configuration = Configuration::default();
        if let Some(accounts) = self.accounts {
            if accounts.len() > MAX_RECORDS {
                return Err(OutOfRange { field: "accounts", must: "at most 1000 accounts" });
            }
            configuration.accounts = accounts
                .into_iter()
                .map(|account| {
                    let id = short("accounts.id", account.id, MAX_ID, "1 to 255 bytes")?;
                    if id.is_empty() {
                        return Err(OutOfRange { field: "accounts.id", must: "1 to 255 bytes" });
                    }
                    let label = account.label.unwrap_or_default();
                    let label = short("accounts.label", label, MAX_NAME, "at most 256 bytes")?;
                    Ok(Account { id: id.into(), label })
                })
                .collect::<Result<_, _>>()?;
        }
        let count = |field, value: Option<u32>, default: usize| match value {
            Some(number @ 1..=1000) => Ok(number as usize),
            Some(_) => Err(OutOfRange { field, must: "1 to 1000" }),
            None => Ok(default),
        };
        configuration.maximum_call_groups = count(
            "maximum_call_groups",
            self.maximum_call_groups,
            configuration.maximum_call_groups,
        )?;
        configuration.maximum_calls_per_call_group = count(
            "maximum_calls_per_call_group",
            self.maximum_calls_per_call_group,
            configuration.maximum_calls_per_call_group,
        )?;
        if let Some(includes) = self.includes_calls_in_recents {
            configuration.includes_calls_in_recents = includes;
        }
        configuration.supports_video = self.supports_video.unwrap_or(false);
        configuration.supports_audio_translation = self.supports_audio_translation.unwrap_or(false);
        configuration.executes_transactions = self.executes_transactions.unwrap_or(false);
        let kinds = self.supported_handle_kinds.unwrap_or_default();
        configuration.supported_handle_kinds =
            kinds.iter().filter_map(|kind| HandleKind::from_name(kind)).collect();
        configuration.stuck = self.stuck_timeout_ms.map(|ms| Duration::from_millis(u64::from(ms)));
        Ok(configuration)
    }

    /// The record of a configuration, without the app id.
    pub fn from_configuration(configuration: &Configuration) -> Self {
        let number = |n: usize| Some(u32::try_from(n).unwrap_or(u32::MAX));
        let account = |account: &Account| AccountRecord {
            id: account.id.to_string(),
            label: Some(account.label.clone()),
        };
        let kinds = configuration.supported_handle_kinds.iter();
        let stuck = configuration.stuck.map(|time| time.as_millis());
        Self {
            app_id: None,
            accounts: Some(configuration.accounts.iter().map(account).collect()),
            maximum_call_groups: number(configuration.maximum_call_groups),
            maximum_calls_per_call_group: number(configuration.maximum_calls_per_call_group),
            includes_calls_in_recents: Some(configuration.includes_calls_in_recents),
            supports_video: Some(configuration.supports_video),
            supports_audio_translation: Some(configuration.supports_audio_translation),
            executes_transactions: Some(configuration.executes_transactions),
            supported_handle_kinds: Some(kinds.map(|kind| kind.name().to_owned()).collect()),
            stuck_timeout_ms: stuck.map(|ms| u32::try_from(ms).unwrap_or(u32::MAX)),
            ringtone: None,
        }
    }
}

/// The reply to a registration.
#[derive(Clone, Debug, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct RegisteredRecord {
    /// The version of the contract the service speaks.
    pub version: u32,
    /// What it can do beyond that.
    pub features: Vec<String>,
    /// Whether the service could make sure that the program is this app.
    pub verified: bool,
    /// Milliseconds left to adopt calls from before a restart of the service; absent: it remembers none of this app.
    pub adopt_within_ms: Option<u32>,
}
