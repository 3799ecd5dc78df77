use rustix::time::{ClockId, clock_gettime};

/// Microseconds on the clock that every program of the machine shares and nobody sets (`CLOCK_MONOTONIC`).
pub(crate) fn now_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000
        + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000
}
