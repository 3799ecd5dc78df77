//! The jitter buffer: packets in when they arrive, audio out when it is due.

mod adaptive;
mod arrivals;
mod fixed;
mod sequence;

pub use adaptive::AdaptiveJitterBuffer;
pub use fixed::FixedJitterBuffer;

use std::sync::Arc;
use std::time::Instant;

/// A packet of encoded audio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Extended sequence number.
    pub seq: u64,
    /// RTP time, 48 kHz.
    pub time: u32,
    /// How much audio it holds, in samples.
    pub duration: u32,
    /// The encoded audio.
    pub payload: Arc<[u8]>,
}

/// What to play next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Playout {
    /// Decode this.
    Frame(Arc<[u8]>),
    /// The packet is lost, but this one, the next, holds a copy of it (Opus in-band FEC).
    Fec(Arc<[u8]>),
    /// The packet is lost, or not here yet: let the decoder invent something.
    Conceal,
    /// Nothing was sent, or playing has not begun.
    Silence,
}

/// Whether decoded audio is to be played in more or less time than it took to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// As it was said.
    Keep,
    /// Faster: more audio waits than has to.
    Shorten {
        /// Far too much of it: audible haste is better.
        urgent: bool,
    },
    /// Slower: packets come too late for the delay there is.
    Lengthen {
        /// Much too late: an audible drawl is better than gaps.
        urgent: bool,
    },
}

/// What became of the packets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JitterCounts {
    /// Packets that came, duplicates not counted.
    pub received: u64,
    /// Packets that never came, as far as sequence numbers show.
    pub lost: u64,
    /// Packets that came after their time.
    pub late: u64,
    /// Times that FEC stood in.
    pub fec: u64,
    /// Times that concealment stood in.
    pub concealed: u64,
    /// Packets thrown away to get back to the wanted delay.
    pub skipped: u64,
}

/// Orders packets and decides what is played when. One per received track.
///
/// The clock is the listener's: whoever asks passes the moment at which the answer is due, in steps that follow each
/// other. Moments may lie a little before those at which packets arrived.
pub trait JitterBuffer: Send {
    /// A packet arrived.
    fn push(&mut self, packet: Packet, arrival: Instant);
    /// What to play now. Whoever asks plays the answer for as long as it is, or [`JitterBuffer::step`] says, and asks
    /// again.
    fn pop(&mut self, now: Instant) -> Playout;
    /// How much audio the last answer stands for if it was no frame, in samples.
    fn step(&self) -> u32;
    /// What became of the packets so far.
    fn counts(&self) -> JitterCounts;
    /// How much audio waits, in samples.
    fn depth(&self) -> u32;
    /// How much later than it could have been audio is played now, in samples.
    fn delay(&self) -> u32;
    /// How much later it is meant to be, in samples.
    fn target(&self) -> u32;
    /// Asked after each frame: how to play the `queued` samples that are decoded and not yet played.
    fn stretch(&mut self, _now: Instant, _queued: u32) -> Stretch {
        Stretch::Keep
    }
}
