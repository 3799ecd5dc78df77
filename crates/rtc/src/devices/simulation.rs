//! Device clocks that go wrong for ten minutes, in a second.

use super::intake::Intake;
use super::line::Line;
use super::outlet::Outlet;
use crate::audio::{FRAME_LEN, Frame};
use std::f64::consts::TAU;
use std::sync::Arc;

const SECONDS: f64 = 600.0;
const TONE: f64 = 1_000.0;
/// How much too fast the device is, in millionths, and how much it moves at a time. With 480 at a time its blocks and ours
/// pass each other once in a minute.
const CASES: [(f64, usize); 6] =
    [(200.0, 512), (-200.0, 512), (200.0, 2_048), (-200.0, 480), (200.0, 480), (0.0, 256)];
/// The media clock is late by up to this, in seconds, as on a machine that has other things to do.
const LATE: f64 = 0.003;
/// Until here the clocks are being learned, in seconds.
const LEARNED: f64 = 60.0;

/// Which clock goes next, and the moment.
enum Next {
    Device(f64),
    Media(f64),
}

/// Two clocks: the device moves `period` samples at a time and is `drift` too fast; the media moves 10 ms.
struct Clocks {
    period: f64,
    device: f64,
    media: u32,
    late: f64,
    random: u32,
}

impl Clocks {
    fn new(period: usize, drift: f64) -> Self {
        let period = period as f64 / (48_000.0 * (1.0 + drift));
        Self { period, device: period, media: 1, late: 0.0, random: 1 }
    }

    fn next(&mut self) -> Option<Next> {
        let media = f64::from(self.media) * 0.01 + self.late;
        if self.device.min(media) > SECONDS {
            return None;
        }
        if self.device < media {
            let now = self.device;
            self.device += self.period;
            return Some(Next::Device(now));
        }
        self.media += 1;
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.late = f64::from(self.random >> 8) / f64::from(1 << 24) * LATE;
        Some(Next::Media(media))
    }
}

/// A tone for ever. One multiplication a sample: sines would take longer than all the rest.
struct Tone {
    step: (f64, f64),
    at: (f64, f64),
}

impl Tone {
    fn new(rate: f64) -> Self {
        let (sin, cos) = (TAU * TONE / rate).sin_cos();
        Self { step: (cos, sin), at: (1.0, 0.0) }
    }

    fn next(&mut self) -> f64 {
        let ((a, b), (c, d)) = (self.at, self.step);
        self.at = (a * c - b * d, a * d + b * c);
        self.at.1 * 0.5
    }
}

