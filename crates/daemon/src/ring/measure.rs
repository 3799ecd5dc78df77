//! How tests listen: what is in a piece of sound.

/// The largest value of all, without its sign.
pub fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |most, sample| sample.abs().max(most))
}

/// How much of a frequency is in it, at 48 kHz: the amplitude of a sine of that frequency. Goertzel's way.
pub fn amplitude(samples: &[f32], hertz: f32) -> f32 {
    let step = std::f64::consts::TAU * f64::from(hertz) / 48_000.0;
    let factor = 2.0 * step.cos();
    let (mut one, mut two) = (0.0f64, 0.0f64);
    for sample in samples {
        (one, two) = (f64::from(*sample) + factor * one - two, one);
    }
    let power = one * one + two * two - factor * one * two;
    (2.0 * power.max(0.0).sqrt() / samples.len() as f64) as f32
}
