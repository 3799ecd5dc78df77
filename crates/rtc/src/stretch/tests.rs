use super::*;
use crate::audio::level_dbfs;
use std::f32::consts::TAU;

fn tone(hertz: f32, samples: usize) -> Vec<i16> {
    (0..samples).map(|at| ((at as f32 * hertz / 48_000.0 * TAU).sin() * 12_000.0) as i16).collect()
}

/// A buzz with formants, like a vowel.
fn vowel(hertz: f32, samples: usize) -> Vec<i16> {
    let harmonic = |at: usize, n: usize| {
        let frequency = hertz * n as f32;
        let formant = |center: f32| (-((frequency - center) / 150.0).powi(2)).exp();
        let strength = 0.05 + formant(700.0) + 0.6 * formant(1_200.0) + 0.3 * formant(2_500.0);
        (at as f32 * frequency / 48_000.0 * TAU).sin() * strength
    };
    (0..samples)
        .map(|at| ((1..30).map(|n| harmonic(at, n)).sum::<f32>() * 2_000.0) as i16)
        .collect()
}

fn noise(samples: usize) -> Vec<i16> {
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as i16 / 4
    };
    (0..samples).map(|_| next()).collect()
}

/// The largest step between two samples.
fn steepest(audio: &[i16]) -> i32 {
    audio.windows(2).map(|two| (i32::from(two[1]) - i32::from(two[0])).abs()).max().unwrap_or(0)
}

fn crossings(audio: &[i16]) -> usize {
    audio.windows(2).filter(|two| two[0] < 0 && two[1] >= 0).count()
}

/// Goes through audio in steps of 20 ms and stretches at each.
fn stretched(audio: &[i16], by: fn(&mut Vec<i16>, usize, f32) -> usize) -> (Vec<i16>, usize) {
    let (mut out, mut changed) = (Vec::new(), 0);
    for block in audio.chunks_exact(960) {
        let from = out.len();
        out.extend_from_slice(block);
        changed += by(&mut out, from, 0.8);
    }
    (out, changed)
}

#[test]
fn the_length_changes_as_told_and_what_was_heard_does_not() {
    for source in [tone(200.0, 9_600), vowel(110.0, 9_600)] {
        let mut audio = source.clone();
        let removed = shorten(&mut audio, 4_800, 0.8);
        assert!((SHORTEST..=LONGEST).contains(&removed), "{removed}");
        assert_eq!((audio.len(), &audio[..4_800]), (9_600 - removed, &source[..4_800]));
        assert_eq!(audio[4_800 + FADE..], source[4_800 + FADE + removed..]);
        let mut audio = source.clone();
        let added = lengthen(&mut audio, 4_800, 0.8);
        assert!((SHORTEST..=LONGEST).contains(&added), "{added}");
        assert_eq!((audio.len(), &audio[..4_800]), (9_600 + added, &source[..4_800]));
        assert_eq!(audio[4_800 + FADE + added..], source[4_800 + FADE..]);
    }
}

#[test]
fn pitch_and_loudness_stay() {
    for hertz in [90.0, 123.0, 170.0, 250.0, 390.0] {
        let audio = tone(hertz, 240_000);
        for by in [shorten, lengthen] {
            let (out, changed) = stretched(&audio, by);
            assert!(changed > 48_000, "{hertz} Hz: {changed}");
            let measured = crossings(&out) as f32 * 48_000.0 / out.len() as f32;
            assert!((measured / hertz - 1.0).abs() < 0.02, "{hertz} Hz became {measured}");
            let louder = level_dbfs(&out) - level_dbfs(&audio);
            assert!(louder.abs() < 0.3, "{hertz} Hz: {louder} dB");
        }
    }
}

#[test]
fn there_are_no_clicks() {
    for hertz in [85.0, 110.0, 180.0, 240.0] {
        let audio = vowel(hertz, 48_000);
        for by in [shorten, lengthen] {
            let (out, changed) = stretched(&audio, by);
            assert!(changed > 9_600, "{hertz} Hz: {changed}");
            assert!(steepest(&out) <= steepest(&audio) * 11 / 10, "{hertz} Hz");
            let louder = level_dbfs(&out) - level_dbfs(&audio);
            assert!(louder.abs() < 0.5, "{hertz} Hz: {louder} dB");
        }
    }
}

#[test]
fn noise_is_left_alone_unless_it_has_to_be() {
    let source = noise(9_600);
    let mut audio = source.clone();
    assert_eq!((shorten(&mut audio, 4_800, 0.8), audio.clone()), (0, source.clone()));
    let removed = shorten(&mut audio, 4_800, -1.0);
    assert!(removed >= SHORTEST);
    // Where two different noises cross there is as much noise as elsewhere.
    let louder = level_dbfs(&audio[4_800..4_800 + FADE]) - level_dbfs(&source);
    assert!(louder.abs() < 1.0, "{louder} dB");
}

#[test]
fn silence_is_stretched_most() {
    let mut audio = vec![0; 1_920];
    assert_eq!(shorten(&mut audio, 960, 0.8), LONGEST);
    assert_eq!(lengthen(&mut audio, 480, 0.8), 480);
    assert_eq!(audio, vec![0; 1_920 - LONGEST + 480]);
}

#[test]
fn too_little_audio_is_left_alone() {
    for len in 0..FADE + SHORTEST {
        let mut audio = tone(300.0, 100 + len);
        assert_eq!((shorten(&mut audio, 100, -1.0), lengthen(&mut audio, 100, -1.0)), (0, 0));
        assert_eq!((shorten(&mut audio, 5_000, -1.0), audio.len()), (0, 100 + len));
    }
}
