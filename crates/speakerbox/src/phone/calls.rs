//! What the exchange and the rooms say.

use super::asks::features;
use super::{Phone, WHY_CLOSED};
use crate::call::{Call, Stage};
use crate::diary::Event;
use crate::link::{ended_reason, refused_reason};
use crate::media::MediaEvent;
use crate::note::Note;
use hookswitch::{
    CallNumber, CallUpdate, CallUuid, EndedReason, Error, Handle, HandleKind, IncomingCallError,
};
use hookswitch_platform::call_server::{
    CallSnapshot, CallState, DeclineScope, DeviceError, DeviceEvent,
};
use hookswitch_rtc::DisconnectReason;

impl Phone {
    pub(super) fn exchange(&mut self, event: DeviceEvent) {
        match event {
            DeviceEvent::Connected { calls } => {
                self.diary.note(None, &Event::SignedIn);
                for snapshot in calls {
                    self.found(snapshot);
                }
                if let Some(callee) = self.dial.take() {
                    self.dial(callee);
                }
            }
            DeviceEvent::Disconnected { error } => {
                tracing::warn!(%error, "no connection to the exchange");
                let text = error.screen_text().to_owned();
                self.diary.note(None, &Event::ConnectionLost { text });
                self.give_up_dialing(&error);
            }
            DeviceEvent::SignedOut(error) => {
                tracing::warn!(%error, "the exchange signed this device out");
                let text = error.screen_text().to_owned();
                self.diary.note(None, &Event::SignedOut { text });
                self.give_up_dialing(&error.into());
            }
            DeviceEvent::Ring(snapshot) => self.ring(snapshot),
            DeviceEvent::Call(snapshot) => self.snapshot(snapshot),
            _ => {}
        }
    }

    /// Whom the command line names is dialed all the same: the call fails where the user sees why.
    fn give_up_dialing(&mut self, error: &DeviceError) {
        if let Some(callee) = self.dial.take() {
            tracing::debug!(%error, "dialing without the exchange");
            self.dial(callee);
        }
    }

    /// A live call that the exchange has for this device after it signed in.
    fn found(&mut self, snapshot: CallSnapshot) {
        if self.calls.of_exchange(snapshot.call).is_some() {
            self.snapshot(snapshot);
        } else if !snapshot.outgoing && snapshot.state.is_unanswered() {
            self.ring(snapshot);
        } else if !self.is_placing() {
            // A call of this program's former life: nobody is on it here.
            tokio::spawn(self.link.end(snapshot.call));
        }
    }

    fn is_placing(&mut self) -> bool {
        let ids = self.calls.ids();
        ids.into_iter()
            .any(|id| self.calls.get(id).is_some_and(|call| call.stage() == Stage::Placing))
    }

    fn ring(&mut self, snapshot: CallSnapshot) {
        if self.calls.of_exchange(snapshot.call).is_some() {
            return;
        }
        let uuid = CallUuid(snapshot.call.0.as_u128());
        let caller = snapshot.caller;
        let name = Some(caller.display_name).filter(|name| !name.is_empty());
        let update = CallUpdate {
            remote_handle: Some(Handle::new(HandleKind::Generic, &*caller.address)),
            localized_caller_name: name,
            ..features()
        };
        self.calls.add(Call::incoming(uuid, snapshot.call, snapshot.version, caller.address));
        self.diary.note(Some(uuid), &Event::Incoming);
        let admitting = self.provider.report_new_incoming_call(uuid, update);
        let notes = self.notes.clone();
        tokio::spawn(async move {
            let _ = notes.send(Note::Admitted(uuid, admitting.await));
        });
    }

    pub(super) fn admitted(
        &mut self,
        call: CallUuid,
        admitted: Result<CallNumber, Error<IncomingCallError>>,
    ) {
        let Some(known) = self.calls.get(call) else { return };
        if known.simulated {
            return self.simulated_admitted(call, admitted);
        }
        let Some(id) = known.exchange_id else { return };
        let error = match admitted {
            Ok(_) => return self.link.ring_ack(id),
            Err(error) => error,
        };
        let scope = match error.reason() {
            // It rings already.
            Some(IncomingCallError::CallUuidAlreadyExists) => return self.link.ring_ack(id),
            Some(IncomingCallError::FilteredByBlockList) => DeclineScope::Everywhere,
            // Busy or not to be disturbed here; another device may ring on.
            _ => DeclineScope::ThisDevice,
        };
        self.link.refuse(id, scope);
        self.calls.remove(call);
        self.diary.note(Some(call), &Event::Refused { text: error.to_string() });
    }

