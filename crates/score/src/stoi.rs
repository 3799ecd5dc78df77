//! STOI and ESTOI.

use crate::fourier::{Fourier, SIZE};
use crate::resample::resample;
use std::f64::consts::PI;

/// Samples per second at which speech is compared.
const RATE: usize = 10_000;
/// Samples of a frame, and between the beginnings of two.
const FRAME: usize = 256;
const HOP: usize = 128;
/// Third-octave bands, and the middle of the lowest in Hz.
const BANDS: usize = 15;
const LOWEST: f64 = 150.0;
/// Frames that are compared together: 384 ms.
const TOGETHER: usize = 30;
/// Frames that are this much quieter than the loudest are left out, in dB.
const RANGE_DB: f64 = 40.0;
/// No more than this much worse than the speech, in dB: beyond that, worse makes no difference.
const WORST_DB: f64 = -15.0;
const TINY: f64 = 1e-12;

/// How much can be understood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intelligibility {
    /// STOI: 1 is the same speech.
    pub stoi: f64,
    /// ESTOI: the same, but stricter with what comes and goes.
    pub estoi: f64,
}

/// Compares speech with what was heard of it, at 48 kHz, at the same time. `None`: there is less than 0.4 s of speech.
pub fn intelligibility(said: &[i16], heard: &[i16]) -> Option<Intelligibility> {
    let len = said.len().min(heard.len());
    let (said, heard) = (resample(&said[..len], RATE), resample(&heard[..len], RATE));
    let window: Vec<f64> = (1..=FRAME)
        .map(|at| 0.5 - 0.5 * (2.0 * PI * at as f64 / (FRAME + 1) as f64).cos())
        .collect();
    let (said, heard) = without_silence(&said, &heard, &window);
    let (said, heard) = (bands(&said, &window), bands(&heard, &window));
    if said.len() < TOGETHER {
        return None;
    }
    let count = (said.len() - TOGETHER + 1) as f64;
    let (mut stoi, mut estoi) = (0.0, 0.0);
    for (said, heard) in said.windows(TOGETHER).zip(heard.windows(TOGETHER)) {
        stoi += short_time(said, heard);
        estoi += extended(said, heard);
    }
    Some(Intelligibility { stoi: stoi / count, estoi: estoi / count })
}

fn frames<'a>(samples: &'a [f64], window: &'a [f64]) -> impl Iterator<Item = Vec<f64>> + 'a {
    samples.windows(FRAME).step_by(HOP).map(move |frame| {
        frame.iter().zip(window).map(|(sample, weight)| sample * weight).collect()
    })
}

/// Leaves out the frames in which nobody speaks.
fn without_silence(said: &[f64], heard: &[f64], window: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let spoken: Vec<Vec<f64>> = frames(said, window).collect();
    let energy = |frame: &[f64]| {
        20.0 * (frame.iter().map(|sample| sample * sample).sum::<f64>().sqrt() + TINY).log10()
    };
    let energies: Vec<f64> = spoken.iter().map(|frame| energy(frame)).collect();
    let loudest = energies.iter().copied().fold(f64::MIN, f64::max);
    let keep = |at: &usize| energies[*at] > loudest - RANGE_DB;
    let join = |frames: Vec<Vec<f64>>| {
        let kept: Vec<usize> = (0..frames.len()).filter(keep).collect();
        let mut joined = vec![0.0; kept.len() * HOP + HOP];
        for (place, at) in kept.iter().enumerate() {
            for (sample, more) in joined[place * HOP..].iter_mut().zip(&frames[*at]) {
                *sample += more;
            }
        }
        joined
    };
    let heard = frames(heard, window).collect();
    (join(spoken), join(heard))
}

/// For each frame the amplitude in each band.
fn bands(samples: &[f64], window: &[f64]) -> Vec<[f64; BANDS]> {
    let line = |hertz: f64| (hertz * SIZE as f64 / RATE as f64).round() as usize;
    let edges: [(usize, usize); BANDS] = std::array::from_fn(|band| {
        let edge = |sixths: f64| line(LOWEST * 2_f64.powf((2.0 * band as f64 + sixths) / 6.0));
        (edge(-1.0), edge(1.0))
    });
    let fourier = Fourier::new();
    frames(samples, window)
        .map(|frame| {
            let power = fourier.power(&frame);
            std::array::from_fn(|band| {
                let (from, to) = edges[band];
                power[from..to].iter().sum::<f64>().sqrt()
            })
        })
        .collect()
}

fn band(frames: &[[f64; BANDS]], band: usize) -> Vec<f64> {
    frames.iter().map(|frame| frame[band]).collect()
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Without its mean, and of length 1.
fn normalized(mut values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
    let length = norm(&values) + TINY;
    values.iter_mut().for_each(|value| *value /= length);
    values
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn short_time(said: &[[f64; BANDS]], heard: &[[f64; BANDS]]) -> f64 {
    let worst = 1.0 + 10_f64.powf(-WORST_DB / 20.0);
    let sum: f64 = (0..BANDS)
        .map(|at| {
            let (said, mut heard) = (band(said, at), band(heard, at));
            let scale = norm(&said) / (norm(&heard) + TINY);
            for (heard, said) in heard.iter_mut().zip(&said) {
                *heard = (*heard * scale).min(said * worst);
            }
            product(&normalized(said), &normalized(heard))
        })
        .sum();
    sum / BANDS as f64
}

fn extended(said: &[[f64; BANDS]], heard: &[[f64; BANDS]]) -> f64 {
    let by_band = |frames: &[[f64; BANDS]]| -> Vec<Vec<f64>> {
        (0..BANDS).map(|at| normalized(band(frames, at))).collect()
    };
    let (said, heard) = (by_band(said), by_band(heard));
    let column =
        |rows: &[Vec<f64>], at: usize| normalized(rows.iter().map(|row| row[at]).collect());
    let sum: f64 = (0..TOGETHER).map(|at| product(&column(&said, at), &column(&heard, at))).sum();
    sum / TOGETHER as f64
}
