//! The clock that all processes of a machine share.

use rustix::time::{ClockId, clock_gettime};

/// A moment, in nanoseconds of the machine's monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// This one.
    pub fn now() -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        Self(now.tv_sec * 1_000_000_000 + now.tv_nsec)
    }

    /// So many milliseconds later (or, negative, earlier).
    pub fn plus(self, milliseconds: i64) -> Self {
        Self(self.0 + milliseconds * 1_000_000)
    }

    /// Milliseconds since an earlier one; negative if that was later.
    pub fn since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / 1e6
    }
}
