//! Who is measured when.
//!
//! A machine that others use too is now fast and now slow, by up to half, for seconds or for minutes. Two figures can be
//! compared only if both were taken in the same mood.

use crate::Outcome;
use crate::disturbance::{TOO_MUCH, Watch};
use crate::figures::median;

/// Rounds of [`side_by_side`] that are counted together by [`used`]: half a second and more, longer than the service gathers
/// what it writes.
pub const GROUP: usize = 10;

/// Run each of these in turn, as often as asked. Whoever goes first changes, so that a drift of the machine favours none.
///
/// A round in which others had more than a few hundredths of a core is disturbed, and one more is run for it, up to twice
/// as many as were asked for; then the least disturbed ones count. What was measured has no part in that choice.
/// `long_lived`: processes that take part and go on after a round.
pub fn in_turn<C, R>(
    cases: &[C],
    long_lived: &[u32],
    repeats: usize,
    mut run: impl FnMut(&C) -> Outcome<R>,
) -> Outcome<Vec<Vec<R>>> {
    let mut rounds: Vec<(f64, Vec<(usize, R)>)> = Vec::new();
    let calm = |rounds: &[(f64, Vec<(usize, R)>)]| {
        rounds.iter().filter(|(share, _)| *share <= TOO_MUCH).count()
    };
    while calm(&rounds) < repeats && rounds.len() < repeats * 2 {
        let watch = Watch::start(long_lived)?;
        let mut round = Vec::new();
        for turn in 0..cases.len() {
            let at = (rounds.len() + turn) % cases.len();
            round.push((at, run(&cases[at])?));
        }
        rounds.push((watch.share()?, round));
    }
    let disturbed = rounds.len() - calm(&rounds);
    if disturbed > 0 {
        let worst = rounds.iter().map(|(share, _)| share * 100.0).fold(0.0, f64::max);
        eprintln!("  {disturbed} of {} rounds disturbed, by up to {worst:.0} %", rounds.len());
    }
    rounds.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    rounds.truncate(repeats);
    let mut runs: Vec<Vec<R>> = cases.iter().map(|_| Vec::new()).collect();
    for (at, run) in rounds.into_iter().flat_map(|(_, round)| round) {
        runs[at].push(run);
    }
    Ok(runs)
}

/// Short turns of worlds that live side by side: each has a few hundredths of a second, then the next one has.
///
/// All rounds count. What comes of them is compared round by round, and of those comparisons the middle one is told: a
/// mood of the machine lasts longer than a round, so both have it, and what strikes only one is not in the middle.
pub fn side_by_side<W, R>(
    worlds: &mut [W],
    rounds: usize,
    mut turn: impl FnMut(&mut W) -> Outcome<R>,
) -> Outcome<Vec<Vec<R>>> {
    let mut turns: Vec<Vec<R>> = worlds.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for offset in 0..worlds.len() {
            let at = (round + offset) % worlds.len();
            turns[at].push(turn(&mut worlds[at])?);
        }
    }
    Ok(turns)
}

/// How much of a counter that only grows was used in each of these groups of rounds. `readings`: one before each turn, and
/// one after the last.
///
/// What a service does once it has time falls between its turns, into one round of many. So it is counted from turn to
/// turn, and over as many rounds as it takes to be in all groups.
pub fn used(readings: &[u64], rounds: usize) -> Vec<f64> {
    let marks: Vec<u64> = readings.iter().copied().step_by(rounds.max(1)).collect();
    marks.windows(2).map(|pair| pair[1].saturating_sub(pair[0]) as f64).collect()
}

/// In words: between which two the middle half lies.
pub fn middle_half(values: &[f64]) -> String {
    let middle = median(values);
    let half = |keep: &dyn Fn(f64) -> bool| {
        median(&values.iter().copied().filter(|value| keep(*value)).collect::<Vec<_>>())
    };
    let (low, high) = (half(&|value| value <= middle), half(&|value| value >= middle));
    format!("{low:.2} to {high:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_as_many_turns_and_nobody_is_always_first() {
        let mut worlds = [("floor", Vec::new()), ("service", Vec::new())];
        let mut order = 0;
        let turns = side_by_side(&mut worlds, 4, |(_, turns)| {
            order += 1;
            turns.push(order);
            Ok(order)
        });
        assert_eq!(turns.unwrap(), [vec![1, 4, 5, 8], vec![2, 3, 6, 7]]);
        let failed = side_by_side(&mut worlds, 4, |_| Err::<(), _>("no".into()));
        assert_eq!(failed.unwrap_err().to_string(), "no");
    }

    #[test]
    fn a_round_that_was_calm_is_not_run_again() {
        let runs = in_turn(&[1, 2], &[], 0, |case| Ok(*case)).unwrap();
        assert_eq!(runs, [Vec::<i32>::new(), Vec::new()]);
        let runs = in_turn(&[1, 2], &[], 2, |case| Ok(*case)).unwrap();
        assert_eq!(runs, [[1, 1], [2, 2]]);
    }

    #[test]
    fn what_was_used_is_counted_over_groups_of_rounds() {
        assert_eq!(used(&[10, 11, 13, 16, 20], 2), [3.0, 7.0]);
        assert_eq!(used(&[10, 11, 13, 16, 20, 99], 2), [3.0, 7.0]);
        assert!(used(&[10], 2).is_empty());
    }

    #[test]
    fn the_middle_half_of_many_is_told() {
        assert_eq!(middle_half(&[5.0, 1.0, 2.0, 3.0, 4.0]), "2.00 to 4.00");
        assert_eq!(middle_half(&[]), "0.00 to 0.00");
    }
}
