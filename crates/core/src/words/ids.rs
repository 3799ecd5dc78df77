use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::str::FromStr;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl crate::numbered::Number for $name {
            fn value(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// The service's own number of a call: unique for this user for ever, never reused, also across restarts.
    CallNumber
);
number!(
    /// Several calls of one app that are one conversation. Never reused while the service runs.
    GroupId
);
number!(
    /// One registration of a provider: one bus connection, from its registration until it is gone.
    ProviderId
);
number!(
    /// One connected surface: a program that shows calls and acts for the user.
    SurfaceId
);
number!(
    /// One action the service asks a provider to perform. Not the call's id: confusing the two is a common bug.
    ActionId
);
number!(
    /// One accepted request; its outcome is told under this id.
    TransactionId
);
number!(
    /// Whoever asked gets the reply under the id that came in with the question.
    RequestId
);

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text!(
    /// The id of an app, which is also its D-Bus name and the name of its desktop entry: `org.example.Chat`.
    AppId
);
text!(
    /// One of a provider's accounts, in the provider's own words: `work`, `+4930123456`.
    AccountId
);

/// A provider's id of one of its calls: a UUID. Ids of different providers never meet.
///
/// Reading is case-insensitive, printing is lower case with hyphens.
///
/// ```
/// use hookswitch_core::words::CallUuid;
///
/// let uuid: CallUuid = "3F2504E0-4F89-41D3-9A0C-0305E82C3301".parse()?;
/// assert_eq!(uuid.to_string(), "3f2504e0-4f89-41d3-9a0c-0305e82c3301");
/// # Ok::<(), hookswitch_core::words::RequestError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallUuid(pub u128);

impl fmt::Display for CallUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'-'; 36];
        let mut rest = self.0;
        let digits = text.iter_mut().enumerate().filter(|(at, _)| !matches!(at, 8 | 13 | 18 | 23));
        for (_, digit) in digits.rev() {
            *digit = b"0123456789abcdef"[(rest & 0xf) as usize];
            rest >>= 4;
        }
        // All of it is ASCII. A formatter for each part took longer than parsing it.
        f.write_str(core::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for CallUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CallUuid {
    type Err = super::RequestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.as_bytes();
        let mut value = 0u128;
        if bytes.len() != 36 {
            return Err(super::RequestError::InvalidArgument);
        }
        for (at, byte) in bytes.iter().enumerate() {
            let digit = match (at, byte) {
                (8 | 13 | 18 | 23, b'-') => continue,
                (8 | 13 | 18 | 23, _) => return Err(super::RequestError::InvalidArgument),
                (_, b'0'..=b'9') => byte - b'0',
                (_, b'a'..=b'f') => byte - b'a' + 10,
                (_, b'A'..=b'F') => byte - b'A' + 10,
                _ => return Err(super::RequestError::InvalidArgument),
            };
            value = value << 4 | u128::from(digit);
        }
        Ok(Self(value))
    }
}
