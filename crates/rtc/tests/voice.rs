//! Echo cancellation and noise suppression, on synthetic rooms.
#![cfg(feature = "devices")]

use hookswitch_rtc::devices::Voice;
use hookswitch_rtc::{FRAME_LEN, Frame};

/// A number from -1 to 1, from a seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Something like speech: syllables of a buzz with a moving pitch and some breath, with pauses between.
struct Speech {
    random: Random,
    phase: f32,
    at: u32,
    pitch: f32,
    /// Where in its syllables it begins, so that two speakers do not pause together.
    offset: u32,
}

impl Speech {
    fn new(seed: u64, pitch: f32, offset: u32) -> Self {
        Self { random: Random(seed), phase: 0.0, at: 0, pitch, offset }
    }

    fn next(&mut self) -> f32 {
        let seconds = (self.at + self.offset) as f32 / 48_000.0;
        self.at += 1;
        let pitch = self.pitch * (1.0 + 0.15 * (seconds * 2.3).sin());
        self.phase = (self.phase + pitch / 48_000.0).fract();
        let buzz: f32 = (1..25)
            .map(|harmonic| {
                let formant = 1.0
                    + 2.0
                        * (-((harmonic as f32 * pitch - 700.0 - 400.0 * (seconds * 3.1).sin())
                            / 300.0)
                            .powi(2))
                        .exp();
                (self.phase * harmonic as f32 * std::f32::consts::TAU).sin() * formant
                    / harmonic as f32
            })
            .sum();
        let syllable = (seconds * 4.0 * std::f32::consts::PI).sin().max(0.0);
        let pause = if seconds % 2.0 < 1.5 { 1.0 } else { 0.0 };
        (buzz * 0.08 + self.random.next() * 0.02) * syllable * pause
    }
}

/// A room: the loudspeaker comes back after `DELAY`, with two reflections.
struct Room {
    past: Vec<f32>,
    at: usize,
}

/// 60 ms.
const DELAY: usize = 2_880;

impl Room {
    fn new() -> Self {
        Self { past: vec![0.0; 1 << 14], at: 0 }
    }

    fn echo(&mut self, played: f32) -> f32 {
        let len = self.past.len();
        self.past[self.at % len] = played;
        let tap = |back: usize| self.past[(self.at + len - back) % len];
        let echo = 0.5 * tap(DELAY) + 0.25 * tap(DELAY + 211) - 0.12 * tap(DELAY + 700);
        self.at += 1;
        echo
    }
}

#[derive(Default)]
struct Level {
    energy: f64,
    samples: u32,
}

impl Level {
    fn add(&mut self, sample: f32) {
        self.energy += f64::from(sample).powi(2);
        self.samples += 1;
    }

    fn db(&self) -> f64 {
        10.0 * (self.energy / f64::from(self.samples)).max(1e-12).log10()
    }
}

fn frames(seconds: u32) -> u32 {
    seconds * 100
}

#[test]
fn an_echo_is_taken_away_and_who_talks_over_it_is_heard() {
    let mut voice = Voice::new(true, true);
    let (mut far, mut near) = (Speech::new(7, 190.0, 0), Speech::new(11, 110.0, 61_000));
    let mut room = Room::new();
    let (mut echo_in, mut echo_out) = (Level::default(), Level::default());
    let (mut near_in, mut near_out) = (Level::default(), Level::default());
    for frame in 0..frames(20) {
        let played: [f32; FRAME_LEN] = std::array::from_fn(|_| far.next());
        voice.played(&played.map(|sample| (sample * 32_768.0) as i16));
        let echo = played.map(|sample| room.echo(sample));
        // The last seconds: both talk at once.
        let both = frame >= frames(12);
        let said: [f32; FRAME_LEN] = std::array::from_fn(|_| if both { near.next() } else { 0.0 });
        let mut samples: [f32; FRAME_LEN] = std::array::from_fn(|at| echo[at] + said[at]);
        voice.captured(&mut samples, 60);
        // The first seconds it learns.
        if (frames(5)..frames(12)).contains(&frame) {
            for (before, after) in echo.iter().zip(&samples) {
                echo_in.add(*before);
                echo_out.add(*after);
            }
        }
        if both {
            for (before, after) in said.iter().zip(&samples) {
                near_in.add(*before);
                near_out.add(*after);
            }
        }
    }
    let down = echo_in.db() - echo_out.db();
    let kept = near_out.db() - near_in.db();
    println!(
        "echo {:.1} dB down ({:.1} to {:.1} dBFS), {:?}",
        down,
        echo_in.db(),
        echo_out.db(),
        voice.statistics()
    );
    println!("double talk: the near side's level changes by {kept:.1} dB");
    assert!(down >= 25.0, "{down}");
    assert!(kept.abs() <= 3.0, "{kept}");
}

#[test]
fn noise_gets_weaker_and_speech_in_it_stays() {
    let mut voice = Voice::new(false, true);
    let (mut random, mut near) = (Random(3), Speech::new(5, 130.0, 0));
    let (mut noise_in, mut noise_out) = (Level::default(), Level::default());
    let (mut near_in, mut near_out) = (Level::default(), Level::default());
    for frame in 0..frames(20) {
        let noise: [f32; FRAME_LEN] = std::array::from_fn(|_| random.next() * 0.01);
        let talks = frame >= frames(10);
        let said: [f32; FRAME_LEN] = std::array::from_fn(|_| if talks { near.next() } else { 0.0 });
        let mut samples: [f32; FRAME_LEN] = std::array::from_fn(|at| noise[at] + said[at]);
        voice.captured(&mut samples, 0);
        for at in 0..FRAME_LEN {
            if (frames(5)..frames(10)).contains(&frame) {
                noise_in.add(noise[at]);
                noise_out.add(samples[at]);
            } else if talks {
                near_in.add(said[at]);
                near_out.add(samples[at]);
            }
        }
    }
    let down = noise_in.db() - noise_out.db();
    let kept = near_out.db() - near_in.db();
    println!(
        "white noise {down:.1} dB down ({:.1} dBFS); speech in it changes by {kept:.1} dB",
        noise_in.db()
    );
    assert!(down >= 10.0, "{down}");
    assert!(kept.abs() <= 3.0, "{kept}");
}

#[test]
fn silence_and_full_scale_are_survived() {
    let mut voice = Voice::new(true, true);
    for level in [0, i16::MAX, i16::MIN, 0] {
        for _ in 0..200 {
            let frame: Frame = [level; FRAME_LEN];
            voice.played(&frame);
            let mut samples = frame.map(|sample| f32::from(sample) / 32_768.0);
            voice.captured(&mut samples, 1_000_000);
            assert!(samples.iter().all(|sample| sample.is_finite()));
        }
    }
}
