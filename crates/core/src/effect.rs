use crate::call::Facts;
use crate::words::{
    AccountId, ActionId, AppId, CallNumber, CallState, CallUuid, Capabilities, Choice,
    CompletionError, Date, Direction, EndKind, EndedReason, GroupId, Handle, IncomingCallError,
    Languages, Outcome, ProviderId, RecentsEntry, RegisterError, ReportError, RequestError,
    RequestId, RingLevel, SurfaceId, Timestamp, TransactionId, TranslationEngine, Verb,
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
    /// To whoever can bring up a call screen, and to what shows calls in its place: no surface shows this call.
    Unseen(CallNumber),
    /// To the same: a surface shows this call after all.
    Seen(CallNumber),
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
    /// Bring up the audio of this call and say [`AudioActivated`](crate::Input::AudioActivated). Nobody else has it but
    /// who is in one group with it.
    Activate(CallNumber),
    /// The session passes from one call to the next: keep it up, for the second, who is not granted it yet.
    HandOver(CallNumber, CallNumber),
    /// This call has it no more.
    Deactivate(CallNumber),
    /// Cut (true) or open (false) the microphone of this call, whatever its app does.
    SetMuted(CallNumber, bool),
    /// A headset button did nothing because it could only have ended a call unseen: let the user hear that.
    RefusalTone,
    /// AUD-05: the user was with this call, and it ended without their doing: let them hear it. Everybody else keeps quiet
    /// until the tone is over; its app has the audio no more already.
    EndTone(CallNumber, EndTone),
}

/// What the end of a call sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndTone {
    /// The call is over.
    Ended,
    /// The other end did not take it.
    Busy,
    /// It could not be put through, or broke off.
    Failure,
}

impl EndTone {
    /// The word in flows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Busy => "busy",
            Self::Failure => "failure",
        }
    }
}

/// How far a call is with the audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AudioStanding {
    /// It is kept up for this call, whose app may not start yet.
    Reserved,
    /// It is up, or being brought up.
    Up,
    /// Its app was told to start.
    Granted,
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
    Perform(Perform),
    /// All of this follows now, and is pending already: does the app carry it out itself? It says so with
    /// [`Executed`](crate::Input::Executed). If not, each comes by itself, with an id of its own.
    Execute {
        /// The transaction it is part of.
        transaction: TransactionId,
        /// What, in order: only what this app has to do, up to the next thing that another app has to.
        performs: Vec<Perform>,
    },
    /// The service rang for the app while it did not run: this call is the app's from now on.
    DidAttachCall {
        /// The app's id of it.
        call: CallUuid,
        /// Where it is in its life.
        state: CallState,
        /// Who calls.
        facts: Arc<Facts>,
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

/// One action that a provider is asked to perform.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Perform {
    /// The action's own id.
    pub action: ActionId,
    /// With which call.
    pub call: CallUuid,
    /// What.
    pub verb: Verb,
    /// After which it counts as failed.
    pub deadline: Timestamp,
    /// The app's own transaction it comes from, if it asked for it itself: how an app tells its own echoes.
    pub origin: Option<TransactionId>,
    /// The transaction it is part of, whoever asked; `None`: it tells what is so already.
    pub part_of: Option<TransactionId>,
    /// For a start: whom, with what, on which account.
    pub facts: Option<Arc<Facts>>,
    /// Whether another call takes over once this is done: the app need not tear its audio down.
    pub handing_over: bool,
    /// TX-9: a mute while the call is translated: silence it, but keep capturing.
    pub keep_capturing: bool,
}

/// What would follow from a request. See [`Arbiter::preflight`](crate::Arbiter::preflight).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Consequences {
    /// Calls that would be held to make room; a group by its first member.
    pub holds: Vec<CallNumber>,
    /// Calls that would end, other than those whose end is asked for.
    pub ends: Vec<CallNumber>,
}

/// What calls need of the device they are on. See [`Arbiter::needs`](crate::Arbiter::needs).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Needs {
    /// It must not fall asleep: there is a call.
    pub awake: bool,
    /// Its screen must not go dark by itself: it rings, or a picture is looked at. Who only talks needs no screen.
    pub lit: bool,
    /// The newest call that rings and was not silenced. A newer one than before turns the screen on.
    pub wake: Option<CallNumber>,
    /// Who has calls, and has to go on running.
    pub alive: Vec<ProviderId>,
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
    /// The group it is in: one conversation with the other calls of the same id.
    pub group: Option<GroupId>,
    /// When the first call of that group was connected.
    pub group_connected: Option<Date>,
    /// Whether the microphone is muted for it.
    pub muted: bool,
    /// What the user can do with it now.
    pub choices: Arc<[Choice]>,
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
    /// What can be done with it: as the call says, as far as its app's configuration allows.
    pub capabilities: Capabilities,
    /// Between which languages it is translated, and by whom.
    pub translating: Option<(Languages, TranslationEngine)>,
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
}
