use crate::provider::Configuration;
use crate::words::{
    AccountId, ActionId, AppId, CallNumber, CallState, CallUpdate, CallUuid, ChoiceKind, Date,
    DtmfDigits, DtmfType, EndedReason, Handle, Languages, ProviderId, RecentsEntry, RequestId,
    SurfaceId, Timestamp, TransactionId, TranslationEngine,
};
use alloc::vec::Vec;

/// The time, as it comes in with each input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Now {
    /// For deadlines.
    pub at: Timestamp,
    /// For recents.
    pub date: Date,
}

/// Everything that can happen to the arbiter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// A connection wants to be the provider of `app`. The sender's right to that app id is settled already.
    Register {
        /// The id this registration gets; never used before.
        provider: ProviderId,
        /// Where the reply goes.
        request: RequestId,
        /// The app it speaks for.
        app: AppId,
        /// What it says about itself.
        configuration: Configuration,
    },
    /// A provider replaces its configuration. Calls it has stay as they are.
    Configure {
        /// Who.
        provider: ProviderId,
        /// Where the reply goes.
        request: RequestId,
        /// The new configuration, whole.
        configuration: Configuration,
    },
    /// A provider says goodbye: its calls end as failed.
    Invalidate {
        /// Who.
        provider: ProviderId,
        /// Where the reply goes.
        request: RequestId,
    },
    /// A provider's connection left the bus.
    ProviderLost {
        /// Who.
        provider: ProviderId,
    },
    /// A provider tells what happened elsewhere.
    Report {
        /// Who.
        provider: ProviderId,
        /// Where the reply goes.
        request: RequestId,
        /// Which of its calls.
        call: CallUuid,
        /// What happened.
        report: Report,
    },
    /// A provider completes an action.
    Complete {
        /// Who.
        provider: ProviderId,
        /// Which action.
        action: ActionId,
        /// How.
        completion: Completion,
        /// Where the reply goes; `None` where the completion is itself a reply.
        request: Option<RequestId>,
    },
    /// A provider answers whether it carries out itself what it was offered as a whole.
    Executed {
        /// Who.
        provider: ProviderId,
        /// What it was offered.
        transaction: TransactionId,
        /// No: it wants one perform after the other.
        handled: bool,
    },
    /// A push says that somebody calls an app that does not run. The call is the service's until the app registers.
    Rung {
        /// The id under which the app is known until then; never used before.
        provider: ProviderId,
        /// Where the reply goes.
        request: RequestId,
        /// The app that is called. If it runs, it reports its calls itself.
        app: AppId,
        /// What the app said about itself when it ran last.
        configuration: Configuration,
        /// The app's id of the call.
        call: CallUuid,
        /// Who calls and what the call can do.
        update: CallUpdate,
        /// What the user's do-not-disturb and block list say of this caller.
        verdict: Verdict,
    },
    /// Somebody asks for something.
    Request {
        /// Who asks.
        requester: Requester,
        /// Where the reply goes.
        request: RequestId,
        /// What for, in order.
        actions: Vec<Requested>,
        /// The choices the user saw, if the surface says: refused if they changed since.
        revision: Option<u64>,
    },
    /// A surface that can show calls is there. It is told of everything from now on. If it is there already, nothing changes.
    SurfaceRegistered {
        /// Which.
        surface: SurfaceId,
    },
    /// It said goodbye, or its connection left the bus.
    SurfaceLeft {
        /// Which.
        surface: SurfaceId,
    },
    /// A surface shows the call now.
    Presented {
        /// Who; counts only while it is registered.
        surface: SurfaceId,
        /// Which call.
        call: CallNumber,
    },
    /// A surface does not show the call, nor will it before the user asks for it.
    NotPresented {
        /// Who; counts only while it is registered.
        surface: SurfaceId,
        /// Which call.
        call: CallNumber,
    },
    /// The user wants quiet without refusing the call.
    Silence {
        /// Who asks.
        surface: SurfaceId,
        /// Where the reply goes.
        request: RequestId,
        /// Which call.
        call: CallNumber,
    },
    /// A headset's call button.
    Press {
        /// Held down for long.
        long: bool,
    },
    /// The audio of this call is up: its app may start media.
    AudioActivated {
        /// Which call.
        call: CallNumber,
    },
    /// The service came back: what its journal remembers. Only as the first input.
    Restore {
        /// Calls that were live, as they were last recorded.
        orphans: Vec<RecentsEntry>,
        /// Above every number ever given.
        next_number: CallNumber,
    },
    /// Time passed. Early, late or repeated ticks change nothing that is not due.
    Tick,
}

