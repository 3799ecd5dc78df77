use crate::limits::OutOfRange;
use crate::names::ERROR_PREFIX;
use hookswitch_core::words::{
    CompletionError, IncomingCallError, RegisterError, ReportError, RequestError,
};

/// The full name of an error on the bus.
pub fn error_name(name: &str) -> String {
    format!("{ERROR_PREFIX}{name}")
}

/// A refusal as it goes over the bus: a name for programs, and for people the cause and what to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// CallKit's name of it, behind `org.hookswitch.Error.`.
    pub name: &'static str,
    /// Cause, and what to do now.
    pub text: String,
}

impl Refusal {
    /// A field that is missing or out of range.
    pub fn invalid(what: impl std::fmt::Display) -> Self {
        Self { name: "InvalidArgument", text: what.to_string() }
    }

    /// This program may not do that.
    pub fn unentitled(what: &str) -> Self {
        Self { name: "Unentitled", text: what.to_owned() }
    }
}

impl From<OutOfRange> for Refusal {
    fn from(out: OutOfRange) -> Self {
        Self::invalid(out)
    }
}

macro_rules! refusals {
    ($($error:ident),+) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self { name: error.name(), text: error.to_string() }
            }
        }
    )+};
}

refusals!(CompletionError, IncomingCallError, RegisterError, ReportError, RequestError);
