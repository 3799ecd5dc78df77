//! When packets arrive, compared with when they were sent.

use std::collections::VecDeque;

/// Packets that are remembered: ten seconds of 20 ms.
const REMEMBERED: usize = 500;
/// Packets among which the fastest is looked for: two seconds of 20 ms. A route that became longer is taken for what it
/// is after that time.
const FASTEST_OF: usize = 100;
/// How much less each packet counts than the one after it.
const FORGETTING: f64 = 0.99;
/// The share of packets that may come too late for the delay: speech bears a little concealment better than delay.
const TOO_LATE: f64 = 0.03;
/// The share whose successor may come too late to bring a copy of what was lost.
const COPY_TOO_LATE: f64 = 0.2;
/// Most delay, in samples: 400 ms. Beyond that nobody can talk; packets that are slower yet are lost.
pub(super) const MOST: i64 = 19_200;
/// What a packet that missed its time added to the delay goes away by 50 ms each second.
const DECAY: i64 = 20;

/// Transits: arrival minus RTP time, in samples. Only their differences mean something.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// Oldest first.
    transits: VecDeque<i64>,
    /// Of the fastest packet lately.
    fastest: i64,
    /// All but the latest few percent.
    usual: i64,
    /// All but the latest fifth.
    most: i64,
    /// What a packet that missed its time has raised the delay to.
    raised: i64,
    sorted: Vec<(i64, f64)>,
}

impl Arrivals {
    /// A packet of `duration` samples arrived.
    pub(super) fn note(&mut self, transit: i64, duration: u32) {
        self.transits.push_back(transit);
        if self.transits.len() > REMEMBERED {
            self.transits.pop_front();
        }
        let recent = self.transits.iter().rev().take(FASTEST_OF);
        self.fastest = recent.copied().min().unwrap_or(transit);
        self.raised = (self.raised - i64::from(duration) / DECAY).min(self.fastest + MOST);
        self.weigh();
    }

    fn weigh(&mut self) {
        self.sorted.clear();
        let (mut weight, mut all) = (1.0, 0.0);
        for transit in self.transits.iter().rev() {
            self.sorted.push((*transit, weight));
            all += weight;
            weight *= FORGETTING;
        }
        self.sorted.sort_unstable_by_key(|(transit, _)| std::cmp::Reverse(*transit));
        let mut later = 0.0;
        let (mut usual, mut most) = (None, None);
        for (transit, weight) in &self.sorted {
            later += weight;
            if usual.is_none() && later > TOO_LATE * all {
                usual = Some(*transit);
            }
            if later > COPY_TOO_LATE * all {
                most = Some(*transit);
                break;
            }
        }
        self.usual = usual.unwrap_or(self.fastest);
        self.most = most.unwrap_or(self.usual);
    }

    /// A packet missed its time: the delay grows to what it would have needed.
    pub(super) fn raise(&mut self, transit: i64) {
        self.raised = self.raised.max(transit);
    }

    /// Begins anew with the first packet, and this much delay.
    pub(super) fn begin(&mut self, transit: i64, delay: i64) {
        self.transits.clear();
        self.raised = transit.saturating_add(delay);
    }

    /// The transit of the packet that came last.
    pub(super) fn last(&self) -> Option<i64> {
        self.transits.back().copied()
    }

    /// The transit of the fastest packet lately.
    pub(super) fn fastest(&self) -> i64 {
        self.fastest
    }

    /// Transit and delay at which nearly all packets are in time.
    pub(super) fn enough(&self) -> i64 {
        self.usual.max(self.raised)
    }

    /// Transit at which most packets are in time, so that the one after a lost one usually is `duration` later.
    pub(super) fn enough_for_copies(&self, duration: u32) -> i64 {
        self.most + i64::from(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 48;

    #[test]
    fn a_steady_network_needs_nothing() {
        let mut arrivals = Arrivals::default();
        arrivals.begin(7_000, 60 * MS);
        for _ in 0..200 {
            arrivals.note(7_000, 960);
        }
        assert_eq!((arrivals.fastest(), arrivals.enough()), (7_000, 7_000));
        assert_eq!(arrivals.enough_for_copies(960), 7_960);
    }

    #[test]
    fn all_but_three_percent_are_in_time() {
        let mut arrivals = Arrivals::default();
        arrivals.begin(0, 0);
        for at in 0..1_000_i64 {
            arrivals.note((at * 37) % 100 * MS, 960);
        }
        assert!((95 * MS..=98 * MS).contains(&arrivals.enough()), "{}", arrivals.enough() / MS);
        assert!(arrivals.fastest() <= MS);
    }

    #[test]
    fn a_late_packet_counts_at_once_and_is_forgotten_slowly() {
        let mut arrivals = Arrivals::default();
        arrivals.begin(0, 0);
        for _ in 0..100 {
            arrivals.note(0, 960);
        }
        arrivals.note(200 * MS, 960);
        arrivals.raise(200 * MS);
        assert_eq!(arrivals.enough(), 200 * MS);
        for _ in 0..50 {
            arrivals.note(0, 960);
        }
        assert_eq!(arrivals.enough(), 150 * MS, "a second later");
        for _ in 0..200 {
            arrivals.note(0, 960);
        }
        assert_eq!(arrivals.enough(), 0);
    }

    #[test]
    fn a_longer_route_is_what_it_is_after_two_seconds() {
        let mut arrivals = Arrivals::default();
        arrivals.begin(0, 0);
        for at in 0..300 {
            arrivals.note(if at < 200 { 0 } else { 300 * MS }, 960);
        }
        assert_eq!((arrivals.fastest(), arrivals.enough()), (300 * MS, 300 * MS));
    }
}
