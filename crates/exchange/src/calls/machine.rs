//! Every decision about calls, as a pure state machine.
//!
//! Connections, requests, room events and time come in; replies, messages and records come out, in order. Ids come in
//! with the input. The same inputs give the same effects.

use super::call::{Call, Cause};
use super::memory::{KeyRecord, Memory, fingerprint};
use crate::policy::Policy;
use crate::room::RoomEvent;
use hookswitch_platform::call_server::limits::KEY_LEN;
use hookswitch_platform::call_server::{
    CallError, CallId, CallSnapshot, CallState, Message, Outcome,
};
use hookswitch_platform::call_server::{Request, Verb};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// Milliseconds on a clock that only goes forward.
pub(crate) type Millis = u64;

/// Names one device's connection.
pub(crate) type ConnectionId = u64;

/// A device of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DeviceRef {
    pub address: String,
    pub device_id: String,
}

impl DeviceRef {
    /// Its identity in rooms.
    pub(crate) fn identity(&self) -> String {
        format!("{}/{}", self.address, self.device_id)
    }
}

/// Now, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// For deadlines.
    pub steady: Millis,
    /// For people: milliseconds since 1970.
    pub wall: u64,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Send this; `join` asks for a room token for (session, identity) to be put into it.
    Send { to: ConnectionId, message: Message, join: Option<(String, String)> },
    /// Say this and close the connection.
    Close { to: ConnectionId, error: CallError },
    /// The media is over: close the room.
    CloseRoom { session: String },
    /// Write down a device.
    SaveDevice { device: DeviceRef, display_name: String },
    /// Write down a call as it is now.
    SaveCall {
        call: CallId,
        version: u64,
        state: CallState,
        caller: DeviceRef,
        callee: String,
        session: String,
    },
    /// Write down a request that was done.
    SaveKey(KeyRecord),
}

pub(super) struct Connection {
    /// What its token says.
    pub(super) token: DeviceRef,
    pub(super) registered: bool,
    /// Start of the present rate window and the requests in it.
    pub(super) window: (Millis, u32),
}

#[derive(Default)]
pub(super) struct Account {
    pub(super) display_name: String,
    /// Device id and its connection, if it is here.
    pub(super) devices: BTreeMap<String, Option<ConnectionId>>,
}

pub(crate) struct Machine {
    pub(super) policy: Policy,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) connections: BTreeMap<ConnectionId, Connection>,
    pub(super) calls: BTreeMap<CallId, Call>,
    pub(super) by_session: BTreeMap<String, CallId>,
    pub(super) timers: BTreeSet<(Millis, CallId)>,
    pub(super) memory: Memory,
    pub(super) effects: Vec<Effect>,
}

pub(super) fn millis(duration: Duration) -> Millis {
    duration.as_millis() as Millis
}

