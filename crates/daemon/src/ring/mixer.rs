use super::sound::{RATE, Sound};
use std::sync::Arc;
use std::time::Duration;

/// As good as nothing: -60 dB. Where rises begin and falls end.
const FLOOR: f32 = 0.001;

/// What one output plays: some sounds, each getting louder or softer in its own time.
///
/// It goes on where it is, whatever is added or taken away, so nothing that is heard begins anew or breaks off.
#[derive(Debug)]
pub struct Mixer<T> {
    layers: Vec<Layer<T>>,
}

#[derive(Clone, Debug)]
struct Layer<T> {
    what: T,
    sound: Arc<Sound>,
    at: usize,
    repeats: bool,
    gain: f32,
    target: f32,
    /// What the gain is multiplied with for each frame, until it is at the target.
    step: f32,
}

/// How loud, and how it gets there. The loudness changes evenly to the ear: so many dB in each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rise {
    /// From this gain; below -60 dB it is -60 dB.
    pub from: f32,
    /// To this one.
    pub to: f32,
    /// Within this time.
    pub within: Duration,
}

impl<T> Default for Mixer<T> {
    fn default() -> Self {
        Self { layers: Vec::new() }
    }
}

fn step(from: f32, to: f32, within: Duration) -> f32 {
    let frames = (within.as_secs_f32() * RATE as f32).max(1.0);
    (to.max(FLOOR) / from.max(FLOOR)).powf(1.0 / frames)
}

impl<T: Clone + PartialEq> Mixer<T> {
    /// Begin a sound.
    pub fn play(&mut self, what: T, sound: Arc<Sound>, repeats: bool, rise: Rise) {
        let Rise { from, to, within } = rise;
        let gain = from.max(FLOOR);
        self.layers.push(Layer {
            what,
            sound,
            at: 0,
            repeats,
            gain,
            target: to,
            step: step(gain, to, within),
        });
    }

    /// Let everything that is not kept end, within this time.
    pub fn keep(&mut self, keep: impl Fn(&T) -> bool, within: Duration) {
        for layer in &mut self.layers {
            // What is ending already ends as it does.
            if !keep(&layer.what) && layer.target > 0.0 {
                layer.target = 0.0;
                layer.step = step(layer.gain, 0.0, within);
            }
        }
    }

    /// Whether this is played, and not just ending.
    pub fn plays(&self, what: &T) -> bool {
        self.layers.iter().any(|layer| layer.what == *what && layer.target > 0.0)
    }

    /// Join in with what another output plays of this: at the same place, as loud. False: it plays none.
    pub fn join(&mut self, other: &Self, what: &T) -> bool {
        let found = other.layers.iter().find(|layer| layer.what == *what && layer.target > 0.0);
        self.layers.extend(found.cloned());
        found.is_some()
    }

    /// Add what comes next to these frames, left and right by turns, as 32-bit floats in the machine's order.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for place in bytes.as_chunks_mut::<8>().0 {
            let mut frame = [0.0f32; 2];
            for layer in &mut self.layers {
                layer.add(&mut frame);
            }
            let [left, right] = frame.map(|value| value.clamp(-1.0, 1.0).to_ne_bytes());
            place[..4].copy_from_slice(&left);
            place[4..].copy_from_slice(&right);
        }
        self.layers.retain(|layer| !layer.is_over());
    }
}

impl<T> Layer<T> {
    fn is_over(&self) -> bool {
        let faded = self.target <= 0.0 && self.gain <= FLOOR;
        faded || (!self.repeats && self.at >= self.sound.frames().len())
    }

