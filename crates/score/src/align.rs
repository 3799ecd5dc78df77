//! Where what was said is in what was heard.

use crate::SAMPLE_RATE;
use crate::compare::level_dbfs;
use crate::resample::resample;
use std::ops::Range;

/// Samples of a piece: 320 ms. Shorter ones fit in many places, longer ones change their delay within.
const PIECE: usize = 15_360;
/// Longest delay that is looked for, in milliseconds.
const LONGEST_MS: usize = 1_000;
/// The rate at which a piece is searched, before its place is made out exactly.
const COARSE_RATE: usize = 4_000;
/// Less alike than this is something else.
const ALIKE: f64 = 0.5;
/// At the coarse rate a place may be half a sample off; that many of the best are looked at exactly.
const CANDIDATES: usize = 8;
/// A second away from the piece before, a place has to fit better by this.
const NEAR: f64 = 0.3;
/// Louder than this is speech, in dB of full scale.
const SPEECH_DBFS: f32 = -45.0;
/// Over this one piece turns into the next, in samples: 5 ms.
const FADE: usize = 240;

/// A piece of what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Which samples.
    pub said: Range<usize>,
    /// How many samples later it was heard.
    pub delay: usize,
    /// False: nothing was said or it was not found; the delay is that of a piece near it.
    pub found: bool,
}

/// What was heard, laid over what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
    /// What was heard, without the delay; as long as what was said.
    pub heard: Vec<i16>,
}

/// Finds `said` in `heard`, where its beginning would be at the beginning if there were no delay.
pub fn align(said: &[i16], heard: &[i16]) -> Alignment {
    let (said_low, heard_low) = (resample(said, COARSE_RATE), Low::of(heard));
    let mut pieces: Vec<Piece> = Vec::new();
    let mut known: Option<usize> = None;
    for from in (0..said.len()).step_by(PIECE) {
        let range = from..(from + PIECE).min(said.len());
        let spoken = level_dbfs(&said[range.clone()]) > SPEECH_DBFS;
        let places = if spoken { search(&said_low, &heard_low, &range, known) } else { Vec::new() };
        let exact = places
            .into_iter()
            .filter_map(|place| refine(said, heard, &range, place))
            .filter(|place| place.alike >= ALIKE)
            .max_by(|a, b| a.worth(known).total_cmp(&b.worth(known)))
            .map(|place| place.delay);
        known = exact.or(known);
        pieces.push(Piece { said: range, delay: known.unwrap_or(0), found: exact.is_some() });
    }
    // What comes before the first that was found goes with it.
    let first =
        pieces.iter().find(|piece| piece.found).map(|piece| (piece.said.start, piece.delay));
    if let Some((start, delay)) = first {
        pieces
            .iter_mut()
            .filter(|piece| piece.said.start < start)
            .for_each(|piece| piece.delay = delay);
    }
    let heard = lay(&pieces, heard);
    Alignment { pieces, heard }
}

/// What was heard, at a low rate.
struct Low {
    samples: Vec<f64>,
    /// The energy of all samples before each.
    before: Vec<f64>,
}

impl Low {
    fn of(heard: &[i16]) -> Self {
        let samples = resample(heard, COARSE_RATE);
        let mut sum = 0.0;
        let mut before = vec![0.0];
        before.extend(samples.iter().map(|sample| {
            sum += sample * sample;
            sum
        }));
        Self { samples, before }
    }
}

/// A place where a piece may be.
#[derive(Clone, Copy)]
struct Place {
    delay: usize,
    /// 1 is the same.
    alike: f64,
}

impl Place {
    /// What is far from the place of the piece before has to fit better.
    fn worth(&self, near: Option<usize>) -> f64 {
        let away = near.map_or(0, |near| near.abs_diff(self.delay)) as f64 / SAMPLE_RATE as f64;
        self.alike - NEAR * away
    }
}

/// The best places, about.
fn search(said: &[f64], heard: &Low, range: &Range<usize>, near: Option<usize>) -> Vec<Place> {
    let low = |at: usize| at * COARSE_RATE / SAMPLE_RATE;
    let Some(piece) = said.get(low(range.start)..low(range.end)) else { return Vec::new() };
    let own = energy(piece);
    let place = |delay: usize| {
        let from = low(range.start) + delay;
        let to = from + piece.len();
        let there = heard.samples.get(from..to)?;
        let energy = (heard.before[to] - heard.before[from]).max(0.0);
        let alike = product(piece, there) / (own * energy).sqrt().max(1e-9);
        Some(Place { delay: delay * SAMPLE_RATE / COARSE_RATE, alike })
    };
    let all: Vec<Place> = (0..LONGEST_MS * COARSE_RATE / 1_000).map_while(place).collect();
    let peak = |at: &usize| {
        let here = all[*at].alike;
        let lower = |beside: Option<&Place>| beside.is_none_or(|beside| beside.alike <= here);
        here > 0.0 && lower(all.get(at.wrapping_sub(1))) && lower(all.get(at + 1))
    };
    let mut peaks: Vec<Place> = (0..all.len()).filter(peak).map(|at| all[at]).collect();
    peaks.sort_by(|a, b| b.worth(near).total_cmp(&a.worth(near)));
    peaks.truncate(CANDIDATES);
    peaks
}

/// Where exactly.
fn refine(said: &[i16], heard: &[i16], range: &Range<usize>, place: Place) -> Option<Place> {
    let around = SAMPLE_RATE / COARSE_RATE;
    let wide = |samples: &[i16]| samples.iter().map(|sample| f64::from(*sample)).collect();
    let piece: Vec<f64> = wide(&said[range.clone()]);
    let own = energy(&piece);
    (place.delay.saturating_sub(around)..=place.delay + around)
        .filter_map(|delay| {
            let there: Vec<f64> = wide(heard.get(range.start + delay..range.end + delay)?);
            let scale = (own * energy(&there)).sqrt().max(1e-12);
            Some(Place { delay, alike: product(&piece, &there) / scale })
        })
        .max_by(|a, b| a.alike.total_cmp(&b.alike))
}

fn lay(pieces: &[Piece], heard: &[i16]) -> Vec<i16> {
    let at = |index: usize| heard.get(index).copied().map_or(0.0, f32::from);
    let mut laid = Vec::new();
    let mut before = pieces.first().map_or(0, |piece| piece.delay);
    for piece in pieces {
        for (place, index) in piece.said.clone().enumerate() {
            let now = at(index + piece.delay);
            let up = (place as f32 / FADE as f32).min(1.0);
            laid.push((at(index + before) * (1.0 - up) + now * up) as i16);
        }
        before = piece.delay;
    }
    laid
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn energy(samples: &[f64]) -> f64 {
    product(samples, samples)
}
