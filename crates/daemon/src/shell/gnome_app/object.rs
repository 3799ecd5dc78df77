//! A call as GNOME Calls has it: the properties of one object on the bus, of whatever types they are.

use hookswitch_bus::{MAX_HANDLE, MAX_NAME};
use hookswitch_core::words::{AccountId, CallUpdate, Handle, HandleKind};
use std::collections::HashMap;
use zbus::OwnedVariant;

/// Properties by name, as they come.
pub type Properties = HashMap<String, OwnedVariant>;

/// Where a call is, in the words of GNOME Calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It does not say, or in a word that we do not know.
    #[default]
    Unknown,
    Active,
    Held,
    Dialing,
    Incoming,
    Over,
}

impl Stage {
    /// By the number of its interface. 4 and 6 are of old versions: the callee's phone rings; the call waits.
    fn of(number: u32) -> Self {
        match number {
            1 => Self::Active,
            2 => Self::Held,
            3 | 4 => Self::Dialing,
            5 | 6 => Self::Incoming,
            7 => Self::Over,
            _ => Self::Unknown,
        }
    }

    /// Whether it was answered and goes on.
    pub fn is_answered(self) -> bool {
        matches!(self, Self::Active | Self::Held)
    }
}

/// The call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    pub stage: Stage,
    /// Whether somebody calls the user.
    pub inbound: bool,
    /// Whether GNOME Calls lets it be seen: a tenth of a second passes before, in which others may hang it up.
    pub is_shown: bool,
    pub id: String,
    pub name: String,
    pub protocol: String,
    pub can_dtmf: bool,
}

impl Object {
    /// The call with these properties.
    pub fn new(properties: Properties) -> Self {
        let mut object = Self { is_shown: true, ..Self::default() };
        object.change(properties);
        // Should it not say who called whom.
        object.inbound |= object.stage == Stage::Incoming;
        object
    }

    /// These properties are different now. Whether somebody who sees the call sees something else. What is not of the type
    /// that it has to be is as before.
    pub fn change(&mut self, properties: Properties) -> bool {
        let before = self.clone();
        for (name, value) in properties {
            match name.as_str() {
                "State" => put(&mut self.stage, u32::try_from(value).ok().map(Stage::of)),
                "Inbound" => put(&mut self.inbound, bool::try_from(value).ok()),
                "Id" => put(&mut self.id, text(value, MAX_HANDLE)),
                "DisplayName" => put(&mut self.name, text(value, MAX_NAME)),
                "Protocol" => put(&mut self.protocol, text(value, MAX_NAME)),
                "CanDtmf" => put(&mut self.can_dtmf, bool::try_from(value).ok()),
                "Hints" => put(&mut self.is_shown, hint(value)),
                _ => {}
            }
        }
        let look = |of: &Self| (of.id.clone(), of.name.clone(), of.can_dtmf);
        look(self) != look(&before)
    }

    /// The account it is on: telephone calls and those of SIP ring beside each other.
    pub fn account(&self) -> AccountId {
        match self.protocol.as_str() {
            "sip" | "sips" => super::SIP.into(),
            _ => super::TELEPHONE.into(),
        }
    }

    /// Who is at the other end.
    pub fn handle(&self) -> Handle {
        match self.account().as_str() {
            super::SIP => Handle::new(HandleKind::Generic, self.id.clone()),
            // Digits behind a pause are sent by whoever dialed them.
            _ => {
                let number = self.id.split([',', ';']).next().unwrap_or_default();
                Handle::new(HandleKind::PhoneNumber, number.trim())
            }
        }
    }

    /// What the core has to know of it.
    pub fn update(&self) -> CallUpdate {
        let is_name = !self.name.is_empty() && self.name != self.id;
        CallUpdate {
            remote_handle: Some(self.handle()),
            localized_caller_name: is_name.then(|| self.name.clone()),
            // Its interface has no word for any of these.
            supports_holding: Some(false),
            supports_grouping: Some(false),
            supports_ungrouping: Some(false),
            supports_dtmf: Some(self.can_dtmf),
            supports_video: Some(false),
            supports_translation: Some(false),
            ..CallUpdate::default()
        }
    }
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// As much of a text as the bus lets an app say.
fn text(value: OwnedVariant, most: usize) -> Option<String> {
    let mut text = String::try_from(value).ok()?;
    text.truncate(text.floor_char_boundary(most));
    Some(text)
}

fn hint(value: OwnedVariant) -> Option<bool> {
    let mut hints = HashMap::<String, OwnedVariant>::try_from(value).ok()?;
    bool::try_from(hints.remove("ui-active")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zbus::Variant;

    fn own(value: impl Into<Variant<'static>>) -> OwnedVariant {
        OwnedVariant::try_from(value.into()).unwrap()
    }

    fn incoming(id: &str, name: &str) -> Object {
        let (id, name) = (id.to_owned(), name.to_owned());
        let all = [
            ("State", own(5_u32)),
            ("Inbound", own(true)),
            ("Id", own(id)),
            ("DisplayName", own(name)),
            ("Protocol", own("tel")),
            ("CanDtmf", own(true)),
        ];
        Object::new(all.map(|(name, value)| (name.to_owned(), value)).into())
    }

    #[test]
    fn a_call_is_what_its_properties_say() {
        let anna = incoming("+49301234,,5", "Anna");
        assert_eq!((anna.stage, anna.inbound, anna.is_shown), (Stage::Incoming, true, true));
        let update = anna.update();
        assert_eq!(update.remote_handle, Some(Handle::new(HandleKind::PhoneNumber, "+49301234")));
        assert_eq!(update.localized_caller_name.as_deref(), Some("Anna"));
        assert_eq!((update.supports_dtmf, update.supports_holding), (Some(true), Some(false)));
        // A name that is the number is none.
        assert_eq!(incoming("110", "110").update().localized_caller_name, None);
    }

    #[test]
    fn what_is_of_another_type_is_as_before() {
        let mut anna = incoming("+49301234", "Anna");
        let before = anna.clone();
        let odd = ["State", "Inbound", "Id", "DisplayName", "Protocol", "CanDtmf", "Hints", "Else"];
        for value in [own(7.5), own(-1_i64), own(vec![1_u8]), own(("a", 1_u8))] {
            let all = odd.map(|name| (name.to_owned(), value.try_clone().unwrap()));
            assert!(!anna.change(all.into()));
        }
        assert_eq!(anna, before);
        // Numbers of states to come are no states.
        anna.change([("State".to_owned(), own(99_u32))].into());
        assert_eq!(anna.stage, Stage::Unknown);
        assert_eq!(Object::new(Properties::new()).stage, Stage::Unknown);
        let long = "ä".repeat(MAX_HANDLE);
        assert!(anna.change([("Id".to_owned(), own(long))].into()));
        assert_eq!(anna.handle().value.len(), MAX_HANDLE);
    }

    #[test]
    fn a_call_that_is_not_shown_yet_says_so() {
        let hints = |shown: bool| HashMap::from([("ui-active".to_owned(), own(shown))]);
        let mut anna = incoming("1", "");
        anna.change([("Hints".to_owned(), own(hints(false)))].into());
        assert!(!anna.is_shown);
        anna.change([("Hints".to_owned(), own(hints(true)))].into());
        assert!(anna.is_shown);
    }
}
