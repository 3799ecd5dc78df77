//! All states that can be reached, nearest first, each looked at once.
//!
//! A layer, all states that are as many moves away, is looked at in pieces by as many threads as there are processors.
//! What they find is put together in the order of the states it was found from: so the same is found each time.

mod key;
mod moves;
mod play;
mod scope;

use crate::turn::check_offers;
use hookswitch_core::flow::Recorder;
use hookswitch_core::words::Timestamp;
use key::{Known, key};
use moves::State;
use play::{Happened, play, root};
pub use scope::{Scope, scopes};
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// States that a thread takes at once.
const PIECE: usize = 16;
/// States that are looked at before what was found is put together.
const HEAP: usize = 256 * PIECE;
/// States of a layer that are kept whole, about 10 kB each; the others are played again when it is their turn.
const WHOLE: usize = 100_000;

/// How a state was reached first: from which, by which of its moves.
#[derive(Clone, Copy)]
struct Way {
    from: u32,
    by: u16,
}

/// A state of the layer. `None`: only the way there is kept.
struct Waits {
    at: usize,
    state: Option<State>,
}

/// A state that was not known.
struct Found {
    key: u128,
    way: Way,
    state: State,
}

/// What is wrong, at which state, on which of its moves.
type Wrong = (String, usize, usize);

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

/// Go through the scope, until there is no other state or, when there are `most`, to the end of that depth.
///
/// # Errors
/// What is wrong in a state or on a way, and the shortest flow there.
pub fn explore(scope: &Scope, most: usize) -> Result<Explored, String> {
    let begun = Instant::now();
    let beginning = root(scope, |_| {});
    let mut explorer = Explorer {
        scope,
        ways: Vec::from([Way { from: 0, by: 0 }]),
        known: Known::from_iter([key(&beginning)]),
    };
    let (mut transitions, mut depth) = (0, 0);
    let mut layer = Vec::from([Waits { at: 0, state: Some(beginning) }]);
    while !layer.is_empty() && explorer.ways.len() < most {
        let mut next = Vec::new();
        let mut waiting = layer.into_iter();
        loop {
            let heap: Vec<Waits> = waiting.by_ref().take(HEAP).collect();
            if heap.is_empty() {
                break;
            }
            let looked = explorer.look_at(&heap);
            let (found, tried) = looked.map_err(|wrong| explorer.tell(&wrong))?;
            transitions += tried;
            for Found { key, way, state } in found {
                if explorer.known.insert(key) {
                    let state = (next.len() < WHOLE).then_some(state);
                    next.push(Waits { at: explorer.ways.len(), state });
                    explorer.ways.push(way);
                }
            }
        }
        layer = next;
        depth += usize::from(!layer.is_empty());
        if std::env::var_os("EXPLORE_TRACE").is_some() {
            let states = explorer.ways.len();
            eprintln!("{} to {depth}: {states} states, {:?}", scope.name, begun.elapsed());
        }
    }
    Ok(Explored {
        scope: scope.name,
        states: explorer.ways.len(),
        transitions,
        depth,
        closed: layer.is_empty(),
        took: begun.elapsed(),
    })
}

struct Explorer<'a> {
    scope: &'a Scope,
    ways: Vec<Way>,
    known: Known,
}

impl Explorer<'_> {
    /// Look at these states with all processors. What was found, in order, and how many moves were tried.
    fn look_at(&self, heap: &[Waits]) -> Result<(Vec<Found>, usize), Wrong> {
        let turn = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let piece = turn.fetch_add(1, Ordering::Relaxed);
                let Some(states) = heap.chunks(PIECE).nth(piece) else { return done };
                done.push((piece, self.look_at_piece(states)));
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(heap.len().div_ceil(PIECE));
        let mut done = thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                done.extend(other.join().expect("what is wrong is returned"));
            }
            done
        });
        done.sort_by_key(|(piece, _)| *piece);
        let (mut all, mut tried) = (Vec::new(), 0);
        for (_, looked) in done {
            let (found, moves) = looked?;
            all.extend(found);
            tried += moves;
        }
        Ok((all, tried))
    }

    fn look_at_piece(&self, piece: &[Waits]) -> Result<(Vec<Found>, usize), Wrong> {
        let (mut found, mut tried) = (Vec::new(), 0);
        let mut new = HashSet::new();
        let mut parent: Option<(usize, State)> = None;
        for Waits { at, state } in piece {
            let again = state.is_none().then(|| self.state(*at, &mut parent));
            let Some(state) = state.as_ref().or(again.as_ref()) else { continue };
            for (by, input) in moves::moves(self.scope, state).into_iter().enumerate() {
                let wrong = |what| (what, *at, by);
                tried += 1;
                let next = play(state, input, |turn| turn.check(), |_| {}).map_err(wrong)?;
                let Some(next) = next else { continue };
                let key = key(&next);
                if !self.known.contains(&key) && new.insert(key) {
                    check_offers(&next.seen).map_err(wrong)?;
                    let from = u32::try_from(*at).expect("fewer than four billion states");
                    let by = u16::try_from(by).expect("fewer than 65 thousand moves");
                    found.push(Found { key, way: Way { from, by }, state: next });
                }
            }
        }
        Ok((found, tried))
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

    /// A state that was not kept, played again. Those that come one after the other often have one parent, which is kept.
    fn state(&self, at: usize, last: &mut Option<(usize, State)>) -> State {
        let Way { from, by } = self.ways[at];
        let from = from as usize;
        let parent = match last.take() {
            Some((known, state)) if known == from => state,
            _ => {
                let path = self.path(from).into_iter();
                path.fold(root(self.scope, |_| {}), |state, by| self.go(&state, by))
            }
        };
        let state = self.go(&parent, usize::from(by));
        *last = Some((from, parent));
        state
    }

    fn go(&self, state: &State, by: usize) -> State {
        let input = moves::moves(self.scope, state).swap_remove(by);
        let played = play(state, input, |_| Ok(()), |_| {}).expect("it went well before");
        played.expect("it led to another state before")
    }

    /// The flow to a state, and one move on.
    fn tell(&self, (what, at, by): &Wrong) -> String {
        let mut recorder = Recorder::new(&self.scope.policy);
        let mut text = format!("{what}\n\n# {what}\nfound_by_explorer:\n");
        for (knob, value) in self.scope.policy.changed_knobs() {
            text.push_str(&format!("    policy {knob}={value}\n"));
        }
        text.push_str("    audio by hand\n");
        let mut inputs = Vec::new();
        let mut state = root(self.scope, |happened| inputs.push(happened));
        for by in self.path(*at).into_iter().chain([*by]) {
            let input = moves::moves(self.scope, &state).swap_remove(by);
            match play(&state, input, |_| Ok(()), |happened| inputs.push(happened)) {
                Ok(Some(next)) => state = next,
                _ => break,
            }
        }
        for Happened { at, due, input, effects } in &inputs {
            let mut say = |line: &str| text.push_str(&format!("    {line}\n"));
            recorder.note(Timestamp(*at), *due, input, effects, &mut say);
        }
        text
    }
}