/// What a provider reports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Report {
    /// A new incoming call.
    Incoming {
        /// The account it came in on; `None` = the first.
        account: Option<AccountId>,
        /// Who calls and what the call can do.
        update: CallUpdate,
        /// What the user's do-not-disturb and block list say of this caller.
        verdict: Verdict,
    },
    /// Facts changed.
    Updated(CallUpdate),
    /// The far side was reached. May be repeated as a sign of life.
    StartedConnecting(Option<Date>),
    /// Both can talk.
    Connected(Option<Date>),
    /// It ended elsewhere.
    Ended(Option<Date>, EndedReason),
    /// A call from before the service's restart, reported again.
    Adopt(Adoption),
}

/// A call as the app has it when it reports it again after a restart of the service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Adoption {
    /// Ringing, Dialing, Connecting, Active or Held.
    pub state: CallState,
    /// Whether the app has its microphone muted for it.
    pub muted: bool,
    /// A call of the same app, adopted before, that it is in one group with.
    pub group_with: Option<CallUuid>,
    /// Facts that changed meanwhile.
    pub update: CallUpdate,
}

/// What the user's filters say of a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Let it ring.
    #[default]
    Allow,
    /// Do-not-disturb is on and this caller is not excepted.
    DoNotDisturb,
    /// The user blocks this caller.
    Blocked,
}

/// How a provider completes an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Completion {
    /// It worked; at that time if it says when.
    Fulfill(Option<Date>),
    /// A translation runs, by that engine.
    FulfillUsing(TranslationEngine),
    /// It did not.
    Fail,
}

/// Who asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Requester {
    /// An app, for its own calls.
    Provider(ProviderId),
    /// A surface, for the user, for any call.
    Surface(SurfaceId),
    /// A headset's button.
    Headset,
}

/// One thing asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Requested {
    /// Dial.
    Start(StartDetails),
    /// Answer, in the way that touches nobody else or at most holds.
    Answer(CallRef),
    /// One of the choices a surface offers for a call.
    Choose(CallNumber, ChoiceKind),
    /// End, decline or cancel, as the call's state says.
    End(CallRef),
    /// End the call and everybody who is in one conversation with it.
    EndGroup(CallRef),
    /// Hold or resume, with everybody who is in one conversation with it.
    SetHeld(CallRef, bool),
    /// Mute or unmute, with everybody who is in one conversation with it.
    SetMuted(CallRef, bool),
    /// Make the call one conversation with another of the same app; `None`: leave it.
    SetGroup(CallRef, Option<CallRef>),
    /// Turn video on or off.
    SetVideo(CallRef, bool),
    /// Translate, or (`None`) no more.
    SetTranslating(CallRef, Option<Languages>),
    /// Send tones.
    PlayDtmf(CallRef, DtmfDigits, DtmfType),
}

impl Requested {
    /// The id of the call, where an app names it by that.
    pub(crate) fn own_id(&self) -> Option<CallUuid> {
        let call = match self {
            Self::Start(details) => return Some(details.uuid),
            Self::Answer(call)
            | Self::End(call)
            | Self::EndGroup(call)
            | Self::SetGroup(call, _)
            | Self::SetVideo(call, _)
            | Self::SetTranslating(call, _)
            | Self::SetHeld(call, _)
            | Self::SetMuted(call, _)
            | Self::PlayDtmf(call, ..) => *call,
            Self::Choose(..) => return None,
        };
        match call {
            CallRef::Uuid(call) => Some(call),
            CallRef::Number(_) => None,
        }
    }
}

/// How a requester names a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallRef {
    /// An app names its own call by its own id.
    Uuid(CallUuid),
    /// A surface names any call by the service's number.
    Number(CallNumber),
}

/// What is dialed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StartDetails {
    /// The app to dial with; an app dials with itself whatever it says here.
    pub app: Option<AppId>,
    /// The account to dial with; `None` = the first.
    pub account: Option<AccountId>,
    /// The call's id; must not be live with this provider.
    pub uuid: CallUuid,
    /// Whom. Of a telephone number, digits behind `,` are sent after a pause once both can talk, and digits behind `;`
    /// when the user says so.
    pub handle: Handle,
    /// With video.
    pub video: bool,
    /// An emergency call: for apps that may make them.
    pub emergency: bool,
}
