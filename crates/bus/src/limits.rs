//! How much of anything one message may carry.

use std::fmt;

/// Bytes of a handle.
pub const MAX_HANDLE: usize = 256;
/// Bytes of a name or label.
pub const MAX_NAME: usize = 256;
/// Bytes of an app id or account id.
pub const MAX_ID: usize = 255;
/// Records in one list: actions of a transaction, accounts, recents of one answer.
pub const MAX_RECORDS: usize = 1000;

/// Members of one call.
pub const MAX_MEMBERS: usize = 100;

/// A field that is missing or out of range, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// The field.
    pub field: &'static str,
    /// What it must be.
    pub must: &'static str,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` must be {}. Correct it and send it again.", self.field, self.must)
    }
}

impl std::error::Error for OutOfRange {}

/// The text, if it is short enough.
pub(crate) fn short(
    field: &'static str,
    text: String,
    most: usize,
    must: &'static str,
) -> Result<String, OutOfRange> {
    match text.len() <= most && !text.contains('\0') {
        true => Ok(text),
        false => Err(OutOfRange { field, must }),
    }
}
