//! What the call service asks.

use super::Phone;
use crate::call::{Call, Stage};
use crate::diary::Event;
use crate::grant::AudioGrant;
use crate::note::{Ask, Note};
use hookswitch::{
    Adoption, AnswerCallAction, CallState, CallUpdate, CallUuid, EndCallAction, EndKind, Error,
    Handle, HandleKind, ReportError, Reset, SetHeldCallAction, SetMutedCallAction, StartCallAction,
};

impl Phone {
    pub(super) fn asked(&mut self, ask: Ask) {
        match ask {
            Ask::Begin => {
                let verified = self.provider.registration().verified;
                self.diary.note(None, &Event::Registered { verified });
            }
            Ask::Reset(reset) => self.reset(reset),
            Ask::Start(action) => self.start_call(action),
            Ask::Answer(action) => self.answer_call(action),
            Ask::End(action) => self.end_call(action),
            Ask::SetHeld(action) => self.set_held(action),
            Ask::SetMuted(action) => self.set_muted(action),
            Ask::Audio(call, active) => {
                let grant = active.then(|| self.grant(call));
                if let Some(call) = self.calls.get(call) {
                    call.audio = grant;
                }
                let event = if active { Event::AudioActivated } else { Event::AudioDeactivated };
                self.diary.note(Some(call), &event);
                // Quiet before the devices go, and the devices there before it talks.
                if active {
                    self.give_audio(call);
                    self.turn(call);
                } else {
                    self.turn(call);
                    self.give_audio(call);
                }
            }
            Ask::BusLost => {}
        }
    }

    /// What the call service granted.
    fn grant(&self, call: CallUuid) -> AudioGrant {
        let session = self.provider.audio_session(call);
        session.map_or_else(AudioGrant::default, |session| AudioGrant {
            token: session.token,
            sink: session.sink,
            source: session.source,
        })
    }

    fn start_call(&mut self, action: StartCallAction) {
        let mut call = Call::outgoing(action.call, action.handle.value.clone());
        self.diary.note(Some(call.uuid), &Event::Dialing);
        self.link.create(call.uuid, call.peer.clone());
        call.start = Some(action);
        self.calls.add(call);
    }

    fn answer_call(&mut self, action: AnswerCallAction) {
        let uuid = action.call;
        let Some(call) = self.calls.get(uuid) else {
            return action.fail("The call is over.");
        };
        if call.go(Stage::Answering).is_err() {
            return action.fail("The call does not ring.");
        }
        if call.simulated {
            return self.answer_simulated(uuid, action);
        }
        let Some(id) = call.exchange_id else {
            return action.fail("The call does not ring.");
        };
        call.answer = Some(action);
        self.diary.note(Some(uuid), &Event::Answering);
        self.link.answer(uuid, id);
    }

    /// There is no room to join, so it is connected at once.
    fn answer_simulated(&mut self, uuid: CallUuid, action: AnswerCallAction) {
        self.diary.note(Some(uuid), &Event::Answering);
        action.fulfill();
        if let Some(call) = self.calls.get(uuid)
            && call.go(Stage::Connected).is_ok()
        {
            self.diary.note(Some(uuid), &Event::Connected);
        }
    }

    fn end_call(&mut self, action: EndCallAction) {
        let (uuid, kind) = (action.call, action.kind);
        // It ends for everybody in any case: nothing to wait for.
        action.fulfill();
        let Some(call) = self.calls.remove(uuid) else { return };
        if let Some(id) = call.exchange_id {
            self.link.end_as(id, kind);
        }
        let text = match kind {
            EndKind::HangUp => "Call ended.",
            EndKind::Decline => "Declined.",
            EndKind::Cancel => "Cancelled.",
            EndKind::Unanswered => "Missed call.",
            EndKind::Failed => "The call failed. Try again.",
            EndKind::EmergencyCall => "Ended for an emergency call.",
        };
        self.close(call, kind.reason().name(), text);
    }

    fn set_held(&mut self, action: SetHeldCallAction) {
        let (uuid, held) = (action.call, action.on_hold);
        let Some(call) = self.calls.get(uuid) else {
            return action.fail("The call is over.");
        };
        if call.stage() != Stage::Connected {
            return action.fail("The call is not connected yet.");
        }
        call.held = held;
        call.turn();
        match (&call.media, held) {
            (Some(media), true) => media.hold(action),
            // Media starts again with the audio, which comes next.
            (_, false) | (None, true) => action.fulfill(),
        }
        self.diary.note(Some(uuid), if held { &Event::Held } else { &Event::Resumed });
        self.turn(uuid);
    }

    fn set_muted(&mut self, action: SetMutedCallAction) {
        let (uuid, muted) = (action.call, action.muted);
        let Some(call) = self.calls.get(uuid) else {
            return action.fail("The call is over.");
        };
        call.muted = muted;
        match &call.media {
            Some(media) => media.mute(muted, Some(action)),
            None => action.fulfill(),
        }
        self.diary.note(Some(uuid), &Event::Muted { muted });
    }

    /// The service restarted. Calls that are up go on there as here, in time; the others are dropped.
    fn reset(&mut self, reset: Reset) {
        for uuid in self.calls.ids() {
            let Some(call) = self.calls.get(uuid) else { continue };
            // What was asked of a service that is gone is asked by nobody.
            call.answer = None;
            call.start = None;
            let state = match call.stage() {
                Stage::Connected if call.held => Some(CallState::Held),
                Stage::Connected => Some(CallState::Active),
                Stage::Answered => Some(CallState::Connecting),
                Stage::Dialing => Some(CallState::Dialing),
                Stage::Ringing => Some(CallState::Ringing),
                Stage::Placing | Stage::Answering => None,
            };
            match state.filter(|_| reset.adopt_within.is_some()) {
                Some(state) => {
                    let update = CallUpdate {
                        remote_handle: Some(Handle::new(HandleKind::Generic, &*call.peer)),
                        ..features()
                    };
                    let adoption = Adoption { state, muted: call.muted, group_with: None, update };
                    let adopting = self.provider.adopt_call(uuid, adoption);
                    let notes = self.notes.clone();
                    tokio::spawn(async move {
                        let _ = notes.send(Note::Adopted(uuid, adopting.await));
                    });
                }
                None => self.drop_call(uuid),
            }
        }
    }

    pub(super) fn adopted(&mut self, call: CallUuid, adopted: Result<(), Error<ReportError>>) {
        match adopted {
            Ok(()) => self.diary.note(Some(call), &Event::Adopted),
            Err(error) => {
                tracing::info!(%error, "a call from before the service's restart is dropped");
                self.drop_call(call);
            }
        }
    }

    /// Ends a call that the call service does not know.
    fn drop_call(&mut self, call: CallUuid) {
        let Some(call) = self.calls.remove(call) else { return };
        if let Some(id) = call.exchange_id {
            tokio::spawn(self.link.end(id));
        }
        let text = "The call was dropped: the call service restarted and does not know it.";
        self.close(call, "failed", text);
    }
}

/// What can be done with this app's calls.
pub(super) fn features() -> CallUpdate {
    CallUpdate {
        supports_holding: Some(true),
        supports_grouping: Some(false),
        supports_ungrouping: Some(false),
        supports_dtmf: Some(false),
        has_video: Some(false),
        ..CallUpdate::default()
    }
}
