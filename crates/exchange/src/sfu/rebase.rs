//! One outgoing stream fed by changing sources.
//!
//! A subscriber's section may carry one track now and another later, and may start in the middle of a long-running
//! one. Its sequence numbers must start low (the receiver assumes a rollover counter of 0) and go on without a jump at
//! a change; what is lost on the way to us must stay a gap, so that the receiver can conceal it.

use std::time::{Duration, Instant};

/// RTP clock of Opus.
const CLOCK_RATE: u64 = 48_000;
/// Where the first source starts, leaving room for packets that overtook each other.
const FIRST_SEQ: u64 = 1_000;
/// How far back a packet may be late and still be forwarded.
const MAX_LATE: u64 = 500;

/// Maps a source's sequence numbers and times to those of an outgoing stream.
#[derive(Debug, Default)]
pub struct Rebase {
    source: Option<Source>,
    /// Highest number, its time, and when it was sent.
    last: Option<(u64, u32, Instant)>,
}

#[derive(Debug, Clone, Copy)]
struct Source {
    first_in: u64,
    first_out: u64,
    time_offset: u32,
}

impl Rebase {
    /// The next packet comes from another source.
    pub fn change_source(&mut self) {
        self.source = None;
    }

    /// Number and time of a packet on its way out. `None`: too late to be forwarded.
    pub fn map(&mut self, seq: u64, time: u32, now: Instant) -> Option<(u64, u32)> {
        let source = match self.source {
            Some(source) => source,
            None => {
                let (first_out, time_out) = match self.last {
                    None => (FIRST_SEQ, time),
                    Some((last_seq, last_time, at)) => {
                        (last_seq + 1, last_time.wrapping_add(ticks(now - at).max(960)))
                    }
                };
                let source =
                    Source { first_in: seq, first_out, time_offset: time_out.wrapping_sub(time) };
                *self.source.insert(source)
            }
        };
        if source.first_in > seq && source.first_in - seq > MAX_LATE.min(source.first_out - 1) {
            return None;
        }
        let seq_out = if seq >= source.first_in {
            source.first_out + (seq - source.first_in)
        } else {
            source.first_out - (source.first_in - seq)
        };
        let time_out = time.wrapping_add(source.time_offset);
        if self.last.is_none_or(|(last, ..)| seq_out > last) {
            self.last = Some((seq_out, time_out, now));
        }
        Some((seq_out, time_out))
    }
}

fn ticks(elapsed: Duration) -> u32 {
    (elapsed.as_millis() as u64 * CLOCK_RATE / 1000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_running_source_starts_low_and_keeps_its_gaps() {
        let now = Instant::now();
        let mut out = Rebase::default();
        let first = out.map(1_000_000, 5_000, now).unwrap();
        assert_eq!(first, (FIRST_SEQ, 5_000));
        assert_eq!(
            out.map(1_000_003, 5_000 + 3 * 960, now),
            Some((FIRST_SEQ + 3, 5_000 + 3 * 960))
        );
        assert_eq!(
            out.map(1_000_001, 5_960, now),
            Some((FIRST_SEQ + 1, 5_960)),
            "the overtaken one"
        );
        assert_eq!(out.map(999_999, 4_040, now), Some((FIRST_SEQ - 1, 4_040)), "before the first");
        assert_eq!(out.map(900_000, 0, now), None, "far too late");
    }

    #[test]
    fn a_change_of_source_is_no_jump() {
        let start = Instant::now();
        let mut out = Rebase::default();
        out.map(7, 100, start);
        out.map(8, 1_060, start);
        out.change_source();
        let later = start + Duration::from_millis(100);
        assert_eq!(out.map(55_555, 9_999_999, later), Some((FIRST_SEQ + 2, 1_060 + 4_800)));
        assert_eq!(out.map(55_556, 10_000_959, later), Some((FIRST_SEQ + 3, 1_060 + 4_800 + 960)));
    }

    #[test]
    fn time_may_roll_over() {
        let now = Instant::now();
        let mut out = Rebase::default();
        out.map(1, u32::MAX - 100, now);
        assert_eq!(out.map(2, 859, now), Some((FIRST_SEQ + 1, 859)));
    }
}
