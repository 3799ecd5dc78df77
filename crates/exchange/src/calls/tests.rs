//! The call server's decisions: one test per rule, then random requests with invariants after each.

use super::machine::{DeviceRef, Effect, Machine, Now};
use crate::policy::Policy;
use crate::room::RoomEvent;
use hookswitch_platform::call_server::{
    CallError, CallId, CallSnapshot, CallState, DeclineScope, EndedReason, Message, Outcome,
    Request, Verb,
};
use proptest::prelude::*;
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

fn ended(reason: EndedReason) -> Option<CallState> {
    Some(CallState::Ended { reason })
}

#[test]
fn a_call_goes_from_created_to_ended() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.create("a1", "b");
    assert!(
        matches!(&desk.heard("b1")[..], [Message::Ring { call }] if call.state == CallState::Created)
    );
    assert_eq!(desk.on_call("b1", Verb::RingAck { call }).unwrap().state, CallState::Ringing);
    assert_eq!(desk.last_state("a1"), Some(CallState::Ringing));
    let answered = desk.answer("b1", call).unwrap();
    assert!(answered.here && !answered.outgoing && answered.answered_at_ms.is_some());
    assert_eq!(desk.last_state("a1"), Some(CallState::Connecting));
    desk.joins("a1", call);
    assert_eq!(desk.last_state("a1"), None);
    desk.joins("b1", call);
    assert_eq!(desk.last_state("a1"), Some(CallState::Active));
    assert_eq!(desk.last_state("b1"), Some(CallState::Active));
    let over = desk.on_call("b1", Verb::End { call }).unwrap();
    assert_eq!(Some(over.state), ended(EndedReason::LocalEnded));
    assert_eq!(desk.last_state("a1"), ended(EndedReason::RemoteEnded));
    assert_eq!(desk.rooms_closed, 1);
}

#[test]
fn of_three_devices_the_first_answer_wins_and_the_others_stop() {
    let mut desk = Desk::new(&["a1", "b1", "b2", "b3"]);
    let call = desk.create("a1", "b");
    desk.answer("b2", call).unwrap();
    for loser in ["b1", "b3"] {
        assert_eq!(desk.last_state(loser), ended(EndedReason::AnsweredElsewhere), "{loser}");
        let late = desk.answer(loser, call);
        assert_eq!(late, Err(CallError::CallGone { reason: EndedReason::AnsweredElsewhere }));
        let end = desk.on_call(loser, Verb::End { call });
        assert_eq!(
            end,
            Err(CallError::CallGone { reason: EndedReason::AnsweredElsewhere }),
            "nor may it end it"
        );
    }
    assert_eq!(desk.last_state("a1"), Some(CallState::Connecting));
    desk.on_call("a1", Verb::End { call }).unwrap();
    assert_eq!(desk.last_state("b2"), ended(EndedReason::RemoteEnded));
    assert_eq!(desk.last_state("b1"), None, "the losers hear no more of it");
}

#[test]
fn who_is_not_there_cannot_be_called() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let create = |callee: &str| Verb::Create { callee: callee.to_owned(), ring: true };
    assert_eq!(desk.ask("a1", create("z")), Err(CallError::CalleeUnknown));
    assert_eq!(desk.ask("a1", create("a")), Err(CallError::CalleeIsCaller));
    desk.disconnect("b1");
    assert_eq!(desk.ask("a1", create("b")), Err(CallError::CalleeOffline));
}

#[test]
fn declines() {
    let mut desk = Desk::new(&["a1", "b1", "b2"]);
    let call = desk.create("a1", "b");
    desk.on_call("b1", Verb::Decline { call, scope: DeclineScope::Everywhere }).unwrap();
    assert_eq!(desk.last_state("a1"), ended(EndedReason::Declined));
    assert_eq!(desk.last_state("b2"), ended(EndedReason::DeclinedElsewhere));

    let call = desk.create("a1", "b");
    let only_here = Verb::Decline { call, scope: DeclineScope::ThisDevice };
    let declined = desk.on_call("b1", only_here.clone()).unwrap();
    assert_eq!(Some(declined.state), ended(EndedReason::Declined));
    desk.heard.clear();
    assert_eq!(desk.last_state("a1"), None, "the other device still rings");
    desk.answer("b2", call).unwrap();
    assert_eq!(desk.heard("b1"), [], "a device that declined hears no more of it");
    desk.on_call("a1", Verb::End { call }).unwrap();

    let call = desk.create("a1", "b");
    for name in ["b1", "b2"] {
        desk.on_call(name, Verb::Decline { call, scope: DeclineScope::ThisDevice }).unwrap();
    }
    assert_eq!(desk.last_state("a1"), ended(EndedReason::Declined), "no device is left");
}