    fn add(&mut self, frame: &mut [f32; 2]) {
        let frames = self.sound.frames();
        if self.repeats && self.at >= frames.len() {
            self.at = 0;
        }
        let Some(next) = frames.get(self.at) else { return };
        self.at += 1;
        if self.gain != self.target {
            self.gain *= self.step;
            let past = if self.step > 1.0 {
                self.gain >= self.target
            } else {
                self.gain <= self.target.max(FLOOR)
            };
            if past {
                self.gain = self.target;
            }
        }
        let scale = self.gain / f32::from(i16::MAX);
        frame[0] += f32::from(next[0]) * scale;
        frame[1] += f32::from(next[1]) * scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(10);
    const AT_ONCE: Rise = Rise { from: 1.0, to: 1.0, within: Duration::ZERO };

    /// A sound whose every frame is its number.
    fn steps(count: i16) -> Arc<Sound> {
        Arc::new(Sound::new((0..count).map(|value| [value * 10; 2]).collect()))
    }

    fn flat(value: i16) -> Arc<Sound> {
        Arc::new(Sound::new(vec![[value; 2]; 480]))
    }

    /// The next frames of the left side, as 16 bits.
    fn next(mixer: &mut Mixer<&'static str>, count: usize) -> Vec<f32> {
        let mut bytes = vec![0; count * 8];
        mixer.fill(&mut bytes);
        let value = |bytes: &[u8; 8]| f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        bytes.as_chunks().0.iter().map(|bytes| value(bytes) * f32::from(i16::MAX)).collect()
    }

    fn rounded(values: &[f32]) -> Vec<i32> {
        values.iter().map(|value| value.round() as i32).collect()
    }

    #[test]
    fn a_sound_repeats_without_a_gap() {
        let mut mixer = Mixer::default();
        mixer.play("ring", steps(3), true, AT_ONCE);
        assert_eq!(rounded(&next(&mut mixer, 7)), [0, 10, 20, 0, 10, 20, 0]);
        assert!(mixer.plays(&"ring"));
    }

    #[test]
    fn a_sound_that_does_not_repeat_ends() {
        let mut mixer = Mixer::default();
        mixer.play("end", steps(3), false, AT_ONCE);
        assert_eq!(rounded(&next(&mut mixer, 5)), [0, 10, 20, 0, 0]);
        assert!(!mixer.plays(&"end"));
    }

    #[test]
    fn it_gets_louder_evenly_and_stays() {
        let mut mixer = Mixer::default();
        let rise = Rise { from: 0.1, to: 1.0, within: Duration::from_secs(1) };
        mixer.play("ring", flat(10_000), true, rise);
        let heard = next(&mut mixer, 60_000);
        assert!((995.0..1010.0).contains(&heard[0]), "{}", heard[0]);
        // Half of the time is half of the dB.
        assert!((3100.0..3220.0).contains(&heard[24_000]), "{}", heard[24_000]);
        assert!(heard.windows(2).all(|two| two[1] >= two[0] - 0.01));
        assert!((9_990.0..10_010.0).contains(&heard[59_999]), "{}", heard[59_999]);
    }

    #[test]
    fn one_goes_over_into_another_without_a_gap() {
        let mut mixer = Mixer::default();
        mixer.play("ring", flat(10_000), true, AT_ONCE);
        next(&mut mixer, 1000);
        mixer.keep(|what| *what == "waiting", SHORT);
        let rise = Rise { from: 0.0, to: 0.5, within: SHORT };
        mixer.play("waiting", flat(10_000), true, rise);
        let heard = next(&mut mixer, 4800);
        let least = heard.iter().fold(f32::MAX, |least, value| least.min(*value));
        assert!(least > 500.0, "{least}");
        assert!((4_990.0..5_010.0).contains(&heard[4799]), "{}", heard[4799]);
        assert!(!mixer.plays(&"ring"));
    }

    #[test]
    fn it_is_silent_soon_and_for_good() {
        let mut mixer = Mixer::default();
        mixer.play("ring", flat(10_000), true, AT_ONCE);
        next(&mut mixer, 10);
        mixer.keep(|_| false, SHORT);
        assert!(!mixer.plays(&"ring"));
        next(&mut mixer, 485);
        assert_eq!(rounded(&next(&mut mixer, 100)), vec![0; 100]);
    }

    #[test]
    fn an_output_that_joins_in_plays_the_same() {
        let (mut speaker, mut headset) = (Mixer::default(), Mixer::default());
        speaker.play("ring", steps(1000), true, Rise { from: 0.1, to: 1.0, within: SHORT });
        next(&mut speaker, 321);
        assert!(headset.join(&speaker, &"ring"));
        assert!(!headset.join(&speaker, &"waiting"));
        assert_eq!(next(&mut headset, 2000), next(&mut speaker, 2000));
    }

    #[test]
    fn two_at_once_do_not_go_over_the_top() {
        let mut mixer = Mixer::default();
        mixer.play("ring", flat(30_000), true, AT_ONCE);
        mixer.play("end", flat(30_000), false, AT_ONCE);
        assert_eq!(rounded(&next(&mut mixer, 1)), [32_767]);
    }
}
