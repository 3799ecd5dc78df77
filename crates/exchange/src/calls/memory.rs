//! What was asked under which idempotency key.

use super::machine::{DeviceRef, Millis};
use hookswitch_platform::call_server::{CallId, Verb};
use std::collections::{BTreeMap, VecDeque};

/// One request that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRecord {
    /// Whose key.
    pub device: DeviceRef,
    /// The key.
    pub key: String,
    /// The verb with what it was about, to tell a retry from another request.
    pub request: String,
    /// The call that it made or changed.
    pub call: CallId,
}

/// The text that tells one request from another.
pub(super) fn fingerprint(verb: &Verb) -> String {
    serde_json::to_string(verb).unwrap_or_default()
}

/// Requests that were done, for a limited time and number.
#[derive(Debug, Default)]
pub(super) struct Memory {
    done: BTreeMap<(DeviceRef, String), (String, CallId)>,
    by_age: VecDeque<(Millis, DeviceRef, String)>,
}

impl Memory {
    pub(super) fn recall(&self, device: &DeviceRef, key: &str) -> Option<&(String, CallId)> {
        self.done.get(&(device.clone(), key.to_owned()))
    }

    pub(super) fn remember(&mut self, record: &KeyRecord, now: Millis, most: usize) {
        let id = (record.device.clone(), record.key.clone());
        self.by_age.push_back((now, id.0.clone(), id.1.clone()));
        self.done.insert(id, (record.request.clone(), record.call));
        while self.by_age.len() > most {
            self.forget_oldest();
        }
    }

    pub(super) fn forget_before(&mut self, time: Millis) {
        while self.by_age.front().is_some_and(|(at, ..)| *at < time) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, device, key)) = self.by_age.pop_front() {
            self.done.remove(&(device, key));
        }
    }
}
