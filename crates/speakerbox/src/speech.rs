use hookswitch_rtc::wav::{WavError, WavSource};
use hookswitch_rtc::{AudioSource, FRAME_LEN, Frame, SILENCE};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the user of this phone says: a WAV file, read once, said from its beginning in each call.
#[derive(Clone, Debug)]
pub struct Speech {
    samples: Arc<[i16]>,
}

impl Speech {
    /// Reads the file.
    ///
    /// # Errors
    /// It is not there, or no WAV file that can be played.
    pub fn open(path: &Path) -> Result<Self, WavError> {
        Ok(Self { samples: WavSource::open(path)?.samples().into() })
    }

    /// The same words for one more call, and the counter of how much of them was said.
    pub fn utter(&self) -> (Utterance, Arc<AtomicU64>) {
        let said = Arc::new(AtomicU64::new(0));
        (Utterance { samples: self.samples.clone(), said: said.clone() }, said)
    }
}

/// The speech as the source of one call. It is read only while the call is heard, so it pauses while the call is held.
#[derive(Debug)]
pub struct Utterance {
    samples: Arc<[i16]>,
    /// Frames of 10 ms.
    said: Arc<AtomicU64>,
}

impl AudioSource for Utterance {
    fn read(&mut self, frame: &mut Frame) -> bool {
        let at = self.said.fetch_add(1, Ordering::Relaxed) as usize * FRAME_LEN;
        *frame = SILENCE;
        if let Some(rest) = self.samples.get(at..) {
            for (to, from) in frame.iter_mut().zip(rest) {
                *to = *from;
            }
        }
        // After the last word the user is silent, and still there.
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_hears_it_from_the_beginning_and_then_silence() {
        let speech = Speech { samples: (1..=700).collect() };
        for _ in 0..2 {
            let (mut utterance, said) = speech.utter();
            let mut frame = SILENCE;
            assert!(utterance.read(&mut frame));
            assert_eq!((frame[0], frame[479]), (1, 480));
            assert!(utterance.read(&mut frame));
            assert_eq!((frame[0], frame[219], frame[220]), (481, 700, 0));
            assert!(utterance.read(&mut frame));
            assert_eq!(frame, SILENCE);
            assert_eq!(said.load(Ordering::Relaxed), 3);
        }
    }
}
