//! Rooms: who is in a session, what each publishes, and who hears what.
//!
//! A room opens when its first participant joins and closes when the last one leaves. The state here is moved by
//! [`Rooms`], which owns the forwarding unit; [`task`] gives it a socket and a clock.

mod api;
mod info;
mod negotiation;
mod participant;
pub mod task;

pub use api::{RoomApi, RoomEvent, RoomHandle};

use crate::policy::Policy;
use crate::sfu::{Sfu, SfuEvent, TransportId};
use hookswitch_platform::signal::proto::{
    self, Response, leave_request::Action, participant_info::State,
};
use hookswitch_platform::signal::{self, PROTOCOL};
use hookswitch_platform::token::Claims;
use participant::Participant;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Where messages for one signalling connection go. Closing it closes the connection.
pub type SignalSender = mpsc::Sender<Vec<u8>>;

/// Names one signalling connection, to tell a participant's new one from its old one.
pub type ConnectionId = u64;

/// Why a join is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// As many participants as a room may have.
    #[error("the room is full. Wait until somebody leaves.")]
    RoomFull,
    /// As many rooms as an exchange may have.
    #[error(
        "the exchange has as many rooms as it may have. Try again later or use another exchange."
    )]
    TooManyRooms,
}

struct Room {
    sid: String,
    created_ms: i64,
    members: Vec<TransportId>,
}

/// All rooms of this exchange.
pub struct Rooms {
    policy: Policy,
    sfu: Sfu,
    rooms: BTreeMap<String, Room>,
    participants: HashMap<TransportId, Participant>,
    next_id: u64,
    events: Vec<RoomEvent>,
}

impl Rooms {
    /// No rooms yet, with the given forwarding unit.
    pub fn new(policy: Policy, sfu: Sfu) -> Self {
        Self {
            policy,
            sfu,
            rooms: BTreeMap::new(),
            participants: HashMap::new(),
            next_id: 1,
            events: Vec::new(),
        }
    }

    /// The forwarding unit, for its datagrams.
    pub fn sfu(&mut self) -> &mut Sfu {
        &mut self.sfu
    }

    /// What happened since the last call.
    pub fn take_events(&mut self) -> Vec<RoomEvent> {
        std::mem::take(&mut self.events)
    }

    /// A client joins, or resumes after its signalling was lost. Its first message is queued on `out`.
    pub fn join(
        &mut self,
        claims: &Claims,
        request: proto::JoinRequest,
        connection: ConnectionId,
        out: SignalSender,
        now: Instant,
    ) -> Result<TransportId, JoinError> {
        let name = claims.room_to_join().unwrap_or_default().to_owned();
        if request.reconnect {
            return Ok(self.resume(&name, claims, request, connection, out, now));
        }
        if let Some(old) = self.find(&name, &claims.sub) {
            self.say_leave(old, Action::Disconnect, proto::DisconnectReason::DuplicateIdentity);
            self.remove(old, proto::DisconnectReason::DuplicateIdentity);
        }
        let room_count = self.rooms.len();
        match self.rooms.get(&name) {
            Some(room) if room.members.len() >= self.policy.room_participants => {
                return Err(JoinError::RoomFull);
            }
            None if room_count >= self.policy.rooms => return Err(JoinError::TooManyRooms),
            _ => {}
        }
        let id = TransportId(self.next_id);
        self.next_id += 1;
        let participant = Participant::new(name.clone(), claims, &request, connection, out);
        self.participants.insert(id, participant);
        let room = self.rooms.entry(name.clone()).or_insert_with(|| Room {
            sid: info::sid("RM_"),
            created_ms: info::now_ms(),
            members: Vec::new(),
        });
        room.members.push(id);
        self.say_join(id, &name);
        self.tell_others(id);
        self.want_present_tracks(id);
        for track in request.add_track_requests {
            self.add_track(id, track);
        }
        if let Some(offer) = request.publisher_offer.filter(|offer| !offer.sdp.is_empty()) {
            self.negotiate(id, &offer, now);
        }
        tracing::info!(
            participants = self.participants.len(),
            rooms = self.rooms.len(),
            "a participant joined"
        );
        Ok(id)
    }

