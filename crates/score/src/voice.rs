//! A voice made by rule.

use crate::SAMPLE_RATE;
use std::f64::consts::{PI, TAU};

/// The first three formants of some vowels, in Hz.
const VOWELS: [[f64; 3]; 6] = [
    [730.0, 1_090.0, 2_440.0],
    [530.0, 1_840.0, 2_480.0],
    [270.0, 2_290.0, 3_010.0],
    [570.0, 840.0, 2_410.0],
    [300.0, 870.0, 2_240.0],
    [490.0, 1_350.0, 1_690.0],
];
/// How wide they are, in Hz.
const WIDTHS: [f64; 3] = [80.0, 110.0, 160.0];
/// Loudness of the whole, as a share of full scale.
const LOUDNESS: f64 = 0.09;

/// Somebody who speaks, without meaning: vowels with a falling melody between hissing and popping consonants, in words and
/// sentences with pauses. The same seed says the same.
#[derive(Debug)]
pub struct Voice {
    random: u64,
    /// Pitch, in Hz.
    pitch: f64,
    phase: f64,
    said: Vec<f64>,
    formants: [Formant; 3],
    hiss: Formant,
}

#[derive(Debug, Default, Clone, Copy)]
struct Formant {
    before: f64,
    before_that: f64,
}

impl Formant {
    /// One sample through a resonance at `hertz`, `width` wide.
    fn pass(&mut self, sample: f64, hertz: f64, width: f64) -> f64 {
        let radius = (-PI * width / SAMPLE_RATE as f64).exp();
        let (b, c) = (2.0 * radius * (TAU * hertz / SAMPLE_RATE as f64).cos(), -radius * radius);
        let out = (1.0 - b - c) * sample + b * self.before + c * self.before_that;
        self.before_that = self.before;
        self.before = out;
        out
    }
}

impl Voice {
    /// A voice of about this pitch, in Hz: 110 for a man, 200 for a woman.
    pub fn new(seed: u64, pitch: f64) -> Self {
        Self {
            random: seed.wrapping_mul(2).wrapping_add(1),
            pitch,
            phase: 0.0,
            said: Vec::new(),
            formants: [Formant::default(); 3],
            hiss: Formant::default(),
        }
    }

    /// Says something for so long: 48 kHz, mono.
    pub fn speak(mut self, seconds: f64) -> Vec<i16> {
        let len = (seconds * SAMPLE_RATE as f64) as usize;
        while self.said.len() < len {
            self.sentence();
        }
        let said = &self.said[..len];
        let energy = said.iter().map(|sample| sample * sample).sum::<f64>() / len.max(1) as f64;
        let scale = LOUDNESS * 32_768.0 / energy.sqrt().max(1e-9);
        said.iter().map(|sample| (sample * scale).clamp(-32_768.0, 32_767.0) as i16).collect()
    }

    fn next(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.next()
    }

    fn pause(&mut self, seconds: f64) {
        let samples = (seconds * SAMPLE_RATE as f64) as usize;
        self.said.resize(self.said.len() + samples, 0.0);
    }

    fn sentence(&mut self) {
        let syllables = self.between(6.0, 14.0) as usize;
        let mut vowel = VOWELS[0];
        for at in 0..syllables {
            let melody = 1.2 - 0.4 * at as f64 / syllables as f64 + self.between(-0.08, 0.08);
            self.consonant();
            let next = VOWELS[(self.next() * VOWELS.len() as f64) as usize % VOWELS.len()];
            self.vowel(vowel, next, self.pitch * melody);
            vowel = next;
            if self.next() < 0.3 {
                let seconds = self.between(0.03, 0.08);
                self.pause(seconds);
            }
        }
        let seconds = self.between(0.2, 0.5);
        self.pause(seconds);
    }

    fn consonant(&mut self) {
        let kind = self.next();
        let (seconds, loudness) = if kind < 0.35 {
            (self.between(0.05, 0.11), 0.25)
        } else if kind < 0.7 {
            let closed = self.between(0.03, 0.06);
            self.pause(closed);
            (self.between(0.008, 0.02), 0.5)
        } else {
            return;
        };
        let (hertz, len) =
            (self.between(2_500.0, 6_500.0), (seconds * SAMPLE_RATE as f64) as usize);
        for at in 0..len {
            let noise = self.between(-1.0, 1.0);
            let shape = (PI * (at as f64 + 0.5) / len as f64).sin().sqrt();
            let hiss = self.hiss.pass(noise, hertz, 1_200.0) * 4.0;
            self.said.push(hiss * loudness * shape);
        }
    }

    fn vowel(&mut self, from: [f64; 3], to: [f64; 3], pitch: f64) {
        let len = (self.between(0.09, 0.22) * SAMPLE_RATE as f64) as usize;
        let loudness = self.between(0.6, 1.0);
        let mut frequencies = from;
        for at in 0..len {
            let part = at as f64 / len as f64;
            // The mouth has moved after a third.
            let moved = (part * 3.0).min(1.0);
            let wobble = 1.0 + 0.02 * (TAU * 5.5 * at as f64 / SAMPLE_RATE as f64).sin();
            self.phase += pitch * wobble * (1.05 - 0.1 * part) / SAMPLE_RATE as f64;
            self.phase -= self.phase.floor();
            let breath = self.between(-0.03, 0.03);
            let mut sample = glottis(self.phase) + breath;
            for (at, formant) in self.formants.iter_mut().enumerate() {
                if moved < 1.0 {
                    frequencies[at] = from[at] + (to[at] - from[at]) * moved;
                }
                sample = formant.pass(sample, frequencies[at], WIDTHS[at]);
            }
            let shape = (part * 8.0).min((1.0 - part) * 6.0).min(1.0);
            self.said.push(sample * loudness * shape);
        }
    }
}

/// The air that the vocal folds let through: it opens slowly and closes fast.
fn glottis(phase: f64) -> f64 {
    let flow = if phase < 0.4 {
        0.5 * PI / 0.4 * (PI * phase / 0.4).sin()
    } else if phase < 0.56 {
        -(PI * 0.5 / 0.16) * (PI * 0.5 * (phase - 0.4) / 0.16).sin()
    } else {
        0.0
    };
    flow * 0.2
}
