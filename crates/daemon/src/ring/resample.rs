use std::f64::consts::PI;

/// Neighbours on each side that a frame is made of.
const REACH: usize = 16;
/// Places between two frames that the filter is worked out for.
const PHASES: usize = 256;

/// From one rate to another, by a windowed sinc: what is above the lower of the two is left out.
pub fn resample(frames: &[[f32; 2]], from: u32, to: u32) -> Vec<[i16; 2]> {
    if from == to {
        return frames.iter().map(|frame| frame.map(sample)).collect();
    }
    // Of a higher rate it takes more neighbours to leave out what the lower one cannot carry.
    let ratio = f64::from(from) / f64::from(to);
    let stretch = ratio.max(1.0);
    let reach = (REACH as f64 * stretch).ceil() as usize;
    let filter = filter(reach, stretch);
    let count = (frames.len() as u64 * u64::from(to)).div_ceil(u64::from(from));
    let mut made = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    for at in 0..count {
        let place = at as f64 * ratio;
        let (whole, part) = (place.floor(), place.fract());
        let phase = &filter[(part * PHASES as f64) as usize];
        // The first neighbour: this many frames before the one below the place.
        let first = whole as usize + 1;
        let mut sum = [0.0f32; 2];
        for (offset, weight) in phase.iter().enumerate() {
            let Some(frame) = (first + offset).checked_sub(reach).and_then(|at| frames.get(at))
            else {
                continue;
            };
            sum[0] += frame[0] * weight;
            sum[1] += frame[1] * weight;
        }
        made.push(sum.map(sample));
    }
    made
}

/// The weights of the neighbours, for each place between two frames. They add up to one.
fn filter(reach: usize, stretch: f64) -> Vec<Vec<f32>> {
    let weights = |phase: usize| {
        let part = (phase as f64 + 0.5) / PHASES as f64;
        let all: Vec<f64> = (0..2 * reach)
            .map(|at| {
                let distance = at as f64 + 1.0 - reach as f64 - part;
                let window = 0.5 + 0.5 * (PI * distance / reach as f64).cos();
                match distance.abs() < reach as f64 {
                    true => sinc(distance / stretch) * window,
                    false => 0.0,
                }
            })
            .collect();
        let sum: f64 = all.iter().sum();
        all.iter().map(|weight| (weight / sum) as f32).collect()
    };
    (0..PHASES).map(weights).collect()
}

fn sinc(x: f64) -> f64 {
    match x.abs() < 1e-9 {
        true => 1.0,
        false => (PI * x).sin() / (PI * x),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it is clamped first")]
fn sample(value: f32) -> i16 {
    (value.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
}
