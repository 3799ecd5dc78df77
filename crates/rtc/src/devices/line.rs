//! What the real-time thread and ours share of one direction.

use super::ring::Ring;
use super::statistics::LineStatistics;
use crate::audio::FRAME_LEN;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

/// Samples by which a line may be fuller than wanted before the surplus is thrown away: 60 ms.
pub(crate) const SURPLUS: usize = 2_880;
/// Bytes of a sample on the wire.
const SAMPLE: usize = 4;

/// One direction: the samples under way and the numbers about them. All of it can be touched by the real-time thread,
/// so all of it is atomic.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) ring: Ring,
    /// Moments here are microseconds since this.
    began: Instant,
    /// Samples that the device moved at a time, last, and when.
    period: AtomicU32,
    moved: AtomicU64,
    /// From the ring to the membrane, or from the membrane to the ring, in samples.
    latency: AtomicU32,
    /// Counts the starts, so that whoever reads notices one.
    starts: AtomicU32,
    running: AtomicBool,
    /// Samples that should wait. Set on our side, kept on the other.
    wanted: AtomicU32,
    /// The loudspeaker waits for this much before it begins, at the start and after it ran dry.
    begun: AtomicBool,
    /// Nobody is to hear anything: a loudspeaker that runs dry is no fault.
    idle: AtomicBool,
    dry: AtomicU64,
    dropped: AtomicU64,
    drift: AtomicI32,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self {
            ring: Ring::new(),
            began: Instant::now(),
            period: AtomicU32::new(FRAME_LEN as u32),
            moved: AtomicU64::new(0),
            latency: AtomicU32::new(0),
            starts: AtomicU32::new(0),
            running: AtomicBool::new(false),
            wanted: AtomicU32::new(2 * FRAME_LEN as u32),
            begun: AtomicBool::new(false),
            idle: AtomicBool::new(true),
            dry: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            drift: AtomicI32::new(0),
        }
    }

    /// A stream is about to move samples. Called while none does.
    pub(crate) fn start(&self) {
        self.ring.trim(0);
        self.begun.store(false, Ordering::Relaxed);
        self.starts.fetch_add(1, Ordering::Release);
        self.running.store(true, Ordering::Release);
    }

    /// No stream moves samples any more.
    pub(crate) fn stop(&self) {
        self.running.store(false, Ordering::Release);
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.load(Ordering::Acquire)
    }

    pub(crate) fn starts(&self) -> u32 {
        self.starts.load(Ordering::Acquire)
    }

    pub(crate) fn period(&self) -> usize {
        self.period.load(Ordering::Relaxed) as usize
    }

    /// This moment.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Samples that the device went through since it moved some: at most as many as it moves next.
    pub(crate) fn since_moved(&self, now: u64) -> usize {
        let samples =
            now.saturating_sub(self.moved.load(Ordering::Relaxed)).saturating_mul(48) / 1_000;
        self.period().min(usize::try_from(samples).unwrap_or(usize::MAX))
    }

    fn note_moved(&self, samples: usize, now: u64) {
        self.period.store(samples as u32, Ordering::Relaxed);
        self.moved.store(now, Ordering::Relaxed);
    }

    pub(crate) fn set_latency(&self, samples: i64) {
        // A device that says a minute is not believed.
        self.latency.store(samples.clamp(0, 48_000) as u32, Ordering::Relaxed);
    }

    /// From the membrane to whoever reads, or back, in samples.
    pub(crate) fn delay(&self) -> usize {
        self.ring.len() + self.latency.load(Ordering::Relaxed) as usize
    }

    pub(crate) fn set_wanted(&self, samples: usize) {
        self.wanted.store(samples as u32, Ordering::Relaxed);
    }

    pub(crate) fn set_idle(&self, idle: bool) {
        self.idle.store(idle, Ordering::Relaxed);
    }

    /// The loudspeaker plays what waits, since there is enough.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    pub(crate) fn set_drift_ppm(&self, ppm: f64) {
        self.drift.store(ppm as i32, Ordering::Relaxed);
    }

    pub(crate) fn count_dry(&self) {
        self.dry.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn dry(&self) -> u64 {
        self.dry.load(Ordering::Relaxed)
    }

    pub(crate) fn count_dropped(&self, samples: usize) {
        if samples > 0 {
            self.dropped.fetch_add(samples as u64, Ordering::Relaxed);
        }
    }

    /// The microphone gave these samples, `f32` in the machine's order. On the real-time thread.
    pub(crate) fn captured(&self, bytes: &[u8], now: u64) {
        let samples = bytes.chunks_exact(SAMPLE);
        let count = samples.len();
        self.note_moved(count, now);
        let put = self.ring.put(samples.map(|sample| f32::from_ne_bytes(to_array(sample))));
        self.count_dropped(count - put);
    }

    /// The loudspeaker wants this many samples. On the real-time thread.
    pub(crate) fn play(&self, bytes: &mut [u8], now: u64) {
        let count = bytes.len() / SAMPLE;
        self.note_moved(count, now);
        let wanted = self.wanted.load(Ordering::Relaxed) as usize;
        let waiting = self.ring.len();
        if waiting > wanted + count + SURPLUS {
            // The device stood still for a while; what it should have played then is of no use now.
            self.count_dropped(self.ring.trim(wanted));
        }
        if !self.begun.load(Ordering::Relaxed) {
            // What has to wait now for the mean to be what is wanted: half a period goes at once, and half a frame more
            // was just written.
            let enough = (wanted + count / 2 + FRAME_LEN / 2).max(count);
            if waiting < enough {
                bytes.fill(0);
                return;
            }
            // What is more was written before the device was ready, and would make everything late.
            self.ring.trim(enough);
            self.begun.store(true, Ordering::Relaxed);
        }
        let got = self.ring.take(count, |index, sample| {
            if let Some(to) = bytes.get_mut(index * SAMPLE..(index + 1) * SAMPLE) {
                to.copy_from_slice(&sample.to_ne_bytes());
            }
        });
        if got < count {
            if let Some(rest) = bytes.get_mut(got * SAMPLE..) {
                rest.fill(0);
            }
            self.begun.store(false, Ordering::Relaxed);
            if !self.idle.load(Ordering::Relaxed) {
                self.count_dry();
            }
        }
    }

    pub(crate) fn statistics(&self) -> LineStatistics {
        let ms = |samples: u32| samples as f32 / 48.0;
        LineStatistics {
            running: self.is_running(),
            period_ms: ms(self.period.load(Ordering::Relaxed)),
            waiting_ms: ms(self.ring.len() as u32),
            wanted_ms: ms(self.wanted.load(Ordering::Relaxed)),
            device_latency_ms: ms(self.latency.load(Ordering::Relaxed)),
            drift_ppm: self.drift.load(Ordering::Relaxed),
            dry: self.dry(),
            dropped_samples: self.dropped.load(Ordering::Relaxed),
        }
    }
}

