//! What the room says and what we say to it: participants, publishing, subscriptions.

use super::{Driver, HeardTrack, Other};
use crate::audio::AudioSource;
use crate::error::SessionError;
use crate::events::{DisconnectReason, SessionEvent};
use crate::transport::Heard;
use hookswitch_platform::signal::proto::{
    self, Response, leave_request::Action, participant_info::State,
};
use std::collections::BTreeMap;
use std::time::Duration;
use str0m::media::Mid;
use tokio::sync::oneshot;

type Reply = oneshot::Sender<Result<(), SessionError>>;

/// Where the published track is.
#[derive(Debug)]
pub(super) enum Publishing {
    Nothing,
    /// The room was asked for a track.
    Asked(Reply),
    /// The room has named the track; the next offer will carry it.
    Announced(Reply),
    /// The offer is under way.
    Offered(Reply),
    Live,
    /// To be withdrawn with the next offer.
    Withdrawn,
}

impl PartialEq for Publishing {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl Driver {
    pub(super) async fn hear(&mut self, message: Response) {
        match message {
            Response::Join(join) => self.joined(join).await,
            Response::Reconnect(_) => self.resumed().await,
            Response::Answer(answer) => self.answered(&answer).await,
            Response::Trickle(trickle) => {
                self.transport.add_remote_candidate(&trickle.candidate_init)
            }
            Response::Update(update) => {
                for participant in update.participants {
                    self.update(participant);
                }
            }
            Response::TrackPublished(published) => self.track_published(published).await,
            Response::MediaSectionsRequirement(wanted) => {
                self.transport.add_sections(wanted.num_audios as usize);
                self.negotiate().await;
            }
            Response::RequestResponse(response) => {
                let refused =
                    matches!(response.request, Some(proto::request_response::Request::AddTrack(_)));
                if refused && let Publishing::Asked(_) = self.publishing {
                    if let Publishing::Asked(reply) =
                        std::mem::replace(&mut self.publishing, Publishing::Nothing)
                    {
                        let _ = reply.send(Err(SessionError::NotAllowed));
                    }
                    self.sender.set_source(None);
                }
            }
            Response::RefreshToken(token) => self.token = token,
            Response::Leave(leave) => self.told_to_leave(&leave),
            // Everything else is for richer clients, or of versions to come.
            _ => {}
        }
    }

    async fn joined(&mut self, join: proto::JoinResponse) {
        let again = !self.our_sid.is_empty();
        self.our_sid = join.participant.map(|participant| participant.sid).unwrap_or_default();
        if join.ping_timeout > 0 {
            self.silence = Duration::from_secs(join.ping_timeout.unsigned_abs().into());
        }
        if join.ping_interval > 0 {
            let every = Duration::from_secs(join.ping_interval.unsigned_abs().into());
            self.pings = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
        }
        for ping in join.other_participants {
            self.update(ping);
        }
        if again {
            self.emit(SessionEvent::Reconnected);
            if self.publishing == Publishing::Live {
                let (reply, _) = oneshot::channel();
                self.ask_for_track(reply).await;
            }
        }
    }

    async fn resumed(&mut self) {
        self.emit(SessionEvent::Reconnected);
        // New ICE credentials: our address may have changed with the network.
        if let Some(offer) = self.transport.offer(true) {
            self.say(proto::Request::Offer(offer)).await;
        }
        self.say_muted().await;
    }

    fn told_to_leave(&mut self, leave: &proto::LeaveRequest) {
        match Action::try_from(leave.action) {
            Ok(Action::Resume) => self.lost("the room asks us to resume".to_owned()),
            Ok(Action::Reconnect) => self.rejoin(),
            Ok(Action::Disconnect) | Err(_) => {
                let reason = match proto::DisconnectReason::try_from(leave.reason) {
                    Ok(proto::DisconnectReason::DuplicateIdentity) => {
                        DisconnectReason::DuplicateIdentity
                    }
                    Ok(proto::DisconnectReason::ParticipantRemoved) => DisconnectReason::Removed,
                    Ok(proto::DisconnectReason::JoinFailure) if !self.connected => {
                        DisconnectReason::Removed
                    }
                    Ok(proto::DisconnectReason::JoinFailure) => {
                        DisconnectReason::Protocol("it refused our offer")
                    }
                    _ => DisconnectReason::RoomClosed,
                };
                self.finished = Some(reason);
            }
        }
    }

