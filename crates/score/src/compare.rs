//! All figures at once.

use crate::align::align;
use crate::stoi::{Intelligibility, intelligibility};

/// Said louder than this is speech, in dB of full scale.
const SPEECH_DBFS: f32 = -45.0;
/// Heard louder than this has arrived.
const ARRIVED_DBFS: f32 = -60.0;
/// Samples that are judged together: 10 ms.
const FRAME: usize = 480;

/// How speech arrived.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// How much can be understood; `None`: there is too little speech to tell.
    pub intelligibility: Option<Intelligibility>,
    /// How much louder it was heard than said, in dB.
    pub louder_db: f32,
    /// The share of 10 ms with speech that were heard, 0 to 1.
    pub received: f64,
    /// The longest stretch of speech that was not heard, in milliseconds.
    pub gap_ms: u32,
    /// From saying to hearing: the mean of all pieces that were found, in milliseconds. 0 if none was.
    pub delay_ms: f64,
    /// The delay that 95 % of the pieces do not exceed.
    pub delay_p95_ms: f64,
}

/// Compares speech with a recording of what was heard, which began at the same moment: 48 kHz, mono.
pub fn compare(said: &[i16], heard: &[i16]) -> Comparison {
    let aligned = align(said, heard);
    let (mut due, mut arrived, mut missing, mut gap) = (0_u32, 0_u32, 0, 0);
    let (mut said_energy, mut heard_energy) = (0.0, 0.0);
    for (said, heard) in said.chunks_exact(FRAME).zip(aligned.heard.chunks_exact(FRAME)) {
        if level_dbfs(said) <= SPEECH_DBFS {
            continue;
        }
        due += 1;
        said_energy += energy(said);
        heard_energy += energy(heard);
        let here = level_dbfs(heard) > ARRIVED_DBFS;
        arrived += u32::from(here);
        missing = if here { 0 } else { missing + 1 };
        gap = gap.max(missing);
    }
    let mut delays: Vec<f64> = aligned
        .pieces
        .iter()
        .filter(|piece| piece.found)
        .map(|piece| piece.delay as f64 / 48.0)
        .collect();
    delays.sort_by(f64::total_cmp);
    let late = (delays.len() * 95 / 100).min(delays.len().saturating_sub(1));
    Comparison {
        intelligibility: intelligibility(said, &aligned.heard),
        louder_db: (10.0 * (heard_energy.max(1.0) / said_energy.max(1.0)).log10()) as f32,
        received: f64::from(arrived) / f64::from(due.max(1)),
        gap_ms: gap * 10,
        delay_ms: delays.iter().sum::<f64>() / delays.len().max(1) as f64,
        delay_p95_ms: delays.get(late).copied().unwrap_or(0.0),
    }
}

fn energy(samples: &[i16]) -> f64 {
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum()
}

/// The level of some samples in dB of full scale; -127 for silence and for no samples.
pub fn level_dbfs(samples: &[i16]) -> f32 {
    let rms = (energy(samples) / samples.len().max(1) as f64).sqrt() / 32_768.0;
    (20.0 * rms.log10()).max(-127.0) as f32
}
