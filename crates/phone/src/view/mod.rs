//! What the screen says and offers: from the calls and the time, and nothing else. No display is needed.

mod actions;
pub mod bar;
pub mod decline;
pub mod dial;
mod guard;
mod identity;
mod keys;
mod late;
mod leaves;
mod opens;
mod other;
mod over;
pub mod panel;
pub mod recents;
pub mod replies;
pub mod settings;
pub mod slide;
mod status;
pub mod words;

#[cfg(test)]
mod tests;

pub use actions::{Action, Style, Toggle};
pub use decline::With;
pub use guard::{Guard, Lock};
pub use identity::{Identity, isolated};
pub use keys::Key;
pub use late::Late;
pub use leaves::Leaves;
pub use opens::opens;
pub use other::Other;
pub use over::Over;
pub use status::Status;

use hookswitch::{
    Call, CallNumber, CallState, ChoiceKind, Date, Endpoint, RingLevel, SurfaceState,
};

/// What a press asks for, with the choices that were seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// One of the choices of a call.
    Choose {
        /// Of which call.
        call: CallNumber,
        /// Its `choices_revision` on the screen.
        revision: u64,
        /// Which one.
        choice: ChoiceKind,
    },
    /// Decline a call, and do more than that.
    DeclineWith {
        /// Which call.
        call: CallNumber,
        /// Its `choices_revision` on the screen.
        revision: u64,
        /// What more.
        with: With,
    },
    /// Stop the ringing of a call without refusing it.
    Silence(CallNumber),
    /// Mute or unmute.
    Mute {
        /// Of which call.
        call: CallNumber,
        /// Its `choices_revision` on the screen.
        revision: u64,
        /// The wanted state.
        muted: bool,
    },
    /// Turn video on or off: its app shows it.
    Video {
        /// Of which call.
        call: CallNumber,
        /// Its `choices_revision` on the screen.
        revision: u64,
        /// The wanted state.
        video: bool,
    },
    /// Let calls be heard there.
    Endpoint(String),
    /// Send a tone.
    Digit(CallNumber, char),
    /// Bring that app to the front: what only it can do with its call.
    Open(String),
    /// Away with the screen of a call that is over.
    Dismiss,
}

/// What is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Which screen.
    pub kind: Kind,
    /// The call it is about.
    pub call: CallNumber,
    /// What the window is called: read out when it appears.
    pub title: String,
    /// Who it is.
    pub identity: Identity,
    /// How it stands.
    pub status: Status,
    /// What an answer does to others; what there is to know before pressing.
    pub notices: Vec<String>,
    /// What stops the ringing and leaves the call ringing.
    pub silence: Option<Action>,
    /// When the user can be reminded of a call that is declined.
    pub reminders: Vec<Action>,
    /// What can be written to whoever is declined.
    pub replies: Vec<Action>,
    /// The buttons that change the call, in their order.
    pub actions: Vec<Action>,
    /// Whether the one that answers is to be slid by a finger.
    pub slides: bool,
    /// What leads to the app whose call it is.
    pub app: Option<Action>,
    /// What can be switched on and off while talking.
    pub toggles: Vec<Toggle>,
    /// Whether tones can be sent.
    pub keypad: bool,
    /// Where it can be heard, if there is a choice.
    pub endpoints: Vec<Endpoint>,
    /// The other calls.
    pub others: Vec<Other>,
}

/// The screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call rings, and there is no other.
    Incoming,
    /// A call rings, and there are others.
    CallWaiting,
    /// The call goes out, or is talked in, or is held.
    InCall,
    /// The call is over.
    Over,
}

impl View {
    /// The screen for these calls; none if there is nothing to show. `over`: the call that ended last, while that is to be
    /// seen.
    pub fn of(state: &SurfaceState, over: Option<&Over>, now: Date) -> Option<Self> {
        let calls: Vec<&Call> = state.calls.values().collect();
        if let Some(ringing) = calls.iter().find(|call| call.state == CallState::Ringing) {
            return Some(Self::ringing(ringing, &calls, state.ring));
        }
        match in_front(&calls) {
            Some(call) => Some(Self::in_call(call, &calls, state, now)),
            None => over.map(Self::over),
        }
    }

