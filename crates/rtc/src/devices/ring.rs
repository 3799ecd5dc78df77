//! Samples on their way between the sound server's real-time thread and ours.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Samples that fit: two thirds of a second. A power of two.
pub(crate) const CAPACITY: usize = 1 << 15;

/// A queue of samples that nobody ever waits for: neither side locks, allocates or spins.
///
/// One thread puts in and one takes out. More of either would mix up the samples, and nothing worse.
#[derive(Debug)]
pub(crate) struct Ring {
    /// The bits of `f32`.
    samples: Box<[AtomicU32]>,
    /// Samples taken out so far; wraps.
    taken: AtomicUsize,
    /// Samples put in so far; wraps.
    put: AtomicUsize,
}

impl Ring {
    pub(crate) fn new() -> Self {
        let samples = (0..CAPACITY).map(|_| AtomicU32::new(0)).collect();
        Self { samples, taken: AtomicUsize::new(0), put: AtomicUsize::new(0) }
    }

    /// How many samples wait.
    pub(crate) fn len(&self) -> usize {
        let put = self.put.load(Ordering::Acquire);
        put.wrapping_sub(self.taken.load(Ordering::Acquire)).min(CAPACITY)
    }

    /// Puts in what fits, and says how many samples that were.
    pub(crate) fn put(&self, samples: impl IntoIterator<Item = f32>) -> usize {
        let room = CAPACITY - self.len();
        let start = self.put.load(Ordering::Relaxed);
        let mut count = 0;
        for sample in samples.into_iter().take(room) {
            let at = start.wrapping_add(count) % CAPACITY;
            self.samples[at].store(sample.to_bits(), Ordering::Relaxed);
            count += 1;
        }
        // Whoever sees this count sees the samples too.
        self.put.store(start.wrapping_add(count), Ordering::Release);
        count
    }

    /// Takes out up to `count` samples, and says how many there were.
    pub(crate) fn take(&self, count: usize, mut each: impl FnMut(usize, f32)) -> usize {
        let count = count.min(self.len());
        let start = self.taken.load(Ordering::Relaxed);
        for index in 0..count {
            let at = start.wrapping_add(index) % CAPACITY;
            each(index, f32::from_bits(self.samples[at].load(Ordering::Relaxed)));
        }
        // Not before they were read: from now on they may be overwritten.
        self.taken.store(start.wrapping_add(count), Ordering::Release);
        count
    }

    /// Throws away the oldest until `keep` wait; says how many that were. For the side that takes out.
    pub(crate) fn trim(&self, keep: usize) -> usize {
        let surplus = self.len().saturating_sub(keep);
        let start = self.taken.load(Ordering::Relaxed);
        self.taken.store(start.wrapping_add(surplus), Ordering::Release);
        surplus
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order_across_the_seam() {
        let ring = Ring::new();
        let (mut next_in, mut next_out) = (0_u32, 0_u32);
        for _ in 0..500 {
            let put = ring.put((0..480).map(|at| (next_in + at) as f32));
            next_in += put as u32;
            let took = ring.take(470, |index, sample| {
                assert_eq!(sample, (next_out + index as u32) as f32);
            });
            next_out += took as u32;
        }
        assert_eq!(ring.len(), (next_in - next_out) as usize);
        assert_eq!(ring.len(), 500 * 10);
    }

    #[test]
    fn a_full_one_takes_no_more_and_a_trimmed_one_keeps_the_newest() {
        let ring = Ring::new();
        assert_eq!(ring.put((0..CAPACITY + 100).map(|at| at as f32)), CAPACITY);
        assert_eq!(ring.put([1.0]), 0);
        assert_eq!(ring.trim(10), CAPACITY - 10);
        let mut first = None;
        let took = ring.take(20, |_, sample| {
            first.get_or_insert(sample);
        });
        assert_eq!(took, 10);
        assert_eq!(first, Some((CAPACITY - 10) as f32));
        assert_eq!(ring.trim(10), 0);
    }

    #[test]
    fn two_threads_pass_a_million_samples_unharmed() {
        let ring = Ring::new();
        const ALL: usize = 1_000_000;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut next = 0;
                while next < ALL {
                    let until = (next + 333).min(ALL);
                    next += ring.put((next..until).map(|at| at as f32));
                    std::thread::yield_now();
                }
            });
            let mut expected = 0;
            while expected < ALL {
                expected += ring.take(511, |index, sample| {
                    assert_eq!(sample, (expected + index) as f32);
                });
                std::thread::yield_now();
            }
        });
        assert_eq!(ring.len(), 0);
    }
}
