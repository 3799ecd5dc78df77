//! Calls on the lock screen of a real Phosh: read from pictures of it, answered and ended with a pointer.

mod app_calls;
mod speakerboxes;
mod unlocked;