    pub(super) fn placed(
        &mut self,
        uuid: CallUuid,
        placed: Result<(CallSnapshot, String), DeviceError>,
    ) {
        match (placed, self.calls.get(uuid)) {
            // The user gave up meanwhile.
            (Ok((snapshot, _)), None) => {
                self.early.remove(&snapshot.call);
                tokio::spawn(self.link.end(snapshot.call));
            }
            (Err(_), None) => {}
            (Ok((snapshot, token)), Some(call)) => {
                call.exchange_id = Some(snapshot.call);
                if let Err(error) = call.go(Stage::Dialing) {
                    tracing::warn!(%error, "a call was placed twice");
                }
                if let Some(start) = call.start.take() {
                    start.fulfill();
                }
                self.provider.report_call_updated(uuid, features()).forget();
                self.join(uuid, token);
                let early = self.early.remove(&snapshot.call);
                self.snapshot(snapshot);
                if let Some(early) = early {
                    self.snapshot(early);
                }
            }
            (Err(error), Some(_)) => {
                tracing::info!(%error, "the call was not placed");
                if let Some(call) = self.calls.remove(uuid) {
                    self.over(call, refused_reason(&error), error.screen_text());
                }
            }
        }
    }

    pub(super) fn answered(
        &mut self,
        uuid: CallUuid,
        answered: Result<(CallSnapshot, String), DeviceError>,
    ) {
        match (answered, self.calls.get(uuid)) {
            (_, None) => {}
            (Ok((snapshot, token)), Some(call)) => {
                call.version = call.version.max(snapshot.version);
                self.join(uuid, token);
            }
            (Err(error), Some(call)) => {
                tracing::info!(%error, "the answer came to nothing");
                let id = call.exchange_id;
                if let Some(call) = self.calls.remove(uuid) {
                    self.over(call, refused_reason(&error), error.screen_text());
                }
                // Whether the exchange took it is open if it did not reply.
                if let (DeviceError::NoReply(_), Some(id)) = (&error, id) {
                    tokio::spawn(self.link.end(id));
                }
            }
        }
    }

    /// A call changed at the exchange.
    pub(super) fn snapshot(&mut self, snapshot: CallSnapshot) {
        let Some(call) = self.calls.of_exchange(snapshot.call) else {
            if snapshot.outgoing && self.is_placing() {
                self.early.insert(snapshot.call, snapshot);
            }
            return;
        };
        if snapshot.version < call.version {
            return;
        }
        call.version = snapshot.version;
        let uuid = call.uuid;
        match snapshot.state {
            CallState::Ended { reason } => {
                if let Some(call) = self.calls.remove(uuid) {
                    match ended_reason(reason) {
                        Some(word) => self.over(call, word, reason.screen_text()),
                        // Ended by this device, of which the call service does not know.
                        None => self.over(call, EndedReason::Failed, reason.screen_text()),
                    }
                }
            }
            CallState::Ringing if call.outgoing => {
                self.provider.report_outgoing_call_started_connecting(uuid, None).forget();
                self.diary.note(Some(uuid), &Event::Ringing);
            }
            CallState::Connecting if call.outgoing && call.go(Stage::Answered).is_ok() => {
                self.provider.report_outgoing_call_started_connecting(uuid, None).forget();
            }
            CallState::Active if call.outgoing && call.go(Stage::Connected).is_ok() => {
                self.provider.report_outgoing_call_connected(uuid, None).forget();
                self.diary.note(Some(uuid), &Event::Connected);
                self.turn(uuid);
            }
            _ => {}
        }
    }

    pub(super) fn media(&mut self, uuid: CallUuid, event: MediaEvent) {
        let Some(call) = self.calls.get(uuid) else { return };
        match event {
            MediaEvent::Joined => {
                call.joined = true;
                self.diary.note(Some(uuid), &Event::Joined);
                if let Some(answer) = call.answer.take()
                    && call.go(Stage::Connected).is_ok()
                {
                    answer.fulfill();
                    self.diary.note(Some(uuid), &Event::Connected);
                }
                if call.muted
                    && let Some(media) = &call.media
                {
                    media.mute(true, None);
                }
                self.turn(uuid);
            }
            MediaEvent::NotJoined(error) => self.fail(uuid, &error.to_string()),
            MediaEvent::Reconnecting => self.reconnecting(uuid, true),
            MediaEvent::Reconnected => self.reconnecting(uuid, false),
            MediaEvent::Over(DisconnectReason::Left) => {}
            MediaEvent::Over(DisconnectReason::RoomClosed) => {
                // The call is over, and the exchange says why in a moment.
                let notes = self.notes.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(WHY_CLOSED).await;
                    let _ = notes.send(Note::RoomClosedAWhileAgo(uuid));
                });
            }
            MediaEvent::Over(reason) => {
                let text = format!("The call failed: {reason}");
                self.fail(uuid, &text);
            }
        }
    }

    fn reconnecting(&self, uuid: CallUuid, is: bool) {
        let update = CallUpdate { reconnecting: Some(is), ..CallUpdate::default() };
        self.provider.report_call_updated(uuid, update).forget();
        self.diary.note(Some(uuid), if is { &Event::Reconnecting } else { &Event::Reconnected });
    }
}
