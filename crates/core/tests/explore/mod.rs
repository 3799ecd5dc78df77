//! All states that can be reached, nearest first, each looked at once.

mod moves;
mod scope;

use crate::turn::{Seen, Turn, check_offers};
use hookswitch_core::flow::Recorder;
use hookswitch_core::words::{CallNumber, Timestamp};
use hookswitch_core::{Arbiter, AudioEffect, Effect, Input};
use moves::State;
pub use scope::{Scope, scopes};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};
use std::time::{Duration, Instant};

/// Two independent hashes of 64 bits: of a billion states two that are taken for one are not to be expected.
struct Wide(DefaultHasher, DefaultHasher);

impl Wide {
    fn of(state: &State) -> u128 {
        let mut wide = Self(DefaultHasher::new(), DefaultHasher::new());
        wide.1.write_u8(1);
        state.seen.core.canonical(Timestamp(state.at), &mut wide);
        u128::from(wide.0.finish()) << 64 | u128::from(wide.1.finish())
    }
}

impl Hasher for Wide {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
        self.1.write(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// The keys are hashes already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        let (low, _) = bytes.split_at(8);
        self.0 = u64::from_ne_bytes(low.try_into().expect("eight bytes"));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// How a state was reached first: from which, by which of its moves.
#[derive(Clone, Copy)]
struct Way {
    from: u32,
    by: u16,
}

/// What was seen.
pub struct Explored {
    pub scope: &'static str,
    pub states: usize,
    pub transitions: usize,
    /// Moves from the beginning to the farthest state that was looked at.
    pub depth: usize,
    /// Whether there is no other state.
    pub closed: bool,
    pub took: Duration,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, states, transitions, depth, closed, took } = self;
        let how = if *closed { "closed at" } else { "to" };
        write!(f, "{scope:<12} {how} depth {depth:>2}: {states:>8} states, ")?;
        write!(f, "{transitions:>9} transitions, {:.1} s", took.as_secs_f64())
    }
}

/// An input with what was before and what followed, for a flow.
struct Happened {
    at: u64,
    due: Option<Timestamp>,
    input: Input,
    effects: Vec<Effect>,
}

/// Go through the scope, until there is no other state or, when there are `most`, to the end of that depth.
///
/// # Errors
/// What is wrong in a state or on a way, and the shortest flow there.
pub fn explore(scope: &Scope, most: usize) -> Result<Explored, String> {
    let begun = Instant::now();
    let mut explorer = Explorer {
        scope,
        ways: Vec::from([Way { from: 0, by: 0 }]),
        known: HashMap::default(),
        transitions: 0,
        last: None,
    };
    explorer.known.insert(Wide::of(&root(scope, |_| {})), 0);
    let (mut layer, mut depth) = (0..1, 0);
    while !layer.is_empty() && explorer.ways.len() < most {
        let begins = explorer.ways.len();
        for at in layer {
            explorer.look(at).map_err(|(what, by)| explorer.tell(&what, at, by))?;
        }
        layer = begins..explorer.ways.len();
        depth += usize::from(!layer.is_empty());
        if std::env::var_os("EXPLORE_TRACE").is_some() {
            eprintln!("{} to {depth}: {} states, {:?}", scope.name, layer.end, begun.elapsed());
        }
    }
    Ok(Explored {
        scope: scope.name,
        states: explorer.ways.len(),
        transitions: explorer.transitions,
        depth,
        closed: layer.is_empty(),
        took: begun.elapsed(),
    })
}

/// No call is there, and both apps run, if there is no other way for a call to begin.
fn root(scope: &Scope, mut keep: impl FnMut(Happened)) -> State {
    let core = Arbiter::new(scope.policy.clone());
    let mut state = State { seen: Seen::of(core), at: 1_000_000, next: 0 };
    let registers = |input: &Input| matches!(input, Input::Register { .. });
    while let Some(register) = moves::moves(scope, &state).into_iter().find(registers)
        && !scope.push
    {
        play(&mut state, register, |_| Ok(()), &mut keep).expect("an app registers");
    }
    state
}

