use super::news::{RingNews, Unavailable};
use super::score::Wanted;
use super::voice::Shared;
use super::{graph, pulse};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// The sound server that the voice is heard through, and everything that it has there.
pub(super) enum Server {
    PipeWire(graph::Graph),
    /// Where PipeWire does not run, or is there for pictures only.
    PulseAudio(pulse::Graph),
}

impl Server {
    pub fn connect(shared: &Shared) -> Result<Self, Unavailable> {
        match graph::Graph::connect(shared) {
            Ok(graph) => Ok(Self::PipeWire(graph)),
            // Whoever says which PipeWire means it.
            Err(why) if shared.server.is_some() => Err(why),
            Err(Unavailable::NoServer) => pulse::Graph::connect().map(Self::PulseAudio),
            Err(why) => pulse::Graph::connect().map(Self::PulseAudio).map_err(|_| why),
        }
    }

    /// Whether it is PipeWire without any output.
    pub fn is_mute(&self) -> bool {
        matches!(self, Self::PipeWire(graph) if graph.is_mute())
    }

    /// The other server, if it is there.
    pub fn instead(&self, shared: &Shared) -> Option<Self> {
        let may_be = shared.server.is_none() && crate::pulse::server_is_there();
        may_be.then(|| pulse::Graph::connect().ok().map(Self::PulseAudio)).flatten()
    }

    /// What wakes [`wait`](Self::wait) when it is written to.
    pub fn waker(&mut self) -> Option<UnixStream> {
        match self {
            Self::PipeWire(graph) => graph.waker(),
            Self::PulseAudio(graph) => graph.waker(),
        }
    }

    /// Wait until something happens, at most this long. False: the connection is lost.
    pub fn wait(&mut self, at_most: Option<Duration>) -> bool {
        match self {
            Self::PipeWire(graph) => graph.wait(at_most),
            Self::PulseAudio(graph) => graph.wait(at_most),
        }
    }

    /// Have exactly this heard from now on.
    pub fn sound(&mut self, wanted: &[Wanted], events: &UnboundedSender<RingNews>) {
        match self {
            Self::PipeWire(graph) => graph.sound(wanted, events),
            Self::PulseAudio(graph) => graph.sound(wanted, events),
        }
    }

    /// Whether there is no stream any more.
    pub fn is_quiet(&self) -> bool {
        match self {
            Self::PipeWire(graph) => graph.is_quiet(),
            Self::PulseAudio(graph) => graph.is_quiet(),
        }
    }

    /// When an output can go.
    pub fn next_deadline(&self) -> Option<Instant> {
        match self {
            Self::PipeWire(graph) => graph.next_deadline(),
            Self::PulseAudio(graph) => graph.next_deadline(),
        }
    }
}
