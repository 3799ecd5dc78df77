//! One received track: jitter buffer and decoder.

use crate::audio::{FRAME_LEN, Frame, SILENCE, level_dbfs};
use crate::jitter::{FixedJitterBuffer, JitterBuffer, Packet, Playout};
use crate::statistics::ReceivedStatistics;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// Longest audio of an Opus packet, in samples: 120 ms.
const MAX_PACKET: usize = 5_760;
/// Above this a frame counts as audible, in dB of full scale.
const AUDIBLE_DBFS: f32 = -60.0;

/// Turns packets into frames of 10 ms. Packets that cannot be decoded are concealed.
pub struct Receiver {
    buffer: Box<dyn JitterBuffer>,
    decoder: Option<opus::Decoder>,
    decoded: VecDeque<i16>,
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
        Self::new(Box::new(FixedJitterBuffer::default()))
    }
}

impl Receiver {
    /// A receiver with the given jitter buffer.
    pub fn new(buffer: Box<dyn JitterBuffer>) -> Self {
        let decoder = opus::Decoder::new(crate::audio::SAMPLE_RATE, opus::Channels::Mono);
        if let Err(error) = &decoder {
            tracing::error!(%error, "no Opus decoder; this track stays silent");
        }
        Self {
            buffer,
            decoder: decoder.ok(),
            decoded: VecDeque::new(),
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
        let Ok(duration) = opus::packet::get_nb_samples(&payload, crate::audio::SAMPLE_RATE) else {
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

    /// The next 10 ms.
    pub fn pop(&mut self, now: Instant) -> Frame {
        while self.decoded.len() < FRAME_LEN {
            let playout = self.buffer.pop(now);
            let step = self.buffer.step() as usize;
            self.decode(&playout, step);
        }
        let mut frame = SILENCE;
        for (to, from) in frame.iter_mut().zip(self.decoded.drain(..FRAME_LEN)) {
            *to = from;
        }
        self.level = level_dbfs(&frame);
        if self.level > AUDIBLE_DBFS {
            self.first_audible.get_or_insert(now);
        }
        frame
    }

    fn decode(&mut self, playout: &Playout, step: usize) {
        let mut samples = [0; MAX_PACKET];
        let step = step.clamp(FRAME_LEN / 4, MAX_PACKET);
        let result = match (&mut self.decoder, playout) {
            (None, _) | (_, Playout::Silence) => Ok(step),
            (Some(decoder), Playout::Frame(payload)) => {
                decoder.decode(payload, &mut samples, false)
            }
            (Some(decoder), Playout::Fec(payload)) => {
                decoder.decode(payload, &mut samples[..step], true)
            }
            (Some(decoder), Playout::Conceal) => decoder.decode(&[], &mut samples[..step], false),
        };
        let len = match result {
            Ok(len) if len > 0 => len.min(MAX_PACKET),
            _ => {
                self.undecodable += 1;
                samples = [0; MAX_PACKET];
                step
            }
        };
        self.decoded.extend(&samples[..len]);
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
            level_dbfs: self.level,
            first_packet: self.first_packet,
            first_audible: self.first_audible,
            ..ReceivedStatistics::default()
        }
    }
}