    /// Learns what another participant is like now.
    fn update(&mut self, info: proto::ParticipantInfo) {
        if info.sid == self.our_sid {
            return;
        }
        if info.state == i32::from(State::Disconnected) {
            if let Some(other) = self.others.remove(&info.sid) {
                self.drop_heard(|heard| heard.participant == info.sid);
                self.emit(SessionEvent::ParticipantLeft { identity: other.identity });
            }
            return;
        }
        let tracks: BTreeMap<String, bool> =
            info.tracks.iter().map(|track| (track.sid.clone(), track.muted)).collect();
        let before = self.others.insert(
            info.sid.clone(),
            Other { identity: info.identity.clone(), tracks: tracks.clone() },
        );
        let before = match before {
            Some(before) => before.tracks,
            None => {
                self.emit(SessionEvent::ParticipantJoined { identity: info.identity.clone() });
                BTreeMap::new()
            }
        };
        for (track, muted) in &tracks {
            if before.get(track).unwrap_or(&false) != muted {
                let (identity, track) = (info.identity.clone(), track.clone());
                self.emit(SessionEvent::TrackMuted { identity, track, muted: *muted });
            }
        }
        self.drop_heard(|heard| {
            heard.participant == info.sid && !tracks.contains_key(&heard.track)
        });
    }

    fn drop_heard(&mut self, gone: impl Fn(&Heard) -> bool) {
        let mids: Vec<Mid> = self
            .heard
            .iter()
            .filter(|(_, track)| gone(&track.heard))
            .map(|(mid, _)| *mid)
            .collect();
        for mid in mids {
            if let Some(track) = self.heard.remove(&mid) {
                let event = SessionEvent::TrackUnsubscribed {
                    identity: track.identity,
                    track: track.heard.track,
                };
                self.emit(event);
            }
        }
    }

    /// After a rejoin nothing is as it was, except that what was live is published again.
    pub(super) fn forget_room(&mut self) {
        self.drop_heard(|_| true);
        let others: Vec<String> = self.others.drain().map(|(_, other)| other.identity).collect();
        for identity in others {
            self.emit(SessionEvent::ParticipantLeft { identity });
        }
        self.track_sid = None;
        let publishing = std::mem::replace(&mut self.publishing, Publishing::Nothing);
        self.publishing = match publishing {
            Publishing::Live => Publishing::Live,
            Publishing::Nothing | Publishing::Withdrawn => Publishing::Nothing,
            Publishing::Asked(reply)
            | Publishing::Announced(reply)
            | Publishing::Offered(reply) => {
                let _ = reply.send(Err(SessionError::Reconnecting));
                self.sender.set_source(None);
                Publishing::Nothing
            }
        };
    }

    pub(super) async fn publish(&mut self, source: Box<dyn AudioSource>, reply: Reply) {
        match self.publishing {
            Publishing::Live => {
                self.sender.set_source(Some(source));
                let _ = reply.send(Ok(()));
            }
            Publishing::Nothing | Publishing::Withdrawn if !self.signalling.is_up() => {
                let _ = reply.send(Err(SessionError::Reconnecting));
            }
            Publishing::Nothing | Publishing::Withdrawn => {
                self.sender.set_source(Some(source));
                self.ask_for_track(reply).await;
            }
            _ => {
                let _ = reply.send(Err(SessionError::Busy));
            }
        }
    }

    async fn ask_for_track(&mut self, reply: Reply) {
        self.publishing = Publishing::Asked(reply);
        let request = proto::AddTrackRequest {
            cid: self.cid.clone(),
            name: self.options.track_name.clone(),
            r#type: proto::TrackType::Audio.into(),
            source: proto::TrackSource::Microphone.into(),
            muted: self.sender.muted || self.held,
            disable_red: true,
            ..<_>::default()
        };
        self.say(proto::Request::AddTrack(request)).await;
    }

