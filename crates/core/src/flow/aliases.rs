use super::names::Name;
use super::parse::NO_PARTIES;
use crate::input::{Input, Report, Requested};
use crate::words::{AccountId, AppId};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

/// Aliases kept at most: more apps and accounts than there are on any phone.
const KEPT: usize = 1000;

/// Parties of a flow that are no apps.
const PARTIES: [&str; 10] = [
    "core", "device", "headset", "push", "ring", "audio", "recents", "choices", "screen",
    "somebody",
];

/// What apps and their accounts are called in a flow. An account's id may be somebody's telephone number.
#[derive(Clone, Debug, Default)]
pub(super) struct Aliases {
    apps: BTreeMap<AppId, Name>,
    accounts: BTreeMap<AccountId, String>,
    next_account: u64,
}

impl Aliases {
    /// The last word of the app's id, or that with a number if another app has it.
    pub fn app(&mut self, app: &AppId) -> Name {
        if let Some(known) = self.apps.get(app) {
            return known.clone();
        }
        if self.apps.len() >= KEPT {
            self.apps.clear();
        }
        let last = app.as_str().rsplit('.').next().unwrap_or_default();
        let kept = last.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let mut word: String = kept.map(|c| c.to_ascii_lowercase()).collect();
        let is_other = PARTIES.contains(&word.as_str()) || NO_PARTIES.contains(&word.as_str());
        if word.is_empty() || word.starts_with("ui") || is_other {
            word = format!("app-{word}");
        }
        let taken = |name: &str| self.apps.values().any(|other| &**other == name);
        let mut name = word.clone();
        let mut number = 2u32;
        while taken(&name) {
            name = format!("{word}-{number}");
            number += 1;
        }
        let name = Name::from(name);
        self.apps.insert(app.clone(), name.clone());
        name
    }

    /// The input with aliases for accounts, and for the app of a start: ids that may say who somebody is.
    pub fn masked<'a>(&mut self, input: &'a Input) -> Cow<'a, Input> {
        let names = match input {
            Input::Register { .. } | Input::Configure { .. } | Input::Rung { .. } => true,
            Input::Report { report: Report::Incoming { account, .. }, .. } => account.is_some(),
            Input::Request { actions, .. } => {
                actions.iter().any(|action| matches!(action, Requested::Start(_)))
            }
            _ => false,
        };
        if !names {
            return Cow::Borrowed(input);
        }
        let mut masked = input.clone();
        match &mut masked {
            Input::Register { configuration, .. } | Input::Configure { configuration, .. } => {
                for account in &mut configuration.accounts {
                    account.id = self.account(&account.id);
                }
            }
            Input::Report { report: Report::Incoming { account, .. }, .. } => {
                *account = account.as_ref().map(|id| self.known_account(id));
            }
            Input::Rung { app, configuration, .. } => {
                *app = (&*self.app(app)).into();
                for account in &mut configuration.accounts {
                    account.id = self.account(&account.id);
                }
            }
            Input::Request { actions, .. } => {
                for action in actions {
                    let Requested::Start(start) = action else { continue };
                    start.app = start.app.as_ref().map(|app| (&*self.known_app(app)).into());
                    start.account = start.account.as_ref().map(|id| self.known_account(id));
                }
            }
            _ => {}
        }
        Cow::Owned(masked)
    }

    /// The app's alias, if it has one: whoever asks for an app may say anything.
    fn known_app(&self, app: &AppId) -> Name {
        self.apps.get(app).cloned().unwrap_or_else(|| "nobody".into())
    }

    /// Give the account an alias.
    pub fn account(&mut self, id: &AccountId) -> AccountId {
        if id.as_str() != "default" && !self.accounts.contains_key(id) {
            if self.accounts.len() >= KEPT {
                self.accounts.clear();
            }
            self.next_account += 1;
            self.accounts.insert(id.clone(), format!("account{}", self.next_account));
        }
        self.known_account(id)
    }

    /// The account's alias, if it has one.
    fn known_account(&self, id: &AccountId) -> AccountId {
        match self.accounts.get(id) {
            Some(alias) => alias.as_str().into(),
            None if id.as_str() == "default" => id.clone(),
            None => "unknown".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_have_short_names_that_are_no_other_party() {
        let mut aliases = Aliases::default();
        let mut name = |app: &str| aliases.app(&app.into());
        assert_eq!(&*name("org.example.Chat"), "chat");
        assert_eq!(&*name("com.example.Chat"), "chat-2");
        assert_eq!(&*name("net.example.Chat"), "chat-3");
        assert_eq!(&*name("org.example.Chat"), "chat");
        assert_eq!(&*name("org.example.UiPhone"), "app-uiphone");
        assert_eq!(&*name("org.example.Core"), "app-core");
        assert_eq!(&*name("org.example.Push"), "app-push");
        assert_eq!(&*name("org.example.Policy"), "app-policy");
        assert_eq!(&*name("org.example. : \n"), "app-");
        assert_eq!(&*aliases.known_app(&"org.example.None".into()), "nobody");
    }

    #[test]
    fn accounts_are_numbered_and_never_said() {
        let mut aliases = Aliases::default();
        assert_eq!(aliases.account(&"+49 30 1".into()), "account1".into());
        assert_eq!(aliases.account(&"work".into()), "account2".into());
        assert_eq!(aliases.account(&"+49 30 1".into()), "account1".into());
        assert_eq!(aliases.account(&"default".into()), "default".into());
        assert_eq!(aliases.known_account(&"+1".into()), "unknown".into());
    }
}
