//! The spectrum of a short frame.

use std::f64::consts::TAU;

/// Samples that are transformed together; a frame is filled up with zeros.
pub(crate) const SIZE: usize = 512;

/// The Fourier transform, with its factors worked out beforehand.
pub(crate) struct Fourier {
    factors: Vec<(f64, f64)>,
}

impl Fourier {
    pub(crate) fn new() -> Self {
        let factor = |k: usize| {
            let angle = -TAU * k as f64 / SIZE as f64;
            (angle.cos(), angle.sin())
        };
        Self { factors: (0..SIZE / 2).map(factor).collect() }
    }

    /// The power at each frequency from 0 to half the sample rate.
    pub(crate) fn power(&self, frame: &[f64]) -> Vec<f64> {
        let mut values = vec![(0.0, 0.0); SIZE];
        for (at, sample) in frame.iter().take(SIZE).enumerate() {
            values[at.reverse_bits() >> (usize::BITS - SIZE.trailing_zeros())].0 = *sample;
        }
        let mut half = 1;
        while half < SIZE {
            for start in (0..SIZE).step_by(2 * half) {
                for k in 0..half {
                    let (cos, sin) = self.factors[k * (SIZE / 2 / half)];
                    let (a, b) = (values[start + k], values[start + k + half]);
                    let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                    values[start + k] = (a.0 + turned.0, a.1 + turned.1);
                    values[start + k + half] = (a.0 - turned.0, a.1 - turned.1);
                }
            }
            half *= 2;
        }
        values[..=SIZE / 2].iter().map(|(re, im)| re * re + im * im).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_one_line() {
        let tone: Vec<f64> =
            (0..SIZE).map(|at| (TAU * 40.0 * at as f64 / SIZE as f64).cos()).collect();
        let power = Fourier::new().power(&tone);
        assert!((power[40] - (SIZE * SIZE / 4) as f64).abs() < 1e-6);
        let rest: f64 = power.iter().enumerate().filter(|(at, _)| *at != 40).map(|(_, p)| p).sum();
        assert!(rest < 1e-12, "{rest}");
    }
}
