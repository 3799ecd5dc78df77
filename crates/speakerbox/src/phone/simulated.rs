//! Calls that are made up, to see what a phone does with them: the exchange has no part in them.

use super::Phone;
use super::asks::features;
use crate::call::Call;
use crate::diary::Event;
use crate::note::Note;
use hookswitch::{
    CallNumber, CallUpdate, CallUuid, Error, Handle, HandleKind, IncomingCallError, new_call,
};
use std::time::Duration;

/// Who calls then.
const CALLER: (&str, &str) = ("taylor@example.com", "Taylor");

impl Phone {
    pub(super) fn simulate(&mut self, after: Duration) {
        let notes = self.notes.clone();
        if !after.is_zero() {
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                let _ = notes.send(Note::Simulate(Duration::ZERO));
            });
            return;
        }
        let (uuid, (address, name)) = (new_call(), CALLER);
        let update = CallUpdate {
            remote_handle: Some(Handle::new(HandleKind::EmailAddress, address)),
            localized_caller_name: Some(name.to_owned()),
            ..features()
        };
        self.calls.add(Call::simulated(uuid, address.to_owned()));
        self.diary.note(Some(uuid), &Event::Incoming);
        let admitting = self.provider.report_new_incoming_call(uuid, update);
        tokio::spawn(async move {
            let _ = notes.send(Note::Admitted(uuid, admitting.await));
        });
    }

    /// Nobody else is told.
    pub(super) fn simulated_admitted(
        &mut self,
        call: CallUuid,
        admitted: Result<CallNumber, Error<IncomingCallError>>,
    ) {
        if let Err(error) = admitted {
            self.calls.remove(call);
            self.diary.note(Some(call), &Event::Refused { text: error.to_string() });
        }
    }
}
