use crate::words::{
    AccountId, AppId, CallNumber, CallState, CallUpdate, CallUuid, Capabilities, Choice, Date,
    Direction, DtmfDigits, DtmfType, EndKind, GroupId, Handle, Languages, LogPolicy, Member,
    ProviderId, SurfaceId, Timestamp, TranslationEngine,
};
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What is known about a call that no rule changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Facts {
    /// The app that has it.
    pub app: AppId,
    /// The account it is on.
    pub account: AccountId,
    /// The app's id of it.
    pub uuid: CallUuid,
    /// Who called whom.
    pub direction: Direction,
    /// The other end.
    pub handle: Arc<Handle>,
    /// The name the app gave, if any.
    pub name: Option<Arc<String>>,
    /// Whether it carries video.
    pub video: bool,
    /// Whether its media is lost and being set up again.
    pub reconnecting: bool,
    /// Who takes part at the other end, where that is more than one.
    pub members: Arc<[Member]>,
    /// Whether it is an emergency call, or an emergency service calls back.
    pub emergency: bool,
    /// What can be done with it.
    pub capabilities: Capabilities,
}

impl Facts {
    /// Take over the fields that are set.
    pub(crate) fn update(&mut self, update: CallUpdate) {
        if let Some(handle) = update.remote_handle {
            self.handle = Arc::new(handle);
        }
        if let Some(name) = update.localized_caller_name {
            self.name = Some(Arc::new(name));
        }
        let to = &mut self.capabilities;
        to.holding = update.supports_holding.unwrap_or(to.holding);
        to.grouping = update.supports_grouping.unwrap_or(to.grouping);
        to.ungrouping = update.supports_ungrouping.unwrap_or(to.ungrouping);
        to.dtmf = update.supports_dtmf.unwrap_or(to.dtmf);
        to.video = update.supports_video.unwrap_or(to.video);
        to.translation = update.supports_translation.unwrap_or(to.translation);
        self.video = update.has_video.unwrap_or(self.video);
        self.reconnecting = update.reconnecting.unwrap_or(self.reconnecting);
        if let Some(members) = update.members {
            self.members = members.into();
        }
    }
}

/// Where a call is in its life, with the data only that state has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    /// Rings until then. Next: Answering, Ending, or gone.
    Ringing { until: Timestamp, silenced: bool },
    /// The user accepted; if making room fails it rings on until then. Next: Active, Ringing, Ending, or gone.
    Answering { until: Timestamp },
    /// Room is being made, or the app is asked. Next: Dialing, Ending, or gone.
    Starting,
    /// The invitation has left. Next: Active, Ending, or gone.
    Dialing { reached: bool, stuck: Timestamp },
    /// Both can talk. Next: Held, Ending, or gone.
    Active,
    /// On hold. Next: Active, Ending, or gone.
    Held(HeldFor),
    /// The app is being told. Next: gone.
    Ending { kind: EndKind, was: Before },
}

/// Why a call is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HeldFor {
    /// Somebody asked for it, or it came back from a restart held.
    Itself,
    /// The service held it to make room for that call.
    Room(CallNumber),
}

/// What an ending call was before: an end that takes a while must not change who counts as ringing or talking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Before {
    Ringing,
    Answering,
    Starting,
    Dialing,
    Active,
    Held,
}

/// Whether the user can see a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sight {
    /// It began just now. Next: Due or Unseen.
    New,
    /// Some surface has until then to show it, but these will not. Next: By or Unseen.
    Due(Timestamp, Vec<SurfaceId>),
    /// None does, and that was said. Next: By.
    Unseen,
    /// These do, one at least. Next: Unseen.
    By(Vec<SurfaceId>),
}

/// One live call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub number: CallNumber,
    pub provider: ProviderId,
    pub facts: Arc<Facts>,
    pub state: State,
    pub group: Option<GroupId>,
    /// The user's wish, enforced by the audio; it outlives hold.
    pub muted: bool,
    /// What was last asked for; an unmute under way must not undo a mute asked for after it.
    pub mute_wanted: bool,
    pub logged: bool,
    pub started: Option<Date>,
    pub connected: Option<Date>,
    /// Between which languages it is translated, and by whom.
    pub translating: Option<(Languages, TranslationEngine)>,
    /// What was dialed behind the number and is not sent yet.
    pub post_dial: VecDeque<(DtmfType, DtmfDigits)>,
    /// Who shows it.
    pub sight: Sight,
    /// The service rang for it because a push said so; its app has not reported it itself.
    pub rung: bool,
    /// Shared with the views of it.
    pub choices: Arc<[Choice]>,
    pub choices_revision: u64,
    /// The state the revision stands for.
    pub shown: Option<CallState>,
}

impl Call {
    pub fn new(
        number: CallNumber,
        provider: ProviderId,
        facts: Facts,
        log: LogPolicy,
        state: State,
    ) -> Self {
        Self {
            number,
            provider,
            facts: Arc::new(facts),
            state,
            group: None,
            muted: false,
            mute_wanted: false,
            logged: log == LogPolicy::Full,
            started: None,
            connected: None,
            translating: None,
            post_dial: VecDeque::new(),
            sight: Sight::New,
            rung: false,
            choices: Arc::default(),
            choices_revision: 0,
            shown: None,
        }
    }

    pub fn public_state(&self) -> CallState {
        match self.state {
            State::Ringing { .. } => CallState::Ringing,
            State::Answering { .. } => CallState::Answering,
            State::Starting => CallState::Starting,
            State::Dialing { reached: false, .. } => CallState::Dialing,
            State::Dialing { reached: true, .. } => CallState::Connecting,
            State::Active => CallState::Active,
            State::Held(_) => CallState::Held,
            State::Ending { .. } => CallState::Ending,
        }
    }

    /// Whether it may have the audio: from the moment the invitation left, or both can talk.
    pub fn talks(&self) -> bool {
        matches!(
            self.state,
            State::Dialing { .. }
                | State::Active
                | State::Ending { was: Before::Dialing | Before::Active, .. }
        )
    }

    pub fn is_ringing(&self) -> bool {
        matches!(self.state, State::Ringing { .. })
    }

    pub fn is_held(&self) -> bool {
        matches!(self.state, State::Held(_))
    }

    /// From the moment somebody said yes, or the invitation left.
    pub fn is_connecting_or_connected(&self) -> bool {
        !matches!(self.state, State::Ringing { .. } | State::Starting | State::Ending { .. })
    }

    /// Whether what can be done with other calls depends on this one: not while it rings, nor once it ends.
    pub fn is_apart(&self) -> bool {
        matches!(self.state, State::Ringing { .. } | State::Ending { .. }) && self.group.is_none()
    }

    pub fn is_ending(&self) -> bool {
        matches!(self.state, State::Ending { .. })
    }

    /// What the user's wish to be rid of it means now.
    pub fn end_kind(&self) -> EndKind {
        match self.state {
            State::Ringing { .. } => EndKind::Decline,
            State::Starting | State::Dialing { .. } => EndKind::Cancel,
            State::Ending { kind, .. } => kind,
            State::Answering { .. } | State::Active | State::Held(_) => EndKind::HangUp,
        }
    }
}

impl State {
    pub fn before(self) -> Before {
        match self {
            Self::Ringing { .. } => Before::Ringing,
            Self::Answering { .. } => Before::Answering,
            Self::Starting => Before::Starting,
            Self::Dialing { .. } => Before::Dialing,
            Self::Active => Before::Active,
            Self::Held(_) => Before::Held,
            Self::Ending { was, .. } => was,
        }
    }
}
