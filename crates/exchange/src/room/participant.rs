//! One participant of a room.

use super::{ConnectionId, SignalSender, info};
use hookswitch_platform::signal::proto::{self, participant_info::State};
use hookswitch_platform::token::Claims;
use std::time::Instant;
use str0m::media::Mid;

/// A track that a participant publishes or is about to.
pub(super) struct Track {
    /// The client's name for it, which its offer repeats.
    pub cid: String,
    pub info: proto::TrackInfo,
    /// The publisher's section that carries it, once negotiated.
    pub mid: Option<Mid>,
}

/// A section in which the client listens.
pub(super) struct Listening {
    pub mid: Mid,
    /// The track it carries.
    pub track: Option<String>,
}

pub(super) struct Participant {
    pub room: String,
    pub sid: String,
    pub identity: String,
    pub name: String,
    pub joined_ms: i64,
    pub version: u32,
    pub hidden: bool,
    pub may_publish: bool,
    pub may_subscribe: bool,
    pub auto_subscribe: bool,
    pub connection: ConnectionId,
    pub out: Option<SignalSender>,
    /// When it loses its place, while its signalling is lost.
    pub removed_at: Option<Instant>,
    /// The media path was up at least once.
    pub connected: bool,
    pub tracks: Vec<Track>,
    /// Track sids it wants to hear, in the order in which they appeared.
    pub wants: Vec<String>,
    pub listening: Vec<Listening>,
    /// Sections it was asked for and how many it had then, so that it is not asked the same again and again.
    pub asked_for: Option<(usize, usize)>,
}

impl Participant {
    pub(super) fn new(
        room: String,
        claims: &Claims,
        request: &proto::JoinRequest,
        connection: ConnectionId,
        out: SignalSender,
    ) -> Self {
        let grant = claims.room.clone().unwrap_or_default();
        let settings = request.connection_settings.as_ref();
        Self {
            room,
            sid: info::sid("PA_"),
            identity: claims.sub.clone(),
            name: claims.name.clone(),
            joined_ms: info::now_ms(),
            version: 1,
            hidden: grant.hidden,
            may_publish: grant.can_publish.unwrap_or(true),
            may_subscribe: grant.can_subscribe.unwrap_or(true),
            auto_subscribe: settings.is_none_or(|settings| settings.auto_subscribe),
            connection,
            out: Some(out),
            removed_at: None,
            connected: false,
            tracks: Vec::new(),
            wants: Vec::new(),
            listening: Vec::new(),
            asked_for: None,
        }
    }

    /// What the others may know.
    pub(super) fn info(&self) -> proto::ParticipantInfo {
        let live = self.tracks.iter().filter(|track| track.mid.is_some());
        proto::ParticipantInfo {
            sid: self.sid.clone(),
            identity: self.identity.clone(),
            name: self.name.clone(),
            state: if self.connected { State::Active } else { State::Joined }.into(),
            tracks: live.map(|track| track.info.clone()).collect(),
            joined_at: self.joined_ms / 1000,
            joined_at_ms: self.joined_ms,
            version: self.version,
            permission: Some(proto::ParticipantPermission {
                can_subscribe: self.may_subscribe,
                can_publish: self.may_publish,
                hidden: self.hidden,
                ..<_>::default()
            }),
            is_publisher: self.tracks.iter().any(|track| track.mid.is_some()),
            ..<_>::default()
        }
    }
}
