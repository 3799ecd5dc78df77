//! Ours and theirs in turn, so that what the machine does meanwhile meets both.

use crate::Round;
use std::time::Duration;

/// Something that can ring on a locked phone, and be quiet again.
pub trait Rings {
    /// A call, from its report until the shell is told.
    async fn first(&mut self) -> Duration;
    /// A call, from its report until it is seen.
    async fn rings(&mut self) -> Round;
    /// That call ends, and is gone.
    async fn ends(&mut self);
}

async fn once(rings: &mut impl Rings) -> Round {
    let round = rings.rings().await;
    rings.ends().await;
    round
}

/// So many calls of one, one after the other. The first fills caches, and does not count.
pub async fn alone(ours: &mut impl Rings, calls: usize) -> Vec<Round> {
    once(ours).await;
    let mut rounds = Vec::new();
    for _ in 0..calls {
        rounds.push(once(ours).await);
    }
    rounds
}

/// So many calls of each, in turn. The first of each fills caches, and does not count.
pub async fn in_turn(
    ours: &mut impl Rings,
    theirs: &mut impl Rings,
    calls: usize,
) -> Vec<(Round, Round)> {
    once(ours).await;
    once(theirs).await;
    let mut rounds = Vec::new();
    for _ in 0..calls {
        rounds.push((once(ours).await, once(theirs).await));
    }
    rounds
}

/// The first call of each, so often in turn, on a phone that was just started.
pub async fn first<O: Rings, T: Rings>(
    mut ours: impl AsyncFnMut() -> O,
    mut theirs: impl AsyncFnMut() -> T,
    starts: usize,
) -> Vec<(Duration, Duration)> {
    let mut told = Vec::new();
    for _ in 0..starts {
        let ours = ours().await.first().await;
        told.push((ours, theirs().await.first().await));
    }
    told
}