    async fn track_published(&mut self, published: proto::TrackPublishedResponse) {
        if published.cid != self.cid {
            return;
        }
        self.track_sid = published.track.map(|track| track.sid);
        self.publishing = match std::mem::replace(&mut self.publishing, Publishing::Nothing) {
            Publishing::Asked(reply) => Publishing::Announced(reply),
            other => other,
        };
        self.negotiate().await;
    }

    pub(super) async fn unpublish(&mut self, reply: Reply) {
        match self.publishing {
            Publishing::Nothing | Publishing::Withdrawn => {
                let _ = reply.send(Ok(()));
            }
            Publishing::Live => {
                self.sender.set_source(None);
                self.track_sid = None;
                self.publishing = Publishing::Withdrawn;
                self.negotiate().await;
                let _ = reply.send(Ok(()));
            }
            _ => {
                let _ = reply.send(Err(SessionError::Busy));
            }
        }
    }

    /// Offers what is to be offered, one thing at a time; the rest follows the answer.
    pub(super) async fn negotiate(&mut self) {
        if !self.signalling.is_up() {
            return;
        }
        if !self.transport.is_negotiating() {
            self.publishing = match std::mem::replace(&mut self.publishing, Publishing::Nothing) {
                Publishing::Announced(reply) => {
                    self.transport.set_track(Some(&self.cid));
                    Publishing::Offered(reply)
                }
                Publishing::Withdrawn => {
                    self.transport.set_track(None);
                    Publishing::Nothing
                }
                other => other,
            };
        }
        let offer = self.transport.offer(false);
        if let Some(offer) = offer {
            self.say(proto::Request::Offer(offer)).await;
        }
    }

    async fn answered(&mut self, answer: &proto::SessionDescription) {
        match self.transport.answer(answer) {
            Err(what) => {
                self.finished = Some(DisconnectReason::Protocol(what));
                return;
            }
            Ok(None) => return,
            Ok(Some(heard)) => self.hears(heard),
        }
        if matches!(self.publishing, Publishing::Offered(_)) {
            if let Publishing::Offered(reply) =
                std::mem::replace(&mut self.publishing, Publishing::Live)
            {
                let _ = reply.send(Ok(()));
            }
            self.say_muted().await;
        }
        let more = matches!(self.publishing, Publishing::Announced(_) | Publishing::Withdrawn);
        if self.transport.take_again() || more {
            self.negotiate().await;
        }
    }

    /// From now on these sections carry these tracks.
    fn hears(&mut self, now: BTreeMap<Mid, Heard>) {
        let gone: Vec<Mid> = self
            .heard
            .iter()
            .filter(|(mid, track)| now.get(mid) != Some(&track.heard))
            .map(|(mid, _)| *mid)
            .collect();
        for mid in gone {
            if let Some(track) = self.heard.remove(&mid) {
                let event = SessionEvent::TrackUnsubscribed {
                    identity: track.identity,
                    track: track.heard.track,
                };
                self.emit(event);
            }
        }
        for (mid, heard) in now {
            if self.heard.contains_key(&mid) {
                continue;
            }
            let identity =
                self.others.get(&heard.participant).map(|o| o.identity.clone()).unwrap_or_default();
            let event = SessionEvent::TrackSubscribed {
                identity: identity.clone(),
                track: heard.track.clone(),
            };
            self.heard.insert(mid, HeardTrack::new(heard, identity, &self.options));
            self.emit(event);
        }
    }

    /// Tells the room whether our track can be heard.
    pub(super) async fn say_muted(&mut self) {
        if let Some(sid) = self.track_sid.clone() {
            let muted = self.sender.muted || self.held;
            self.say(proto::Request::Mute(proto::MuteTrackRequest { sid, muted })).await;
        }
    }
}
