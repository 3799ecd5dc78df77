//! The list of recents: SQLite on a thread of its own, fed from the journal.

mod store;
mod thread;

pub use store::{Store, StoreError};
pub use thread::{Answer, Recents};
