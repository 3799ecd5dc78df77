//! Small facts that many messages need.

use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// A new id with the prefix that clients expect of its kind.
pub(super) fn sid(prefix: &str) -> String {
    let mut text = Uuid::new_v4().simple().to_string();
    text.truncate(16);
    format!("{prefix}{text}")
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_millis() as i64).unwrap_or(0)
}
