use crate::border::{c_text, guard};
use hookswitch::{IncomingCallError, RegisterError, ReportError, RequestError, ServiceError};
use std::ffi::{CString, c_char};

/// Why something did not happen. Made by the library only, so it may grow at its end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Error {
    /// Its size.
    pub size: usize,
    /// For programs: what stands behind `org.hookswitch.Error.` in data/dbus, as `CannotHold`; or one of the library's own:
    /// InvalidArgument, NoBus, Unreachable, Restarting, TimedOut, BusLost, LetGo, NameTaken, Malformed, Bus, Internal.
    /// The list is open.
    pub name: *const c_char,
    /// For people: the cause, and what to do now.
    pub text: *const c_char,
}

/// An error before it crosses the border.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub name: String,
    pub text: String,
}

impl Refusal {
    pub fn argument(text: impl Into<String>) -> Self {
        Self { name: "InvalidArgument".to_owned(), text: text.into() }
    }

    /// Something of the machine's did not work.
    pub fn system(what: &str, error: &std::io::Error) -> Self {
        let text =
            format!("The library cannot {what}: {error}. Close what is not needed, and try again.");
        Self { name: "Internal".to_owned(), text }
    }

    /// The library did not work.
    pub fn internal() -> Self {
        let text = "The library failed. Report this with what is on standard error.".to_owned();
        Self { name: "Internal".to_owned(), text }
    }

    /// Show it to the app for the time of a call.
    pub fn lend<T>(&self, show: impl FnOnce(*const Error) -> T) -> T {
        let (name, text) = (c_text(&self.name), c_text(&self.text));
        show(&Error { size: size_of::<Error>(), name: name.as_ptr(), text: text.as_ptr() })
    }

    /// Give it to the app, which frees it.
    ///
    /// # Safety
    /// `to` is null, or a place for a pointer.
    pub unsafe fn give(&self, to: *mut *mut Error) {
        if to.is_null() {
            return;
        }
        let (name, text) = (c_text(&self.name).into_raw(), c_text(&self.text).into_raw());
        let error = Error { size: size_of::<Error>(), name, text };
        // SAFETY: not null, so the caller promises a place.
        unsafe { to.write(Box::into_raw(Box::new(error))) };
    }
}

/// Free an error that a function gave. Null is ignored. Not for errors that are passed to the app's own functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hookswitch_error_free(error: *mut Error) {
    guard((), || {
        if error.is_null() {
            return;
        }
        // SAFETY: `Refusal::give` made it of a box and two texts, and the app gives it back once.
        let error = unsafe { Box::from_raw(error) };
        for text in [error.name, error.text] {
            // SAFETY: as above.
            drop(unsafe { CString::from_raw(text.cast_mut()) });
        }
    });
}

macro_rules! refusals {
    ($($error:ident),+) => {$(
        impl From<hookswitch::Error<$error>> for Refusal {
            fn from(error: hookswitch::Error<$error>) -> Self {
                let text = error.to_string();
                let name = match &error {
                    hookswitch::Error::Refused { reason, .. } => reason.name().to_owned(),
                    hookswitch::Error::Unknown { name, .. } => name.clone(),
                    hookswitch::Error::Service(error) => service_name(error).to_owned(),
                };
                Self { name, text }
            }
        }
    )+};
}

refusals!(RegisterError, IncomingCallError, ReportError, RequestError);

fn service_name(error: &ServiceError) -> &'static str {
    match error {
        ServiceError::NoBus(_) => "NoBus",
        ServiceError::Unreachable(_) => "Unreachable",
        ServiceError::Restarting => "Restarting",
        ServiceError::TimedOut(_) => "TimedOut",
        ServiceError::BusLost => "BusLost",
        ServiceError::LetGo => "LetGo",
        ServiceError::NameTaken => "NameTaken",
        ServiceError::Malformed(_) => "Malformed",
        ServiceError::Bus { .. } => "Bus",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn an_error_is_given_once_and_freed_once() {
        let refusal = Refusal::from(hookswitch::Error::<RequestError>::Refused {
            reason: RequestError::CannotHold,
            text: "Why. What now.".into(),
        });
        let mut error = std::ptr::null_mut();
        // SAFETY: a place for a pointer.
        unsafe { refusal.give(&raw mut error) };
        // SAFETY: just given.
        let (name, text) =
            unsafe { (CStr::from_ptr((*error).name), CStr::from_ptr((*error).text)) };
        assert_eq!((name, text), (c"CannotHold", c"Why. What now."));
        // SAFETY: given, and not freed yet; null is ignored.
        unsafe {
            hookswitch_error_free(error);
            hookswitch_error_free(std::ptr::null_mut());
            refusal.give(std::ptr::null_mut());
        }
    }
}
