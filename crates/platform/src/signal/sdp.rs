//! Session descriptions as text: what our two sides need to know or change beyond what the WebRTC library offers.
//!
//! The library reads and writes descriptions; these functions only look at and replace single lines, so that a
//! section can be given the stream and track names of a participant (there is no setter for them when answering).

use std::fmt::Write;

/// Largest description that is looked at, in bytes.
pub const MAX_SDP_LEN: usize = 128 * 1024;
/// Most media sections of a description.
pub const MAX_SECTIONS: usize = 256;

/// Why a description is refused before the WebRTC library sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdpError {
    /// Longer than [`MAX_SDP_LEN`].
    #[error(
        "the session description has {len} bytes, more than {MAX_SDP_LEN}. Offer fewer codecs or sections."
    )]
    TooLarge {
        /// Its length.
        len: usize,
    },
    /// More than [`MAX_SECTIONS`].
    #[error(
        "the session description has more than {MAX_SECTIONS} sections. Reuse sections that are inactive."
    )]
    TooManySections,
    /// It does not begin as one.
    #[error(
        "this is not a session description: it does not begin with `v=0`. Send the text of an SDP offer."
    )]
    NotSdp,
    /// A section has no `a=mid`.
    #[error(
        "section {index} of the session description has no `a=mid`. Use a bundling WebRTC client."
    )]
    NoMid {
        /// Which one, from 0.
        index: usize,
    },
    /// Two sections share a mid.
    #[error("two sections of the session description have the same `a=mid`. Give each its own.")]
    SameMid,
}

/// What a section carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionKind {
    /// `m=audio`
    Audio,
    /// `m=video`
    Video,
    /// `m=application`: data channels
    Data,
    /// Anything else.
    Other,
}

/// Which way media flows, seen from the side that wrote the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionDirection {
    /// `a=sendrecv`, also when no direction is given.
    SendRecv,
    /// `a=sendonly`
    SendOnly,
    /// `a=recvonly`
    RecvOnly,
    /// `a=inactive`
    Inactive,
}

impl SectionDirection {
    /// Whether the writer sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the writer wants to receive.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

/// One media section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its `a=mid`.
    pub mid: String,
    /// What it carries.
    pub kind: SectionKind,
    /// Port 0: rejected or stopped.
    pub rejected: bool,
    /// Which way.
    pub direction: SectionDirection,
    /// Stream and track id of its `a=msid`.
    pub msid: Option<(String, String)>,
}

/// The sections of a description, in order.
pub fn sections(sdp: &str) -> Result<Vec<Section>, SdpError> {
    if sdp.len() > MAX_SDP_LEN {
        return Err(SdpError::TooLarge { len: sdp.len() });
    }
    if !sdp.starts_with("v=0") {
        return Err(SdpError::NotSdp);
    }
    let mut found: Vec<Section> = Vec::new();
    for line in sdp.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            if found.len() == MAX_SECTIONS {
                return Err(SdpError::TooManySections);
            }
            found.push(section_from(media));
        } else if let Some(section) = found.last_mut() {
            read_attribute(section, line);
        }
    }
    for (index, section) in found.iter().enumerate() {
        if section.mid.is_empty() {
            return Err(SdpError::NoMid { index });
        }
        if found[..index].iter().any(|earlier| earlier.mid == section.mid) {
            return Err(SdpError::SameMid);
        }
    }
    Ok(found)
}

fn section_from(media: &str) -> Section {
    let mut words = media.split_ascii_whitespace();
    let kind = match words.next() {
        Some("audio") => SectionKind::Audio,
        Some("video") => SectionKind::Video,
        Some("application") => SectionKind::Data,
        _ => SectionKind::Other,
    };
    let rejected = words.next() == Some("0");
    Section {
        mid: String::new(),
        kind,
        rejected,
        direction: SectionDirection::SendRecv,
        msid: None,
    }
}

fn read_attribute(section: &mut Section, line: &str) {
    if let Some(direction) = direction_of(line) {
        section.direction = direction;
    } else if let Some(mid) = line.strip_prefix("a=mid:") {
        section.mid = mid.trim().to_owned();
    } else if let Some(msid) = line.strip_prefix("a=msid:") {
        let mut words = msid.split_ascii_whitespace();
        let stream = words.next().unwrap_or_default().to_owned();
        section.msid = words.next().map(|track| (stream, track.to_owned()));
    }
}

fn direction_of(line: &str) -> Option<SectionDirection> {
    Some(match line.trim_end() {
        "a=sendrecv" => SectionDirection::SendRecv,
        "a=sendonly" => SectionDirection::SendOnly,
        "a=recvonly" => SectionDirection::RecvOnly,
        "a=inactive" => SectionDirection::Inactive,
        _ => return None,
    })
}

/// How one section of an answer is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// As the library wrote it.
    Keep,
    /// `a=inactive`, without stream, track and sources. Never port 0: browsers lose the transceiver then.
    Inactive,
    /// Sent under these names.
    Named {
        /// Stream id: `<participant sid>|<track sid>`.
        stream: String,
        /// Track id.
        track: String,
    },
}

/// Changes each section as `rewrite` says, which is asked once per section with its `a=mid`.
pub fn rewrite_answer(sdp: &str, mut rewrite: impl FnMut(&str) -> Rewrite) -> String {
    let mut out = String::with_capacity(sdp.len() + 256);
    let mut sections = sdp.split("\r\nm=");
    out.push_str(sections.next().unwrap_or_default());
    for section in sections {
        let mid = section.lines().find_map(|line| line.strip_prefix("a=mid:")).unwrap_or_default();
        let how = rewrite(mid.trim());
        out.push_str("\r\nm=");
        let mut first = true;
        for line in section.split("\r\n") {
            let line = match rewrite_line(line, &how) {
                Some(line) => line,
                None => continue,
            };
            if !first {
                out.push_str("\r\n");
            }
            first = false;
            out.push_str(&line);
        }
    }
    out
}

fn rewrite_line(line: &str, how: &Rewrite) -> Option<String> {
    match how {
        Rewrite::Keep => Some(line.to_owned()),
        Rewrite::Inactive if direction_of(line).is_some() => Some("a=inactive".to_owned()),
        Rewrite::Inactive if line.starts_with("a=msid:") || line.starts_with("a=ssrc") => None,
        Rewrite::Inactive => Some(line.to_owned()),
        Rewrite::Named { stream, track } => Some(match line.strip_prefix("a=ssrc:") {
            Some(source) if source.contains(" msid:") => {
                let id = source.split_ascii_whitespace().next().unwrap_or_default();
                format!("a=ssrc:{id} msid:{stream} {track}")
            }
            _ if line.starts_with("a=msid:") => format!("a=msid:{stream} {track}"),
            _ => line.to_owned(),
        }),
    }
}

/// The description without its ICE candidates. An ICE-lite server learns where a client is from the client's own
/// checks; a list of addresses chosen by the client would only be a list of targets.
pub fn without_candidates(sdp: &str) -> String {
    let mut out = String::with_capacity(sdp.len());
    for line in sdp.lines() {
        if !line.starts_with("a=candidate:") && !line.starts_with("a=end-of-candidates") {
            // Writing to a string cannot fail.
            let _ = write!(out, "{line}\r\n");
        }
    }
    out
}

/// Which participant and track a stream id names: `<participant sid>|<track sid>`.
pub fn stream_names(stream: &str) -> Option<(&str, &str)> {
    let (participant, track) = stream.split_once('|')?;
    participant.starts_with("PA_").then_some((participant, track))
}