#[test]
fn an_unanswered_call_ends_by_itself_and_a_late_answer_is_told_so() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.create("a1", "b");
    desk.after(44);
    assert_eq!(desk.last_state("a1"), None);
    desk.after(1);
    assert_eq!(desk.last_state("a1"), ended(EndedReason::Unanswered));
    assert_eq!(desk.last_state("b1"), ended(EndedReason::Unanswered));
    assert_eq!(
        desk.answer("b1", call),
        Err(CallError::CallGone { reason: EndedReason::Unanswered })
    );
    desk.after(60);
    assert_eq!(desk.answer("b1", call), Err(CallError::NoSuchCall), "by then it is forgotten");
}

#[test]
fn a_caller_who_is_gone_is_waited_for_but_not_for_long() {
    let mut desk = Desk::new(&["a1", "b1"]);
    desk.create("a1", "b");
    desk.disconnect("a1");
    desk.after(9);
    assert_eq!(desk.connect("a1").len(), 1, "the call is still there");
    desk.after(20);
    desk.heard("b1");
    desk.disconnect("a1");
    desk.after(10);
    assert_eq!(desk.last_state("b1"), ended(EndedReason::Cancelled));
    let back = desk.connect("a1");
    assert_eq!(
        back.iter().map(|call| Some(call.state)).collect::<Vec<_>>(),
        [ended(EndedReason::Cancelled)]
    );
}

#[test]
fn callees_who_are_all_gone_are_offline_and_one_who_comes_rings() {
    let mut desk = Desk::new(&["a1", "b1", "b2"]);
    desk.create("a1", "b");
    desk.disconnect("b1");
    desk.after(11);
    assert_eq!(desk.last_state("a1"), None, "b2 is still there");
    desk.disconnect("b2");
    desk.after(5);
    let back = desk.connect("b1");
    assert!(back[0].state.is_unanswered() && back[0].ring_left_ms == Some(29_000), "{back:?}");
    desk.disconnect("b1");
    desk.after(10);
    assert_eq!(desk.last_state("a1"), ended(EndedReason::CalleeOffline));
}

#[test]
fn a_call_whose_media_does_not_come_about_has_failed() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.create("a1", "b");
    desk.answer("b1", call).unwrap();
    desk.joins("a1", call);
    desk.after(30);
    assert_eq!(desk.last_state("a1"), ended(EndedReason::Failed));
    assert_eq!(desk.last_state("b1"), ended(EndedReason::Failed));
}

#[test]
fn a_party_whose_media_is_lost_ends_the_call_and_one_that_rejoins_does_not() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.active();
    desk.leaves("b1", call, true);
    desk.after(4);
    desk.joins("b1", call);
    desk.after(60);
    assert_eq!(desk.last_state("a1"), None, "it came back");
    desk.leaves("b1", call, false);
    assert_eq!(desk.last_state("a1"), ended(EndedReason::RemoteEnded));

    let call = desk.active();
    desk.leaves("a1", call, true);
    desk.after(5);
    assert_eq!(desk.last_state("b1"), ended(EndedReason::RemoteEnded));
}

#[test]
fn a_lost_call_connection_does_not_end_an_active_call() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.active();
    desk.disconnect("b1");
    desk.after(600);
    assert_eq!(desk.last_state("a1"), None);
    assert_eq!(desk.connect("b1")[0].state, CallState::Active);
    desk.on_call("b1", Verb::End { call }).unwrap();
    assert_eq!(desk.last_state("a1"), ended(EndedReason::RemoteEnded));
}

#[test]
fn a_request_sent_again_is_not_done_again() {
    let mut desk = Desk::new(&["a1", "b1", "b2"]);
    let create = Verb::Create { callee: "b".to_owned(), ring: true };
    let first = desk.ask_with_key("a1", create.clone(), "k").unwrap();
    let again = desk.ask_with_key("a1", create, "k").unwrap();
    assert_eq!(first, again);
    assert_eq!(desk.heard("b1").len(), 1, "it rings once");
    let Outcome::Call { call, .. } = first else { panic!() };
    let answer = Verb::Answer { call: call.call, expected_version: Some(1) };
    let first = desk.ask_with_key("b1", answer.clone(), "k").unwrap();
    assert_eq!(
        desk.ask_with_key("b1", answer, "k").unwrap(),
        first,
        "the version it expected is long gone"
    );
    let other = Verb::End { call: call.call };
    assert_eq!(desk.ask_with_key("b1", other, "k"), Err(CallError::KeyReused));
}

