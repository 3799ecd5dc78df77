//! Every number the exchange decides by, with its default and the reason for it. Tests shorten them instead of waiting.

use std::time::Duration;

/// The exchange's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long a call may ring. 45 s: phones give up at 60 s by themselves, and must hear the true reason before.
    pub ring_timeout: Duration,
    /// How long a caller's lost connection is forgiven while its call rings. 10 s: a change of network takes a few
    /// seconds, and a phone must not ring much longer for a caller who is gone.
    pub caller_grace: Duration,
    /// How long all devices of a callee may be gone while they ring. 10 s, for the same reason.
    pub callee_grace: Duration,
    /// How long an answered call may take until both are in the room. 30 s: joining takes well under 1 s, a full
    /// reconnect with new ICE about 5 s, and phones allow an answer 30 s.
    pub connecting_timeout: Duration,
    /// How long a participant whose signalling is lost keeps its place in the room. 15 s: clients' own resume ends there.
    pub resume_window: Duration,
    /// How long an active call survives that a party left its room. 5 s: a client's full reconnect leaves and rejoins.
    pub rejoin_grace: Duration,
    /// After how much silence a signalling or call connection counts as lost. 15 s: clients ask every 5 s.
    pub silence_timeout: Duration,
    /// How often clients are told to ask for a sign of life. 5 s.
    pub ping_interval: Duration,
    /// How long an ended call is remembered for late verbs and devices that come back. 60 s.
    pub ended_memory: Duration,
    /// How long an idempotency key is remembered. 10 min: longer than any retry of a client.
    pub key_memory: Duration,
    /// How long a token made by the exchange is good. 6 h: a call that lasts longer gets a new one when it reconnects.
    pub token_validity: Duration,
    /// Most participants in a room. 100: five of them talking cost a fifth of one core.
    pub room_participants: usize,
    /// Most rooms with somebody in them. 1000.
    pub rooms: usize,
    /// Most tracks of a participant. 8.
    pub participant_tracks: usize,
    /// Most devices of an address. 20.
    pub address_devices: usize,
    /// Most live calls of a device. 10: more than any phone can hold.
    pub device_calls: usize,
    /// Most live calls in all. 10 000.
    pub calls: usize,
    /// Most connections to the call server. 10 000.
    pub call_connections: usize,
    /// Most requests of a device within ten seconds. 200: a person makes a handful.
    pub requests_per_10s: u32,
    /// Most idempotency keys remembered in all; the oldest go first. 100 000.
    pub keys: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            ring_timeout: Duration::from_secs(45),
            caller_grace: Duration::from_secs(10),
            callee_grace: Duration::from_secs(10),
            connecting_timeout: Duration::from_secs(30),
            resume_window: Duration::from_secs(15),
            rejoin_grace: Duration::from_secs(5),
            silence_timeout: Duration::from_secs(15),
            ping_interval: Duration::from_secs(5),
            ended_memory: Duration::from_secs(60),
            key_memory: Duration::from_secs(600),
            token_validity: Duration::from_secs(6 * 3600),
            room_participants: 100,
            rooms: 1_000,
            participant_tracks: 8,
            address_devices: 20,
            device_calls: 10,
            calls: 10_000,
            call_connections: 10_000,
            requests_per_10s: 200,
            keys: 100_000,
        }
    }
}
