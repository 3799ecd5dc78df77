//! A track that is heard.

use crate::audio::Frame;
use crate::impair::Network;
use crate::jitter::AdaptiveJitterBuffer;
use crate::receiver::Receiver;
use crate::session::Options;
use crate::statistics::ReceivedStatistics;
use crate::transport::Heard;
use std::sync::Arc;
use std::time::Instant;

/// Sequence number, RTP time and payload of a packet.
type Arrived = (u64, u32, Arc<[u8]>);

/// Whose track it is, and what becomes of its packets.
pub(super) struct HeardTrack {
    pub(super) heard: Heard,
    pub(super) identity: String,
    receiver: Receiver,
    /// For measurements: what its packets go through first.
    network: Option<Network<Arrived>>,
}

impl HeardTrack {
    pub(super) fn new(heard: Heard, identity: String, options: &Options) -> Self {
        let buffer = AdaptiveJitterBuffer::new(options.jitter_delay);
        Self {
            heard,
            identity,
            receiver: Receiver::new(Box::new(buffer)),
            network: options.impairment.clone().map(Network::new),
        }
    }

    /// A packet arrived.
    pub(super) fn push(&mut self, seq: u64, time: u32, payload: Arc<[u8]>, arrival: Instant) {
        match &mut self.network {
            Some(network) => network.send((seq, time, payload), arrival),
            None => self.receiver.push(seq, time, payload, arrival),
        }
    }

    /// The 10 ms that are due.
    pub(super) fn pop(&mut self, due: Instant) -> Frame {
        while let Some(((seq, time, payload), arrival)) =
            self.network.as_mut().and_then(|network| network.receive(due))
        {
            self.receiver.push(seq, time, payload, arrival);
        }
        self.receiver.pop(due)
    }

    pub(super) fn statistics(&self) -> ReceivedStatistics {
        ReceivedStatistics {
            identity: self.identity.clone(),
            track: self.heard.track.clone(),
            ..self.receiver.statistics()
        }
    }
}
