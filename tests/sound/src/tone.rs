//! Tones, and how loud one is in what was recorded. Decibels are of full scale: a sine from -1 to 1 has 0 dB.

use std::f64::consts::TAU;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

/// Samples in a second, everywhere in these stories.
pub const RATE: u32 = 48_000;

/// What is called silence: a muted stream gives nothing at all, and nothing else in the session is quieter.
pub const FLOOR: f64 = -120.0;

/// Tones are this loud when they are made.
pub const MADE: f64 = -6.0;

/// How loud one frequency is in these samples, in decibels, [`FLOOR`] at least.
///
/// Goertzel's algorithm. The edges are faded (Hann), so that a tone beside it does not count as long as it is two
/// periods of the window away: 20 Hz in 100 ms.
pub fn level(samples: &[f32], frequency: u32) -> f64 {
    let length = samples.len() as f64;
    let faded = |(at, sample): (usize, &f32)| {
        // Twice of what is usual, for the half that the fade takes.
        f64::from(*sample) * (1.0 - (TAU * at as f64 / length).cos())
    };
    goertzel(samples.iter().enumerate().map(faded), samples.len(), frequency)
}

/// The same for a short block of a steady tone, without the fade: exact where all tones have a whole number of periods
/// in the block, which in 5 ms multiples of 200 Hz have.
pub fn block_level(samples: &[f32], frequency: u32) -> f64 {
    goertzel(samples.iter().copied().map(f64::from), samples.len(), frequency)
}

fn goertzel(samples: impl Iterator<Item = f64>, length: usize, frequency: u32) -> f64 {
    if length == 0 {
        return FLOOR;
    }
    let step = 2.0 * (TAU * f64::from(frequency) / f64::from(RATE)).cos();
    let (last, before) =
        samples.fold((0.0, 0.0), |(last, before), sample| (sample + step * last - before, last));
    let power = last * last + before * before - step * last * before;
    // Half of a sine of amplitude 1 is at its frequency, the other half at the negative one.
    decibels(2.0 * power.max(0.0).sqrt() / length as f64)
}

/// How loud everything together is: a tone of 0 dB has 0 dB.
pub fn loudness(samples: &[f32]) -> f64 {
    let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    decibels((2.0 * power / samples.len().max(1) as f64).sqrt())
}

/// An amplitude in decibels, [`FLOOR`] at least.
pub fn decibels(amplitude: f64) -> f64 {
    if amplitude > 1e-6 { 20.0 * amplitude.log10() } else { FLOOR }
}

/// One second of a tone as it is made; it can be repeated without a click.
pub fn second(frequency: u32) -> Vec<i16> {
    let amplitude = 10f64.powf(MADE / 20.0) * f64::from(i16::MAX);
    let turn = TAU * f64::from(frequency) / f64::from(RATE);
    (0..RATE).map(|at| (amplitude * (turn * f64::from(at)).sin()).round() as i16).collect()
}

/// Of each second of a tone in beats this many samples are heard, faded in and out; the rest is silence.
pub const BEAT: usize = RATE as usize * 6 / 10;

/// Samples of a fade: 10 ms, so that a beat has no click in which all tones would be.
const FADE: usize = RATE as usize / 100;

/// One second of a tone in beats, as speech comes: a noise suppressor takes away what does not change.
pub fn beat(frequency: u32) -> Vec<i16> {
    let faded = |(at, sample): (usize, i16)| {
        let edge = at.min(BEAT.saturating_sub(at)).min(FADE) as f64 / FADE as f64;
        (f64::from(sample) * (1.0 - (edge * TAU / 2.0).cos()) / 2.0).round() as i16
    };
    second(frequency).into_iter().enumerate().map(faded).collect()
}

/// Write a tone of so many seconds as a WAV file: 16 bits, one channel.
///
/// # Errors
/// The file cannot be written.
pub fn write_wav(path: &Path, frequency: u32, seconds: u32) -> Result<()> {
    write_again(path, &second(frequency), seconds)
}