fn to_array(bytes: &[u8]) -> [u8; SAMPLE] {
    let mut array = [0; SAMPLE];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(line: &Line, samples: usize) -> Vec<f32> {
        let mut bytes = vec![0xff; samples * SAMPLE];
        line.play(&mut bytes, 0);
        bytes.chunks_exact(SAMPLE).map(|sample| f32::from_ne_bytes(to_array(sample))).collect()
    }

    #[test]
    fn a_loudspeaker_begins_when_enough_waits_and_again_after_it_ran_dry() {
        let line = Line::new();
        line.start();
        line.set_idle(false);
        line.set_wanted(960);
        line.ring.put([0.5; 1_327]);
        assert_eq!(played(&line, 256), [0.0; 256], "not enough yet");
        line.ring.put([0.5; 480]);
        assert_eq!(played(&line, 256), [0.5; 256]);
        assert_eq!(
            line.ring.len(),
            1_328 - 256,
            "what came before the device was ready is not played late"
        );
        let rest = played(&line, 2_000);
        assert_eq!((rest[1_071], rest[1_072]), (0.5, 0.0));
        assert_eq!(line.statistics().dry, 1);
        line.ring.put([0.5; 480]);
        assert_eq!(played(&line, 256), [0.0; 256], "it waits for enough again");
        assert_eq!(line.statistics().dry, 1, "and that is the same gap");
    }

    #[test]
    fn running_dry_while_nothing_is_to_be_heard_is_no_fault() {
        let line = Line::new();
        line.start();
        line.set_wanted(240);
        line.ring.put([0.5; 736]);
        assert_eq!(played(&line, 512), [0.5; 512]);
        played(&line, 512);
        assert_eq!(line.statistics().dry, 0);
    }

    #[test]
    fn what_a_device_slept_through_is_not_played_late() {
        let line = Line::new();
        line.start();
        line.set_wanted(960);
        line.ring.put([0.5; 2_000]);
        assert_eq!(played(&line, 480), [0.5; 480]);
        let waits = line.ring.len();
        line.ring.put([0.5; 9_600]);
        played(&line, 480);
        assert_eq!(line.ring.len(), 480);
        assert_eq!(line.statistics().dropped_samples as usize, waits + 9_600 - 960);
    }

    #[test]
    fn a_microphone_that_nobody_reads_drops() {
        let line = Line::new();
        line.start();
        for _ in 0..100 {
            line.captured(&[0; 512 * SAMPLE], 0);
        }
        let numbers = line.statistics();
        assert_eq!(numbers.dropped_samples, 51_200 - super::super::ring::CAPACITY as u64);
        line.captured(&[1, 2, 3], 0);
        assert_eq!(line.period(), 0, "half a sample is none");
    }
}
