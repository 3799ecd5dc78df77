use super::wave::Wave;

/// Steps of the envelopes, and of the delay, in microseconds.
const STEP_US: i64 = 2_500;
/// Longest delay that is looked for.
const LONGEST_US: i64 = 1_200_000;
/// Less alike than this is something else.
const ALIKE: f64 = 0.75;

/// How two stretches of audio fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alignment {
    /// How much later the second is, in microseconds.
    pub delay_us: i64,
    /// How alike they are then: 1 is the same.
    pub alike: f64,
}

/// Finds the delay with which a stretch of `sent`, from `sent_us` on and `len_us` long, is in `heard`, where it would be
/// at `heard_us` without delay. `None`: it is not in it.
pub fn align(
    sent: &Wave,
    sent_us: i64,
    heard: &Wave,
    heard_us: i64,
    len_us: i64,
) -> Option<Alignment> {
    let steps = |wave: &Wave, from: i64, count: i64| -> Vec<f64> {
        // Overlapping windows: a syllable's edge counts a little in each.
        (0..count).map(|step| wave.amplitude(from + step * STEP_US, 2 * STEP_US)).collect()
    };
    let count = len_us / STEP_US;
    if count < 40 {
        return None;
    }
    let ours = steps(sent, sent_us, count);
    let theirs = steps(heard, heard_us, count + LONGEST_US / STEP_US);
    (0..=LONGEST_US / STEP_US)
        .map(|delay| {
            let window = &theirs[delay as usize..(delay + count) as usize];
            Alignment { delay_us: delay * STEP_US, alike: correlation(&ours, window) }
        })
        .max_by(|a, b| a.alike.total_cmp(&b.alike))
        .filter(|best| best.alike >= ALIKE)
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    let scale = (aa * bb).sqrt();
    if scale > 0.0 { ab / scale } else { 0.0 }
}
