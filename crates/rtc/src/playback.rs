//! Decoded audio on its way out, 10 ms at a time.

use crate::audio::{FRAME_LEN, Frame, SILENCE};
use crate::jitter::Stretch;
use crate::stretch::{lengthen, shorten};

/// Samples that are kept after they were played, so that what follows can be compared with them.
const KEPT: usize = 960;
/// Over this the audio comes back after something was faded out, in samples: 5 ms.
const RETURN: usize = 240;
/// Samples between two stretches that are not urgent: 50 ms. More often is heard as haste or drawl.
const EVERY: usize = 2_400;
/// How alike the ends of a piece must be that is left out or repeated: usually, and if it is urgent.
const ALIKE: (f32, f32) = (0.8, 0.5);

/// A queue without clicks: it fades in and out, and stretches.
#[derive(Debug)]
pub(crate) struct Playback {
    /// What was played lately, and from `at` on what is to be played.
    audio: Vec<i16>,
    at: usize,
    /// Of the last sample in the queue.
    gain: f32,
    since_stretch: usize,
    shortened: u64,
    lengthened: u64,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            audio: Vec::new(),
            at: 0,
            gain: 0.0,
            since_stretch: EVERY,
            shortened: 0,
            lengthened: 0,
        }
    }
}

impl Playback {
    /// Samples that are to be played.
    pub(crate) fn queued(&self) -> usize {
        self.audio.len() - self.at
    }

    /// The last of them is silence because it was faded out, or because there never was anything.
    pub(crate) fn is_faded(&self) -> bool {
        self.gain == 0.0
    }

    /// Speech that was received.
    pub(crate) fn speech(&mut self, block: &[i16]) {
        self.append(block, 1.0, RETURN);
    }

    /// Speech that was invented, at its end with this gain.
    pub(crate) fn invented(&mut self, block: &[i16], gain: f32) {
        self.append(block, gain, block.len());
    }

    /// Nothing.
    pub(crate) fn silence(&mut self, samples: usize) {
        self.gain = 0.0;
        self.audio.resize(self.audio.len() + samples, 0);
    }

    fn append(&mut self, block: &[i16], gain: f32, over: usize) {
        let from = self.gain;
        self.gain = gain;
        if from == gain && gain == 1.0 {
            self.audio.extend_from_slice(block);
            return;
        }
        let over = over.min(block.len()).max(1) as f32;
        self.audio.extend(block.iter().enumerate().map(|(at, sample)| {
            let part = ((at + 1) as f32 / over).min(1.0);
            (f32::from(*sample) * (from + (gain - from) * part)) as i16
        }));
    }

    /// Stretches what is to be played, if it can be done well.
    pub(crate) fn stretch(&mut self, stretch: Stretch) {
        let (urgent, shorter) = match stretch {
            Stretch::Keep => return,
            Stretch::Shorten { urgent } => (urgent, true),
            Stretch::Lengthen { urgent } => (urgent, false),
        };
        if !urgent && self.since_stretch < EVERY {
            return;
        }
        let alike = if urgent { ALIKE.1 } else { ALIKE.0 };
        let by = if shorter {
            let by = shorten(&mut self.audio, self.at, alike);
            self.shortened += by as u64;
            by
        } else {
            let by = lengthen(&mut self.audio, self.at, alike);
            self.lengthened += by as u64;
            by
        };
        if by > 0 {
            self.since_stretch = 0;
        }
    }

    /// The next 10 ms; silence for what is not there.
    pub(crate) fn take(&mut self) -> Frame {
        let mut frame = SILENCE;
        for (to, from) in frame.iter_mut().zip(&self.audio[self.at..]) {
            *to = *from;
        }
        self.at = (self.at + FRAME_LEN).min(self.audio.len());
        self.since_stretch = self.since_stretch.saturating_add(FRAME_LEN);
        if self.at > 4 * KEPT {
            self.audio.drain(..self.at - KEPT);
            self.at = KEPT;
        }
        frame
    }

    /// Samples that were left out so far.
    pub(crate) fn shortened(&self) -> u64 {
        self.shortened
    }

    /// Samples that were played twice so far.
    pub(crate) fn lengthened(&self) -> u64 {
        self.lengthened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steepest(audio: &[i16]) -> i32 {
        audio.windows(2).map(|two| (i32::from(two[1]) - i32::from(two[0])).abs()).max().unwrap()
    }

    #[test]
    fn fading_out_and_coming_back_are_no_clicks() {
        let mut playback = Playback::default();
        playback.speech(&[10_000; 960]);
        playback.invented(&[10_000; 480], 0.5);
        playback.invented(&[10_000; 480], 0.0);
        assert!(playback.is_faded());
        playback.silence(480);
        playback.speech(&[10_000; 480]);
        assert!(!playback.is_faded());
        let mut heard = Vec::new();
        while playback.queued() > 0 {
            heard.extend(playback.take());
        }
        assert_eq!(heard.len(), 2_880);
        assert!(steepest(&heard) <= 10_000 / RETURN as i32 + 1, "{}", steepest(&heard));
        assert_eq!((heard[900], heard[2_100], heard[2_800]), (10_000, 0, 10_000));
    }

    #[test]
    fn every_50_ms_is_enough_unless_it_is_urgent() {
        let mut playback = Playback::default();
        playback.silence(96_000);
        playback.stretch(Stretch::Keep);
        playback.stretch(Stretch::Shorten { urgent: false });
        assert_eq!((playback.shortened(), playback.queued()), (720, 95_280));
        playback.stretch(Stretch::Shorten { urgent: false });
        assert_eq!(playback.shortened(), 720);
        playback.stretch(Stretch::Lengthen { urgent: true });
        assert_eq!((playback.lengthened(), playback.queued()), (720, 96_000));
        for _ in 0..5 {
            playback.take();
        }
        playback.stretch(Stretch::Lengthen { urgent: false });
        assert_eq!(playback.lengthened(), 1_440);
    }

    #[test]
    fn what_was_played_is_not_kept() {
        let mut playback = Playback::default();
        for _ in 0..1_000 {
            playback.speech(&[1; 480]);
            assert_eq!(playback.take()[479], 1);
        }
        assert!(playback.audio.len() <= 5 * KEPT, "{}", playback.audio.len());
        assert_eq!(playback.take(), SILENCE);
    }
}
