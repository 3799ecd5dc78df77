//! Room signalling: join requests, protobuf and SDP, also when they come from somebody hostile.

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};
use hookswitch_platform::signal::join_request::{
    self, JoinRequestError, MAX_TEXT_LEN, MAX_UNPACKED_LEN,
};
use hookswitch_platform::signal::proto::{
    self, JoinRequest, SessionDescription, WrappedJoinRequest,
};
use hookswitch_platform::signal::sdp::{self, Rewrite, SdpError, SectionDirection, SectionKind};
use hookswitch_platform::signal::{self, MAX_MESSAGE_LEN, SignalError};
use proptest::prelude::*;
use prost::Message;
use std::io::Write;

fn wrapped(compression: i32, join_request: Vec<u8>) -> String {
    URL_SAFE_NO_PAD.encode(WrappedJoinRequest { compression, join_request }.encode_to_vec())
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn request() -> JoinRequest {
    JoinRequest {
        participant_sid: "PA_1".into(),
        reconnect: true,
        publisher_offer: Some(SessionDescription {
            r#type: "offer".into(),
            sdp: "v=0\r\n".repeat(99),
            ..<_>::default()
        }),
        ..<_>::default()
    }
}

#[test]
fn a_join_request_survives_the_way() {
    assert_eq!(join_request::decode(&join_request::encode(&request())), Ok(request()));
    assert_eq!(join_request::decode(&wrapped(0, request().encode_to_vec())), Ok(request()));
    let padded = URL_SAFE
        .encode(WrappedJoinRequest { compression: 0, join_request: vec![] }.encode_to_vec());
    assert_eq!(join_request::decode(&padded), Ok(JoinRequest::default()));
}

#[test]
fn a_bad_join_request_is_refused_by_cause() {
    let bomb = gzip(&vec![0; MAX_UNPACKED_LEN * 40]);
    assert!(bomb.len() < 16 * 1024, "the bomb is small on the wire");
    let mut broken = gzip(&request().encode_to_vec());
    let middle = broken.len() / 2;
    broken.truncate(middle);
    let rows = [
        ("not base64", "%%%".to_owned(), JoinRequestError::NotBase64),
        ("too long", "A".repeat(MAX_TEXT_LEN + 1), JoinRequestError::TooLong),
        ("not protobuf", URL_SAFE_NO_PAD.encode([0xff; 9]), JoinRequestError::NotProtobuf),
        ("not protobuf inside", wrapped(0, vec![0xff; 9]), JoinRequestError::NotProtobuf),
        ("unknown packing", wrapped(7, vec![]), JoinRequestError::UnknownCompression),
        ("broken gzip", wrapped(1, broken), JoinRequestError::BadGzip),
        ("no gzip", wrapped(1, vec![1, 2, 3]), JoinRequestError::BadGzip),
        ("bomb", wrapped(1, bomb), JoinRequestError::UnpacksTooLarge),
        (
            "one byte too many",
            wrapped(1, gzip(&vec![0; MAX_UNPACKED_LEN + 1])),
            JoinRequestError::UnpacksTooLarge,
        ),
    ];
    for (name, text, refusal) in rows {
        assert_eq!(join_request::decode(&text), Err(refusal), "{name}");
    }
}

#[test]
fn a_bad_message_is_refused_and_an_unknown_one_ignored() {
    assert_eq!(signal::decode_request(&[0xff; 12]), Err(SignalError::Malformed));
    let large = vec![0; MAX_MESSAGE_LEN + 1];
    assert_eq!(signal::decode_request(&large), Err(SignalError::TooLarge { len: large.len() }));
    // Field 200, a string: of a version to come.
    assert_eq!(signal::decode_response(&[0xc2, 0x0c, 1, b'x']), Ok(None));
    let ping = proto::Request::PingReq(proto::Ping { timestamp: 7, rtt: 1 });
    assert_eq!(signal::decode_request(&signal::encode_request(ping.clone())), Ok(Some(ping)));
}

const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=recvonly\r\na=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=sendonly\r\na=msid:- cid\r\na=ssrc:7 cname:x\r\na=ssrc:7 msid:- cid\r\n\
    m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";

#[test]
fn sections_are_found() {
    let found = sdp::sections(OFFER).unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(
        (found[0].kind, found[0].direction),
        (SectionKind::Audio, SectionDirection::RecvOnly)
    );
    assert_eq!(found[1].msid, Some(("-".into(), "cid".into())));
    assert!(found[1].direction.sends() && !found[1].direction.receives());
    assert!(found[2].rejected && found[2].kind == SectionKind::Data);
}

#[test]
fn an_answer_gets_names_and_stays_the_same_elsewhere() {
    let changed = sdp::rewrite_answer(OFFER, |mid| match mid {
        "1" => Rewrite::Named { stream: "PA_a|TR_b".into(), track: "TR_b".into() },
        _ => Rewrite::Keep,
    });
    assert!(
        changed.contains("a=msid:PA_a|TR_b TR_b\r\n")
            && changed.contains("a=ssrc:7 msid:PA_a|TR_b TR_b\r\n")
    );
    assert_eq!(changed.replace("PA_a|TR_b TR_b", "- cid"), OFFER);

    let quiet =
        sdp::rewrite_answer(
            OFFER,
            |mid| if mid == "1" { Rewrite::Inactive } else { Rewrite::Keep },
        );
    let section = &sdp::sections(&quiet).unwrap()[1];
    assert_eq!(
        (section.direction, &section.msid, section.rejected),
        (SectionDirection::Inactive, &None, false)
    );
    assert!(!quiet.contains("a=ssrc"));
    assert!(quiet.ends_with("\r\n"));
}

#[test]
fn candidates_are_taken_out() {
    let without = sdp::without_candidates(OFFER);
    assert!(!without.contains("candidate"));
    assert_eq!(without.lines().count() + 1, OFFER.lines().count());
}

#[test]
fn names_of_a_stream() {
    assert_eq!(sdp::stream_names("PA_x|TR_y"), Some(("PA_x", "TR_y")));
    assert_eq!(sdp::stream_names("x|TR_y"), None);
    assert_eq!(sdp::stream_names("PA_x"), None);
}

#[test]
fn a_bad_description_is_refused_by_cause() {
    let many = format!("v=0\r\n{}", "m=audio 9 X 0\r\n".repeat(sdp::MAX_SECTIONS + 1));
    let rows = [
        ("empty", String::new(), SdpError::NotSdp),
        ("html", "<html>".to_owned(), SdpError::NotSdp),
        ("no mid", "v=0\r\nm=audio 9 X 0\r\n".to_owned(), SdpError::NoMid { index: 0 }),
        ("same mid", OFFER.replace("a=mid:1", "a=mid:0"), SdpError::SameMid),
        ("many sections", many, SdpError::TooManySections),
        (
            "too large",
            "x".repeat(sdp::MAX_SDP_LEN + 1),
            SdpError::TooLarge { len: sdp::MAX_SDP_LEN + 1 },
        ),
    ];
    for (name, text, refusal) in rows {
        assert_eq!(sdp::sections(&text), Err(refusal), "{name}");
    }
}

proptest! {
    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "[vm=a:\\r\\n0-9 |PA_-]{0,300}") {
        let _ = signal::decode_request(&bytes);
        let _ = signal::decode_response(&bytes);
        let _ = join_request::decode(&URL_SAFE_NO_PAD.encode(&bytes));
        let _ = join_request::decode(&wrapped(1, bytes));
        let _ = sdp::sections(&format!("v=0\r\n{text}"));
        let _ = sdp::rewrite_answer(&text, |_| Rewrite::Inactive);
        let _ = sdp::without_candidates(&text);
        let _ = sdp::stream_names(&text);
    }
}