impl Machine {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            accounts: BTreeMap::new(),
            connections: BTreeMap::new(),
            calls: BTreeMap::new(),
            by_session: BTreeMap::new(),
            timers: BTreeSet::new(),
            memory: Memory::default(),
            effects: Vec::new(),
        }
    }

    /// After a restart: addresses that registered before are known, and what was done is not done again.
    pub(crate) fn restore(&mut self, addresses: Vec<String>, keys: Vec<KeyRecord>) {
        for address in addresses {
            self.accounts.entry(address).or_default();
        }
        for record in keys {
            self.memory.remember(&record, 0, self.policy.keys);
        }
    }

    /// When [`Machine::tick`] is next needed.
    pub(crate) fn next_deadline(&self) -> Option<Millis> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// A device connected with a token that is good for `token`.
    pub(crate) fn connect(&mut self, connection: ConnectionId, token: DeviceRef) -> Vec<Effect> {
        if self.connections.len() >= self.policy.call_connections {
            let limit = self.policy.call_connections as u64;
            let error = CallError::Quota { what: "connections".to_owned(), limit };
            return vec![Effect::Close { to: connection, error }];
        }
        self.connections
            .insert(connection, Connection { token, registered: false, window: (0, 0) });
        Vec::new()
    }

    /// A connection is gone.
    pub(crate) fn disconnect(&mut self, connection: ConnectionId, now: Now) -> Vec<Effect> {
        let Some(gone) = self.connections.remove(&connection) else { return Vec::new() };
        let device = gone.token;
        if let Some(account) = self.accounts.get_mut(&device.address)
            && account.devices.get(&device.device_id) == Some(&Some(connection))
        {
            account.devices.insert(device.device_id.clone(), None);
            let callee_gone = account.devices.values().all(Option::is_none);
            self.mark_gone(&device, callee_gone, now);
        }
        std::mem::take(&mut self.effects)
    }

    /// A request on a connection. `fresh` is a new id, used if the request makes a call.
    pub(crate) fn request(
        &mut self,
        connection: ConnectionId,
        request: Request,
        fresh: Uuid,
        now: Now,
    ) -> Vec<Effect> {
        let id = request.id;
        let (outcome, join) = match self.perform(connection, request, fresh, now) {
            Ok(done) => done,
            Err(error) => (Outcome::Refused { error }, None),
        };
        // The asker learns the outcome before anybody hears of it, itself included.
        let reply = Effect::Send { to: connection, message: Message::Reply { id, outcome }, join };
        let mut effects = vec![reply];
        effects.append(&mut self.effects);
        effects
    }

    /// Something happened in a room.
    pub(crate) fn room_event(&mut self, event: &RoomEvent, now: Now) -> Vec<Effect> {
        match event {
            RoomEvent::Joined { room, identity } => self.joined(room, identity, now),
            RoomEvent::Left { room, identity, on_purpose } => {
                self.left(room, identity, *on_purpose, now)
            }
        }
        std::mem::take(&mut self.effects)
    }

    /// Does what is due. Early, late and repeated calls do no harm.
    pub(crate) fn tick(&mut self, now: Now) -> Vec<Effect> {
        while let Some((at, id)) = self.timers.first().copied() {
            if at > now.steady {
                break;
            }
            self.timers.pop_first();
            if let Some(call) = self.calls.get_mut(&id) {
                call.scheduled = None;
            }
            self.due(id, now);
        }
        self.memory.forget_before(now.steady.saturating_sub(millis(self.policy.key_memory)));
        std::mem::take(&mut self.effects)
    }

    fn due(&mut self, id: CallId, now: Now) {
        let Some(call) = self.calls.get(&id) else { return };
        let over = |deadline: Option<Millis>| deadline.is_some_and(|at| at <= now.steady);
        if over(call.forget_at) {
            self.by_session.remove(&call.session);
            self.calls.remove(&id);
        } else if over(call.ring_until) {
            self.end(id, Cause::Unanswered, None, now);
        } else if over(call.caller_gone_until) {
            self.end(id, Cause::Cancelled, None, now);
        } else if over(call.callee_gone_until) {
            self.end(id, Cause::CalleeOffline, None, now);
        } else if over(call.connecting_until) {
            self.end(id, Cause::Failed, None, now);
        } else if over(call.rejoin_until) {
            let cause = call.left.clone().map_or(Cause::Failed, Cause::Lost);
            self.end(id, cause, None, now);
        } else {
            self.schedule(id);
        }
    }

    fn perform(
        &mut self,
        connection: ConnectionId,
        request: Request,
        fresh: Uuid,
        now: Now,
    ) -> Result<(Outcome, Option<(String, String)>), CallError> {
        let known = self.connections.get_mut(&connection).ok_or(CallError::NotRegistered)?;
        if known.window.1 == 0 || now.steady.saturating_sub(known.window.0) >= 10_000 {
            known.window = (now.steady, 0);
        }
        known.window.1 += 1;
        if known.window.1 > self.policy.requests_per_10s {
            return Err(CallError::TooManyRequests {
                retry_after_ms: known.window.0 + 10_000 - now.steady,
            });
        }
        let (device, registered) = (known.token.clone(), known.registered);
        if request.idempotency_key.is_empty() {
            return Err(CallError::Malformed { detail: "the idempotency key is empty".to_owned() });
        }
        if request.idempotency_key.len() > KEY_LEN {
            return Err(CallError::TooLarge { limit: KEY_LEN as u64 });
        }
        if let Verb::Register { address, device_id, display_name, .. } = &request.verb {
            return self
                .register(connection, address, device_id, display_name, now)
                .map(|outcome| (outcome, None));
        }
        if !registered {
            return Err(CallError::NotRegistered);
        }
        let print = fingerprint(&request.verb);
        if let Some((done, call)) = self.memory.recall(&device, &request.idempotency_key) {
            if *done != print {
                return Err(CallError::KeyReused);
            }
            let call = *call;
            return self.again(call, &device, now);
        }
        let call = match request.verb {
            Verb::Register { .. } => return Err(CallError::NotRegistered),
            Verb::Create { callee, ring } => self.create(&device, callee, ring, fresh, now)?,
            Verb::Ring { call } => self.ring_verb(&device, call, now)?,
            Verb::RingAck { call } => self.ring_ack(&device, call, now)?,
            Verb::Answer { call, expected_version } => {
                self.answer(&device, call, expected_version, now)?
            }
            Verb::Decline { call, scope } => self.decline(&device, call, scope, now)?,
            Verb::Cancel { call } => self.cancel(&device, call, now)?,
            Verb::End { call } => self.end_verb(&device, call, now)?,
        };
        let record = KeyRecord {
            device: device.clone(),
            key: request.idempotency_key,
            request: print,
            call,
        };
        self.memory.remember(&record, now.steady, self.policy.keys);
        self.effects.push(Effect::SaveKey(record));
        self.again(call, &device, now)
    }

    /// The reply to a request that was done, with the call as it is now.
    fn again(
        &self,
        call: CallId,
        device: &DeviceRef,
        now: Now,
    ) -> Result<(Outcome, Option<(String, String)>), CallError> {
        // A call that was forgotten, or was live when the exchange was restarted, is over.
        let gone =
            CallError::CallGone { reason: hookswitch_platform::call_server::EndedReason::Failed };
        let call = self.calls.get(&call).ok_or(gone)?;
        let join = call.is_party(device) && !call.state.is_ended();
        let join = join.then(|| (call.session.clone(), device.identity()));
        Ok((
            Outcome::Call { call: self.snapshot(call, device, now), token: None, rooms_url: None },
            join,
        ))
    }

    fn joined(&mut self, room: &str, identity: &str, now: Now) {
        let Some(call) = self.by_session.get(room).and_then(|id| self.calls.get_mut(id)) else {
            return;
        };
        if call.state.is_ended() || call.party(identity).is_none() {
            // A caller may be in the room before the answer; other participants of the session do not count.
            return;
        }
        call.in_room.insert(identity.to_owned());
        let id = call.id;
        if call.left.as_ref().is_some_and(|left| left.identity() == identity) {
            call.left = None;
            call.rejoin_until = None;
        }
        let winner = call.answered_by.as_ref().map(DeviceRef::identity);
        let both = winner.is_some_and(|w| call.in_room.contains(&w))
            && call.in_room.contains(&call.caller.identity());
        if both && call.state == CallState::Connecting {
            call.state = CallState::Active;
            call.connecting_until = None;
            self.changed(id, None, now);
        } else {
            self.schedule(id);
        }
    }

    fn left(&mut self, room: &str, identity: &str, on_purpose: bool, now: Now) {
        let rejoin_until = now.steady + millis(self.policy.rejoin_grace);
        let Some(call) = self.by_session.get(room).and_then(|id| self.calls.get_mut(id)) else {
            return;
        };
        call.in_room.remove(identity);
        let Some(party) = call.party(identity).cloned() else { return };
        let id = call.id;
        if call.state.is_ended() || call.state.is_unanswered() {
            return;
        }
        if on_purpose {
            call.left = Some(party);
            call.rejoin_until = Some(rejoin_until);
            self.schedule(id);
        } else {
            self.end(id, Cause::Lost(party), None, now);
        }
    }

    fn mark_gone(&mut self, device: &DeviceRef, callee_gone: bool, now: Now) {
        let caller_until = now.steady + millis(self.policy.caller_grace);
        let callee_until = now.steady + millis(self.policy.callee_grace);
        let ids: Vec<CallId> =
            self.calls.values().filter(|c| c.state.is_unanswered()).map(|c| c.id).collect();
        for id in ids {
            if let Some(call) = self.calls.get_mut(&id) {
                if call.caller == *device {
                    call.caller_gone_until = Some(caller_until);
                } else if call.callee == device.address && callee_gone {
                    call.callee_gone_until = Some(callee_until);
                }
            }
            self.schedule(id);
        }
    }

    pub(super) fn end(&mut self, id: CallId, cause: Cause, actor: Option<&DeviceRef>, now: Now) {
        let forget_at = now.steady + millis(self.policy.ended_memory);
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.state.is_ended()) else {
            return;
        };
        let reason = match &cause {
            Cause::EndedBy(_) | Cause::Lost(_) => {
                hookswitch_platform::call_server::EndedReason::RemoteEnded
            }
            Cause::Declined(_) => hookswitch_platform::call_server::EndedReason::Declined,
            Cause::Cancelled => hookswitch_platform::call_server::EndedReason::Cancelled,
            Cause::Unanswered => hookswitch_platform::call_server::EndedReason::Unanswered,
            Cause::CalleeOffline => hookswitch_platform::call_server::EndedReason::CalleeOffline,
            Cause::Failed => hookswitch_platform::call_server::EndedReason::Failed,
        };
        call.state = CallState::Ended { reason };
        call.cause = Some(cause);
        call.ring_until = None;
        call.caller_gone_until = None;
        call.callee_gone_until = None;
        call.connecting_until = None;
        call.rejoin_until = None;
        call.forget_at = Some(forget_at);
        let session = call.session.clone();
        self.changed(id, actor, now);
        self.effects.push(Effect::CloseRoom { session });
    }

    /// A call changed: a new version, told to everybody whom it concerns except `actor`, who gets the reply.
    pub(super) fn changed(&mut self, id: CallId, actor: Option<&DeviceRef>, now: Now) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.version += 1;
        let call = call.clone();
        let rung = call.ringing.iter().filter(|device_id| !call.declined.contains(*device_id));
        let rung = rung.map(|device_id| DeviceRef {
            address: call.callee.clone(),
            device_id: device_id.clone(),
        });
        let told: Vec<DeviceRef> = std::iter::once(call.caller.clone()).chain(rung).collect();
        for device in told.iter().filter(|device| Some(*device) != actor) {
            let message = Message::Call { call: self.snapshot(&call, device, now) };
            self.tell(device, message);
        }
        if call.answered_by.is_some() {
            // Devices that lost the race have heard so once; the call is none of theirs any more.
            if let Some(call) = self.calls.get_mut(&id) {
                let winner = call.answered_by.as_ref().map(|winner| winner.device_id.clone());
                call.ringing.retain(|device_id| Some(device_id) == winner.as_ref());
            }
        }
        self.schedule(id);
        self.save(id);
    }

    pub(super) fn save(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        self.effects.push(Effect::SaveCall {
            call: id,
            version: call.version,
            state: call.state,
            caller: call.caller.clone(),
            callee: call.callee.clone(),
            session: call.session.clone(),
        });
    }

    pub(super) fn tell(&mut self, device: &DeviceRef, message: Message) {
        let account = self.accounts.get(&device.address);
        if let Some(to) =
            account.and_then(|account| account.devices.get(&device.device_id).copied().flatten())
        {
            self.effects.push(Effect::Send { to, message, join: None });
        }
    }

    pub(super) fn snapshot(&self, call: &Call, device: &DeviceRef, now: Now) -> CallSnapshot {
        let name = |address: &str| {
            self.accounts.get(address).map(|a| a.display_name.clone()).unwrap_or_default()
        };
        call.snapshot(device, (name(&call.caller.address), name(&call.callee)), now.steady)
    }

    pub(super) fn schedule(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let next = call.next_deadline();
        if call.scheduled != next {
            if let Some(old) = call.scheduled.take() {
                self.timers.remove(&(old, id));
            }
            if let Some(at) = next {
                self.timers.insert((at, id));
            }
            call.scheduled = next;
        }
    }
}