#[test]
fn an_answer_to_what_is_no_longer_so_is_stale() {
    let mut desk = Desk::new(&["a1", "b1", "b2"]);
    let call = desk.create("a1", "b");
    desk.on_call("b2", Verb::RingAck { call }).unwrap();
    let stale = Verb::Answer { call, expected_version: Some(1) };
    assert_eq!(desk.ask("b1", stale), Err(CallError::StaleVersion { present: 2 }));
    desk.ask("b1", Verb::Answer { call, expected_version: Some(2) }).unwrap();
}

#[test]
fn verbs_of_the_wrong_side_or_state_are_refused() {
    let mut desk = Desk::new(&["a1", "b1", "c1"]);
    let call = desk.create("a1", "b");
    assert_eq!(desk.answer("a1", call), Err(CallError::WrongSide));
    assert_eq!(desk.on_call("b1", Verb::Cancel { call }), Err(CallError::WrongSide));
    assert_eq!(
        desk.on_call("c1", Verb::End { call }),
        Err(CallError::NoSuchCall),
        "a stranger learns nothing"
    );
    assert_eq!(desk.answer("b1", CallId(Uuid::nil())), Err(CallError::NoSuchCall));
    desk.answer("b1", call).unwrap();
    let wrong = CallError::WrongState { state: CallState::Connecting };
    assert_eq!(desk.on_call("a1", Verb::Cancel { call }), Err(wrong));
}

#[test]
fn a_device_is_its_tokens_and_registered_once() {
    let mut desk = Desk::new(&["a1"]);
    let foreign = Verb::Register {
        address: "b".to_owned(),
        device_id: "b1".to_owned(),
        display_name: String::new(),
        words: 1,
    };
    assert_eq!(desk.ask("a1", foreign), Err(CallError::TokenForeign));
    let old = desk.connections["a1"];
    desk.connect("a1");
    assert_eq!(desk.heard[&old], [Message::Goodbye { error: CallError::Replaced }]);
    let effects = desk.machine.connect(99, device("c1"));
    desk.take(effects);
    desk.connections.insert("c1", 99);
    assert_eq!(
        desk.ask("c1", Verb::Create { callee: "a".into(), ring: true }),
        Err(CallError::NotRegistered)
    );
}

#[test]
fn limits_have_names() {
    let mut desk = Desk::new(&["a1", "b1"]);
    for _ in 0..10 {
        desk.create("a1", "b");
    }
    let quota = CallError::Quota { what: "calls of this device".to_owned(), limit: 10 };
    assert_eq!(desk.ask("a1", Verb::Create { callee: "b".into(), ring: true }), Err(quota));
    let long = "x".repeat(300);
    assert_eq!(
        desk.ask("a1", Verb::Create { callee: long.clone(), ring: true }),
        Err(CallError::TooLarge { limit: 256 })
    );
    assert_eq!(
        desk.ask_with_key("a1", Verb::Create { callee: "b".into(), ring: true }, &long),
        Err(CallError::TooLarge { limit: 64 })
    );
    let too_many = (0..300).find_map(|_| {
        desk.ask("b1", Verb::Ring { call: CallId(Uuid::nil()) })
            .err()
            .filter(|e| matches!(e, CallError::TooManyRequests { .. }))
    });
    assert_eq!(too_many, Some(CallError::TooManyRequests { retry_after_ms: 10_000 }));
    desk.after(10);
    assert_eq!(
        desk.ask("b1", Verb::Ring { call: CallId(Uuid::nil()) }),
        Err(CallError::NoSuchCall)
    );
}

#[test]
fn after_a_restart_addresses_are_known_and_old_calls_are_gone() {
    let mut desk = Desk::new(&[]);
    let key = super::KeyRecord {
        device: device("a1"),
        key: "k".to_owned(),
        request: super::memory::fingerprint(&Verb::Create { callee: "b".into(), ring: true }),
        call: CallId(Uuid::nil()),
    };
    desk.machine.restore(vec!["b".to_owned()], vec![key]);
    desk.connect("a1");
    let create = Verb::Create { callee: "b".into(), ring: true };
    assert_eq!(
        desk.ask("a1", create.clone()),
        Err(CallError::CalleeOffline),
        "known, but not here"
    );
    let gone = CallError::CallGone { reason: EndedReason::Failed };
    assert_eq!(desk.ask_with_key("a1", create, "k"), Err(gone), "not placed a second time");
}

#[derive(Debug, Clone)]
enum Step {
    Ask(usize, usize, usize, u8),
    Wait(u64),
    Drop(usize),
    Come(usize),
    Room(usize, usize, u8),
}

