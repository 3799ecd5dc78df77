//! How a session goes, in numbers.

use std::time::{Duration, Instant};

/// Numbers of one received track.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReceivedStatistics {
    /// Whose track, as the token of its publisher says.
    pub identity: String,
    /// Which track.
    pub track: String,
    /// Packets received.
    pub packets: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Packets that came after their time.
    pub late: u64,
    /// Lost packets for which a copy in the next one stood in.
    pub fec: u64,
    /// Times that the decoder invented something, because a packet was lost or not here yet.
    pub concealed: u64,
    /// Packets thrown away to get back to the wanted delay.
    pub skipped: u64,
    /// Packets that are no Opus.
    pub undecodable: u64,
    /// Variation of the time that packets take, in milliseconds (RFC 3550).
    pub jitter_ms: f32,
    /// Audio that waits to be decoded, in milliseconds.
    pub buffered_ms: f32,
    /// How much later audio is played than the fastest packets would allow, in milliseconds.
    pub delay_ms: f32,
    /// How much later it is meant to be played, so that nearly all packets are in time, in milliseconds.
    pub target_delay_ms: f32,
    /// Audio that was left out to shorten the delay, in milliseconds.
    pub shortened_ms: u64,
    /// Audio that was played twice to lengthen the delay, in milliseconds.
    pub lengthened_ms: u64,
    /// Audio that the decoder invented, in milliseconds.
    pub concealed_ms: u64,
    /// Level of the last 10 ms, in dB of full scale.
    pub level_dbfs: f32,
    /// When the first packet came.
    pub first_packet: Option<Instant>,
    /// When the first 10 ms above -60 dB of full scale were due to be played.
    pub first_audible: Option<Instant>,
}

/// Numbers of a session.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Statistics {
    /// Packets sent.
    pub packets_sent: u64,
    /// Bytes of audio sent, without headers.
    pub bytes_sent: u64,
    /// Level of the last 10 ms that were read from the source, in dB of full scale.
    pub sent_level_dbfs: f32,
    /// How long a packet takes to the exchange and back, once known.
    pub round_trip: Option<Duration>,
    /// From the start of the join until the media path was up.
    pub connect_time: Duration,
    /// One entry per track that is heard.
    pub received: Vec<ReceivedStatistics>,
}

impl Statistics {
    /// When anything audible was played first.
    pub fn first_audible(&self) -> Option<Instant> {
        self.received.iter().filter_map(|track| track.first_audible).min()
    }
}
