use crate::note::Note;
use hookswitch::{CallUuid, EndKind, EndedReason};
use hookswitch_platform::call_server::{
    self, CallError, CallId, ConnectOptions, DeclineScope, Device, DeviceError, Verb,
};
use std::future::Future;
use tokio::sync::mpsc::UnboundedSender;

/// The line to the exchange. Every verb runs on its own; what comes of those that matter is a [`Note`].
#[derive(Debug, Clone)]
pub struct Link {
    device: Device,
    notes: UnboundedSender<Note>,
}

impl Link {
    /// Signs in, and keeps trying.
    ///
    /// # Errors
    /// The exchange's address is none.
    pub fn open(
        options: ConnectOptions,
        notes: UnboundedSender<Note>,
    ) -> Result<Self, DeviceError> {
        let (device, mut events) = Device::start(options)?;
        let link = Self { device, notes: notes.clone() };
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                if notes.send(Note::Exchange(event)).is_err() {
                    return;
                }
            }
        });
        Ok(link)
    }

    /// Call somebody: [`Note::Placed`].
    pub fn create(&self, call: CallUuid, callee: String) {
        let (device, notes) = (self.device.clone(), self.notes.clone());
        tokio::spawn(async move {
            let placed = device.create(&callee).await;
            let _ = notes.send(Note::Placed(call, placed));
        });
    }

    /// Answer here: [`Note::Answered`].
    pub fn answer(&self, call: CallUuid, id: CallId) {
        let (device, notes) = (self.device.clone(), self.notes.clone());
        tokio::spawn(async move {
            let answered = device.answer(id).await;
            let _ = notes.send(Note::Answered(call, answered));
        });
    }

    /// Say that it rings here.
    pub fn ring_ack(&self, id: CallId) {
        tokio::spawn(self.say(Verb::RingAck { call: id }));
    }

    /// Refuse a call before its user saw it: on this device only, or everywhere.
    pub fn refuse(&self, id: CallId, scope: DeclineScope) {
        tokio::spawn(self.say(Verb::Decline { call: id, scope }));
    }

    /// End a call, whatever its stage.
    pub fn end(&self, id: CallId) -> impl Future<Output = ()> + Send + use<> {
        self.say(Verb::End { call: id })
    }

    /// End a call as its user meant it.
    pub fn end_as(&self, id: CallId, kind: EndKind) {
        tokio::spawn(self.say(match kind {
            EndKind::Decline => Verb::Decline { call: id, scope: DeclineScope::Everywhere },
            EndKind::Unanswered => Verb::Decline { call: id, scope: DeclineScope::ThisDevice },
            EndKind::Cancel => Verb::Cancel { call: id },
            EndKind::HangUp | EndKind::Failed | EndKind::EmergencyCall => Verb::End { call: id },
        }));
    }

    fn say(&self, verb: Verb) -> impl Future<Output = ()> + Send + use<> {
        let device = self.device.clone();
        async move {
            let call = match &verb {
                Verb::Cancel { call } | Verb::Decline { call, .. } => Some(*call),
                _ => None,
            };
            let name = verb.name();
            match device.verb(verb).await {
                Ok(_) | Err(DeviceError::Refused(CallError::CallGone { .. })) => {}
                // It was answered in the same moment: what the user wanted is that it is over.
                Err(DeviceError::Refused(CallError::WrongState { .. })) if call.is_some() => {
                    if let Some(call) = call {
                        let _ = device.end(call).await;
                    }
                }
                Err(error) => tracing::debug!(verb = name, %error, "the exchange did not do it"),
            }
        }
    }
}

/// The call service's word for what the exchange says of a call that is over; `None`: it is this user's own doing.
pub fn ended_reason(reason: call_server::EndedReason) -> Option<EndedReason> {
    use call_server::EndedReason as Theirs;
    match reason {
        Theirs::LocalEnded => None,
        Theirs::RemoteEnded | Theirs::Declined | Theirs::Cancelled => {
            Some(EndedReason::RemoteEnded)
        }
        Theirs::Unanswered | Theirs::CalleeOffline => Some(EndedReason::Unanswered),
        Theirs::AnsweredElsewhere => Some(EndedReason::AnsweredElsewhere),
        Theirs::DeclinedElsewhere => Some(EndedReason::DeclinedElsewhere),
        Theirs::Failed | Theirs::CalleeUnknown | Theirs::Unknown => Some(EndedReason::Failed),
    }
}

/// The call service's word for a call that the exchange did not do.
pub fn refused_reason(error: &DeviceError) -> EndedReason {
    match error {
        DeviceError::Refused(CallError::CalleeOffline) => EndedReason::Unanswered,
        DeviceError::Refused(CallError::CallGone { reason }) => {
            ended_reason(*reason).unwrap_or(EndedReason::Failed)
        }
        _ => EndedReason::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn reasons_are_those_a_provider_may_report() {
        use call_server::EndedReason as Theirs;
        for theirs in [
            Theirs::RemoteEnded,
            Theirs::Declined,
            Theirs::Cancelled,
            Theirs::Unanswered,
            Theirs::AnsweredElsewhere,
            Theirs::DeclinedElsewhere,
            Theirs::Failed,
            Theirs::CalleeUnknown,
            Theirs::CalleeOffline,
            Theirs::Unknown,
        ] {
            assert!(ended_reason(theirs).unwrap().is_reportable(), "{theirs:?}");
        }
        assert_eq!(ended_reason(Theirs::LocalEnded), None);
    }

    #[test]
    fn refusals_are_told_apart() {
        let offline = DeviceError::Refused(CallError::CalleeOffline);
        assert_eq!(refused_reason(&offline), EndedReason::Unanswered);
        let unknown = DeviceError::Refused(CallError::CalleeUnknown);
        assert_eq!(refused_reason(&unknown), EndedReason::Failed);
        let hanging = DeviceError::NoReply(Duration::from_secs(1));
        assert_eq!(refused_reason(&hanging), EndedReason::Failed);
    }
}
