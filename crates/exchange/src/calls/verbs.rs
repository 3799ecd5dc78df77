//! What each verb does.

use super::call::{Call, Cause};
use super::machine::{ConnectionId, DeviceRef, Effect, Machine, Now, millis};
use hookswitch_platform::call_server::limits::{NAME_LEN, WORDS_VERSION};
use hookswitch_platform::call_server::{
    CallError, CallId, CallSnapshot, CallState, DeclineScope, Message, Outcome,
};
use uuid::Uuid;

impl Machine {
    pub(super) fn register(
        &mut self,
        connection: ConnectionId,
        address: &str,
        device_id: &str,
        display_name: &str,
        now: Now,
    ) -> Result<Outcome, CallError> {
        if [address, device_id, display_name].iter().any(|text| text.len() > NAME_LEN) {
            return Err(CallError::TooLarge { limit: NAME_LEN as u64 });
        }
        let device = DeviceRef { address: address.to_owned(), device_id: device_id.to_owned() };
        let known = self.connections.get_mut(&connection).ok_or(CallError::NotRegistered)?;
        if known.token != device {
            return Err(CallError::TokenForeign);
        }
        let account = self.accounts.entry(device.address.clone()).or_default();
        let most = self.policy.address_devices;
        if !account.devices.contains_key(device_id) && account.devices.len() >= most {
            return Err(CallError::Quota {
                what: "devices of this address".to_owned(),
                limit: most as u64,
            });
        }
        known.registered = true;
        account.display_name = display_name.to_owned();
        let before = account.devices.insert(device_id.to_owned(), Some(connection)).flatten();
        if let Some(before) = before.filter(|before| *before != connection) {
            self.connections.remove(&before);
            self.effects.push(Effect::Close { to: before, error: CallError::Replaced });
        }
        self.effects.push(Effect::SaveDevice {
            device: device.clone(),
            display_name: display_name.to_owned(),
        });
        Ok(Outcome::Registered { calls: self.back(&device, now), words: WORDS_VERSION })
    }

    /// A device is here (again): nothing waits for it any more, and it rings if its address is being called.
    pub(super) fn back(&mut self, device: &DeviceRef, now: Now) -> Vec<CallSnapshot> {
        let ids: Vec<CallId> = self.calls.keys().copied().collect();
        let mut snapshots = Vec::new();
        for id in ids {
            let Some(call) = self.calls.get_mut(&id) else { continue };
            if call.caller == *device {
                call.caller_gone_until = None;
            }
            if call.callee == device.address {
                call.callee_gone_until = None;
                if call.rung && call.state.is_unanswered() {
                    call.ringing.insert(device.device_id.clone());
                }
            }
            if call.concerns(device)
                && (call.is_party(device) || call.ringing.contains(&device.device_id))
            {
                let call = call.clone();
                snapshots.push(self.snapshot(&call, device, now));
            }
            self.schedule(id);
        }
        snapshots
    }

    pub(super) fn create(
        &mut self,
        device: &DeviceRef,
        callee: String,
        ring: bool,
        fresh: Uuid,
        now: Now,
    ) -> Result<CallId, CallError> {
        if callee.len() > NAME_LEN {
            return Err(CallError::TooLarge { limit: NAME_LEN as u64 });
        }
        if callee == device.address {
            return Err(CallError::CalleeIsCaller);
        }
        let account = self.accounts.get(&callee).ok_or(CallError::CalleeUnknown)?;
        if account.devices.values().all(Option::is_none) {
            return Err(CallError::CalleeOffline);
        }
        let live = self.calls.values().filter(|call| !call.state.is_ended());
        let (mut all, mut own) = (0, 0);
        for call in live {
            all += 1;
            own += usize::from(call.caller == *device);
        }
        if own >= self.policy.device_calls {
            let limit = self.policy.device_calls as u64;
            return Err(CallError::Quota { what: "calls of this device".to_owned(), limit });
        }
        if all >= self.policy.calls {
            return Err(CallError::Quota {
                what: "calls".to_owned(),
                limit: self.policy.calls as u64,
            });
        }
        let id = CallId(fresh);
        let ring_until = now.steady + millis(self.policy.ring_timeout);
        let session = fresh.to_string();
        self.by_session.insert(session.clone(), id);
        self.calls.insert(id, Call::new(id, session, device.clone(), callee, ring_until));
        self.schedule(id);
        self.save(id);
        if ring {
            self.ring(id, now);
        }
        Ok(id)
    }

