//! Offers and answers, tracks and subscriptions: who hears whom in which section.
//!
//! The client always offers. A track is live when an offer names it by its client id. A subscription takes a free
//! section of the listener's next offer; if none is free the listener is asked for more.

use super::participant::{Listening, Track};
use super::{Rooms, info, leave};
use crate::sfu::TransportId;
use hookswitch_platform::signal::proto::{self, Response, leave_request::Action};
use hookswitch_platform::signal::sdp::{self, Rewrite, Section, SectionKind};
use std::collections::HashMap;
use std::time::Instant;
use str0m::media::Mid;

impl Rooms {
    /// Answers an offer. One that cannot be accepted ends the participant: it could not go on with half a negotiation.
    pub(super) fn negotiate(
        &mut self,
        id: TransportId,
        offer: &proto::SessionDescription,
        now: Instant,
    ) {
        let accepted = sdp::sections(&offer.sdp)
            .map_err(crate::sfu::OfferError::from)
            .and_then(|sections| Ok((self.sfu.offer(id, &offer.sdp, now)?, sections)));
        let (answer, sections) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::info!(%error, "an offer was refused");
                self.say(id, leave(Action::Disconnect, proto::DisconnectReason::JoinFailure));
                self.remove(id, proto::DisconnectReason::JoinFailure);
                return;
            }
        };
        let tracks_changed = self.bind_tracks(id, &sections);
        self.bind_sections(id, &sections);
        let (sdp, mid_to_track_id) = self.name_sections(id, &sections, &answer);
        let answer = proto::SessionDescription {
            r#type: "answer".to_owned(),
            sdp,
            id: offer.id,
            mid_to_track_id,
        };
        self.say(id, Response::Answer(answer));
        if tracks_changed {
            // The others must know the participant's tracks before their media comes.
            self.tell_others(id);
            self.others_want_tracks_of(id);
        }
        self.ask_for_sections(id);
        self.after_sfu();
    }

    /// A participant announces a track.
    pub(super) fn add_track(&mut self, id: TransportId, request: proto::AddTrackRequest) {
        let limit = self.policy.participant_tracks;
        let Some(participant) = self.participants.get_mut(&id) else { return };
        let known = participant.tracks.iter().position(|track| track.cid == request.cid);
        if !participant.may_publish || (known.is_none() && participant.tracks.len() >= limit) {
            let reason = if participant.may_publish {
                proto::request_response::Reason::LimitExceeded
            } else {
                proto::request_response::Reason::NotAllowed
            };
            let refusal = proto::RequestResponse {
                reason: reason.into(),
                message: "this participant may not publish (more) tracks".to_owned(),
                request: Some(proto::request_response::Request::AddTrack(request)),
                ..<_>::default()
            };
            self.say(id, Response::RequestResponse(refusal));
            return;
        }
        let index = known.unwrap_or(participant.tracks.len());
        if known.is_none() {
            let info = proto::TrackInfo {
                sid: info::sid("TR_"),
                r#type: request.r#type,
                name: request.name.clone(),
                muted: request.muted,
                source: request.source,
                mime_type: "audio/opus".to_owned(),
                disable_red: true,
                encryption: request.encryption,
                stream: request.stream.clone(),
                audio_features: request.audio_features.clone(),
                ..<_>::default()
            };
            participant.tracks.push(Track { cid: request.cid.clone(), info, mid: None });
        }
        let track = Some(participant.tracks[index].info.clone());
        self.say(
            id,
            Response::TrackPublished(proto::TrackPublishedResponse { cid: request.cid, track }),
        );
    }

    /// A participant mutes or unmutes a track of its own.
    pub(super) fn set_muted(&mut self, id: TransportId, mute: &proto::MuteTrackRequest) {
        let Some(participant) = self.participants.get_mut(&id) else { return };
        if let Some(track) = participant.tracks.iter_mut().find(|track| track.info.sid == mute.sid)
            && track.info.muted != mute.muted
        {
            track.info.muted = mute.muted;
            participant.version += 1;
            self.tell_others(id);
        }
    }

    /// A participant subscribes or unsubscribes.
    pub(super) fn update_subscription(
        &mut self,
        id: TransportId,
        update: &proto::UpdateSubscription,
    ) {
        let listed = update.participant_tracks.iter().flat_map(|one| &one.track_sids);
        let sids: Vec<String> =
            update.track_sids.iter().chain(listed).take(1_000).cloned().collect();
        if update.subscribe {
            self.start_wanting(id, &sids);
        } else {
            self.stop_wanting(id, &sids);
        }
    }

    /// A newcomer wants what is there.
    pub(super) fn want_present_tracks(&mut self, id: TransportId) {
        if self.participants.get(&id).is_some_and(|p| p.auto_subscribe) {
            let sids: Vec<String> = self
                .others_of(id)
                .into_iter()
                .flat_map(|other| other.tracks)
                .map(|track| track.sid)
                .collect();
            self.start_wanting(id, &sids);
        }
    }

    fn others_want_tracks_of(&mut self, id: TransportId) {
        let Some(participant) = self.participants.get(&id) else { return };
        let live = participant.tracks.iter().filter(|track| track.mid.is_some());
        let sids: Vec<String> = live.map(|track| track.info.sid.clone()).collect();
        let members =
            self.rooms.get(&participant.room).map(|room| room.members.clone()).unwrap_or_default();
        for member in members.into_iter().filter(|member| *member != id) {
            if self.participants.get(&member).is_some_and(|p| p.auto_subscribe) {
                self.start_wanting(member, &sids);
            }
        }
    }

    fn start_wanting(&mut self, id: TransportId, sids: &[String]) {
        let Some(participant) = self.participants.get_mut(&id).filter(|p| p.may_subscribe) else {
            return;
        };
        let before = participant.wants.len();
        for sid in sids {
            if !participant.wants.contains(sid) && participant.wants.len() < 1_000 {
                participant.wants.push(sid.clone());
            }
        }
        if participant.wants.len() > before {
            participant.asked_for = None;
            self.ask_for_sections(id);
        }
    }

    /// Ends subscriptions; the sections become free at once and are answered `inactive` in the next offer.
    pub(super) fn stop_wanting(&mut self, id: TransportId, sids: &[String]) {
        let Some(participant) = self.participants.get_mut(&id) else { return };
        participant.wants.retain(|wanted| !sids.contains(wanted));
        let mut freed = Vec::new();
        for section in &mut participant.listening {
            if section.track.as_ref().is_some_and(|track| sids.contains(track)) {
                section.track = None;
                freed.push(section.mid);
            }
        }
        for mid in &freed {
            self.sfu.unroute((id, *mid));
        }
        if !freed.is_empty() {
            self.say(
                id,
                Response::MediaSectionsRequirement(proto::MediaSectionsRequirement::default()),
            );
        }
    }

    /// Matches the sections in which the client sends to the tracks it announced. True if what is live changed.
    fn bind_tracks(&mut self, id: TransportId, sections: &[Section]) -> bool {
        let Some(participant) = self.participants.get_mut(&id) else { return false };
        let mut changed = false;
        for track in &mut participant.tracks {
            let section = sections.iter().find(|section| {
                let named = section.msid.as_ref().is_some_and(|(_, id)| *id == track.cid);
                named
                    && section.kind == SectionKind::Audio
                    && section.direction.sends()
                    && !section.rejected
            });
            let mid = section.map(|section| Mid::from(section.mid.as_str()));
            if track.mid != mid && (mid.is_some() || track.mid.is_some()) {
                changed = true;
                if let Some(section) = section {
                    track.info.mid = section.mid.clone();
                    track.mid = mid;
                }
            }
        }
        // What was live and is sent no more is unpublished.
        let mut gone = Vec::new();
        participant.tracks.retain(|track| {
            let Some(mid) = track.mid else { return true };
            let still = sections.iter().any(|section| {
                Mid::from(section.mid.as_str()) == mid
                    && section.direction.sends()
                    && !section.rejected
            });
            if !still {
                gone.push(track.info.sid.clone());
            }
            still
        });
        if changed || !gone.is_empty() {
            participant.version += 1;
        }
        let members =
            self.rooms.get(&participant.room).map(|room| room.members.clone()).unwrap_or_default();
        if !gone.is_empty() {
            for member in members {
                self.stop_wanting(member, &gone);
            }
        }
        changed || !gone.is_empty()
    }

    /// Gives each wanted track a section in which the client listens.
    fn bind_sections(&mut self, id: TransportId, sections: &[Section]) {
        let Some(participant) = self.participants.get_mut(&id) else { return };
        let mut listening: Vec<Listening> = Vec::new();
        for section in sections {
            let hears =
                section.direction.receives() && !section.direction.sends() && !section.rejected;
            if section.kind == SectionKind::Audio && hears {
                let mid = Mid::from(section.mid.as_str());
                let track = participant
                    .listening
                    .iter()
                    .find(|old| old.mid == mid)
                    .and_then(|old| old.track.clone());
                listening.push(Listening { mid, track });
            }
        }
        let unheard = participant
            .wants
            .iter()
            .filter(|wanted| !listening.iter().any(|l| l.track.as_ref() == Some(*wanted)));
        let unheard: Vec<String> = unheard.cloned().collect();
        participant.listening = listening;
        let room = participant.room.clone();
        for sid in unheard {
            let Some(source) = self.source_of(&room, &sid) else { continue };
            let free = self.participants.get_mut(&id).and_then(|participant| {
                participant.listening.iter_mut().find(|section| section.track.is_none())
            });
            let Some(section) = free else { break };
            section.track = Some(sid);
            let sink = (id, section.mid);
            self.sfu.route(source, sink);
        }
    }

    /// Transport and section of a live track.
    fn source_of(&self, room: &str, sid: &str) -> Option<(TransportId, Mid)> {
        let room = self.rooms.get(room)?;
        room.members.iter().find_map(|member| {
            let participant = self.participants.get(member)?;
            let track = participant.tracks.iter().find(|track| track.info.sid == sid)?;
            Some((*member, track.mid?))
        })
    }

    /// Writes participants' and tracks' names into the answer.
    fn name_sections(
        &self,
        id: TransportId,
        sections: &[Section],
        answer: &str,
    ) -> (String, HashMap<String, String>) {
        let mut names: HashMap<String, (String, String)> = HashMap::new();
        if let Some(participant) = self.participants.get(&id) {
            for section in &participant.listening {
                let Some(track) = &section.track else { continue };
                if let Some((owner, _)) = self.source_of(&participant.room, track)
                    && let Some(owner) = self.participants.get(&owner)
                {
                    names.insert(
                        section.mid.to_string(),
                        (format!("{}|{track}", owner.sid), track.clone()),
                    );
                }
            }
        }
        let sdp = sdp::rewrite_answer(answer, |mid| {
            if let Some((stream, track)) = names.get(mid) {
                return Rewrite::Named { stream: stream.clone(), track: track.clone() };
            }
            match sections.iter().find(|section| section.mid == mid) {
                Some(section) if section.kind == SectionKind::Data || section.direction.sends() => {
                    Rewrite::Keep
                }
                _ => Rewrite::Inactive,
            }
        });
        let mut map: HashMap<String, String> =
            names.into_iter().map(|(mid, (_, track))| (mid, track)).collect();
        if let Some(participant) = self.participants.get(&id) {
            for track in &participant.tracks {
                if let Some(mid) = track.mid {
                    map.insert(mid.to_string(), track.info.sid.clone());
                }
            }
        }
        (sdp, map)
    }

    /// Asks for an offer, with more sections if needed, when a wanted track has none. A client that was asked and came
    /// back without more is not asked again until what it wants changes.
    fn ask_for_sections(&mut self, id: TransportId) {
        let Some(participant) = self.participants.get(&id) else { return };
        let live = |sid: &&String| self.source_of(&participant.room, sid).is_some();
        let heard = |sid: &&String| {
            participant.listening.iter().any(|section| section.track.as_ref() == Some(*sid))
        };
        let missing = participant.wants.iter().filter(live).filter(|sid| !heard(sid)).count();
        if missing == 0 {
            return;
        }
        let free = participant.listening.iter().filter(|section| section.track.is_none()).count();
        let asked = (missing, participant.listening.len());
        if participant.asked_for == Some(asked) {
            return;
        }
        let num_audios = missing.saturating_sub(free) as u32;
        if let Some(participant) = self.participants.get_mut(&id) {
            participant.asked_for = Some(asked);
        }
        let requirement = proto::MediaSectionsRequirement { num_audios, num_videos: 0 };
        self.say(id, Response::MediaSectionsRequirement(requirement));
    }
}
