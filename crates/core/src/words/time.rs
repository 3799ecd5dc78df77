use core::ops::Add;
use core::time::Duration;

/// A moment on a clock that only goes forward and counts suspend, in milliseconds. Deadlines use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// A moment too far away to count is the last one there is: never reached.
    fn add(self, after: Duration) -> Self {
        let after = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(after))
    }
}

/// A moment on the wall clock, in milliseconds since 1970-01-01 UTC. Recents use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i64);
