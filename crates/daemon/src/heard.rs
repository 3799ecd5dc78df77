use crate::audio::{App, Event};
use crate::service::Service;
use hookswitch_bus::{AudioSessionRecord, names};
use hookswitch_core::words::{CallNumber, CallUuid, ProviderId, RequestId, SurfaceId, Timestamp};
use hookswitch_core::{
    AudioEffect, AudioStanding, CallRef, Effect, Input, Reply, Requested, Requester,
};

/// Who asks where callaudiod was asked: no surface that is told what came of it.
const CALLAUDIOD: SurfaceId = SurfaceId(u64::MAX - 2);

impl Service {
    /// Tell the audio how things are. The calls that have it at once, as there is nothing to wait for.
    pub fn tell_audio(&mut self, now: Timestamp, effects: &[Effect]) -> Vec<Input> {
        let activates = |effect: &Effect| match effect {
            Effect::Audio(AudioEffect::Activate(call)) => Some(*call),
            _ => None,
        };
        let activated = effects.iter().filter_map(activates);
        if !self.audio.is_on() {
            return activated.map(|call| Input::AudioActivated { call }).collect();
        }
        let mut is_news = false;
        for effect in effects {
            match effect {
                Effect::Change(change) => {
                    is_news = true;
                    for view in &change.calls {
                        let app = || {
                            let provider = self.peers.provider(view.provider);
                            let peer = provider.and_then(|of| self.peers.get(&of.connection));
                            let process = peer.and_then(|peer| peer.identity.process.as_ref());
                            App::of(view.app().as_str(), process)
                        };
                        self.audio.sessions.put(view, app);
                    }
                }
                Effect::Ring(_) | Effect::Audio(_) => is_news = true,
                _ => {}
            }
        }
        if is_news {
            self.audio.sessions.set_standings(&self.core.audio_standings());
            self.audio.send(self.own_ring());
        }
        let at_once = activated.filter(|call| !self.audio.waits(*call, now));
        at_once.map(|call| Input::AudioActivated { call }).collect()
    }

    /// The audio has said something.
    pub fn heard(&mut self, event: Event) {
        match event {
            Event::Applied(revision) => {
                let ready = self.audio.applied(revision);
                self.activated(ready);
            }
            Event::State(state) => {
                if self.audio.set_state(state) {
                    // AU-4: it goes elsewhere now.
                    let granted =
                        |(call, standing)| (standing == AudioStanding::Granted).then_some(call);
                    let again = self.core.audio_standings().into_iter().filter_map(granted);
                    self.activated(again.collect());
                }
                self.ringer.set_endpoint(self.audio.sink());
                self.tell_audio_state();
            }
            Event::Speaker(on) => self.audio.follow_speaker(on),
            Event::Muted(muted) => self.mute_as_the_phone(muted),
            Event::Degraded(text) => self.audio.set_degraded(text),
        }
    }

    /// The microphone of a phone was muted or unmuted where shells do it: so are the calls that talk.
    fn mute_as_the_phone(&mut self, muted: bool) {
        let differ = self.core.audio_standings().into_iter().map(|(call, _)| call);
        let Some(call) = differ.into_iter().find(|call| {
            self.audio.sessions.get(*call).is_some_and(|session| session.muted != muted)
        }) else {
            return;
        };
        let request = RequestId(self.fresh());
        let actions = vec![Requested::SetMuted(CallRef::Number(call), muted)];
        let requester = Requester::Surface(CALLAUDIOD);
        let input = Input::Request { requester, request, actions, revision: None };
        // An emergency call, for one, is not muted.
        if !matches!(self.decide(input, None), Some(Reply::Accepted(_))) {
            self.audio.insist();
        }
    }

    /// These calls have waited for the audio long enough.
    pub fn stop_waiting_for_audio(&mut self, now: Timestamp) {
        let calls = self.audio.given_up(now);
        self.activated(calls);
    }

    fn activated(&mut self, calls: Vec<CallNumber>) {
        for call in calls {
            self.decide(Input::AudioActivated { call }, None);
        }
    }

    fn tell_audio_state(&mut self) {
        if let Some(record) = self.audio.news() {
            for (_, connection) in self.peers.surfaces() {
                self.out.signal(connection, names::SURFACE, "AudioChanged", &record);
            }
        }
        for message in std::mem::take(&mut self.audio_questions) {
            let record = self.audio.record();
            self.out.reply(&message.header(), &record);
        }
    }

    /// The audio session of an app's call.
    pub fn session_of(&self, provider: ProviderId, call: CallUuid) -> Option<AudioSessionRecord> {
        self.audio.session(self.audio.sessions.find(provider, call)?)
    }

    /// Whether the app of a call was told to start.
    pub fn has_audio(&self, call: CallNumber) -> bool {
        self.core.audio_standings().contains(&(call, AudioStanding::Granted))
    }
}
