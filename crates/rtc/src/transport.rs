//! The WebRTC side of a participant, without IO: offers and answers, packets in and out.

use crate::sender::Encoded;
use hookswitch_platform::signal::proto::SessionDescription;
use hookswitch_platform::signal::sdp::{self, SectionKind};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{DatagramSend, Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

/// Sections offered for listening at the start; the room asks for more when they do not do.
const FIRST_SECTIONS: usize = 3;
/// Most sections for listening.
const MAX_SECTIONS: usize = 100;

/// What polling gave.
pub(crate) enum Polled {
    Send(SocketAddr, DatagramSend),
    Connected,
    Packet { mid: Mid, seq: u64, time: u32, payload: Arc<[u8]>, arrival: Instant },
    RoundTrip(Duration),
    Nothing,
    Broken,
    WaitUntil(Instant),
}

/// What the room sends in a section, by participant and track sid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub participant: String,
    pub track: String,
}

pub(crate) struct Transport {
    rtc: Rtc,
    local: SocketAddr,
    publishing: Option<Mid>,
    /// Client id of the track to publish.
    track: Option<String>,
    listening: Vec<Mid>,
    pending: Option<(u32, SdpPendingOffer)>,
    next_offer: u32,
    /// Another offer is wanted after the one under way.
    again: bool,
    more_sections: usize,
    seq: u64,
}

impl Transport {
    pub(crate) fn new(local: SocketAddr) -> Option<Self> {
        let mut rtc = RtcConfig::new()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .set_stats_interval(Some(Duration::from_secs(1)))
            .build(Instant::now());
        let candidate = Candidate::host(local, "udp").ok()?;
        rtc.add_local_candidate(candidate)?;
        Some(Self {
            rtc,
            local,
            publishing: None,
            track: None,
            listening: Vec::new(),
            pending: None,
            next_offer: 1,
            again: false,
            more_sections: FIRST_SECTIONS,
            seq: 1_000,
        })
    }

    /// A new offer of everything that is wanted, or `None` while one is under way; then another follows its answer.
    pub(crate) fn offer(&mut self, restart_ice: bool) -> Option<SessionDescription> {
        if self.pending.is_some() && !restart_ice {
            self.again = true;
            return None;
        }
        let mut changes = self.rtc.sdp_api();
        for mid in &self.listening {
            // An answer of `inactive` made the section inactive on our side too. The way over `Inactive` makes an offer
            // necessary in the library's eyes, even if nothing else changed.
            changes.set_direction(*mid, Direction::Inactive);
            changes.set_direction(*mid, Direction::RecvOnly);
        }
        for _ in 0..std::mem::take(&mut self.more_sections) {
            self.listening.push(changes.add_media(
                MediaKind::Audio,
                Direction::RecvOnly,
                None,
                None,
                None,
            ));
        }
        match (self.publishing, &self.track) {
            (Some(mid), Some(_)) => changes.set_direction(mid, Direction::SendOnly),
            (Some(mid), None) => changes.set_direction(mid, Direction::Inactive),
            (None, Some(cid)) => {
                let (stream, track) = (Some("hookswitch".to_owned()), Some(cid.clone()));
                let mid =
                    changes.add_media(MediaKind::Audio, Direction::SendOnly, stream, track, None);
                self.publishing = Some(mid);
            }
            (None, None) => {}
        }
        if restart_ice {
            changes.ice_restart(true);
        }
        let (offer, pending) = changes.apply()?;
        let id = self.next_offer;
        self.next_offer += 1;
        self.pending = Some((id, pending));
        Some(SessionDescription {
            r#type: "offer".to_owned(),
            sdp: offer.to_sdp_string(),
            id,
            ..<_>::default()
        })
    }

    /// The next offer will have this many more sections for listening.
    pub(crate) fn add_sections(&mut self, count: usize) {
        self.more_sections = count.min(MAX_SECTIONS.saturating_sub(self.listening.len()));
    }

    /// The next offer publishes a track of this client id, or none.
    pub(crate) fn set_track(&mut self, cid: Option<&str>) {
        self.track = cid.map(str::to_owned);
    }

