//! Our own sounds, made out of sines: the tones, and the ring that is there when no file is.

use super::region::Region;
use super::sound::{RATE, Sound};
use super::tone::{Pitch, Step, Tone, length};
use std::f64::consts::TAU;

/// How loud a tone is, of full scale: -12 dB.
const TONE_LEVEL: f64 = 0.25;
/// How long a tone takes to begin and to end, so that it does not click: 4 ms.
const EDGE: usize = RATE as usize / 250;

/// How long a tone goes on that says that a call is over: three seconds.
const END_MS: u128 = 3000;

/// A tone as it sounds in a region, once.
pub fn tone(region: Region, tone: Tone) -> Sound {
    let level = match tone {
        // Said into a conversation.
        Tone::Waiting | Tone::Hold => TONE_LEVEL / 2.0,
        _ => TONE_LEVEL,
    };
    of_steps(region.steps(tone), level)
}

/// A tone that says that a call is over: a country's cadence as often as it fits into three seconds, and once at least.
pub fn end(region: Region, tone: Tone) -> Sound {
    let steps = region.steps(tone);
    let once = length(steps).as_millis().max(1);
    let times = if tone.repeats() { (END_MS / once).max(1) } else { 1 };
    let times = usize::try_from(times).unwrap_or(1);
    // The pause at the end says nothing any more.
    let said: Vec<Step> = steps.repeat(times);
    let said = match said.split_last() {
        Some(((Pitch::Silence, _), said)) => said.to_vec(),
        _ => said,
    };
    of_steps(&said, TONE_LEVEL)
}

fn of_steps(steps: &[Step], level: f64) -> Sound {
    let mut frames = Vec::new();
    for (pitch, ms) in steps {
        let count = RATE as usize * usize::from(*ms) / 1000;
        frames.extend((0..count).map(|at| {
            let value = level * edge(at, count) * wave(*pitch, at);
            let value = sample(value);
            [value, value]
        }));
    }
    Sound::new(frames)
}

/// The wave of a pitch at a frame, within -1 to 1.
fn wave(pitch: Pitch, at: usize) -> f64 {
    let seconds = at as f64 / f64::from(RATE);
    let sine = |hertz: u16| (TAU * f64::from(hertz) * seconds).sin();
    match pitch {
        Pitch::Silence => 0.0,
        Pitch::One(hertz) => sine(hertz),
        Pitch::Two(low, high) => (sine(low) + sine(high)) / 2.0,
        Pitch::Swelling(hertz, by) => sine(hertz) * (0.6 + 0.4 * sine(by)),
    }
}

