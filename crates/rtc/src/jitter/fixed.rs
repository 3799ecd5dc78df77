//! A jitter buffer with a fixed delay.

use super::sequence::{MediaTimes, Sequence};
use super::{JitterBuffer, JitterCounts, Packet, Playout};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Plays everything a fixed time after it could have been played first.
///
/// When packets come later than that, it conceals, and then plays them with a longer delay rather than throwing speech
/// away; the surplus is given back one packet at a time, at most one per second.
#[derive(Debug)]
pub struct FixedJitterBuffer {
    delay: Duration,
    /// By extended RTP time.
    waiting: BTreeMap<u64, Packet>,
    times: MediaTimes,
    playing: Option<Playing>,
    step: u32,
    sequence: Sequence,
    counts: JitterCounts,
}

#[derive(Debug)]
struct Playing {
    starts: Instant,
    /// Extended RTP time of what is played next.
    next: u64,
    /// Sequence number of what was played last, or stood in for.
    last_seq: Option<u64>,
    /// Answers in a row for which there was no packet at all.
    empty: u32,
    /// Least depth seen lately and the answers since.
    shallowest: (u32, u32),
}

/// The usual delay.
const DELAY: Duration = Duration::from_millis(60);
/// Answers that are concealed when nothing comes at all, before silence: 100 ms of 20 ms packets.
const MAX_CONCEALED: u32 = 5;
/// A jump of the sender's clock, in samples, after which playing begins anew: one second.
const JUMP: u64 = 48_000;
/// Most packets kept; more is an attack or a stuck player.
const MAX_WAITING: usize = 100;
/// Answers between two skips: one second of 20 ms packets.
const SKIP_EVERY: u32 = 50;

impl Default for FixedJitterBuffer {
    fn default() -> Self {
        Self::new(DELAY)
    }
}

impl FixedJitterBuffer {
    /// A buffer with the given delay; the default is 60 ms.
    pub fn new(delay: Duration) -> Self {
        Self {
            delay,
            waiting: BTreeMap::new(),
            times: MediaTimes::default(),
            playing: None,
            step: 960,
            sequence: Sequence::default(),
            counts: JitterCounts::default(),
        }
    }

    fn begin(&mut self, at: u64, starts: Instant) {
        self.playing =
            Some(Playing { starts, next: at, last_seq: None, empty: 0, shallowest: (u32::MAX, 0) });
    }

    /// Gives back delay that a burst after a stall left behind.
    fn skip_surplus(&mut self) {
        let depth = self.depth();
        let wanted = (self.delay.as_millis() as u32) * 48;
        let step = self.step;
        let Some(playing) = &mut self.playing else { return };
        playing.shallowest.0 = playing.shallowest.0.min(depth);
        playing.shallowest.1 += 1;
        if playing.shallowest.1 < SKIP_EVERY {
            return;
        }
        let surplus = playing.shallowest.0 > wanted + step;
        playing.shallowest = (u32::MAX, 0);
        if surplus && let Some((time, packet)) = self.waiting.pop_first() {
            playing.next = time + u64::from(packet.duration);
            playing.last_seq = Some(packet.seq);
            self.counts.skipped += 1;
        }
    }
}

impl JitterBuffer for FixedJitterBuffer {
    fn push(&mut self, packet: Packet, arrival: Instant) {
        if !self.sequence.note(packet.seq) {
            return;
        }
        let time = self.times.extend(packet.time);
        if (120..=5760).contains(&packet.duration) {
            self.step = packet.duration;
        }
        let (delay, step) = (self.delay, u64::from(self.step));
        match &mut self.playing {
            None => self.begin(time, arrival + delay),
            Some(playing) if arrival < playing.starts && time < playing.next => {
                // Overtaken by the one that playing was to begin with.
                playing.next = time;
            }
            Some(playing) if time > playing.next + JUMP || time + JUMP < playing.next => {
                self.waiting.clear();
                self.begin(time, arrival + delay);
            }
            Some(playing) if time < playing.next => {
                self.counts.late += 1;
                // Nothing else to play: later is better than never. A packet for which something already stood in,
                // with its successors here, is of no use.
                if playing.empty == 0 || !self.waiting.is_empty() {
                    return;
                }
                playing.next = time;
                playing.empty = 0;
                playing.last_seq = None;
                playing.starts = arrival + Duration::from_micros(step * 1_000 / 48);
            }
            Some(_) => {}
        }
        self.waiting.insert(time, packet);
        while self.waiting.len() > MAX_WAITING {
            self.waiting.pop_first();
            self.counts.skipped += 1;
        }
    }

    fn pop(&mut self, now: Instant) -> Playout {
        self.skip_surplus();
        let step = u64::from(self.step);
        let Some(playing) = &mut self.playing else { return Playout::Silence };
        if now < playing.starts {
            return Playout::Silence;
        }
        let Some((&time, first)) = self.waiting.first_key_value() else {
            playing.next += step;
            playing.empty += 1;
            if playing.empty > MAX_CONCEALED || playing.last_seq.is_none() {
                return Playout::Silence;
            }
            self.counts.concealed += 1;
            return Playout::Conceal;
        };
        if time <= playing.next {
            playing.next = time + u64::from(first.duration);
            playing.last_seq = Some(first.seq);
            playing.empty = 0;
            let payload = first.payload.clone();
            self.waiting.pop_first();
            return Playout::Frame(payload);
        }
        // Something is missing before the first that waits: lost, or never sent (a pause keeps numbers without gap).
        let missing = playing.last_seq.map_or(0, |last| first.seq.saturating_sub(last + 1));
        let fits_fec = missing > 0 && time <= playing.next + step;
        let payload = first.payload.clone();
        playing.next += step;
        if missing == 0 {
            return Playout::Silence;
        }
        if fits_fec {
            playing.last_seq = Some(first.seq - 1);
            self.counts.fec += 1;
            return Playout::Fec(payload);
        }
        playing.last_seq = playing.last_seq.map(|last| last + 1);
        self.counts.concealed += 1;
        Playout::Conceal
    }

    fn step(&self) -> u32 {
        self.step
    }

    fn counts(&self) -> JitterCounts {
        JitterCounts {
            received: self.sequence.received(),
            lost: self.sequence.lost(),
            ..self.counts
        }
    }

    fn depth(&self) -> u32 {
        self.waiting.values().map(|packet| packet.duration).sum()
    }

    fn delay(&self) -> u32 {
        self.depth()
    }

    fn target(&self) -> u32 {
        (self.delay.as_millis() as u32).saturating_mul(48)
    }
}