const DEVICES: [&str; 5] = ["a1", "a2", "b1", "b2", "c1"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..5_usize, 0..9_usize, 0..4_usize, any::<u8>()).prop_map(|(d, v, c, k)| Step::Ask(d, v, c, k)),
        1 => (1..40_u64).prop_map(Step::Wait),
        1 => (0..5_usize).prop_map(Step::Drop),
        1 => (0..5_usize).prop_map(Step::Come),
        2 => (0..5_usize, 0..4_usize, any::<u8>()).prop_map(|(d, c, k)| Step::Room(d, c, k)),
    ]
}

/// What must hold of all that any device ever hears.
#[derive(Default)]
struct Witness {
    versions: BTreeMap<(u64, CallId), u64>,
    over: BTreeMap<(u64, CallId), CallState>,
    winners: BTreeMap<CallId, String>,
}

impl Witness {
    fn hear(&mut self, connection: u64, message: &Message) -> Result<(), TestCaseError> {
        let (Message::Ring { call } | Message::Call { call }) = message else { return Ok(()) };
        let id = (connection, call.call);
        if let Some(before) = self.versions.insert(id, call.version) {
            prop_assert!(call.version > before, "versions only grow");
        }
        prop_assert!(
            !self.over.contains_key(&id),
            "what is over for a device stays over, and is told once"
        );
        if call.state.is_ended() {
            self.over.insert(id, call.state);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_asked_calls_stay_sound(steps in proptest::collection::vec(step(), 1..120)) {
        let mut desk = Desk::new(&DEVICES);
        let mut witness = Witness::default();
        let mut calls: Vec<CallId> = Vec::new();
        for step in steps {
            match step {
                Step::Wait(secs) => desk.after(secs),
                Step::Drop(d) if desk.connections.contains_key(DEVICES[d]) => desk.disconnect(DEVICES[d]),
                Step::Come(d) if !desk.connections.contains_key(DEVICES[d]) => drop(desk.connect(DEVICES[d])),
                Step::Room(d, c, kind) if c < calls.len() => match kind % 3 {
                    0 => desk.leaves(DEVICES[d], calls[c], kind & 64 != 0),
                    _ => desk.joins(DEVICES[d], calls[c]),
                },
                Step::Ask(d, v, c, k) if desk.connections.contains_key(DEVICES[d]) => {
                    let name = DEVICES[d];
                    let known = calls.get(c).copied();
                    let verb = match (v, known) {
                        (0, _) | (_, None) => Verb::Create { callee: ["a", "b", "c"][c % 3].into(), ring: k % 5 != 0 },
                        (1, Some(call)) => Verb::Ring { call },
                        (2, Some(call)) => Verb::RingAck { call },
                        (3 | 4, Some(call)) => Verb::Answer { call, expected_version: (k % 4 == 0).then_some(1) },
                        (5, Some(call)) => Verb::Decline { call, scope: DeclineScope::Everywhere },
                        (6, Some(call)) => Verb::Decline { call, scope: DeclineScope::ThisDevice },
                        (7, Some(call)) => Verb::Cancel { call },
                        (_, Some(call)) => Verb::End { call },
                    };
                    let outcome = desk.ask(name, verb.clone());
                    if let Ok(Outcome::Call { call, .. }) = &outcome {
                        if matches!(verb, Verb::Create { .. }) {
                            calls.insert(0, call.call);
                        }
                        if matches!(verb, Verb::Answer { .. }) {
                            let winner = witness.winners.entry(call.call).or_insert_with(|| name.to_owned());
                            prop_assert_eq!(&*winner, name, "one device answers");
                            prop_assert!(call.here);
                        }
                        if call.state.is_ended() {
                            witness.over.insert((desk.connections[name], call.call), call.state);
                        }
                        let seen = witness.versions.entry((desk.connections[name], call.call)).or_default();
                        prop_assert!(call.version >= *seen);
                        *seen = call.version;
                    }
                }
                _ => {}
            }
            for (connection, messages) in std::mem::take(&mut desk.heard) {
                for message in &messages {
                    witness.hear(connection, message)?;
                }
            }
        }
        // Left alone, every call ends and is forgotten: no deadline is forgotten, none is left over.
        for name in DEVICES {
            if desk.connections.contains_key(name) {
                desk.disconnect(name);
            }
        }
        for call in &calls {
            desk.leaves("a1", *call, false);
            for name in DEVICES {
                desk.leaves(name, *call, false);
            }
        }
        for _ in 0..5 {
            desk.after(70);
        }
        prop_assert_eq!(desk.machine.next_deadline(), None);
    }
}
