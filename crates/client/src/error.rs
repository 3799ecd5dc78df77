use hookswitch_core::words::{
    CompletionError, IncomingCallError, RegisterError, ReportError, RequestError,
};

/// Why something asked of the call service did not happen. `E` has the refusals of one door, as
/// [`IncomingCallError`] those of reporting an incoming call.
///
/// ```
/// use hookswitch::{Error, IncomingCallError};
///
/// fn tell(error: &Error<IncomingCallError>) -> &'static str {
///     match error.reason() {
///         Some(IncomingCallError::FilteredByDoNotDisturb) => "drop the call, silently",
///         Some(IncomingCallError::CallUuidAlreadyExists) => "it rings already: all is well",
///         _ => "drop the call",
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error<E> {
    /// The service refused, for a reason this version knows. Nothing changed.
    #[error("{text}")]
    Refused {
        /// Why, for programs.
        reason: E,
        /// Cause and what to do now, for people, in the service's words.
        text: String,
    },
    /// The service refused, for a reason of a later version. Nothing changed.
    #[error("{text} ({name})")]
    Unknown {
        /// The name on the wire, behind `org.hookswitch.Error.`.
        name: String,
        /// Cause and what to do now, for people, in the service's words.
        text: String,
    },
    /// The service could not be asked, or did not answer.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl<E: Copy> Error<E> {
    /// Why the service refused, if it did and for a reason this version knows.
    pub fn reason(&self) -> Option<E> {
        match self {
            Self::Refused { reason, .. } => Some(*reason),
            _ => None,
        }
    }
}

/// Why the call service could not be asked, or gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// There is no bus at this address, or it does not let this program in.
    #[error("no D-Bus session bus: {0}. Log in to a session, or set DBUS_SESSION_BUS_ADDRESS.")]
    NoBus(String),
    /// The service does not run and the bus cannot start it.
    #[error(
        "the call service is not on the bus and could not be started: {0}. Install Hookswitch, or start hookswitchd."
    )]
    Unreachable(String),
    /// The service left the bus. It is started again and registered with by itself; what was asked may or may not
    /// have happened before it left.
    #[error(
        "the call service left the bus and is not back yet. Wait until it is (did_begin), then ask again."
    )]
    Restarting,
    /// No answer came in time. It may come to happen still.
    #[error("the call service did not answer within {0} seconds. Look at its log, then ask again.")]
    TimedOut(u64),
    /// The connection to the bus is gone, for good: every call of this program has ended for the service.
    #[error("the connection to the bus is gone. Make a new one once there is a bus again.")]
    BusLost,
    /// This program let the connection go, as with `invalidate`.
    #[error("this connection was let go by the program itself. Make a new one.")]
    LetGo,
    /// Another program owns the app id on the bus.
    #[error(
        "another program on the bus has this app id already: the app may run twice. Use the one that runs."
    )]
    NameTaken,
    /// The answer does not keep to the contract.
    #[error("the call service answered what the contract does not say: {0}. Check its version.")]
    Malformed(String),
    /// The bus or the service refused the message itself.
    #[error("the bus says {name}: {text}. Check the versions of the service and of this program.")]
    Bus {
        /// The full name of the error.
        name: String,
        /// Its text.
        text: String,
    },
}

/// The refusals of one door.
pub(crate) trait Reason: Copy + Send + 'static {
    fn from_name(name: &str) -> Option<Self>;
}

macro_rules! reasons {
    ($($error:ident),+) => {$(
        impl Reason for $error {
            fn from_name(name: &str) -> Option<Self> {
                Self::from_name(name)
            }
        }
    )+};
}

reasons!(CompletionError, IncomingCallError, RegisterError, ReportError, RequestError);

/// A message that was not answered with a return.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// An error reply.
    Reply { name: String, text: String },
    /// No reply.
    Service(ServiceError),
}

impl<E: Reason> From<Fault> for Error<E> {
    fn from(fault: Fault) -> Self {
        let (name, text) = match fault {
            Fault::Service(error) => return Self::Service(error),
            Fault::Reply { name, text } => (name, text),
        };
        let Some(short) = name.strip_prefix(hookswitch_bus::names::ERROR_PREFIX) else {
            return Self::Service(ServiceError::from(Fault::Reply { name, text }));
        };
        match E::from_name(short) {
            Some(reason) => Self::Refused { reason, text },
            None => Self::Unknown { name: short.to_owned(), text },
        }
    }
}

impl From<Fault> for ServiceError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Service(error) => error,
            Fault::Reply { name, text } => match name.strip_prefix("org.freedesktop.DBus.Error.") {
                Some("ServiceUnknown" | "NameHasNoOwner" | "NoReply" | "Disconnected") => {
                    Self::Restarting
                }
                _ => Self::Bus { name, text },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(name: &str) -> Fault {
        Fault::Reply { name: name.to_owned(), text: "Why. What now.".to_owned() }
    }

    #[test]
    fn a_known_name_is_a_reason() {
        let error: Error<RequestError> = reply("org.hookswitch.Error.CannotHold").into();
        assert_eq!(error.reason(), Some(RequestError::CannotHold));
        assert_eq!(error.to_string(), "Why. What now.");
    }

    #[test]
    fn a_name_of_a_later_version_is_unknown_and_keeps_its_text() {
        let error: Error<RequestError> = reply("org.hookswitch.Error.TooTired").into();
        assert_eq!(error.reason(), None);
        assert_eq!(error.to_string(), "Why. What now. (TooTired)");
    }

    #[test]
    fn an_error_of_the_bus_is_no_refusal() {
        let error: Error<ReportError> = reply("org.freedesktop.DBus.Error.NameHasNoOwner").into();
        assert_eq!(error, Error::Service(ServiceError::Restarting));
        let error: Error<ReportError> = reply("org.freedesktop.DBus.Error.AccessDenied").into();
        assert!(matches!(error, Error::Service(ServiceError::Bus { .. })));
    }
}
