//! The call server's decisions: [`rules`] has one test per rule, [`property`] random requests with invariants after each.

mod property;
mod rules;

use super::machine::{DeviceRef, Effect, Machine, Now};
use crate::policy::Policy;
use crate::room::RoomEvent;
use hookswitch_platform::call_server::{
    CallError, CallId, CallSnapshot, CallState, Message, Outcome, Request, Verb,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A machine with devices `a1`, `b1`, ...: the letter is the address, the whole is the device id.
struct Desk {
    machine: Machine,
    now: u64,
    connections: BTreeMap<&'static str, u64>,
    next: u64,
    /// What each device heard since it was last asked.
    heard: BTreeMap<u64, Vec<Message>>,
    rooms_closed: usize,
}

fn device(name: &str) -> DeviceRef {
    DeviceRef { address: name[..1].to_owned(), device_id: name.to_owned() }
}

impl Desk {
    fn new(devices: &[&'static str]) -> Self {
        let machine = Machine::new(Policy::default());
        let mut desk = Self {
            machine,
            now: 1_000,
            connections: BTreeMap::new(),
            next: 1,
            heard: BTreeMap::new(),
            rooms_closed: 0,
        };
        for name in devices {
            desk.connect(name);
        }
        desk
    }

    fn connect(&mut self, name: &'static str) -> Vec<CallSnapshot> {
        let connection = self.next;
        self.next += 1;
        self.connections.insert(name, connection);
        let effects = self.machine.connect(connection, device(name));
        self.take(effects);
        let DeviceRef { address, device_id } = device(name);
        let verb = Verb::Register { address, device_id, display_name: String::new(), words: 1 };
        match self.ask(name, verb) {
            Ok(Outcome::Registered { calls, .. }) => calls,
            other => panic!("{other:?}"),
        }
    }

    fn disconnect(&mut self, name: &str) {
        let connection = self.connections.remove(name).unwrap();
        let effects = self.machine.disconnect(connection, self.time());
        self.take(effects);
    }

    fn time(&self) -> Now {
        Now { steady: self.now, wall: 1_800_000_000_000 + self.now }
    }

    fn take(&mut self, effects: Vec<Effect>) -> Option<Outcome> {
        let mut reply = None;
        for effect in effects {
            match effect {
                Effect::Send { message: Message::Reply { outcome, .. }, .. } => {
                    assert!(reply.replace(outcome).is_none(), "one reply");
                }
                Effect::Send { to, message, join } => {
                    assert_eq!(join, None, "tokens come in replies only");
                    self.heard.entry(to).or_default().push(message);
                }
                Effect::Close { to, error } => {
                    self.heard.entry(to).or_default().push(Message::Goodbye { error })
                }
                Effect::CloseRoom { .. } => self.rooms_closed += 1,
                Effect::SaveDevice { .. } | Effect::SaveCall { .. } | Effect::SaveKey(_) => {}
            }
        }
        reply
    }

    fn ask_with_key(&mut self, name: &str, verb: Verb, key: &str) -> Result<Outcome, CallError> {
        let request = Request { id: 7, idempotency_key: key.to_owned(), verb };
        let now = self.time();
        let effects = self.machine.request(self.connections[name], request, Uuid::new_v4(), now);
        match self.take(effects).expect("every request gets a reply") {
            Outcome::Refused { error } => Err(error),
            outcome => Ok(outcome),
        }
    }

    fn ask(&mut self, name: &str, verb: Verb) -> Result<Outcome, CallError> {
        self.ask_with_key(name, verb, &Uuid::new_v4().to_string())
    }

    fn on_call(&mut self, name: &str, verb: Verb) -> Result<CallSnapshot, CallError> {
        match self.ask(name, verb)? {
            Outcome::Call { call, .. } => Ok(call),
            other => panic!("{other:?}"),
        }
    }

    fn create(&mut self, name: &str, callee: &str) -> CallId {
        self.on_call(name, Verb::Create { callee: callee.to_owned(), ring: true }).unwrap().call
    }

    fn answer(&mut self, name: &str, call: CallId) -> Result<CallSnapshot, CallError> {
        self.on_call(name, Verb::Answer { call, expected_version: None })
    }

    fn heard(&mut self, name: &str) -> Vec<Message> {
        self.heard.remove(&self.connections[name]).unwrap_or_default()
    }

    /// The state in the last thing the device heard of a call.
    fn last_state(&mut self, name: &str) -> Option<CallState> {
        self.heard(name).into_iter().rev().find_map(|message| match message {
            Message::Ring { call } | Message::Call { call } => Some(call.state),
            _ => None,
        })
    }

    fn after(&mut self, secs: u64) {
        self.now += secs * 1_000;
        let now = self.time();
        let effects = self.machine.tick(now);
        self.take(effects);
    }

    fn joins(&mut self, name: &str, call: CallId) {
        let event = RoomEvent::Joined { room: call.to_string(), identity: device(name).identity() };
        let now = self.time();
        let effects = self.machine.room_event(&event, now);
        self.take(effects);
    }

    fn leaves(&mut self, name: &str, call: CallId, on_purpose: bool) {
        let event = RoomEvent::Left {
            room: call.to_string(),
            identity: device(name).identity(),
            on_purpose,
        };
        let now = self.time();
        let effects = self.machine.room_event(&event, now);
        self.take(effects);
    }

    fn active(&mut self) -> CallId {
        let call = self.create("a1", "b");
        self.answer("b1", call).unwrap();
        self.joins("a1", call);
        self.joins("b1", call);
        self.heard.clear();
        call
    }
}
