//! The forwarding unit: one WebRTC transport per participant, all on one UDP socket, Opus forwarded packet by packet
//! without being decoded.
//!
//! No IO and no clock here: datagrams and time come in, datagrams and events come out. What a packet costs does not
//! grow with the number of participants, only with the number of those who listen to it: senders are found by address,
//! only transports that something happened to are polled, and deadlines are kept sorted.

mod rebase;
mod stun;
mod transport;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;
use str0m::media::Mid;
use str0m::net::DatagramSend;
use str0m::rtp::RtpPacket;
use transport::{Polled, Transport};

pub use transport::OfferError;

/// Names a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransportId(pub u64);

/// What happened to a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SfuEvent {
    /// Its media path is up.
    Connected(TransportId),
    /// It broke and cannot be used any more.
    Broken(TransportId),
}

/// A datagram on its way out.
pub struct Outgoing {
    /// To whom.
    pub to: SocketAddr,
    /// What.
    pub bytes: DatagramSend,
}

/// All transports.
pub struct Sfu {
    local: SocketAddr,
    transports: HashMap<TransportId, Transport>,
    by_address: HashMap<SocketAddr, TransportId>,
    by_ufrag: HashMap<String, TransportId>,
    deadlines: BTreeSet<(Instant, TransportId)>,
    /// Who listens to which section of whom.
    routes: HashMap<(TransportId, Mid), Vec<(TransportId, Mid)>>,
    dirty: VecDeque<TransportId>,
    outgoing: Vec<Outgoing>,
    events: Vec<SfuEvent>,
}

/// Most addresses from which one transport may be reached at a time.
const MAX_ADDRESSES: usize = 16;

impl Sfu {
    /// A unit whose socket is reached at `local`.
    pub fn new(local: SocketAddr) -> Self {
        Self {
            local,
            transports: HashMap::new(),
            by_address: HashMap::new(),
            by_ufrag: HashMap::new(),
            deadlines: BTreeSet::new(),
            routes: HashMap::new(),
            dirty: VecDeque::new(),
            outgoing: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Takes the offer of transport `id`, which is made if it is new, and answers it. The answer is the library's
    /// text: names and unused sections are for the room to write.
    pub fn offer(
        &mut self,
        id: TransportId,
        sdp: &str,
        now: Instant,
    ) -> Result<String, OfferError> {
        let transport = match self.transports.get_mut(&id) {
            Some(transport) => transport,
            None => {
                let transport = Transport::new(self.local, now)?;
                self.transports.entry(id).or_insert(transport)
            }
        };
        let answer = transport.offer(sdp)?;
        // An offer may restart ICE, which gives the transport new credentials.
        let ufrag = transport.ufrag();
        if transport.ufrags.last() != Some(&ufrag) {
            transport.ufrags.push(ufrag.clone());
            self.by_ufrag.insert(ufrag, id);
        }
        self.dirty.push_back(id);
        self.run(now);
        Ok(answer)
    }

    /// Ends a transport and all its routes.
    pub fn remove(&mut self, id: TransportId) {
        let Some(transport) = self.transports.remove(&id) else { return };
        for ufrag in &transport.ufrags {
            self.by_ufrag.remove(ufrag);
        }
        for address in &transport.addresses {
            self.by_address.remove(address);
        }
        if let Some(deadline) = transport.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        self.routes.retain(|(from, _), sinks| {
            sinks.retain(|(to, _)| *to != id);
            *from != id && !sinks.is_empty()
        });
    }

    /// From now on `sink` (a section in which `to` receives) carries what comes in on `source`.
    pub fn route(&mut self, source: (TransportId, Mid), sink: (TransportId, Mid)) {
        self.unroute(sink);
        if let Some(transport) = self.transports.get_mut(&sink.0) {
            transport.change_source(sink.1);
        }
        self.routes.entry(source).or_default().push(sink);
    }

    /// From now on nothing is sent in `sink`.
    pub fn unroute(&mut self, sink: (TransportId, Mid)) {
        self.routes.retain(|_, sinks| {
            sinks.retain(|one| *one != sink);
            !sinks.is_empty()
        });
    }

    /// Takes a datagram from the socket. What belongs to nobody is dropped.
    pub fn receive(&mut self, from: SocketAddr, bytes: &[u8], now: Instant) {
        let by_name = stun::local_ufrag(bytes).and_then(|ufrag| self.by_ufrag.get(ufrag).copied());
        let Some(id) = by_name.or_else(|| self.by_address.get(&from).copied()) else { return };
        let Some(transport) = self.transports.get_mut(&id) else { return };
        if !transport.receive(from, self.local, bytes, now) {
            return;
        }
        if by_name.is_some()
            && !transport.addresses.contains(&from)
            && transport.addresses.len() < MAX_ADDRESSES
        {
            transport.addresses.push(from);
            self.by_address.insert(from, id);
        }
        self.dirty.push_back(id);
        self.run(now);
    }

    /// When [`Sfu::tick`] is next needed.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Does what is due. Early, late and repeated calls do no harm.
    pub fn tick(&mut self, now: Instant) {
        while let Some((at, id)) = self.deadlines.first().copied() {
            if at > now {
                break;
            }
            self.deadlines.pop_first();
            if let Some(transport) = self.transports.get_mut(&id) {
                transport.deadline = None;
                transport.tick(now);
                self.dirty.push_back(id);
            }
        }
        self.run(now);
    }

    /// The datagrams to send now.
    pub fn take_outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    /// What happened since the last call.
    pub fn take_events(&mut self) -> Vec<SfuEvent> {
        std::mem::take(&mut self.events)
    }

    /// Polls every transport to which something happened, until nothing happens any more.
    fn run(&mut self, now: Instant) {
        while let Some(id) = self.dirty.pop_front() {
            let Some(transport) = self.transports.get_mut(&id) else { continue };
            let mut packets: Vec<(Mid, Box<RtpPacket>)> = Vec::new();
            let deadline = loop {
                match transport.poll() {
                    Polled::Send(to, bytes) => self.outgoing.push(Outgoing { to, bytes }),
                    Polled::Packet(mid, packet) => packets.push((mid, packet)),
                    Polled::Connected => self.events.push(SfuEvent::Connected(id)),
                    Polled::Nothing => {}
                    Polled::Broken => {
                        self.events.push(SfuEvent::Broken(id));
                        break None;
                    }
                    Polled::WaitUntil(at) => break Some(at),
                }
            };
            if transport.deadline != deadline {
                if let Some(old) = transport.deadline.take() {
                    self.deadlines.remove(&(old, id));
                }
                if let Some(at) = deadline {
                    transport.deadline = Some(at);
                    self.deadlines.insert((at, id));
                }
            }
            for (mid, packet) in packets {
                self.forward((id, mid), &packet, now);
            }
        }
    }

    fn forward(&mut self, source: (TransportId, Mid), packet: &RtpPacket, now: Instant) {
        let Some(sinks) = self.routes.get(&source) else { return };
        for (to, mid) in sinks {
            if let Some(transport) = self.transports.get_mut(to)
                && transport.write(*mid, packet, now)
                && self.dirty.back() != Some(to)
            {
                self.dirty.push_back(*to);
            }
        }
    }
}
