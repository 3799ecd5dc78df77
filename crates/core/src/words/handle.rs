use alloc::string::String;
use core::fmt;

/// The kind of address a [`Handle`] is. CallKit: `CXHandleType`. Open on the wire: an unknown kind reads as generic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandleKind {
    /// An id of the app's own making; never matched as a telephone number.
    #[default]
    Generic,
    /// A telephone number.
    PhoneNumber,
    /// A mail-shaped address.
    EmailAddress,
}

impl HandleKind {
    /// All kinds, in the order of their wire values.
    pub const ALL: [Self; 3] = [Self::Generic, Self::PhoneNumber, Self::EmailAddress];

    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::PhoneNumber => "phone_number",
            Self::EmailAddress => "email_address",
        }
    }

    /// The kind of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A typed address of a party, with the name to show for it. CallKit: `CXHandle`; the display name is
/// LiveCommunicationKit's.
///
/// Debug output hides the address and the name, so that neither gets into a log by accident.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    /// What kind of address `value` is.
    pub kind: HandleKind,
    /// The address, at most 256 bytes on the wire.
    pub value: String,
    /// What to call this party where no contact matches.
    pub display_name: Option<String>,
}

impl Handle {
    /// A handle without a display name.
    pub fn new(kind: HandleKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into(), display_name: None }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({}, hidden)", self.kind.name())
    }
}
