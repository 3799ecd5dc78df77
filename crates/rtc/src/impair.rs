//! A bad network, made from a seed: for tests and measurements.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Loses packets, and delays the others, each by a random time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impairment {
    loss_percent: u32,
    jitter: Duration,
    in_order: bool,
    random: u64,
    last: Option<Instant>,
}

impl Impairment {
    /// Loses this share of the packets and delays the others by up to `jitter`. A packet that is delayed is not overtaken,
    /// as in a queue.
    pub fn new(seed: u64, loss_percent: u32, jitter: Duration) -> Self {
        let mut made = Self { loss_percent, jitter, in_order: true, random: seed, last: None };
        // Seeds that are near each other begin alike.
        made.uniform();
        made
    }

    /// Packets may overtake each other.
    #[must_use]
    pub fn reordering(mut self) -> Self {
        self.in_order = false;
        self
    }

    /// When a packet arrives that is sent now; `None`: it is lost.
    pub fn arrival(&mut self, sent: Instant) -> Option<Instant> {
        let (lost, delayed) = (self.uniform(), self.uniform());
        if lost * 100.0 < f64::from(self.loss_percent) {
            return None;
        }
        let mut arrival = sent + self.jitter.mul_f64(delayed);
        if self.in_order {
            arrival = self.last.map_or(arrival, |last| last.max(arrival));
        }
        self.last = Some(arrival);
        Some(arrival)
    }

    /// 0 to 1, by SplitMix64.
    fn uniform(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What is on its way through an [`Impairment`].
#[derive(Debug)]
pub struct Network<T> {
    impairment: Impairment,
    /// By arrival, then in the order of sending.
    under_way: BTreeMap<(Instant, u64), T>,
    sent: u64,
}

impl<T> Network<T> {
    /// An empty network.
    pub fn new(impairment: Impairment) -> Self {
        Self { impairment, under_way: BTreeMap::new(), sent: 0 }
    }

    /// Something is sent.
    pub fn send(&mut self, what: T, now: Instant) {
        self.sent += 1;
        if let Some(arrival) = self.impairment.arrival(now) {
            self.under_way.insert((arrival, self.sent), what);
        }
    }

    /// The next that arrived by now, and when it did.
    pub fn receive(&mut self, now: Instant) -> Option<(T, Instant)> {
        let first = self.under_way.first_entry()?;
        let arrival = first.key().0;
        (arrival <= now).then(|| (first.remove(), arrival))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_arrives_when_it_is_time() {
        let start = Instant::now();
        let mut network = Network::new(Impairment::new(3, 0, Duration::from_millis(50)));
        for at in 0..3 {
            network.send(at, start);
        }
        assert_eq!(network.receive(start), None);
        let later = start + Duration::from_millis(50);
        let arrived: Vec<_> = std::iter::from_fn(|| network.receive(later)).collect();
        assert_eq!(arrived.iter().map(|(what, _)| *what).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(arrived.iter().all(|(_, arrival)| *arrival > start && *arrival <= later));
    }

    #[test]
    fn loss_and_delay_are_as_asked_and_the_same_each_time() {
        let start = Instant::now();
        let run = |reordering: bool| -> Vec<Option<Duration>> {
            let mut network = Impairment::new(7, 20, Duration::from_millis(100));
            if reordering {
                network = network.reordering();
            }
            (0..5_000)
                .map(|at| network.arrival(start + Duration::from_millis(20) * at))
                .map(|arrival| arrival.map(|arrival| arrival - start))
                .collect()
        };
        let arrivals = run(false);
        assert_eq!(arrivals, run(false));
        let arrived: Vec<Duration> = arrivals.iter().flatten().copied().collect();
        assert!((3_900..=4_100).contains(&arrived.len()), "{}", arrived.len());
        assert!(arrived.is_sorted());
        let reordered: Vec<Duration> = run(true).into_iter().flatten().collect();
        assert!(!reordered.is_sorted());
        for (at, arrival) in run(true).iter().enumerate() {
            let sent = Duration::from_millis(20) * at as u32;
            assert!(arrival.is_none_or(|arrival| {
                arrival >= sent && arrival <= sent + Duration::from_millis(100)
            }));
        }
    }
}
