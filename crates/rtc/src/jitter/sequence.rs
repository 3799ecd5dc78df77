//! The numbers of packets: which came, which never did, and what time they are of.

use std::collections::VecDeque;

/// Duplicates are told within this many packets.
const SEEN: usize = 256;

/// Which sequence numbers came.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    first: Option<u64>,
    highest: u64,
    received: u64,
    /// Lately seen, to tell duplicates.
    seen: VecDeque<u64>,
}

impl Sequence {
    /// A packet came. False: it was here before.
    pub(super) fn note(&mut self, seq: u64) -> bool {
        if self.seen.contains(&seq) {
            return false;
        }
        self.seen.push_back(seq);
        if self.seen.len() > SEEN {
            self.seen.pop_front();
        }
        self.first = Some(self.first.map_or(seq, |first| first.min(seq)));
        self.highest = self.highest.max(seq);
        self.received += 1;
        true
    }

    /// How many came, duplicates not counted.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// How many never came, as far as the numbers show.
    pub(super) fn lost(&self) -> u64 {
        let first = self.first.unwrap_or(self.highest);
        self.first
            .map_or(0, |_| (self.highest - first).saturating_add(1))
            .saturating_sub(self.received)
    }
}

/// Extends RTP times beyond 32 bits.
#[derive(Debug, Default)]
pub(super) struct MediaTimes {
    newest: Option<u64>,
}

impl MediaTimes {
    /// The extended time of a packet, in samples.
    pub(super) fn extend(&mut self, time: u32) -> u64 {
        let extended = match self.newest {
            // Far from both ends, so that earlier packets stay positive.
            None => (1 << 40) + u64::from(time),
            Some(newest) => {
                let ahead = time.wrapping_sub(newest as u32) as i32;
                newest.saturating_add_signed(i64::from(ahead))
            }
        };
        self.newest = Some(self.newest.map_or(extended, |newest| newest.max(extended)));
        extended
    }
}