    /// A message of a participant. Messages of kinds that are not known or not needed are ignored.
    pub fn hear(
        &mut self,
        id: TransportId,
        connection: ConnectionId,
        message: proto::Request,
        now: Instant,
    ) {
        if self.participants.get(&id).is_none_or(|p| p.connection != connection) {
            return;
        }
        match message {
            proto::Request::Offer(offer) => self.negotiate(id, &offer, now),
            proto::Request::AddTrack(request) => self.add_track(id, request),
            proto::Request::Mute(mute) => self.set_muted(id, &mute),
            proto::Request::Subscription(update) => self.update_subscription(id, &update),
            proto::Request::SyncState(sync) => self.synchronise(id, sync, now),
            proto::Request::Leave(_) => {
                self.remove(id, proto::DisconnectReason::ClientInitiated);
            }
            proto::Request::Ping(_) => self.say(id, Response::Pong(info::now_ms())),
            proto::Request::PingReq(ping) => {
                let pong =
                    proto::Pong { last_ping_timestamp: ping.timestamp, timestamp: info::now_ms() };
                self.say(id, Response::PongResp(pong));
            }
            // Trickled candidates are not needed: clients are found by their own checks (ICE-lite).
            _ => {}
        }
    }

    /// A signalling connection is gone. Its participant keeps its place for a while.
    pub fn connection_lost(&mut self, id: TransportId, connection: ConnectionId, now: Instant) {
        let window = self.policy.resume_window;
        if let Some(participant) = self.participants.get_mut(&id)
            && participant.connection == connection
            && participant.removed_at.is_none()
        {
            participant.out = None;
            participant.removed_at = Some(now + window);
        }
    }

    /// Removes everybody and closes the room.
    pub fn close_room(&mut self, name: &str) {
        let members = self.rooms.get(name).map(|room| room.members.clone()).unwrap_or_default();
        for id in members {
            self.say_leave(id, Action::Disconnect, proto::DisconnectReason::RoomDeleted);
            self.remove(id, proto::DisconnectReason::RoomDeleted);
        }
    }

    /// When [`Rooms::tick`] is next needed.
    pub fn next_deadline(&self) -> Option<Instant> {
        let lost = self.participants.values().filter_map(|p| p.removed_at).min();
        [lost, self.sfu.next_deadline()].into_iter().flatten().min()
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Instant) {
        self.sfu.tick(now);
        let due: Vec<TransportId> = self
            .participants
            .iter()
            .filter(|(_, p)| p.removed_at.is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            self.remove(id, proto::DisconnectReason::SignalClose);
        }
        self.after_sfu();
    }

    /// Takes in what the forwarding unit found out.
    pub fn after_sfu(&mut self) {
        for event in self.sfu.take_events() {
            match event {
                SfuEvent::Connected(id) => self.connected(id),
                SfuEvent::Broken(id) => {
                    // Only a new transport helps: the client makes one in a full reconnect.
                    self.say_leave(
                        id,
                        Action::Reconnect,
                        proto::DisconnectReason::ConnectionTimeout,
                    );
                    self.remove(id, proto::DisconnectReason::ConnectionTimeout);
                }
            }
        }
    }

    fn connected(&mut self, id: TransportId) {
        let Some(participant) = self.participants.get_mut(&id) else { return };
        if !participant.connected {
            participant.connected = true;
            participant.version += 1;
            let (room, identity) = (participant.room.clone(), participant.identity.clone());
            self.events.push(RoomEvent::Joined { room, identity });
            self.tell_others(id);
        }
    }

    fn resume(
        &mut self,
        room: &str,
        claims: &Claims,
        request: proto::JoinRequest,
        connection: ConnectionId,
        out: SignalSender,
        now: Instant,
    ) -> TransportId {
        let known = self
            .find(room, &claims.sub)
            .filter(|id| self.participants[id].sid == request.participant_sid);
        let Some(id) = known else {
            // The window is over or the exchange was restarted: the client joins anew by itself.
            let leave = leave(Action::Reconnect, proto::DisconnectReason::StateMismatch);
            let _ = out.try_send(signal::encode_response(leave));
            return TransportId(0);
        };
        if let Some(participant) = self.participants.get_mut(&id) {
            participant.connection = connection;
            participant.out = Some(out);
            participant.removed_at = None;
            participant.asked_for = None;
        }
        let server_info = Some(server_info());
        self.say(
            id,
            Response::Reconnect(proto::ReconnectResponse { server_info, ..<_>::default() }),
        );
        let others = self.others_of(id);
        if !others.is_empty() {
            self.say(id, Response::Update(proto::ParticipantUpdate { participants: others }));
        }
        if let Some(sync) = request.sync_state {
            self.synchronise(id, sync, now);
        }
        if let Some(offer) = request.publisher_offer.filter(|offer| !offer.sdp.is_empty()) {
            self.negotiate(id, &offer, now);
        }
        tracing::info!("a participant resumed");
        id
    }

    fn synchronise(&mut self, id: TransportId, sync: proto::SyncState, _now: Instant) {
        if let Some(subscription) = sync.subscription {
            self.update_subscription(id, &subscription);
        }
    }

