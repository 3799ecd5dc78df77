use hookswitch::{Error, RequestError};
use std::fmt;
use std::path::Path;

/// Why a command did not do what it was told: the cause, and what to do.
#[derive(Debug)]
pub struct Failure {
    /// The refusal's name, for programs, if there is one.
    pub reason: Option<String>,
    pub text: String,
}

impl Failure {
    pub fn new(text: impl Into<String>) -> Self {
        Self { reason: None, text: text.into() }
    }
}

/// A file or folder that stands in the way. `what` was to be done with it: read, write, make.
pub fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let path = path.display();
    Failure::new(format!("cannot {what} {path}: {error}. See that it is there and may be used."))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<E: fmt::Debug + fmt::Display> From<Error<E>> for Failure
where
    Error<E>: fmt::Display,
{
    fn from(error: Error<E>) -> Self {
        let reason = match &error {
            Error::Refused { reason, .. } => Some(format!("{reason:?}")),
            Error::Unknown { name, .. } => Some(name.clone()),
            Error::Service(_) => None,
        };
        Self { reason, text: error.to_string() }
    }
}

/// Whether this program is no surface.
pub fn is_unentitled(error: &Error<RequestError>) -> bool {
    error.reason() == Some(RequestError::Unentitled)
}