/// Let it happen, and what follows from it by itself. Time passes by one unit.
fn play(
    state: &mut State,
    input: Input,
    mut check: impl FnMut(&Turn) -> Result<(), String>,
    mut keep: impl FnMut(Happened),
) -> Result<(), String> {
    if input == Input::Tick {
        state.at += 1;
    }
    state.next += 2;
    let mut inputs = Vec::from([input]);
    while let Some(input) = inputs.pop() {
        let due = state.seen.core.next_deadline();
        let mut core = state.seen.core.clone();
        let effects = core.handle(state.now(), input.clone());
        let after = Seen::of(core);
        let (now, before) = (state.now(), &state.seen);
        let turn = Turn { before, now, input: &input, effects: &effects, after: &after };
        let right = check(&turn);
        let up = effects.iter().rev().filter_map(|effect| match effect {
            Effect::Audio(AudioEffect::Activate(call)) => Some(*call),
            _ => None,
        });
        let up: Vec<CallNumber> = up.collect();
        inputs.extend(up.into_iter().map(|call| Input::AudioActivated { call }));
        keep(Happened { at: state.at, due, input, effects });
        state.seen = after;
        right?;
    }
    Ok(())
}

struct Explorer<'a> {
    scope: &'a Scope,
    ways: Vec<Way>,
    known: HashMap<u128, u32, BuildHasherDefault<AsIs>>,
    transitions: usize,
    /// The state that was built last: its children come one after the other.
    last: Option<(usize, State)>,
}

impl Explorer<'_> {
    /// Try every move of a state.
    fn look(&mut self, at: usize) -> Result<(), (String, usize)> {
        let state = self.state(at);
        for (by, input) in moves::moves(self.scope, &state).into_iter().enumerate() {
            let mut next = state.clone();
            play(&mut next, input, |turn| turn.check(), |_| {}).map_err(|what| (what, by))?;
            self.transitions += 1;
            if next.seen.core == state.seen.core && next.at == state.at {
                continue;
            }
            let index = u32::try_from(self.ways.len()).expect("fewer than four billion states");
            let known = self.known.entry(Wide::of(&next));
            if let Entry::Vacant(new) = known {
                check_offers(&next.seen).map_err(|what| (what, by))?;
                new.insert(index);
                let from = u32::try_from(at).expect("fewer than four billion states");
                let by = u16::try_from(by).expect("fewer than 65 thousand moves");
                self.ways.push(Way { from, by });
            }
        }
        Ok(())
    }

    /// The moves that lead to a state.
    fn path(&self, mut at: usize) -> Vec<usize> {
        let mut path = Vec::new();
        while at != 0 {
            path.push(usize::from(self.ways[at].by));
            at = self.ways[at].from as usize;
        }
        path.reverse();
        path
    }

    /// Only ways are kept: a state is made again from its beginning, or from its parent's.
    fn state(&mut self, at: usize) -> State {
        let parent = self.ways[at].from as usize;
        if self.last.as_ref().is_none_or(|(known, _)| *known != parent) {
            let mut state = root(self.scope, |_| {});
            self.path(parent).into_iter().for_each(|by| self.go(&mut state, by));
            self.last = Some((parent, state));
        }
        let (_, parent) = self.last.as_ref().expect("made just now");
        let mut state = parent.clone();
        if at != 0 {
            self.go(&mut state, usize::from(self.ways[at].by));
        }
        state
    }

    fn go(&self, state: &mut State, by: usize) {
        let input = moves::moves(self.scope, state).swap_remove(by);
        play(state, input, |_| Ok(()), |_| {}).expect("it went well before");
    }

    /// The flow to a state, and one move on.
    fn tell(&self, what: &str, at: usize, by: usize) -> String {
        let mut recorder = Recorder::new(&self.scope.policy);
        let mut text = format!("{what}\n\n# {what}\nfound_by_explorer:\n");
        for (knob, value) in self.scope.policy.changed_knobs() {
            text.push_str(&format!("    policy {knob}={value}\n"));
        }
        text.push_str("    audio by hand\n");
        let mut inputs = Vec::new();
        let mut state = root(self.scope, |happened| inputs.push(happened));
        for by in self.path(at).into_iter().chain([by]) {
            let input = moves::moves(self.scope, &state).swap_remove(by);
            let _ = play(&mut state, input, |_| Ok(()), |happened| inputs.push(happened));
        }
        for Happened { at, due, input, effects } in &inputs {
            let mut say = |line: &str| text.push_str(&format!("    {line}\n"));
            recorder.note(Timestamp(*at), *due, input, effects, &mut say);
        }
        text
    }
}
