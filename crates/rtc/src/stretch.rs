//! Speech in less or more time, at the same pitch.
//!
//! One period of the voice is left out or said twice, with a short cross-fade where the wave looks alike on both sides
//! (WSOLA; the choice of the period is that of NetEQ's accelerate and preemptive expand). Where no period fits, nothing is
//! done: the caller tries again with the next frame.

/// Samples over which one wave turns into the other: 5 ms.
const FADE: usize = 240;
/// Shortest piece, 2.5 ms: a voice of 400 Hz.
const SHORTEST: usize = 120;
/// Longest piece, 15 ms: a voice of 67 Hz.
const LONGEST: usize = 720;
/// The first search looks at every fourth sample.
const COARSE: usize = 4;
/// A longer piece is preferred to one that fits better by less than this.
const LONGER: f32 = 0.03;
/// Below this, in dB of full scale, anything fits.
const QUIET_DBFS: f32 = -55.0;

/// A piece that can be left out or repeated.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    len: usize,
    /// How alike the wave is before and after it: 1 is the same.
    alike: f32,
}

/// Leaves out a piece of `audio` after `from`, if its ends are `alike` enough. Returns how many samples that were; what
/// is before `from` does not change.
pub(crate) fn shorten(audio: &mut Vec<i16>, from: usize, alike: f32) -> usize {
    let Some(piece) = find(audio, from, alike) else { return 0 };
    for at in 0..FADE {
        audio[from + at] = mix(audio[from + at], audio[from + piece.len + at], at, piece.alike);
    }
    audio.drain(from + FADE..from + FADE + piece.len);
    piece.len
}

/// Repeats a piece of `audio` after `from`, if its ends are `alike` enough. Returns how many samples longer it is; what
/// is before `from` does not change.
pub(crate) fn lengthen(audio: &mut Vec<i16>, from: usize, alike: f32) -> usize {
    let Some(piece) = find(audio, from, alike) else { return 0 };
    let again = audio[from..].to_vec();
    audio.truncate(from + piece.len + FADE);
    for (at, (sample, first)) in audio[from + piece.len..].iter_mut().zip(&again).enumerate() {
        *sample = mix(*sample, *first, at, piece.alike);
    }
    audio.extend_from_slice(&again[FADE..]);
    piece.len
}

/// Fades from one wave to the other with the energy of both.
fn mix(from: i16, to: i16, at: usize, alike: f32) -> i16 {
    let up = (at as f32 + 0.5) / FADE as f32;
    let down = 1.0 - up;
    let energy = (up * up + down * down + 2.0 * up * down * alike.clamp(0.0, 1.0)).sqrt();
    let mixed = (f32::from(from) * down + f32::from(to) * up) / energy;
    mixed.clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
}

fn find(audio: &[i16], from: usize, alike: f32) -> Option<Piece> {
    // Compared are 5 ms on each side of the place: what was heard before matters for how it goes on.
    let before = FADE.min(from);
    let longest = audio.len().checked_sub(from + FADE)?.min(LONGEST);
    if longest < SHORTEST {
        return None;
    }
    let window = &audio[from - before..from + FADE];
    let all = &audio[from - before..from + FADE + longest];
    if crate::audio::level_dbfs(all) < QUIET_DBFS {
        return Some(Piece { len: longest, alike: 0.0 });
    }
    let best = |lens: &mut dyn Iterator<Item = usize>, step: usize| {
        lens.map(|len| {
            let there = &audio[from - before + len..from + FADE + len];
            Piece { len, alike: alikeness(window, there, step) }
        })
        .max_by(|a, b| worth(*a).total_cmp(&worth(*b)))
    };
    let coarse = best(&mut (SHORTEST..=longest).step_by(COARSE), COARSE)?;
    let mut around =
        (coarse.len - (COARSE - 1)).max(SHORTEST)..=(coarse.len + COARSE - 1).min(longest);
    let piece = best(&mut around, 1)?;
    (piece.alike >= alike).then_some(piece)
}

fn worth(piece: Piece) -> f32 {
    piece.alike + LONGER * piece.len as f32 / LONGEST as f32
}

/// Normalized correlation of every `step`th sample.
fn alikeness(a: &[i16], b: &[i16], step: usize) -> f32 {
    let (mut ab, mut aa, mut bb) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (a, b) in a.iter().step_by(step).zip(b.iter().step_by(step)) {
        let (a, b) = (f32::from(*a), f32::from(*b));
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    let scale = (aa * bb).sqrt();
    if scale > 0.0 { ab / scale } else { 0.0 }
}

#[cfg(test)]
mod tests;
