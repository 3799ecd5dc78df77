//! Takes the loudspeaker's echo and the room's noise out of the microphone.

use super::statistics::VoiceStatistics;
use crate::audio::{FRAME_LEN, Frame, SAMPLE_RATE};
use sonora::config::{
    EchoCanceller, HighPassFilter, MaxProcessingRate, NoiseSuppression, NoiseSuppressionLevel,
    Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};

/// 10 ms of one channel.
const STREAM: StreamConfig = StreamConfig::new(SAMPLE_RATE, 1);

/// Echo cancellation and noise suppression of one call, in frames of 10 ms, 48 kHz, mono.
///
/// What is played goes through [`Voice::played`], what is captured through [`Voice::captured`], each in its order. About
/// a fifth of a millisecond a frame; not for a real-time thread.
#[derive(Debug)]
pub struct Voice {
    processing: AudioProcessing,
}

impl Voice {
    /// What to do; with neither, only what is below 100 Hz or so is taken away.
    pub fn new(echo_cancellation: bool, noise_suppression: bool) -> Self {
        let config = Config {
            pipeline: Pipeline {
                // Else all above 16 kHz would be lost.
                maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
                ..Pipeline::default()
            },
            high_pass_filter: Some(HighPassFilter::default()),
            echo_canceller: echo_cancellation.then(EchoCanceller::default),
            noise_suppression: noise_suppression.then(|| NoiseSuppression {
                level: NoiseSuppressionLevel::High,
                ..NoiseSuppression::default()
            }),
            ..Config::default()
        };
        let processing = AudioProcessing::builder()
            .config(config)
            .capture_config(STREAM)
            .render_config(STREAM)
            .build();
        Self { processing }
    }

    /// These 10 ms are about to be played.
    pub fn played(&mut self, frame: &Frame) {
        let mut unused = [0; FRAME_LEN];
        // It refuses only formats, and this one was named when it was built.
        let _ = self.processing.process_render_i16(frame, &mut unused);
    }

    /// These 10 ms were captured: samples from -1 to 1, changed in place. `delay_ms` is from a frame's
    /// [`Voice::played`] until its echo arrives here, as far as it is known; the canceller finds out itself, and faster
    /// with a good guess.
    pub fn captured(&mut self, samples: &mut [f32; FRAME_LEN], delay_ms: u32) {
        let delay = i32::try_from(delay_ms).unwrap_or(500).min(500);
        let _ = self.processing.set_stream_delay_ms(delay);
        let mut clean = [0.0; FRAME_LEN];
        let processed = self.processing.process_capture_f32(&[&samples[..]], &mut [&mut clean[..]]);
        if processed.is_ok() {
            *samples = clean;
        }
    }

    /// How well it goes.
    pub fn statistics(&self) -> VoiceStatistics {
        let numbers = self.processing.statistics();
        VoiceStatistics {
            echo_return_loss_db: numbers.echo_return_loss.map(|db| db as f32),
            echo_return_loss_enhancement_db: numbers
                .echo_return_loss_enhancement
                .map(|db| db as f32),
            delay_ms: numbers.delay_ms,
        }
    }
}