    fn ringing(call: &Call, calls: &[&Call], ring: RingLevel) -> Self {
        let identity = Identity::of(call);
        let others: Vec<&Call> =
            calls.iter().filter(|other| other.number != call.number).copied().collect();
        let kind = if others.is_empty() { Kind::Incoming } else { Kind::CallWaiting };
        Self {
            kind,
            call: call.number,
            title: words::incoming(&identity.name, &call.app_name),
            status: Status::Text(words::kind_of(call)),
            notices: actions::holds(call, calls),
            silence: (ring != RingLevel::Silent).then(|| actions::silence(call)),
            reminders: match kind {
                // Beside other calls each line is needed for what becomes of them.
                Kind::Incoming => decline::reminders(call),
                _ => Vec::new(),
            },
            replies: Vec::new(),
            actions: actions::ringing(call, calls),
            slides: false,
            app: None,
            toggles: Vec::new(),
            keypad: false,
            endpoints: Vec::new(),
            others: others.into_iter().map(Other::without_choice).collect(),
            identity,
        }
    }

    fn in_call(call: &Call, calls: &[&Call], state: &SurfaceState, now: Date) -> Self {
        let identity = Identity::of(call);
        let others = calls.iter().filter(|other| other.number != call.number);
        let endpoints = &state.audio.endpoints;
        Self {
            kind: Kind::InCall,
            call: call.number,
            title: words::in_call(&identity.name, &call.app_name),
            status: Status::of(call, now),
            notices: Vec::new(),
            silence: None,
            reminders: Vec::new(),
            replies: Vec::new(),
            actions: actions::in_call(call, calls),
            slides: false,
            app: Some(actions::open(call)),
            toggles: actions::toggles(call),
            keypad: call.capabilities.dtmf && call.state == CallState::Active,
            endpoints: if endpoints.len() > 1 { endpoints.clone() } else { Vec::new() },
            others: others.map(|other| Other::of(other, calls)).collect(),
            identity,
        }
    }

    fn over(over: &Over) -> Self {
        let identity = Identity::of(&over.call);
        Self {
            kind: Kind::Over,
            call: over.call.number,
            title: words::over(&identity.name),
            status: Status::Text(words::ended(&over.call)),
            notices: Vec::new(),
            silence: None,
            reminders: Vec::new(),
            replies: Vec::new(),
            actions: vec![actions::dismiss()],
            slides: false,
            app: None,
            toggles: Vec::new(),
            keypad: false,
            endpoints: Vec::new(),
            others: Vec::new(),
            identity,
        }
    }

    /// Whether there is more on it than one call.
    pub fn is_crowded(&self) -> bool {
        self.kind == Kind::CallWaiting || !self.others.is_empty()
    }

    /// Whether only words differ, so that the buttons can stay where they are.
    pub fn has_same_controls(&self, other: &Self) -> bool {
        let of = |view: &Self| (view.kind, view.call, view.keypad);
        of(self) == of(other)
            && self.actions == other.actions
            && self.slides == other.slides
            && self.silence == other.silence
            && self.reminders == other.reminders
            && self.replies == other.replies
            && self.app == other.app
            && self.toggles == other.toggles
            && self.endpoints == other.endpoints
            && self.others == other.others
            && self.notices == other.notices
    }
}

/// The call the screen is about when none rings: whoever is talked to, else whoever is called, else whoever waits.
fn in_front<'a>(calls: &[&'a Call]) -> Option<&'a Call> {
    let rank = |call: &Call| match call.state {
        CallState::Active => 0,
        CallState::Answering | CallState::Starting => 1,
        CallState::Dialing | CallState::Connecting => 1,
        CallState::Held => 2,
        CallState::Ringing | CallState::Ending | CallState::Ended => 3,
    };
    calls.iter().copied().min_by_key(|call| (rank(call), call.number))
}
