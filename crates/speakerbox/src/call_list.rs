use crate::call::Call;
use hookswitch::CallUuid;
use hookswitch_platform::call_server::CallId;
use std::collections::BTreeMap;

/// The calls of this app, by the app's own ids. One that is over is not in it.
#[derive(Debug, Default)]
pub struct CallList {
    calls: BTreeMap<CallUuid, Call>,
}

impl CallList {
    /// One more. Whatever had its id before is returned.
    pub fn add(&mut self, call: Call) -> Option<Call> {
        self.calls.insert(call.uuid, call)
    }

    /// It is over.
    pub fn remove(&mut self, call: CallUuid) -> Option<Call> {
        self.calls.remove(&call)
    }

    /// All are over.
    pub fn take_all(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.calls).into_values().collect()
    }

    /// The call of this id.
    pub fn get(&mut self, call: CallUuid) -> Option<&mut Call> {
        self.calls.get_mut(&call)
    }

    /// The call that the exchange means.
    pub fn of_exchange(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.values_mut().find(|call| call.exchange_id == Some(id))
    }

    /// The ids of all calls.
    pub fn ids(&self) -> Vec<CallUuid> {
        self.calls.keys().copied().collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_call_is_found_by_either_id() {
        let mut list = CallList::default();
        let theirs = CallId(Uuid::from_u128(9));
        assert!(list.add(Call::outgoing(CallUuid(1), "bob".into())).is_none());
        assert!(list.of_exchange(theirs).is_none());
        list.get(CallUuid(1)).unwrap().exchange_id = Some(theirs);
        assert_eq!(list.of_exchange(theirs).unwrap().uuid, CallUuid(1));
        assert!(list.remove(CallUuid(1)).is_some());
        assert!(list.remove(CallUuid(1)).is_none());
        assert!(list.is_empty());
    }
}
