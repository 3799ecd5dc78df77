//! Plays a line a little faster or slower.

use super::error::DevicesError;
use super::steering::MAX_DEVIATION;
use crate::audio::FRAME_LEN;
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Adjustable, Async, FixedAsync, PolynomialDegree, Resampler};

/// Which side is always 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fixed {
    /// What goes in.
    Input,
    /// What comes out.
    Output,
}

/// A resampler whose ratio stays within [`MAX_DEVIATION`] of one.
pub(crate) struct Speed {
    inner: Async<f32>,
    input: Vec<f32>,
    output: Vec<f32>,
}

impl Speed {
    pub(crate) fn new(fixed: Fixed) -> Result<Self, DevicesError> {
        let fixed = match fixed {
            Fixed::Input => FixedAsync::Input,
            Fixed::Output => FixedAsync::Output,
        };
        // So near to one there is nothing to filter away: interpolation alone is clean, and has no delay to speak of.
        let inner = Async::new_poly(
            1.0,
            1.0 + 2.0 * MAX_DEVIATION,
            PolynomialDegree::Septic,
            FRAME_LEN,
            1,
            fixed,
        )
        .map_err(|_| DevicesError::Resources("resampler"))?;
        let input = vec![0.0; inner.input_frames_max()];
        let output = vec![0.0; inner.output_frames_max()];
        Ok(Self { inner, input, output })
    }

    /// Samples that [`Speed::run`] takes next.
    pub(crate) fn needs(&self) -> usize {
        self.inner.input_frames_next()
    }

    /// How much faster than normal the input is used up from now on.
    pub(crate) fn set(&mut self, deviation: f64) {
        let deviation = deviation.clamp(-MAX_DEVIATION, MAX_DEVIATION);
        // Within what it was made for, so it cannot refuse.
        let _ = self.inner.set_resample_ratio_relative(1.0 / (1.0 + deviation), true);
    }

    /// Fills the input, exactly as much as is needed, and returns what comes of it.
    pub(crate) fn run(&mut self, fill: impl FnOnce(&mut [f32])) -> &[f32] {
        let needs = self.needs().min(self.input.len());
        fill(&mut self.input[..needs]);
        let len = self.output.len();
        let wrote = match (
            SequentialSlice::new(&self.input[..], 1, needs),
            SequentialSlice::new_mut(&mut self.output[..], 1, len),
        ) {
            (Ok(input), Ok(mut output)) => {
                self.inner.process_into_buffer(&input, &mut output, None).map_or(0, |(_, out)| out)
            }
            _ => 0,
        };
        &self.output[..wrote.min(len)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frequency of a tone, by its zero crossings.
    fn pitch(samples: &[f32]) -> f64 {
        let mut crossings = Vec::new();
        for (at, pair) in samples.windows(2).enumerate() {
            if pair[0] < 0.0 && pair[1] >= 0.0 {
                crossings.push(at as f64 + f64::from(-pair[0] / (pair[1] - pair[0])));
            }
        }
        let periods = (crossings.len() - 1) as f64;
        periods * 48_000.0 / (crossings[crossings.len() - 1] - crossings[0])
    }

    #[test]
    fn speed_changes_the_pitch_by_just_that_and_nothing_else() {
        for (fixed, deviation) in
            [(Fixed::Output, 0.002), (Fixed::Output, -0.002), (Fixed::Input, 0.002)]
        {
            let mut speed = Speed::new(fixed).unwrap();
            speed.set(deviation);
            let (mut at, mut out) = (0_u32, Vec::new());
            for _ in 0..300 {
                let samples = speed.run(|input| {
                    for sample in input {
                        let phase = f64::from(at) * 1_000.0 / 48_000.0;
                        *sample = (phase * std::f64::consts::TAU).sin() as f32 * 0.5;
                        at += 1;
                    }
                });
                out.extend_from_slice(samples);
            }
            let heard = pitch(&out[4_800..]);
            assert!((heard - 1_000.0 * (1.0 + deviation)).abs() < 0.01, "{fixed:?}: {heard}");
            let energy: f64 = out[4_800..].iter().map(|s| f64::from(*s).powi(2)).sum();
            let level = (energy / (out.len() - 4_800) as f64).sqrt();
            assert!((level - 0.353_55).abs() < 0.001, "{level}");
        }
    }
}
