//! Offers and datagrams of somebody hostile.

use super::{Sfu, TransportId};
use proptest::prelude::*;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Instant;
use str0m::media::{Direction, MediaKind};
use str0m::{Candidate, RtcConfig};

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7))
}

/// A true offer with sections for sending, listening and data.
fn offer() -> &'static str {
    static OFFER: OnceLock<String> = OnceLock::new();
    OFFER.get_or_init(|| {
        let mut rtc = RtcConfig::new().build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local(), "udp").unwrap());
        let mut changes = rtc.sdp_api();
        changes.add_media(
            MediaKind::Audio,
            Direction::SendOnly,
            None,
            Some("cid".to_owned()),
            None,
        );
        changes.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        changes.add_channel("data".to_owned());
        changes.apply().unwrap().0.to_sdp_string()
    })
}

#[test]
fn a_true_offer_is_answered_without_rejecting_a_section() {
    let mut sfu = Sfu::new(local());
    let answer = sfu.offer(TransportId(1), offer(), Instant::now()).unwrap();
    assert_eq!(answer.matches("\r\nm=").count(), 4);
    assert!(answer.contains("a=ice-lite") && answer.contains("127.0.0.1 7 typ host"));
    assert!(!answer.contains("m=audio 0") && !answer.contains("m=video 0"), "{answer}");
    assert!(!answer.contains("red/48000"), "RED stays off");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Lines left out, doubled, swapped or bent: accepted or refused, never a panic, and the next true offer of
    /// somebody else is answered.
    #[test]
    fn a_bent_offer_hurts_nobody(edits in proptest::collection::vec((0..4_u8, 0..200_usize, 0..200_usize, any::<u8>()), 1..6)) {
        let mut lines: Vec<String> = offer().lines().map(str::to_owned).collect();
        for (edit, at, other, byte) in edits {
            let (at, other) = (at % lines.len(), other % lines.len());
            match edit {
                0 if lines.len() > 1 => drop(lines.remove(at)),
                1 => lines.insert(other, lines[at].clone()),
                2 => lines.swap(at, other),
                _ => {
                    let mut bytes = lines[at].clone().into_bytes();
                    if !bytes.is_empty() {
                        let index = other % bytes.len();
                        bytes[index] = byte & 0x7f;
                    }
                    lines[at] = String::from_utf8(bytes).unwrap_or_default();
                }
            }
        }
        let now = Instant::now();
        let mut sfu = Sfu::new(local());
        let bent = lines.join("\r\n") + "\r\n";
        let _ = sfu.offer(TransportId(1), &bent, now);
        let _ = sfu.offer(TransportId(1), offer(), now);
        sfu.tick(now);
        prop_assert!(sfu.offer(TransportId(2), offer(), now).is_ok());
    }

    #[test]
    fn noise_on_the_socket_is_dropped(datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..20)) {
        let now = Instant::now();
        let mut sfu = Sfu::new(local());
        sfu.offer(TransportId(1), offer(), now).unwrap();
        sfu.take_outgoing();
        for bytes in datagrams {
            sfu.receive(SocketAddr::from(([127, 0, 0, 1], 9)), &bytes, now);
        }
        prop_assert!(sfu.take_outgoing().is_empty(), "strangers get no answer");
    }
}
