use crate::words::{CallNumber, Date};
use alloc::collections::BTreeSet;

/// Calls of one app that are one conversation. It lives as long as it has two members, and is held or talks as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Group {
    /// At least two.
    pub members: BTreeSet<CallNumber>,
    /// CON-03: since when the first of them could talk; it stays when that one leaves.
    pub connected: Option<Date>,
    /// How many of them are neither ringing nor ending: with one of these the group counts towards its app's limit.
    pub standing: usize,
}
