use crate::error::Error;
use crate::line::read;
use crate::pending::{Pending, Request};
use crate::provider::Provider;
use crate::transaction::{CallAction, StartCall, Transaction};
use hookswitch_bus::names::PROVIDER;
use hookswitch_bus::{AcceptedRecord, OwnConsequencesRecord, RequestOptions};
use hookswitch_core::words::{
    CallUuid, DtmfDigits, DtmfType, Languages, Outcome, RequestError, TransactionId,
};
use tokio::sync::oneshot;

/// An app's line for what the user does in the app's own window: it asks the service, and the service asks the app's
/// delegate to perform, as it does when the user acts on a call screen. CallKit: `CXCallController`.
///
/// From [`Provider::controller`]; for the app's own calls only. Each [`Request`] is on its way when the method returns;
/// await it for the decision, or its [`outcome`](Request::outcome). A refused request changes nothing.
///
/// ```no_run
/// # async fn example(provider: hookswitch::Provider) -> Result<(), Box<dyn std::error::Error>> {
/// use hookswitch::{Handle, HandleKind, StartCall, new_call};
///
/// let controller = provider.controller();
/// let call = new_call();
/// let callee = Handle::new(HandleKind::Generic, "anna@example.org");
/// controller.start_call(StartCall::new(call, callee)).await?;
/// // The delegate's `perform_start_call` dials. Later:
/// let outcome = controller.end_call(call).outcome().await?;
/// # let _ = outcome; Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct CallController {
    provider: Provider,
}

/// What would follow from a transaction, as far as an app may know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preflight {
    /// Whether some call would be held to make room.
    pub would_hold: bool,
}

impl CallController {
    pub(crate) fn new(provider: Provider) -> Self {
        Self { provider }
    }

    /// Ask for everything in the transaction, in order, or nothing of it.
    ///
    /// # Errors
    /// As [`RequestError`] says, or the service is away.
    pub fn request(&self, transaction: impl Into<Transaction>) -> Request {
        let (tell, finished) = oneshot::channel();
        let records = transaction.into().into_records();
        let accepted = self.provider.line.ask(
            PROVIDER,
            "RequestTransaction",
            &(records, RequestOptions::default()),
            |role, reply| {
                let accepted: AcceptedRecord = reply.and_then(|reply| read(&reply))?;
                role.await_outcome(accepted.transaction, tell);
                Ok(TransactionId(accepted.transaction))
            },
        );
        Request::new(accepted, finished)
    }

    /// [`request`](Self::request), and wait until each action is over.
    ///
    /// # Errors
    /// As [`Request::outcome`].
    pub async fn request_and_wait(
        &self,
        transaction: impl Into<Transaction>,
    ) -> Result<Vec<Outcome>, Error<RequestError>> {
        self.request(transaction).outcome().await
    }

    /// Dial.
    pub fn start_call(&self, start: StartCall) -> Request {
        self.request(CallAction::StartCall(start))
    }

    /// Answer, in the way that touches nobody else or at most holds.
    pub fn answer_call(&self, call: CallUuid) -> Request {
        self.request(CallAction::AnswerCall(call))
    }

    /// End, decline or cancel. Ending an ended call succeeds.
    pub fn end_call(&self, call: CallUuid) -> Request {
        self.request(CallAction::EndCall(call))
    }

    /// Hold (true) or resume (false).
    pub fn set_held(&self, call: CallUuid, held: bool) -> Request {
        self.request(CallAction::SetHeld(call, held))
    }

    /// Mute (true) or unmute (false) the microphone for the call.
    pub fn set_muted(&self, call: CallUuid, muted: bool) -> Request {
        self.request(CallAction::SetMuted(call, muted))
    }

    /// End the call and everybody who is in one group with it.
    pub fn end_group(&self, call: CallUuid) -> Request {
        self.request(CallAction::EndGroup(call))
    }

    /// Make the call one conversation with another of this app; `None`: leave the group.
    ///
    /// In a [`Transaction`] with other actions it comes last: what stands behind it makes the whole
    /// [`RequestError::InvalidAction`].
    pub fn set_group(&self, call: CallUuid, with: Option<CallUuid>) -> Request {
        self.request(CallAction::SetGroup(call, with))
    }

    /// Turn video on (true) or off (false).
    pub fn set_video(&self, call: CallUuid, video: bool) -> Request {
        self.request(CallAction::SetVideo(call, video))
    }

    /// Translate the call between these languages; `None`: not any more.
    pub fn set_translating(&self, call: CallUuid, languages: Option<Languages>) -> Request {
        self.request(CallAction::SetTranslating(call, languages))
    }

    /// What would follow from a transaction, without anything being done or asked: whether some call would be held to make
    /// room. Which one, and whose, is not for an app to know.
    ///
    /// # Errors
    /// Why the transaction would be refused now.
    pub fn preflight(
        &self,
        transaction: impl Into<Transaction>,
    ) -> Pending<Preflight, RequestError> {
        let records = transaction.into().into_records();
        let body = (records, RequestOptions::default());
        self.provider.line.ask(PROVIDER, "Preflight", &body, |_, reply| {
            let record: OwnConsequencesRecord = reply.and_then(|reply| read(&reply))?;
            Ok(Preflight { would_hold: record.would_hold })
        })
    }

    /// Send tones, as tapped keys.
    pub fn play_dtmf(&self, call: CallUuid, digits: DtmfDigits) -> Request {
        self.request(CallAction::PlayDtmf(call, digits, DtmfType::SingleTone))
    }
}
