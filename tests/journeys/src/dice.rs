use std::env;

/// Chance that can be repeated.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of a story, from the seed in `SEED`, else from another one each time. The seed is printed.
    pub fn new(story: &str) -> Self {
        let given = env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| u64::from(std::process::id()));
        println!("{story}: to repeat it, set SEED={seed}");
        Self(seed)
    }

    /// A number below `sides`.
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let sides = u64::try_from(sides.max(1)).unwrap_or(u64::MAX);
        usize::try_from((self.0 >> 33) % sides).unwrap_or(0)
    }

    /// Dice of its own for somebody else.
    pub fn split(&mut self) -> Self {
        Self(u64::try_from(self.below(1 << 31)).unwrap_or(1) | 1)
    }
}