    /// Whether an offer is under way.
    pub(crate) fn is_negotiating(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether another offer was wanted meanwhile.
    pub(crate) fn take_again(&mut self) -> bool {
        std::mem::take(&mut self.again)
    }

    /// Takes an answer and says what is heard in which section from now on. `Ok(None)`: an old answer, of no use.
    pub(crate) fn answer(
        &mut self,
        answer: &SessionDescription,
    ) -> Result<Option<BTreeMap<Mid, Heard>>, &'static str> {
        let Some((id, pending)) = self.pending.take() else { return Ok(None) };
        // Servers that do not know the id send 0.
        if answer.id != 0 && answer.id != id {
            self.pending = Some((id, pending));
            return Ok(None);
        }
        let sections = sdp::sections(&answer.sdp).map_err(|_| "its answer is malformed")?;
        let parsed =
            SdpAnswer::from_sdp_string(&answer.sdp).map_err(|_| "its answer cannot be read")?;
        self.rtc
            .sdp_api()
            .accept_answer(pending, parsed)
            .map_err(|_| "its answer does not fit our offer")?;
        let mut heard = BTreeMap::new();
        for section in
            sections.iter().filter(|s| s.kind == SectionKind::Audio && s.direction.sends())
        {
            let names = section.msid.as_ref().and_then(|(stream, _)| sdp::stream_names(stream));
            if let Some((participant, track)) = names {
                let heard_here =
                    Heard { participant: participant.to_owned(), track: track.to_owned() };
                heard.insert(Mid::from(section.mid.as_str()), heard_here);
            }
        }
        Ok(Some(heard))
    }

    /// The server says where else it can be reached.
    pub(crate) fn add_remote_candidate(&mut self, candidate_init: &str) {
        #[derive(serde::Deserialize)]
        struct CandidateInit {
            candidate: String,
        }
        let parsed = serde_json::from_str::<CandidateInit>(candidate_init).ok();
        if let Some(candidate) =
            parsed.and_then(|init| Candidate::from_sdp_string(&init.candidate).ok())
        {
            self.rtc.add_remote_candidate(candidate);
        }
    }

    /// Takes a datagram.
    pub(crate) fn receive(&mut self, from: SocketAddr, bytes: &[u8], now: Instant) {
        let Ok(received) = Receive::new(Protocol::Udp, from, self.local, bytes) else { return };
        let input = Input::Receive(now, received);
        if self.rtc.accepts(&input) {
            self.handle(input);
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.handle(Input::Timeout(now));
    }

    fn handle(&mut self, input: Input) {
        if let Err(error) = self.rtc.handle_input(input) {
            tracing::debug!(%error, "the transport did not take an input");
        }
    }

    /// Sends 20 ms of audio, if there is a section for it.
    pub(crate) fn send(&mut self, encoded: Encoded, now: Instant) {
        let Some(mid) = self.publishing else { return };
        let opus = self.rtc.codec_config().iter().find(|params| params.spec().codec == Codec::Opus);
        let Some(pt) = opus.map(|params| params.pt()) else { return };
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(mid, None) else { return };
        let levels = ExtensionValues {
            audio_level: Some(encoded.level_dbfs.clamp(-127.0, 0.0) as i8),
            voice_activity: Some(encoded.level_dbfs > -50.0),
            ..ExtensionValues::default()
        };
        let seq = self.seq;
        self.seq += 1;
        stream.write_rtp(
            RtpWrite::new(pt, seq.into(), encoded.time, now, encoded.payload)
                .marker(encoded.marker)
                .ext_vals(levels),
        );
    }

    pub(crate) fn poll(&mut self) -> Polled {
        if !self.rtc.is_alive() {
            return Polled::Broken;
        }
        match self.rtc.poll_output() {
            Ok(Output::Timeout(at)) => Polled::WaitUntil(at),
            Ok(Output::Transmit(out)) => Polled::Send(out.destination, out.contents),
            Ok(Output::Event(Event::Connected)) => Polled::Connected,
            Ok(Output::Event(Event::PeerStats(stats))) => match stats.rtt {
                Some(rtt) => Polled::RoundTrip(rtt),
                None => Polled::Nothing,
            },
            Ok(Output::Event(Event::RtpPacket(packet))) => {
                match self.rtc.direct_api().stream_rx(&packet.header.ssrc) {
                    Some(stream) => Polled::Packet {
                        mid: stream.mid(),
                        seq: *packet.seq_no,
                        time: packet.header.timestamp,
                        payload: packet.payload,
                        arrival: packet.timestamp,
                    },
                    None => Polled::Nothing,
                }
            }
            Ok(Output::Event(_)) => Polled::Nothing,
            Err(error) => {
                tracing::debug!(%error, "the transport broke");
                Polled::Broken
            }
        }
    }
}
