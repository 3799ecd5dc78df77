//! The smallest way to the same end.

use super::{Rules, Step};

/// Leave out and zero whatever is not needed for it to fail.
pub fn least(
    rules: Rules,
    steps: &[Step],
    fails: impl Fn(Rules, &[Step]) -> bool,
) -> (Rules, Vec<Step>) {
    let (mut rules, mut steps) = (rules, steps.to_vec());
    loop {
        let before = (rules, steps.clone());
        let mut piece = steps.len().div_ceil(2);
        while piece > 0 {
            let mut at = 0;
            while at < steps.len() {
                let mut fewer = steps.clone();
                fewer.drain(at..(at + piece).min(steps.len()));
                if fails(rules, &fewer) {
                    steps = fewer;
                } else {
                    at += piece;
                }
            }
            piece /= 2;
        }
        for at in 0..rules.len() {
            let mut plain = rules;
            plain[at] = 0;
            if fails(plain, &steps) {
                rules = plain;
            }
        }
        for step in 0..steps.len() {
            for byte in 0..steps[step].len() {
                // 11 is nothing special in most places where 0 is.
                for plain in [0, 11] {
                    let mut plainer = steps.clone();
                    plainer[step][byte] = plain;
                    if steps[step][byte] != 0 && steps[step][byte] != 11 && fails(rules, &plainer) {
                        steps = plainer;
                    }
                }
            }
        }
        if before == (rules, steps.clone()) {
            return (rules, steps);
        }
    }
}