    pub(super) fn ring(&mut self, id: CallId, now: Now) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.rung {
            return;
        }
        call.rung = true;
        let devices = self
            .accounts
            .get(&call.callee)
            .map(|account| account.devices.clone())
            .unwrap_or_default();
        let here: Vec<String> =
            devices.into_iter().filter(|(_, c)| c.is_some()).map(|(id, _)| id).collect();
        call.ringing.extend(here.iter().cloned());
        let call = call.clone();
        for device_id in here {
            let device = DeviceRef { address: call.callee.clone(), device_id };
            let message = Message::Ring { call: self.snapshot(&call, &device, now) };
            self.tell(&device, message);
        }
    }

    pub(super) fn ring_verb(
        &mut self,
        device: &DeviceRef,
        id: CallId,
        now: Now,
    ) -> Result<CallId, CallError> {
        let call = self.unanswered(device, id)?;
        if call.caller != *device {
            return Err(CallError::WrongSide);
        }
        self.ring(id, now);
        Ok(id)
    }

    pub(super) fn ring_ack(
        &mut self,
        device: &DeviceRef,
        id: CallId,
        now: Now,
    ) -> Result<CallId, CallError> {
        let call = self.unanswered(device, id)?;
        if call.caller == *device {
            return Err(CallError::WrongSide);
        }
        if call.state == CallState::Created {
            call.state = CallState::Ringing;
            self.changed(id, Some(device), now);
        }
        Ok(id)
    }

    pub(super) fn answer(
        &mut self,
        device: &DeviceRef,
        id: CallId,
        expected: Option<u64>,
        now: Now,
    ) -> Result<CallId, CallError> {
        let until = now.steady + millis(self.policy.connecting_timeout);
        let call = self.call(device, id)?;
        if call.caller == *device {
            return Err(CallError::WrongSide);
        }
        if call.answered_by.as_ref() == Some(device) && !call.state.is_ended() {
            return Ok(id);
        }
        let call = self.unanswered(device, id)?;
        if expected.is_some_and(|expected| expected != call.version) {
            return Err(CallError::StaleVersion { present: call.version });
        }
        call.state = CallState::Connecting;
        call.answered_by = Some(device.clone());
        call.answered_at_ms = Some(now.wall);
        call.ring_until = None;
        call.caller_gone_until = None;
        call.callee_gone_until = None;
        call.connecting_until = Some(until);
        self.changed(id, Some(device), now);
        Ok(id)
    }

    pub(super) fn decline(
        &mut self,
        device: &DeviceRef,
        id: CallId,
        scope: DeclineScope,
        now: Now,
    ) -> Result<CallId, CallError> {
        let call = self.unanswered(device, id)?;
        if call.caller == *device {
            return Err(CallError::WrongSide);
        }
        if scope == DeclineScope::ThisDevice {
            call.declined.insert(device.device_id.clone());
            let left = call.ringing.iter().any(|other| !call.declined.contains(other));
            if left {
                return Ok(id);
            }
        }
        self.end(id, Cause::Declined(device.clone()), Some(device), now);
        Ok(id)
    }

    pub(super) fn cancel(
        &mut self,
        device: &DeviceRef,
        id: CallId,
        now: Now,
    ) -> Result<CallId, CallError> {
        let call = self.unanswered(device, id)?;
        if call.caller != *device {
            return Err(CallError::WrongSide);
        }
        self.end(id, Cause::Cancelled, Some(device), now);
        Ok(id)
    }

    pub(super) fn end_verb(
        &mut self,
        device: &DeviceRef,
        id: CallId,
        now: Now,
    ) -> Result<CallId, CallError> {
        let call = self.live(device, id)?;
        let cause = match (call.state.is_unanswered(), call.caller == *device) {
            (true, true) => Cause::Cancelled,
            (true, false) => Cause::Declined(device.clone()),
            (false, _) => Cause::EndedBy(device.clone()),
        };
        self.end(id, cause, Some(device), now);
        Ok(id)
    }

    /// The call, if `device` may know of it.
    pub(super) fn call(&mut self, device: &DeviceRef, id: CallId) -> Result<&mut Call, CallError> {
        self.calls.get_mut(&id).filter(|call| call.concerns(device)).ok_or(CallError::NoSuchCall)
    }

    /// The call, if it is not over for `device`.
    pub(super) fn live(&mut self, device: &DeviceRef, id: CallId) -> Result<&mut Call, CallError> {
        let call = self.call(device, id)?;
        match call.state_for(device) {
            CallState::Ended { reason } => Err(CallError::CallGone { reason }),
            _ => Ok(call),
        }
    }

    /// The call, if it may still be answered.
    pub(super) fn unanswered(
        &mut self,
        device: &DeviceRef,
        id: CallId,
    ) -> Result<&mut Call, CallError> {
        let call = self.live(device, id)?;
        if call.state.is_unanswered() {
            Ok(call)
        } else {
            Err(CallError::WrongState { state: call.state })
        }
    }
}
