//! One participant's WebRTC transport.

use super::rebase::Rebase;
use hookswitch_platform::signal::sdp::{self, SdpError};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;
use str0m::change::SdpOffer;
use str0m::format::Codec;
use str0m::media::{Mid, Pt};
use str0m::net::{DatagramSend, Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

/// Why an offer is refused. The transport stays as it was, if it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Refused before the library saw it.
    #[error(transparent)]
    Text(#[from] SdpError),
    /// The library cannot read or accept it.
    #[error("the offer cannot be accepted. Offer bundled Opus audio with ICE and DTLS.")]
    NotAcceptable,
    /// The exchange's own address cannot be offered.
    #[error("the exchange has no usable media address. Start it with `--advertise ADDRESS`.")]
    NoAddress,
}

/// What polling a transport gave.
pub(super) enum Polled {
    Send(SocketAddr, DatagramSend),
    Packet(Mid, Box<RtpPacket>),
    Connected,
    Nothing,
    Broken,
    WaitUntil(Instant),
}

pub(super) struct Transport {
    rtc: Rtc,
    opus: Option<Pt>,
    rebases: HashMap<Mid, Rebase>,
    /// All ICE user fragments this transport ever had; the last one is in use.
    pub(super) ufrags: Vec<String>,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) deadline: Option<Instant>,
    broken: bool,
}

impl Transport {
    pub(super) fn new(local: SocketAddr, now: Instant) -> Result<Self, OfferError> {
        // RED stays off: every frame would be sent twice, and encrypted frames cannot be wrapped in it. One video codec
        // is on although no video is forwarded: browsers lose transceivers whose section is rejected.
        let mut rtc = RtcConfig::new()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        let candidate = Candidate::host(local, "udp").map_err(|_| OfferError::NoAddress)?;
        rtc.add_local_candidate(candidate).ok_or(OfferError::NoAddress)?;
        Ok(Self {
            rtc,
            opus: None,
            rebases: HashMap::new(),
            ufrags: Vec::new(),
            addresses: Vec::new(),
            deadline: None,
            broken: false,
        })
    }

    pub(super) fn offer(&mut self, text: &str) -> Result<String, OfferError> {
        sdp::sections(text)?;
        let text = sdp::without_candidates(text);
        let offer = SdpOffer::from_sdp_string(&text).map_err(|_| OfferError::NotAcceptable)?;
        let answer =
            self.rtc.sdp_api().accept_offer(offer).map_err(|_| OfferError::NotAcceptable)?;
        self.opus =
            self.rtc.codec_config().iter().find(|p| p.spec().codec == Codec::Opus).map(|p| p.pt());
        Ok(answer.to_sdp_string())
    }

    pub(super) fn ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Whether the datagram was taken.
    pub(super) fn receive(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) -> bool {
        let Ok(received) = Receive::new(Protocol::Udp, from, to, bytes) else { return false };
        let input = Input::Receive(now, received);
        if !self.rtc.accepts(&input) {
            return false;
        }
        self.handle(input);
        true
    }

    pub(super) fn tick(&mut self, now: Instant) {
        self.handle(Input::Timeout(now));
    }

    fn handle(&mut self, input: Input) {
        if let Err(error) = self.rtc.handle_input(input) {
            // One malformed packet must not end a call: the library says when it cannot go on.
            tracing::debug!(%error, "a transport did not take an input");
        }
    }

    pub(super) fn poll(&mut self) -> Polled {
        if self.broken {
            return Polled::Broken;
        }
        if !self.rtc.is_alive() {
            self.broken = true;
            return Polled::Broken;
        }
        match self.rtc.poll_output() {
            Ok(Output::Timeout(at)) => Polled::WaitUntil(at),
            Ok(Output::Transmit(out)) => Polled::Send(out.destination, out.contents),
            Ok(Output::Event(Event::Connected)) => Polled::Connected,
            Ok(Output::Event(Event::RtpPacket(packet))) => self.incoming(packet),
            Ok(Output::Event(_)) => Polled::Nothing,
            Err(error) => {
                tracing::debug!(%error, "a transport broke");
                self.broken = true;
                Polled::Broken
            }
        }
    }

    fn incoming(&mut self, packet: RtpPacket) -> Polled {
        if Some(packet.header.payload_type) != self.opus {
            return Polled::Nothing;
        }
        match self.rtc.direct_api().stream_rx(&packet.header.ssrc) {
            Some(stream) => Polled::Packet(stream.mid(), Box::new(packet)),
            None => Polled::Nothing,
        }
    }

    pub(super) fn change_source(&mut self, mid: Mid) {
        self.rebases.entry(mid).or_default().change_source();
    }

    /// Sends another participant's packet in section `mid`; false if it cannot be sent.
    pub(super) fn write(&mut self, mid: Mid, packet: &RtpPacket, now: Instant) -> bool {
        let Some(pt) = self.opus else { return false };
        let rebase = self.rebases.entry(mid).or_default();
        let Some((seq, time)) = rebase.map(*packet.seq_no, packet.header.timestamp, now) else {
            return false;
        };
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(mid, None) else { return false };
        let levels = ExtensionValues {
            audio_level: packet.header.ext_vals.audio_level,
            voice_activity: packet.header.ext_vals.voice_activity,
            ..ExtensionValues::default()
        };
        let write = RtpWrite::new(pt, seq.into(), time, now, packet.payload.clone())
            .marker(packet.header.marker)
            .ext_vals(levels);
        stream.write_rtp(write);
        true
    }
}
