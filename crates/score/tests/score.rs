//! The scores themselves: what is the same is the same, what is worse is worse, and a delay is no harm.

use hookswitch_score::{Voice, align, compare, intelligibility, level_dbfs};

fn said() -> Vec<i16> {
    Voice::new(1, 120.0).speak(6.0)
}

fn delayed(samples: &[i16], by: usize) -> Vec<i16> {
    std::iter::repeat_n(0, by).chain(samples.iter().copied()).collect()
}

/// Adds noise that is quieter than the speech by so much, in dB.
fn noisy(samples: &[i16], quieter_db: f32) -> Vec<i16> {
    let amplitude =
        10_f32.powf((level_dbfs(samples) - quieter_db) / 20.0) * 32_768.0 * 3_f32.sqrt();
    let mut seed = 1_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((seed >> 8) as f32 / 8_388_608.0 - 1.0) * amplitude
    };
    samples.iter().map(|sample| (f32::from(*sample) + noise()) as i16).collect()
}

#[test]
fn the_same_speech_is_understood_and_another_is_not() {
    let said = said();
    let same = intelligibility(&said, &said).unwrap();
    assert!((same.stoi - 1.0).abs() < 1e-6 && (same.estoi - 1.0).abs() < 1e-6, "{same:?}");
    let other = intelligibility(&said, &Voice::new(2, 120.0).speak(6.0)).unwrap();
    assert!(other.stoi < 0.5 && other.estoi < 0.3, "{other:?}");
    assert_eq!(intelligibility(&said[..4_800], &said), None, "too short to tell");
    assert_eq!(intelligibility(&[], &[]), None);
}

#[test]
fn the_more_noise_the_less_is_understood() {
    let said = said();
    let scores: Vec<f64> = [40.0, 20.0, 10.0, 0.0, -10.0]
        .map(|quieter_db| intelligibility(&said, &noisy(&said, quieter_db)).unwrap().stoi)
        .to_vec();
    println!("STOI at 40, 20, 10, 0 and -10 dB: {scores:?}");
    assert!(scores.windows(2).all(|two| two[1] < two[0]), "{scores:?}");
    assert!(scores[0] > 0.98 && scores[4] < 0.8, "{scores:?}");
}

#[test]
fn loudness_is_told_and_no_harm() {
    let said = said();
    let quieter: Vec<i16> = said.iter().map(|sample| sample / 2).collect();
    let compared = compare(&said, &quieter);
    assert!((compared.louder_db + 6.0).abs() < 0.1, "{compared:?}");
    assert!(compared.intelligibility.unwrap().stoi > 0.99, "{compared:?}");
}

#[test]
fn a_delay_is_found_even_if_it_changes() {
    let said = said();
    // After three seconds everything comes 100 ms later.
    let mut heard = delayed(&said[..144_000], 4_321);
    heard.extend(delayed(&said[144_000..], 4_800));
    let aligned = align(&said, &heard);
    let found: Vec<_> = aligned.pieces.iter().filter(|piece| piece.found).collect();
    assert!(found.len() > 10);
    for piece in found {
        let right = if piece.said.end <= 144_000 { 4_321 } else { 9_121 };
        let across = piece.said.contains(&144_000);
        assert!(across || piece.delay.abs_diff(right) <= 1, "{piece:?}");
    }
    let compared = compare(&said, &heard);
    assert!(compared.received > 0.97 && compared.gap_ms <= 100, "{compared:?}");
    assert!(compared.delay_ms > 90.0 && compared.delay_ms < 190.1, "{compared:?}");
    assert!((compared.delay_p95_ms - 190.0).abs() < 0.1, "{compared:?}");
    assert!(compared.intelligibility.unwrap().stoi > 0.95, "{compared:?}");
}

#[test]
fn a_hole_is_a_gap() {
    let said = said();
    let mut heard = delayed(&said, 480);
    heard[96_000..105_600].fill(0);
    let compared = compare(&said, &heard);
    assert!((100..=200).contains(&compared.gap_ms), "{compared:?}");
    assert!(compared.received < 0.99 && compared.received > 0.9, "{compared:?}");
    assert_eq!(compare(&said, &[]).received, 0.0);
    assert_eq!(compare(&[], &said).received, 0.0);
}
