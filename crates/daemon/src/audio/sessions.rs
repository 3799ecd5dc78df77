use super::situation::{App, CallAudio, Standing};
use hookswitch_core::words::{CallNumber, CallState, CallUuid, ProviderId};
use hookswitch_core::{AudioStanding, CallView};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The audio sessions of all live calls: one each, from its first moment to its last.
#[derive(Debug, Default)]
pub struct Sessions {
    calls: BTreeMap<CallNumber, Session>,
    /// Tokens from before a restart, of calls that are being adopted.
    offered: BTreeMap<(ProviderId, CallUuid), String>,
}

#[derive(Debug)]
struct Session {
    provider: ProviderId,
    uuid: CallUuid,
    answering: bool,
    audio: CallAudio,
}

impl Sessions {
    /// A call is there, or different, or over. `app`: the program that has it.
    pub fn put(&mut self, view: &CallView, app: impl FnOnce() -> App) {
        let key = (view.provider, view.facts.uuid);
        if view.state == CallState::Ended {
            self.calls.remove(&view.number);
            self.offered.remove(&key);
            return;
        }
        let answering = view.state == CallState::Answering;
        match self.calls.get_mut(&view.number) {
            Some(session) => {
                if session.provider != view.provider {
                    session.provider = view.provider;
                    session.audio.app = app();
                }
                session.answering = answering;
                session.audio.muted = view.muted;
                session.audio.video = view.facts.video;
            }
            None => {
                let token = self.offered.remove(&key);
                let token = token.unwrap_or_else(|| Uuid::new_v4().simple().to_string());
                let audio = CallAudio {
                    number: view.number,
                    app: app(),
                    token,
                    standing: Standing::Without,
                    muted: view.muted,
                    video: view.facts.video,
                    answered_with: None,
                };
                let session =
                    Session { provider: view.provider, uuid: view.facts.uuid, answering, audio };
                self.calls.insert(view.number, session);
            }
        }
    }

    /// Who has the audio.
    pub fn set_standings(&mut self, standings: &[(CallNumber, AudioStanding)]) {
        for (number, session) in &mut self.calls {
            let standing = standings.iter().find(|(of, _)| of == number);
            session.audio.standing = match standing {
                Some((_, AudioStanding::Up | AudioStanding::Granted)) => Standing::Up,
                Some((_, AudioStanding::Reserved)) => Standing::Expected,
                None if session.answering => Standing::Expected,
                None => Standing::Without,
            };
        }
    }

    /// The token that a call had before a restart: its streams still say it. One that another call has counts for nothing.
    pub fn offer(&mut self, provider: ProviderId, call: CallUuid, token: String) {
        let is_one = token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        let taken = self.calls.values().any(|session| session.audio.token == token)
            || self.offered.values().any(|other| *other == token);
        if is_one && !taken {
            self.offered.insert((provider, call), token);
        }
    }

    /// The call was not adopted after all.
    pub fn withdraw(&mut self, provider: ProviderId, call: CallUuid) {
        self.offered.remove(&(provider, call));
    }

    /// The user wants to be heard and to hear there, if this call is answered.
    pub fn answer_with(&mut self, call: CallNumber, endpoint: String) {
        if let Some(session) = self.calls.get_mut(&call) {
            session.audio.answered_with = Some(endpoint);
        }
    }

    /// One of them.
    pub fn get(&self, call: CallNumber) -> Option<&CallAudio> {
        self.calls.get(&call).map(|session| &session.audio)
    }

    /// The number of an app's call.
    pub fn find(&self, provider: ProviderId, uuid: CallUuid) -> Option<CallNumber> {
        let of = |(_, session): &(&CallNumber, &Session)| {
            session.provider == provider && session.uuid == uuid
        };
        self.calls.iter().find(of).map(|(number, _)| *number)
    }

    /// An app's calls.
    pub fn of_provider(
        &self,
        provider: ProviderId,
    ) -> impl Iterator<Item = (CallNumber, CallUuid)> {
        let of = self.calls.iter().filter(move |(_, session)| session.provider == provider);
        of.map(|(number, session)| (*number, session.uuid))
    }

    /// All of them, lowest number first.
    pub fn calls(&self) -> Vec<CallAudio> {
        self.calls.values().map(|session| session.audio.clone()).collect()
    }
}