/// Up at the beginning, down at the end.
fn edge(at: usize, count: usize) -> f64 {
    let near = at.min(count - 1 - at);
    match near < EDGE {
        true => 0.5 - 0.5 * (TAU * near as f64 / (2 * EDGE) as f64).cos(),
        false => 1.0,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it is clamped first")]
fn sample(value: f64) -> i16 {
    (value.clamp(-1.0, 1.0) * f64::from(i16::MAX)) as i16
}

/// The ring that needs no file: four bell notes, twice, and a rest.
pub fn ring() -> Sound {
    // When each note begins, in ms, and its frequency in Hz.
    const NOTES: [(usize, f64); 8] = [
        (0, 659.26),
        (180, 783.99),
        (360, 987.77),
        (540, 1318.51),
        (1100, 659.26),
        (1280, 783.99),
        (1460, 987.77),
        (1640, 1318.51),
    ];
    let mut sum = vec![0.0f64; RATE as usize * 3];
    for (begin, hertz) in NOTES {
        let begin = RATE as usize * begin / 1000;
        for (at, place) in sum[begin..].iter_mut().enumerate() {
            let seconds = at as f64 / f64::from(RATE);
            let attack = (seconds / 0.004).min(1.0);
            // A bell: the higher a partial, the sooner it is gone.
            let partial = |times: f64, level: f64, decay: f64| {
                level * (TAU * hertz * times * seconds).sin() * (-seconds * decay).exp()
            };
            *place += attack
                * (partial(1.0, 0.5, 4.0) + partial(2.0, 0.2, 7.0) + partial(3.01, 0.08, 11.0));
        }
    }
    let end = sum.len();
    let frames = sum.iter().enumerate().map(|(at, value)| {
        let value = sample(0.6 * value * edge(at, end));
        [value, value]
    });
    Sound::new(frames.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::measure::{amplitude, peak};

    fn part(sound: &Sound, from_ms: usize, to_ms: usize) -> Vec<f32> {
        let place = |ms: usize| ms * RATE as usize / 1000;
        let frames = &sound.frames()[place(from_ms)..place(to_ms)];
        frames.iter().map(|frame| f32::from(frame[0]) / f32::from(i16::MAX)).collect()
    }

    /// The frequencies that a pitch must have, with the amplitude of each of full scale.
    fn expected(pitch: Pitch) -> Vec<(f32, f32)> {
        let level = TONE_LEVEL as f32;
        match pitch {
            Pitch::Silence => Vec::new(),
            Pitch::One(hertz) => vec![(f32::from(hertz), level)],
            Pitch::Two(one, two) => {
                vec![(f32::from(one), level / 2.0), (f32::from(two), level / 2.0)]
            }
            Pitch::Swelling(hertz, by) => vec![
                (f32::from(hertz), level * 0.6),
                (f32::from(hertz - by), level * 0.2),
                (f32::from(hertz + by), level * 0.2),
            ],
        }
    }

    #[test]
    fn every_tone_has_the_frequencies_and_the_cadence_of_its_region() {
        for region in Region::all().chain([Region::default()]) {
            for kind in [Tone::Ringback, Tone::Busy, Tone::Failure, Tone::Refusal, Tone::End] {
                let sound = tone(region, kind);
                let mut begin = 0;
                for (pitch, ms) in region.steps(kind) {
                    let (from, to) = (begin + 5, begin + usize::from(*ms) - 5);
                    begin += usize::from(*ms);
                    let heard = part(&sound, from, to);
                    if *pitch == Pitch::Silence {
                        assert_eq!(peak(&heard), 0.0, "{region:?} {kind:?} at {from} ms");
                        continue;
                    }
                    // Two frequencies 25 Hz apart take 40 ms to tell apart; and 3 kHz is in none of the tones.
                    let span = &heard[..heard.len() - heard.len() % (RATE as usize / 25)];
                    let span = if span.is_empty() { &heard[..] } else { span };
                    for (hertz, level) in expected(*pitch) {
                        let measured = amplitude(span, hertz);
                        let differs = (measured - level).abs() / level;
                        assert!(
                            differs < 0.35,
                            "{region:?} {kind:?} at {from} ms: {hertz} Hz is {measured}, not {level}"
                        );
                    }
                    assert!(amplitude(span, 3000.0) < 0.003, "{region:?} {kind:?}");
                }
                assert_eq!(sound.frames().len(), begin * RATE as usize / 1000);
            }
        }
    }

    #[test]
    fn what_is_said_into_a_call_is_soft() {
        let region = Region::of_country("de");
        let loud = peak(&part(&tone(region, Tone::Ringback), 10, 900));
        let soft = peak(&part(&tone(region, Tone::Waiting), 10, 190));
        assert!((0.24..0.26).contains(&loud), "{loud}");
        assert!((0.12..0.13).contains(&soft), "{soft}");
    }

    #[test]
    fn the_ring_without_a_file_is_loud_and_does_not_clip() {
        let ring = ring();
        let all = part(&ring, 0, 3000);
        assert!((0.3..0.99).contains(&peak(&all)), "{}", peak(&all));
        let end = &all[all.len() - 100..];
        assert!(peak(end) < 0.01, "it can begin again without a click");
    }
}
