use hookswitch_bus::ActionRecord;
use hookswitch_core::words::{AccountId, CallUuid, DtmfDigits, DtmfType, Handle, Languages};

/// One thing an app asks for, for the user, with one of its own calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallAction {
    /// Dial.
    StartCall(StartCall),
    /// Answer, in the way that touches nobody else or at most holds.
    AnswerCall(CallUuid),
    /// End, decline or cancel, as the call's state says.
    EndCall(CallUuid),
    /// End the call and everybody who is in one group with it.
    EndGroup(CallUuid),
    /// Hold (true) or resume (false).
    SetHeld(CallUuid, bool),
    /// Mute (true) or unmute (false).
    SetMuted(CallUuid, bool),
    /// Make the call one conversation with another; `None`: leave the group.
    SetGroup(CallUuid, Option<CallUuid>),
    /// Turn video on (true) or off (false).
    SetVideo(CallUuid, bool),
    /// Translate between these languages; `None`: not any more.
    SetTranslating(CallUuid, Option<Languages>),
    /// Send tones.
    PlayDtmf(CallUuid, DtmfDigits, DtmfType),
}

/// Whom to dial, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartCall {
    /// A new id for the call, from [`new_call`](crate::new_call).
    pub call: CallUuid,
    /// Whom: 1 to 256 bytes. Of a telephone number, digits behind `,` are sent once both can talk, and digits behind `;`
    /// when the user says so.
    pub handle: Handle,
    /// With which account; `None` = the first.
    pub account: Option<AccountId>,
    /// With video.
    pub video: bool,
    /// An emergency call: for apps that may make them, and by itself.
    pub emergency: bool,
}

impl StartCall {
    /// Dial on the first account, without video.
    pub fn new(call: CallUuid, handle: Handle) -> Self {
        Self { call, handle, account: None, video: false, emergency: false }
    }
}

/// Things asked for together, in order: accepted as a whole or refused as a whole. CallKit: `CXTransaction`.
///
/// ```
/// use hookswitch::{CallAction, Transaction, new_call};
///
/// let (first, second) = (new_call(), new_call());
/// let swap = Transaction::from(CallAction::SetHeld(first, true))
///     .and(CallAction::SetHeld(second, false));
/// assert_eq!(swap.actions().len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    actions: Vec<CallAction>,
}

impl Transaction {
    /// One with nothing in it, which the service refuses.
    pub fn new() -> Self {
        Self::default()
    }

    /// And this after it.
    pub fn and(mut self, action: CallAction) -> Self {
        self.actions.push(action);
        self
    }

    /// What is in it.
    pub fn actions(&self) -> &[CallAction] {
        &self.actions
    }

    pub(crate) fn into_records(self) -> Vec<ActionRecord> {
        self.actions.into_iter().map(record).collect()
    }
}

impl From<CallAction> for Transaction {
    fn from(action: CallAction) -> Self {
        Self { actions: vec![action] }
    }
}

impl From<Vec<CallAction>> for Transaction {
    fn from(actions: Vec<CallAction>) -> Self {
        Self { actions }
    }
}

fn record(action: CallAction) -> ActionRecord {
    let of = |word: &str, call: CallUuid| ActionRecord {
        action: Some(word.to_owned()),
        call: Some(call.to_string()),
        ..ActionRecord::default()
    };
    match action {
        CallAction::StartCall(start) => ActionRecord {
            account: start.account.map(|account| account.to_string()),
            handle: Some(start.handle.value),
            handle_kind: Some(start.handle.kind.name().to_owned()),
            handle_name: start.handle.display_name,
            video: Some(start.video),
            emergency: start.emergency.then_some(true),
            ..of("start_call", start.call)
        },
        CallAction::AnswerCall(call) => of("answer_call", call),
        CallAction::EndCall(call) => of("end_call", call),
        CallAction::SetHeld(call, held) => {
            ActionRecord { held: Some(held), ..of("set_held", call) }
        }
        CallAction::SetMuted(call, muted) => {
            ActionRecord { muted: Some(muted), ..of("set_muted", call) }
        }
        CallAction::EndGroup(call) => of("end_group", call),
        CallAction::SetGroup(call, with) => {
            ActionRecord { with: with.map(|call| call.to_string()), ..of("set_group", call) }
        }
        CallAction::SetVideo(call, video) => {
            ActionRecord { video: Some(video), ..of("set_video", call) }
        }
        CallAction::SetTranslating(call, languages) => ActionRecord {
            translating: Some(languages.is_some()),
            local_language: languages.as_ref().map(|languages| languages.local.clone()),
            remote_language: languages.map(|languages| languages.remote),
            ..of("set_translating", call)
        },
        CallAction::PlayDtmf(call, digits, kind) => ActionRecord {
            digits: Some(digits.as_str().to_owned()),
            dtmf_type: Some(kind.name().to_owned()),
            ..of("play_dtmf", call)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_core::words::HandleKind;
    use hookswitch_core::{CallRef, Requested};

    #[test]
    fn every_action_says_on_the_wire_what_it_means() {
        let call = CallUuid(7);
        let digits = DtmfDigits::new("12#").unwrap();
        let handle = Handle {
            kind: HandleKind::PhoneNumber,
            value: "+49301".into(),
            display_name: Some("Anna".into()),
        };
        let start = StartCall {
            account: Some("work".into()),
            video: true,
            ..StartCall::new(call, handle.clone())
        };
        let transaction = Transaction::from(vec![
            CallAction::StartCall(start),
            CallAction::AnswerCall(call),
            CallAction::EndCall(call),
            CallAction::SetHeld(call, false),
            CallAction::SetMuted(call, true),
            CallAction::PlayDtmf(call, digits.clone(), DtmfType::HardPause),
            CallAction::EndGroup(call),
            CallAction::SetGroup(call, Some(CallUuid(8))),
            CallAction::SetGroup(call, None),
            CallAction::SetVideo(call, false),
            CallAction::SetTranslating(call, Languages::new("de", "pt-BR")),
            CallAction::SetTranslating(call, None),
        ]);
        let read: Vec<_> =
            transaction.into_records().into_iter().map(|r| r.into_requested().unwrap()).collect();
        let it = CallRef::Uuid(call);
        let Requested::Start(start) = &read[0] else { panic!("not a start") };
        assert_eq!((start.uuid, &start.handle, start.video), (call, &handle, true));
        assert_eq!(start.account, Some("work".into()));
        assert_eq!(
            read[1..],
            [
                Requested::Answer(it),
                Requested::End(it),
                Requested::SetHeld(it, false),
                Requested::SetMuted(it, true),
                Requested::PlayDtmf(it, digits, DtmfType::HardPause),
                Requested::EndGroup(it),
                Requested::SetGroup(it, Some(CallRef::Uuid(CallUuid(8)))),
                Requested::SetGroup(it, None),
                Requested::SetVideo(it, false),
                Requested::SetTranslating(it, Languages::new("de", "pt-BR")),
                Requested::SetTranslating(it, None),
            ]
        );
    }
}
