//! One received track: jitter buffer, decoder, playback.

use crate::audio::{FRAME_LEN, Frame, SAMPLE_RATE, level_dbfs};
use crate::jitter::{AdaptiveJitterBuffer, JitterBuffer, Packet, Playout};
use crate::playback::Playback;
use crate::statistics::ReceivedStatistics;
use std::sync::Arc;
use std::time::Instant;

/// Longest audio of an Opus packet, in samples: 120 ms.
const MAX_PACKET: usize = 5_760;
/// What the decoder can invent is a multiple of this, in samples: 2.5 ms.
const GRAIN: usize = 120;
/// What it invents is played as it is for so long, in samples: 40 ms.
const BELIEVED: usize = 1_920;
/// And is gone after so long: 120 ms.
const GONE: usize = 5_760;
/// Above this a frame counts as audible, in dB of full scale.
const AUDIBLE_DBFS: f32 = -60.0;

/// Turns packets into frames of 10 ms, one each time it is asked, whatever arrived. Packets that cannot be decoded are
/// concealed.
pub struct Receiver {
    buffer: Box<dyn JitterBuffer>,
    decoder: Option<opus::Decoder>,
    playback: Playback,
    /// Samples invented in a row, and ever.
    invented: (usize, u64),
    undecodable: u64,
    level: f32,
    first_packet: Option<Instant>,
    first_audible: Option<Instant>,
    /// Arrival and RTP time of the last packet, and the jitter so far, in samples (RFC 3550).
    arrival: Option<(Instant, u32)>,
    jitter: f64,
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new(Box::new(AdaptiveJitterBuffer::default()))
    }
}

impl Receiver {
    /// A receiver with the given jitter buffer.
    pub fn new(buffer: Box<dyn JitterBuffer>) -> Self {
        let decoder = opus::Decoder::new(SAMPLE_RATE, opus::Channels::Mono);
        if let Err(error) = &decoder {
            tracing::error!(%error, "no Opus decoder; this track stays silent");
        }
        Self {
            buffer,
            decoder: decoder.ok(),
            playback: Playback::default(),
            invented: (0, 0),
            undecodable: 0,
            level: -127.0,
            first_packet: None,
            first_audible: None,
            arrival: None,
            jitter: 0.0,
        }
    }

    /// A packet arrived.
    pub fn push(&mut self, seq: u64, time: u32, payload: Arc<[u8]>, arrival: Instant) {
        let Some(duration) = duration(&payload) else {
            self.undecodable += 1;
            return;
        };
        self.first_packet.get_or_insert(arrival);
        if let Some((last, last_time)) = self.arrival {
            let elapsed = arrival.saturating_duration_since(last).as_secs_f64() * 48_000.0;
            let sent = f64::from(time.wrapping_sub(last_time) as i32);
            // A pause of the sender is no jitter of the network.
            if sent.abs() < 48_000.0 {
                self.jitter += ((elapsed - sent).abs() - self.jitter) / 16.0;
            }
        }
        self.arrival = Some((arrival, time));
        self.buffer.push(Packet { seq, time, duration: duration as u32, payload }, arrival);
    }

    /// The next 10 ms, due at `now`: 10 ms after those before.
    pub fn pop(&mut self, now: Instant) -> Frame {
        while self.playback.queued() < FRAME_LEN {
            let playout = self.buffer.pop(now);
            let step = (self.buffer.step() as usize).clamp(1, MAX_PACKET);
            self.play(&playout, step);
            if let Playout::Frame(_) = playout {
                let stretch = self.buffer.stretch(now, self.playback.queued() as u32);
                self.playback.stretch(stretch);
            }
        }
        let frame = self.playback.take();
        self.level = level_dbfs(&frame);
        if self.level > AUDIBLE_DBFS {
            self.first_audible.get_or_insert(now);
        }
        frame
    }

    fn play(&mut self, playout: &Playout, step: usize) {
        match playout {
            Playout::Frame(payload) => match self.decode(payload, MAX_PACKET, false) {
                Some(block) => self.speech(&block),
                None => {
                    self.undecodable += 1;
                    self.invent(duration(payload).unwrap_or(2 * FRAME_LEN));
                }
            },
            // Exactly as long as the packet that is lost: the copy is of its end.
            Playout::Fec(payload) => match self.decode(payload, step.next_multiple_of(GRAIN), true)
            {
                Some(block) => self.speech(&block[..step.min(block.len())]),
                None => {
                    self.undecodable += 1;
                    self.invent(step);
                }
            },
            Playout::Conceal => self.invent(step),
            Playout::Silence if self.playback.is_faded() => self.playback.silence(step),
            Playout::Silence => {
                // The voice goes out instead of being cut off.
                self.invented.0 = GONE;
                self.invent(step);
            }
        }
    }

    fn speech(&mut self, block: &[i16]) {
        self.invented.0 = 0;
        self.playback.speech(block);
    }

    fn invent(&mut self, len: usize) {
        self.invented.0 += len;
        self.invented.1 += len as u64;
        if self.playback.is_faded() && self.invented.0 >= GONE {
            self.playback.silence(len);
            return;
        }
        let doubt = self.invented.0.saturating_sub(BELIEVED) as f32;
        let gain = (1.0 - doubt / (GONE - BELIEVED) as f32).max(0.0);
        match self.decode(&[], len.next_multiple_of(GRAIN), false) {
            Some(block) => self.playback.invented(&block[..len.min(block.len())], gain),
            None => self.playback.silence(len),
        }
    }

    /// `None`: there is no decoder, or it cannot. Without a payload it invents.
    fn decode(&mut self, payload: &[u8], len: usize, fec: bool) -> Option<Vec<i16>> {
        let mut samples = vec![0; len.min(MAX_PACKET)];
        let decoded = self.decoder.as_mut()?.decode(payload, &mut samples, fec).ok()?;
        samples.truncate(decoded);
        (decoded > 0).then_some(samples)
    }

    /// What became of the track's packets.
    pub fn statistics(&self) -> ReceivedStatistics {
        let counts = self.buffer.counts();
        ReceivedStatistics {
            packets: counts.received,
            lost: counts.lost,
            late: counts.late,
            fec: counts.fec,
            concealed: counts.concealed,
            skipped: counts.skipped,
            undecodable: self.undecodable,
            jitter_ms: (self.jitter / 48.0) as f32,
            buffered_ms: self.buffer.depth() as f32 / 48.0,
            delay_ms: self.buffer.delay() as f32 / 48.0,
            target_delay_ms: self.buffer.target() as f32 / 48.0,
            shortened_ms: self.playback.shortened() / 48,
            lengthened_ms: self.playback.lengthened() / 48,
            concealed_ms: self.invented.1 / 48,
            level_dbfs: self.level,
            first_packet: self.first_packet,
            first_audible: self.first_audible,
            ..ReceivedStatistics::default()
        }
    }
}

/// How much audio an Opus packet holds, in samples.
fn duration(payload: &[u8]) -> Option<usize> {
    opus::packet::get_nb_samples(payload, SAMPLE_RATE).ok().filter(|samples| *samples <= MAX_PACKET)
}
