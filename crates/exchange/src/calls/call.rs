//! One call: its state, and how each device sees it.

use super::machine::{DeviceRef, Millis};
use hookswitch_platform::call_server::{CallId, CallSnapshot, CallState, EndedReason, Party};
use std::collections::BTreeSet;

/// Why a call ended, as the server knows it. Each device sees its own reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// A party hung up.
    EndedBy(DeviceRef),
    /// A party's media is gone.
    Lost(DeviceRef),
    /// A device of the callee declined for all.
    Declined(DeviceRef),
    Cancelled,
    Unanswered,
    CalleeOffline,
    /// The parties did not both reach the room.
    Failed,
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub id: CallId,
    pub session: String,
    pub caller: DeviceRef,
    pub callee: String,
    pub version: u64,
    pub state: CallState,
    pub cause: Option<Cause>,
    pub rung: bool,
    /// Devices of the callee that were told to ring.
    pub ringing: BTreeSet<String>,
    /// Devices of the callee that do not take this call.
    pub declined: BTreeSet<String>,
    /// The device that answered.
    pub answered_by: Option<DeviceRef>,
    pub answered_at_ms: Option<u64>,
    /// Identities in the room.
    pub in_room: BTreeSet<String>,
    pub ring_until: Option<Millis>,
    pub caller_gone_until: Option<Millis>,
    pub callee_gone_until: Option<Millis>,
    pub connecting_until: Option<Millis>,
    /// Until when a party that left may come back.
    pub rejoin_until: Option<Millis>,
    /// Who left.
    pub left: Option<DeviceRef>,
    pub forget_at: Option<Millis>,
    /// The deadline under which the machine keeps this call.
    pub scheduled: Option<Millis>,
}

impl Call {
    pub(super) fn new(
        id: CallId,
        session: String,
        caller: DeviceRef,
        callee: String,
        ring_until: Millis,
    ) -> Self {
        Self {
            id,
            session,
            caller,
            callee,
            version: 1,
            state: CallState::Created,
            cause: None,
            rung: false,
            ringing: BTreeSet::new(),
            declined: BTreeSet::new(),
            answered_by: None,
            answered_at_ms: None,
            in_room: BTreeSet::new(),
            ring_until: Some(ring_until),
            caller_gone_until: None,
            callee_gone_until: None,
            connecting_until: None,
            rejoin_until: None,
            left: None,
            forget_at: None,
            scheduled: None,
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        [
            self.ring_until,
            self.caller_gone_until,
            self.callee_gone_until,
            self.connecting_until,
            self.rejoin_until,
            self.forget_at,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether `device` is one of the two that talk.
    pub(super) fn is_party(&self, device: &DeviceRef) -> bool {
        *device == self.caller || self.answered_by.as_ref() == Some(device)
    }

    /// Whether `device` may know of the call at all.
    pub(super) fn concerns(&self, device: &DeviceRef) -> bool {
        *device == self.caller || (device.address == self.callee && self.rung)
    }

    /// The party in the room under this identity.
    pub(super) fn party(&self, identity: &str) -> Option<&DeviceRef> {
        [Some(&self.caller), self.answered_by.as_ref()]
            .into_iter()
            .flatten()
            .find(|d| d.identity() == identity)
    }

    /// The call's state for `device`, which may be over for one device while it goes on for others.
    pub(super) fn state_for(&self, device: &DeviceRef) -> CallState {
        let elsewhere = *device != self.caller
            && self.answered_by.as_ref().is_some_and(|winner| winner != device);
        if elsewhere {
            return CallState::Ended { reason: EndedReason::AnsweredElsewhere };
        }
        if *device != self.caller && self.declined.contains(&device.device_id) {
            return CallState::Ended { reason: EndedReason::Declined };
        }
        match &self.cause {
            None => self.state,
            Some(cause) => CallState::Ended { reason: self.reason_for(cause, device) },
        }
    }

    fn reason_for(&self, cause: &Cause, device: &DeviceRef) -> EndedReason {
        match cause {
            Cause::EndedBy(by) if by == device => EndedReason::LocalEnded,
            Cause::EndedBy(_) | Cause::Lost(_) => EndedReason::RemoteEnded,
            Cause::Declined(by) if by != device && *device != self.caller => {
                EndedReason::DeclinedElsewhere
            }
            Cause::Declined(_) => EndedReason::Declined,
            Cause::Cancelled => EndedReason::Cancelled,
            Cause::Unanswered => EndedReason::Unanswered,
            Cause::CalleeOffline => EndedReason::CalleeOffline,
            Cause::Failed => EndedReason::Failed,
        }
    }

    pub(super) fn snapshot(
        &self,
        device: &DeviceRef,
        names: (String, String),
        now: Millis,
    ) -> CallSnapshot {
        let state = self.state_for(device);
        CallSnapshot {
            call: self.id,
            version: self.version,
            state,
            caller: Party { address: self.caller.address.clone(), display_name: names.0 },
            callee: Party { address: self.callee.clone(), display_name: names.1 },
            session: self.session.clone(),
            outgoing: *device == self.caller,
            here: self.is_party(device),
            ring_left_ms: self
                .ring_until
                .filter(|_| state.is_unanswered())
                .map(|until| until.saturating_sub(now)),
            answered_at_ms: self.answered_at_ms,
        }
    }
}
