use crate::call::Facts;
use crate::words::{
    AccountId, ActionId, AppId, CallNumber, CallState, CallUuid, Capabilities, Choice,
    CompletionError, Date, Direction, EndKind, EndedReason, Handle, IncomingCallError, Outcome,
    ProviderId, RecentsEntry, RegisterError, ReportError, RequestError, RequestId, RingLevel,
    SurfaceId, Timestamp, TransactionId, Verb,
};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What the arbiter wants done, in order. Each is addressed to one party.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// To the journal: this entry stands now. Comes before everything that tells of it.
    Record(RecentsEntry),
    /// To all surfaces and observers: one fat change for all that this input did.
    Change(Change),
    /// To the ringer.
    Ring(RingLevel),
    /// To the audio.
    Audio(AudioEffect),
    /// To whoever asked.
    Reply(RequestId, Reply),
    /// To a provider.
    Provider(ProviderId, ProviderNews),
}

/// What changed, for all surfaces at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Change {
    /// Calls that are new or different, ended ones among them, lowest number first.
    pub calls: Vec<CallView>,
    /// Transactions of surfaces that are over; each surface is told of its own.
    pub finished: Vec<(SurfaceId, Finished)>,
}

/// A transaction that is over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finished {
    /// Which.
    pub transaction: TransactionId,
    /// How each requested action ended, in the order they were asked for.
    pub results: Vec<Outcome>,
}

/// What the audio is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AudioEffect {
    /// Bring up the audio of this call and say [`AudioActivated`](crate::Input::AudioActivated). Nobody else has it.
    Activate(CallNumber),
    /// The session passes from one call to the next: keep it up, for the second, who is not granted it yet.
    HandOver(CallNumber, CallNumber),
    /// Nobody has it now.
    Deactivate(CallNumber),
    /// Cut (true) or open (false) the microphone of this call, whatever its app does.
    SetMuted(CallNumber, bool),
    /// A headset button did nothing because it could only have ended a call unseen: let the user hear that.
    RefusalTone,
}

/// The one reply to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// Done.
    Done,
    /// Registered. Calls from before a restart of the service may be adopted until then.
    Registered {
        /// `None`: the service remembers no calls of this app.
        adopt_until: Option<Timestamp>,
    },
    /// The call was admitted.
    Admitted(CallNumber),
    /// The request was accepted; its outcome comes under this id.
    Accepted(TransactionId),
    /// The registration was refused.
    RegisterRefused(RegisterError),
    /// The incoming call was refused.
    IncomingRefused(IncomingCallError),
    /// The report was refused.
    ReportRefused(ReportError),
    /// The request was refused.
    RequestRefused(RequestError),
    /// The completion was refused.
    CompletionRefused(CompletionError),
}

/// What a provider is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProviderNews {
    /// Do this.
    Perform {
        /// The action's own id.
        action: ActionId,
        /// With which call.
        call: CallUuid,
        /// What.
        verb: Verb,
        /// After which it counts as failed.
        deadline: Timestamp,
        /// The app's own transaction it comes from, if it asked for it itself: how an app tells its own echoes.
        origin: Option<TransactionId>,
        /// For a start: whom, with what, on which account.
        start: Option<Arc<Facts>>,
        /// Whether another call takes over once this is done: the app need not tear its audio down.
        handing_over: bool,
    },
    /// An action ran out of time: it counts as failed, and completing it now is refused.
    TimedOut {
        /// Which.
        action: ActionId,
        /// Of which call.
        call: CallUuid,
        /// What it was.
        verb: Verb,
    },
    /// The call has the audio: start media. May come again; means the same then.
    DidActivateAudio(CallUuid),
    /// The call lost the audio: stop media.
    DidDeactivateAudio(CallUuid),
    /// A transaction the app asked for is over.
    Finished(Finished),
}

/// A call as surfaces see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallView {
    /// The service's number.
    pub number: CallNumber,
    /// Who has it.
    pub provider: ProviderId,
    /// What is known about it.
    pub facts: Arc<Facts>,
    /// Where it is in its life.
    pub state: CallState,
    /// Whether the microphone is muted for it.
    pub muted: bool,
    /// What the user can do with it now.
    pub choices: Vec<Choice>,
    /// Raised when state, choices or a named loss change; never by name, picture or timer.
    pub choices_revision: u64,
    /// When it began to ring, or the invitation left.
    pub started: Option<Date>,
    /// When both could talk: the timer starts here.
    pub connected: Option<Date>,
    /// How it ended, once it has.
    pub ended: Option<EndedReason>,
    /// What an end under way means.
    pub ending: Option<EndKind>,
}

impl CallView {
    /// The app that has the call.
    pub fn app(&self) -> &AppId {
        &self.facts.app
    }

    /// The account it is on.
    pub fn account(&self) -> &AccountId {
        &self.facts.account
    }

    /// Who is at the other end.
    pub fn handle(&self) -> &Handle {
        &self.facts.handle
    }

    /// The name the app gave, if any.
    pub fn name(&self) -> Option<&str> {
        self.facts.name.as_deref().map(String::as_str)
    }

    /// Who called whom.
    pub fn direction(&self) -> Direction {
        self.facts.direction
    }

    /// What can be done with it.
    pub fn capabilities(&self) -> Capabilities {
        self.facts.capabilities
    }
}