    /// Removes a participant and tells the others.
    fn remove(&mut self, id: TransportId, reason: proto::DisconnectReason) {
        let Some(mut gone) = self.participants.remove(&id) else { return };
        self.sfu.remove(id);
        gone.version += 1;
        let mut last_words = gone.info();
        last_words.state = State::Disconnected.into();
        last_words.disconnect_reason = reason.into();
        last_words.tracks.clear();
        let mut members = Vec::new();
        if let Some(room) = self.rooms.get_mut(&gone.room) {
            room.members.retain(|member| *member != id);
            members = room.members.clone();
        }
        if members.is_empty() {
            self.rooms.remove(&gone.room);
        }
        for member in members {
            if !gone.hidden {
                let update = proto::ParticipantUpdate { participants: vec![last_words.clone()] };
                self.say(member, Response::Update(update));
            }
            let tracks: Vec<String> =
                gone.tracks.iter().map(|track| track.info.sid.clone()).collect();
            self.stop_wanting(member, &tracks);
        }
        if gone.connected && reason != proto::DisconnectReason::DuplicateIdentity {
            let on_purpose = reason != proto::DisconnectReason::SignalClose;
            self.events.push(RoomEvent::Left {
                room: gone.room,
                identity: gone.identity,
                on_purpose,
            });
        }
        tracing::info!(reason = reason.as_str_name(), "a participant left");
    }

    fn find(&self, room: &str, identity: &str) -> Option<TransportId> {
        let room = self.rooms.get(room)?;
        room.members
            .iter()
            .copied()
            .find(|id| self.participants.get(id).is_some_and(|p| p.identity == identity))
    }

    fn others_of(&self, id: TransportId) -> Vec<proto::ParticipantInfo> {
        let Some(room) = self.participants.get(&id).and_then(|p| self.rooms.get(&p.room)) else {
            return Vec::new();
        };
        let others = room.members.iter().filter(|member| **member != id);
        others
            .filter_map(|member| self.participants.get(member))
            .filter(|p| !p.hidden)
            .map(Participant::info)
            .collect()
    }

    fn say_join(&mut self, id: TransportId, name: &str) {
        let Some(room) = self.rooms.get(name) else { return };
        let room = proto::Room {
            sid: room.sid.clone(),
            name: name.to_owned(),
            creation_time: room.created_ms / 1000,
            creation_time_ms: room.created_ms,
            num_participants: room.members.len() as u32,
            ..<_>::default()
        };
        let join = proto::JoinResponse {
            room: Some(room),
            participant: self.participants.get(&id).map(Participant::info),
            other_participants: self.others_of(id),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            ping_timeout: self.policy.silence_timeout.as_secs().max(1) as i32,
            ping_interval: self.policy.ping_interval.as_secs().max(1) as i32,
            server_info: Some(server_info()),
            enabled_publish_codecs: vec![proto::Codec {
                mime: "audio/opus".to_owned(),
                ..<_>::default()
            }],
            fast_publish: true,
            ..<_>::default()
        };
        self.say(id, Response::Join(join));
    }

    /// Tells everybody else in the room what `id` is like now.
    fn tell_others(&mut self, id: TransportId) {
        let Some(participant) = self.participants.get(&id).filter(|p| !p.hidden) else { return };
        let update = proto::ParticipantUpdate { participants: vec![participant.info()] };
        let members =
            self.rooms.get(&participant.room).map(|room| room.members.clone()).unwrap_or_default();
        for member in members.into_iter().filter(|member| *member != id) {
            self.say(member, Response::Update(update.clone()));
        }
    }

    fn say_leave(&mut self, id: TransportId, action: Action, reason: proto::DisconnectReason) {
        self.say(id, leave(action, reason));
    }

    /// Queues a message. A client that does not read is as good as gone: its queue is closed.
    fn say(&mut self, id: TransportId, message: Response) {
        if let Some(participant) = self.participants.get_mut(&id)
            && let Some(out) = &participant.out
            && out.try_send(signal::encode_response(message)).is_err()
        {
            participant.out = None;
        }
    }
}

fn leave(action: Action, reason: proto::DisconnectReason) -> Response {
    Response::Leave(proto::LeaveRequest {
        can_reconnect: action != Action::Disconnect,
        reason: reason.into(),
        action: action.into(),
        ..<_>::default()
    })
}

fn server_info() -> proto::ServerInfo {
    proto::ServerInfo {
        edition: proto::server_info::Edition::Standard.into(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: PROTOCOL,
        node_id: format!("hookswitch-{}", Uuid::nil().simple()),
        ..<_>::default()
    }
}
