//! One move, and what follows from it by itself.

use super::moves::{self, State};
use super::scope::Scope;
use crate::turn::{Seen, Turn};
use hookswitch_core::words::{CallNumber, Timestamp};
use hookswitch_core::{Arbiter, AudioEffect, Effect, Input};

/// An input with what was before and what followed, for a flow.
pub struct Happened {
    pub at: u64,
    pub due: Option<Timestamp>,
    pub input: Input,
    pub effects: Vec<Effect>,
}

/// No call is there, and both apps run, if there is no other way for a call to begin.
pub fn root(scope: &Scope, mut keep: impl FnMut(Happened)) -> State {
    let core = Arbiter::new(scope.policy.clone());
    let mut state = State { seen: Seen::of(core), at: 1_000_000, next: 0 };
    let registers = |input: &Input| matches!(input, Input::Register { .. });
    while let Some(register) = moves::moves(scope, &state).into_iter().find(registers)
        && !scope.push
    {
        let played = play(&state, register, |_| Ok(()), &mut keep).expect("an app registers");
        state = played.expect("that changes something");
    }
    state
}

/// The state after this move. `None`: it is as it was. A tick is one unit of time.
pub fn play(
    from: &State,
    input: Input,
    mut check: impl FnMut(&Turn) -> Result<(), String>,
    mut keep: impl FnMut(Happened),
) -> Result<Option<State>, String> {
    let (at, next) = (from.at + u64::from(input == Input::Tick), from.next + 2);
    let now = State::now_at(at);
    let mut after: Option<Seen> = None;
    let mut inputs = Vec::from([input]);
    while let Some(input) = inputs.pop() {
        let before = after.as_ref().unwrap_or(&from.seen);
        let due = before.core.next_deadline();
        let mut core = before.core.clone();
        let effects = core.handle(now, input.clone());
        let changed = (core != before.core).then(|| Seen::of(core));
        let now_seen = changed.as_ref().unwrap_or(before);
        let right = check(&Turn { before, now, input: &input, effects: &effects, after: now_seen });
        let up = effects.iter().rev().filter_map(|effect| match effect {
            Effect::Audio(AudioEffect::Activate(call)) => Some(*call),
            _ => None,
        });
        let up: Vec<CallNumber> = up.collect();
        inputs.extend(up.into_iter().map(|call| Input::AudioActivated { call }));
        keep(Happened { at, due, input, effects });
        after = changed.or(after);
        right?;
    }
    let same = after.is_none() && at == from.at;
    Ok((!same).then(|| State { seen: after.unwrap_or_else(|| from.seen.clone()), at, next }))
}
