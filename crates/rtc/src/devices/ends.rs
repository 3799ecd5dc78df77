//! The two ends that a session reads and writes.

use super::Lines;
use super::intake::Intake;
use super::outlet::Outlet;
use super::voice::Voice;
use crate::audio::{AudioSink, AudioSource, Frame};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What the user says, without echo and noise: see [`Devices`](super::Devices). Silence while the devices are not
/// started.
pub struct Microphone {
    pub(super) intake: Intake,
    pub(super) lines: Lines,
    /// Used by the media thread alone, but for its numbers; so nobody waits.
    pub(super) voice: Option<Arc<Mutex<Voice>>>,
}

impl AudioSource for Microphone {
    fn read(&mut self, frame: &mut Frame) -> bool {
        let delay = self.lines.microphone.delay() + self.lines.loudspeaker.delay();
        let mut samples = self.intake.read();
        if let Some(voice) = &self.voice
            && self.lines.microphone.is_running()
        {
            let mut voice = voice.lock().unwrap_or_else(PoisonError::into_inner);
            voice.captured(&mut samples, (delay / 48) as u32);
        }
        for (to, from) in frame.iter_mut().zip(samples) {
            *to = (from * 32_768.0).clamp(-32_768.0, 32_767.0) as i16;
        }
        true
    }
}

impl fmt::Debug for Microphone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Microphone").field("line", &self.lines.microphone.statistics()).finish()
    }
}

/// What the user hears: see [`Devices`](super::Devices). Nothing while the devices are not started.
pub struct Loudspeaker {
    pub(super) outlet: Outlet,
    pub(super) voice: Option<Arc<Mutex<Voice>>>,
}

impl AudioSink for Loudspeaker {
    fn write(&mut self, frame: &Frame) {
        if let Some(voice) = &self.voice {
            voice.lock().unwrap_or_else(PoisonError::into_inner).played(frame);
        }
        self.outlet.write(frame);
    }

    fn skip(&mut self) {
        self.outlet.skip();
    }
}

impl fmt::Debug for Loudspeaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loudspeaker").finish_non_exhaustive()
    }
}
