//! From 48 kHz to the rates at which speech is compared.

use crate::SAMPLE_RATE;
use std::f64::consts::PI;

/// Zero crossings of the filter on each side.
const CROSSINGS: f64 = 12.0;
/// Where the filter begins to close, as a share of half the new rate.
const CLOSES: f64 = 0.92;

/// The same audio at a lower rate, in samples per second; full scale is 1.
pub(crate) fn resample(samples: &[i16], rate: usize) -> Vec<f64> {
    let ratio = SAMPLE_RATE as f64 / rate as f64;
    let cut = CLOSES / ratio;
    let reach = (CROSSINGS / cut).ceil();
    // The places between two old samples that new ones fall on come again and again.
    let repeats = rate / divisor(rate, SAMPLE_RATE);
    let filters: Vec<Vec<f64>> = (0..repeats)
        .map(|at| {
            let part = (at as f64 * ratio).fract();
            let taps = (0..=2 * reach as i64).map(|tap| tap as f64 - reach - part);
            taps.map(|away| {
                let window = 0.5 + 0.5 * (PI * (away / (reach + 1.0)).clamp(-1.0, 1.0)).cos();
                cut * sinc(away * cut) * window / 32_768.0
            })
            .collect()
        })
        .collect();
    (0..samples.len() * rate / SAMPLE_RATE)
        .map(|at| {
            let first = (at * SAMPLE_RATE / rate) as i64 - reach as i64;
            let skipped = (-first).max(0) as usize;
            let there = &samples[((first + skipped as i64) as usize).min(samples.len())..];
            let taps = filters[at % repeats].iter().skip(skipped);
            taps.zip(there).map(|(tap, sample)| tap * f64::from(*sample)).sum()
        })
        .collect()
}

fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn level(hertz: f64) -> f64 {
        let tone: Vec<i16> = (0..SAMPLE_RATE)
            .map(|at| ((TAU * hertz * at as f64 / SAMPLE_RATE as f64).sin() * 16_384.0) as i16)
            .collect();
        let out = resample(&tone, 10_000);
        assert_eq!(out.len(), 10_000);
        let middle = &out[1_000..9_000];
        (middle.iter().map(|sample| sample * sample).sum::<f64>() / 8_000.0).sqrt()
    }

    #[test]
    fn what_fits_stays_and_what_does_not_is_gone() {
        let kept = 0.5 / 2_f64.sqrt();
        for hertz in [100.0, 1_000.0, 4_000.0] {
            assert!((level(hertz) - kept).abs() < 0.01 * kept, "{hertz}: {}", level(hertz));
        }
        for hertz in [5_600.0, 8_000.0, 15_000.0] {
            assert!(level(hertz) < 0.01 * kept, "{hertz}: {}", level(hertz));
        }
    }
}