/// Moments of the simulation as a line takes them.
fn us(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

/// Follows a tone through whole seconds.
#[derive(Default)]
struct Pitch {
    last: f32,
    at: u64,
    first: Option<f64>,
    latest: f64,
    periods: u32,
    worst: f64,
    sum: f64,
    seconds: u32,
}

impl Pitch {
    /// The next sample, at a rate of `rate`; `count` = its second is measured.
    fn hear(&mut self, sample: f32, rate: f64, count: bool) {
        if self.last < 0.0 && sample >= 0.0 {
            let part = f64::from(-self.last / (sample - self.last));
            let crossing = self.at as f64 + part;
            match self.first {
                None => self.first = Some(crossing),
                Some(_) => self.periods += 1,
            }
            self.latest = crossing;
        }
        self.last = sample;
        self.at += 1;
        if self.at.is_multiple_of(48_000) {
            if let Some(first) = self.first
                && count
            {
                let pitch = f64::from(self.periods) * rate / (self.latest - first);
                let off = pitch / TONE - 1.0;
                self.worst = self.worst.max(off.abs());
                self.sum += off;
                self.seconds += 1;
            }
            self.first = None;
            self.periods = 0;
        }
    }

    fn check(&self, what: &str) {
        let mean = self.sum / f64::from(self.seconds) * 1e6;
        println!("{what}: mean {mean:.2} ppm off, worst second {:.1} ppm", self.worst * 1e6);
        assert!(mean.abs() < 5.0, "{what}: the pitch is off by {mean} ppm");
        assert!(self.worst < 0.000_1, "{what}: a second is off by {}", self.worst);
    }
}

/// Least and most that waited after the first minute.
struct Fill {
    least: usize,
    most: usize,
}

impl Fill {
    fn new() -> Self {
        Self { least: usize::MAX, most: 0 }
    }

    fn note(&mut self, line: &Line, now: f64) {
        if now > LEARNED {
            self.least = self.least.min(line.ring.len());
            self.most = self.most.max(line.ring.len());
        }
    }

    fn check(&self, what: &str, line: &Line, period: usize) {
        let numbers = line.statistics();
        println!("{what}: {} to {} samples waited, {numbers:?}", self.least, self.most);
        assert_eq!((numbers.dry, numbers.dropped_samples), (0, 0), "{what}");
        assert!(self.most - self.least < period + FRAME_LEN + 480, "{what}");
    }
}

#[test]
fn ten_minutes_of_a_drifting_microphone_keep_pitch_and_fill() {
    for (ppm, period) in CASES {
        let drift = ppm / 1e6;
        let line = Arc::new(Line::new());
        let mut intake = Intake::new(line.clone()).unwrap();
        line.start();
        let mut clocks = Clocks::new(period, drift);
        let (mut pitch, mut fill) = (Pitch::default(), Fill::new());
        let mut tone = Tone::new(48_000.0 * (1.0 + drift));
        while let Some(next) = clocks.next() {
            match next {
                Next::Device(now) => {
                    let bytes: Vec<u8> =
                        (0..period).flat_map(|_| (tone.next() as f32).to_ne_bytes()).collect();
                    line.captured(&bytes, us(now));
                    fill.note(&line, now);
                }
                Next::Media(now) => {
                    for sample in intake.read_at(us(now)) {
                        pitch.hear(sample, 48_000.0, now > LEARNED);
                    }
                    fill.note(&line, now);
                }
            }
        }
        let what = format!("microphone {ppm} ppm, {period} at a time");
        fill.check(&what, &line, period);
        pitch.check(&what);
        let learned = line.statistics().drift_ppm;
        assert!((f64::from(learned) - ppm).abs() < 10.0, "{what}: {learned}");
    }
}

#[test]
fn ten_minutes_of_a_drifting_loudspeaker_keep_pitch_and_fill() {
    for (ppm, period) in CASES {
        let drift = ppm / 1e6;
        let line = Arc::new(Line::new());
        let mut outlet = Outlet::new(line.clone()).unwrap();
        line.start();
        let mut clocks = Clocks::new(period, drift);
        let (mut pitch, mut fill) = (Pitch::default(), Fill::new());
        let mut tone = Tone::new(48_000.0);
        let mut bytes = vec![0; period * 4];
        while let Some(next) = clocks.next() {
            match next {
                Next::Device(now) => {
                    line.play(&mut bytes, us(now));
                    for sample in bytes.chunks_exact(4) {
                        let sample = f32::from_ne_bytes(sample.try_into().unwrap());
                        pitch.hear(sample, 48_000.0 * (1.0 + drift), now > LEARNED);
                    }
                    fill.note(&line, now);
                }
                Next::Media(now) => {
                    let frame: Frame = std::array::from_fn(|_| (tone.next() * 32_000.0) as i16);
                    outlet.write_at(&frame, us(now));
                    fill.note(&line, now);
                }
            }
        }
        let what = format!("loudspeaker {ppm} ppm, {period} at a time");
        fill.check(&what, &line, period);
        pitch.check(&what);
        let learned = line.statistics().drift_ppm;
        assert!((f64::from(learned) - ppm).abs() < 10.0, "{what}: {learned}");
    }
}