/// Write these samples so many times as a WAV file: 16 bits, one channel.
///
/// # Errors
/// The file cannot be written.
pub fn write_again(path: &Path, samples: &[i16], times: u32) -> Result<()> {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let size = times * bytes.len() as u32;
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"RIFF")?;
    file.write_all(&(36 + size).to_le_bytes())?;
    file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x01\0")?;
    file.write_all(&RATE.to_le_bytes())?;
    file.write_all(&(RATE * 2).to_le_bytes())?;
    file.write_all(b"\x02\0\x10\0data")?;
    file.write_all(&size.to_le_bytes())?;
    for _ in 0..times {
        file.write_all(&bytes)?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(frequency: f64, amplitude: f64, length: usize) -> Vec<f32> {
        let turn = TAU * frequency / f64::from(RATE);
        (0..length).map(|at| (amplitude * (turn * at as f64 + 0.3).sin()) as f32).collect()
    }

    fn about(level: f64, wanted: f64, within: f64) {
        assert!((level - wanted).abs() < within, "{level} dB instead of {wanted}");
    }

    #[test]
    fn a_full_tone_has_0_decibels_at_its_frequency() {
        for (frequency, length) in [(440.0, 4800), (1000.0, 4800), (3000.0, 960), (1001.0, 9600)] {
            about(level(&sine(frequency, 1.0, length), frequency as u32), 0.0, 0.05);
        }
    }

    #[test]
    fn a_fifth_of_it_is_14_decibels_less() {
        about(level(&sine(1000.0, 0.2, 4800), 1000), -14.0, 0.05);
        about(level(&sine(1000.0, 0.001, 4800), 1000), -60.0, 0.05);
    }

    #[test]
    fn another_tone_beside_it_does_not_count() {
        let (one, other) = (sine(600.0, 0.5, 4800), sine(1000.0, 0.001, 4800));
        let both: Vec<f32> = one.iter().zip(&other).map(|(one, other)| one + other).collect();
        about(level(&both, 600), -6.0, 0.1);
        about(level(&both, 1000), -60.0, 0.5);
        assert!(level(&both, 1400) < -80.0);
    }

    #[test]
    fn short_blocks_tell_tones_apart_that_fit_into_them() {
        let (one, other) = (sine(600.0, 0.5, 240), sine(1000.0, 0.1, 240));
        let both: Vec<f32> = one.iter().zip(&other).map(|(one, other)| one + other).collect();
        about(block_level(&both, 600), -6.0, 0.1);
        about(block_level(&both, 1000), -20.0, 0.1);
        assert!(block_level(&both, 1400) < -80.0);
    }

    #[test]
    fn silence_and_nothing_are_the_floor() {
        assert_eq!(level(&[0.0; 480], 1000), FLOOR);
        assert_eq!(level(&[], 1000), FLOOR);
        assert_eq!(loudness(&[0.0; 480]), FLOOR);
        about(loudness(&sine(1000.0, 0.5, 4800)), -6.0, 0.1);
        assert!(level(&[0.25; 480], 1000) < -50.0, "what does not swing is no tone");
    }

    #[test]
    fn a_beat_is_as_loud_as_it_is_made_and_then_silent() {
        let beat: Vec<f32> = beat(1000).iter().map(|at| f32::from(*at) / 32_768.0).collect();
        about(level(&beat[4_800..9_600], 1000), MADE, 0.05);
        assert_eq!(loudness(&beat[BEAT..]), FLOOR);
        let sharpest = beat.windows(2).map(|two| (two[1] - two[0]).abs()).fold(0.0, f32::max);
        assert!(sharpest < 0.07, "no steeper than the tone itself: {sharpest}");
    }

    #[test]
    fn a_written_tone_is_as_loud_as_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tone.wav");
        write_wav(&path, 1000, 2).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 44 + 2 * 2 * 48_000);
        let samples: Vec<f32> = bytes[44..]
            .chunks_exact(2)
            .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
            .collect();
        // Across the seam of two seconds.
        about(level(&samples[45_600..50_400], 1000), MADE, 0.05);
    }
}
