//! Random requests, with what must always hold checked after each.

use super::Desk;
use hookswitch_platform::call_server::{CallId, CallState, DeclineScope, Message, Outcome, Verb};
use proptest::prelude::*;
use std::collections::BTreeMap;

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
