//! Random inputs in any order: everything in `world` holds after each, and at the end everything is over. What fails is
//! made small and printed as a flow, for `flows/found.flow`.
//!
//! `PROPERTY_STEPS` says how many inputs at least (default 20 000), `PROPERTY_SEED` where to begin.

mod dice;
mod turn;
mod world;

use dice::{Dice, setting};
use std::collections::HashSet;
use std::time::Instant;
use world::{Rules, Step, least, play};

#[test]
fn the_rules_hold_whatever_happens() {
    let wanted = setting("PROPERTY_STEPS", 20_000);
    let seed = setting("PROPERTY_SEED", 1);
    let mut dice = Dice::new(seed);
    let (begun, mut count, mut cases) = (Instant::now(), 0, 0);
    let mut behaviours = HashSet::new();
    while count < wanted {
        let rules: Rules = dice.bytes();
        let steps: Vec<Step> = (0..dice.below(500)).map(|_| dice.bytes()).collect();
        let (world, played) = play(rules, &steps);
        if played.is_err() {
            let (rules, steps) = least(rules, &steps, |rules, steps| play(rules, steps).1.is_err());
            let (world, played) = play(rules, &steps);
            let what = played.expect_err("it failed before");
            panic!("{what}\n\n# {what}\n{}", world.flow("found_by_properties"));
        }
        behaviours.extend(world.behaviours());
        count += world.steps as u64;
        cases += 1;
    }
    let (behaviours, took) = (behaviours.len(), begun.elapsed().as_secs());
    println!(
        "seed {seed}: {count} steps in {cases} cases, {behaviours} behaviours, all held, {took} s"
    );
}
