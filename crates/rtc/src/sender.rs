//! The published track: source, encoder, packet times.

use crate::audio::{AudioSource, FRAME_LEN, Frame, SAMPLE_RATE, SILENCE, level_dbfs};

/// Samples of an encoded frame: 20 ms.
const ENCODED_LEN: usize = 2 * FRAME_LEN;
/// Bits per second: wide-band speech with room for in-band FEC.
const BITRATE: i32 = 32_000;
/// The loss the encoder prepares for, in percent. FEC costs bits only as far as this asks for it.
const EXPECTED_LOSS: i32 = 10;
/// Largest encoded frame.
const MAX_ENCODED: usize = 1_275;

/// An encoded 20 ms.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// RTP time, 48 kHz.
    pub time: u32,
    /// The encoded audio.
    pub payload: Vec<u8>,
    /// First after a pause.
    pub marker: bool,
    /// Level of what was encoded, in dB of full scale.
    pub level_dbfs: f32,
}

/// Turns frames of 10 ms into packets of 20 ms.
pub struct Sender {
    encoder: opus::Encoder,
    source: Option<Box<dyn AudioSource>>,
    pub(crate) muted: bool,
    half: Option<Frame>,
    /// RTP time of the next frame. Goes on in pauses, so that a listener's clock stays in step.
    time: u32,
    paused: bool,
    pub(crate) level: f32,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

impl Sender {
    /// A sender without a source, whose first packet would have this RTP time.
    ///
    /// # Errors
    /// There is no memory for the encoder.
    pub fn new(first_time: u32) -> Result<Self, opus::Error> {
        let mut encoder =
            opus::Encoder::new(SAMPLE_RATE, opus::Channels::Mono, opus::Application::Voip)?;
        encoder.set_bitrate(opus::Bitrate::Bits(BITRATE))?;
        encoder.set_signal(opus::Signal::Voice)?;
        encoder.set_inband_fec(true)?;
        encoder.set_packet_loss_perc(EXPECTED_LOSS)?;
        Ok(Self {
            encoder,
            source: None,
            muted: false,
            half: None,
            time: first_time,
            paused: true,
            level: -127.0,
            packets: 0,
            bytes: 0,
        })
    }

    /// Reads from this from now on, or from nothing.
    pub fn set_source(&mut self, source: Option<Box<dyn AudioSource>>) {
        self.source = source;
        self.half = None;
        self.level = -127.0;
    }

    /// 10 ms pass. Returns what the source gave (for whoever keeps a copy) and, every other time, a packet to send.
    pub fn tick(&mut self, held: bool) -> (Frame, Option<Encoded>) {
        let time = self.time;
        self.time = self.time.wrapping_add(FRAME_LEN as u32);
        let mut frame = SILENCE;
        if held || self.source.is_none() {
            self.half = None;
            self.paused = true;
            self.level = -127.0;
            return (SILENCE, None);
        }
        // The source is read while muted too: a microphone's queue must not fill up with what nobody may hear.
        let more = self.source.as_mut().is_some_and(|source| source.read(&mut frame));
        if !more {
            self.source = Some(Box::new(Nothing));
        }
        if self.muted {
            self.half = None;
            self.paused = true;
            self.level = -127.0;
            return (SILENCE, None);
        }
        self.level = level_dbfs(&frame);
        let Some(half) = self.half.take() else {
            self.half = Some(frame);
            return (frame, None);
        };
        let mut whole = [0; ENCODED_LEN];
        whole[..FRAME_LEN].copy_from_slice(&half);
        whole[FRAME_LEN..].copy_from_slice(&frame);
        let encoded = match self.encoder.encode_vec(&whole, MAX_ENCODED) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::warn!(%error, "20 ms could not be encoded");
                return (frame, None);
            }
        };
        let marker = std::mem::replace(&mut self.paused, false);
        self.packets += 1;
        self.bytes += encoded.len() as u64;
        let level_dbfs = level_dbfs(&whole);
        let time = time.wrapping_sub(FRAME_LEN as u32);
        (frame, Some(Encoded { time, payload: encoded, marker, level_dbfs }))
    }
}

/// A source that has come to its end: silence, so that the track stays.
struct Nothing;

impl AudioSource for Nothing {
    fn read(&mut self, frame: &mut Frame) -> bool {
        *frame = SILENCE;
        true
    }
}
