//! What a notification of a call says and offers, whatever shows it.

use super::sentences;
use hookswitch_core::CallView;
use hookswitch_core::words::{CallNumber, CallState, Choice, ChoiceKind, RecentsEntry};

/// Which notification it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// A live call.
    Call(CallNumber),
    /// A call that was missed.
    Missed(CallNumber),
}

/// The kind, by the names of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `call.incoming`
    Incoming,
    /// `call.ongoing`
    Ongoing,
    /// `call.unanswered`
    Unanswered,
}

impl Kind {
    /// The category.
    pub fn category(self) -> &'static str {
        match self {
            Self::Incoming => "call.incoming",
            Self::Ongoing => "call.ongoing",
            Self::Unanswered => "call.unanswered",
        }
    }

    /// 0 low, 1 normal, 2 critical: a call that rings is shown over everything else, one that goes on disturbs nobody.
    pub fn urgency(self) -> u8 {
        match self {
            Self::Incoming => 2,
            Self::Ongoing => 0,
            Self::Unanswered => 1,
        }
    }
}

/// To call back; not a choice of a call, which is over.
pub const CALL_BACK: &str = "callback";

/// What it says and offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is.
    pub kind: Kind,
    /// In one line.
    pub summary: String,
    /// More; may be empty.
    pub body: String,
    /// Buttons: the word that comes back, and what is on it.
    pub actions: Vec<(&'static str, String)>,
    /// What the user was offered, with what it costs.
    pub choices: Vec<Choice>,
    /// The revision of that.
    pub revision: u64,
}

impl Note {
    /// Whether the user sees the same: the number of the revision is not seen.
    pub fn looks_like(&self, other: &Self) -> bool {
        Self { revision: 0, ..self.clone() } == Self { revision: 0, ..other.clone() }
    }

    /// Of a live call. `calls`: all live calls, to name what would be lost. `hidden`: nothing of who it is.
    pub fn of(call: &CallView, app: &str, calls: &[CallView], hidden: bool) -> Option<Self> {
        let who = who(call, hidden);
        let (kind, summary) = match call.state {
            CallState::Ringing => (Kind::Incoming, sentences::calls(&who, app)),
            CallState::Ending | CallState::Ended => return None,
            state => (Kind::Ongoing, sentences::in_call(&who, app, state)),
        };
        let offered = |choice: &&Choice| match kind {
            Kind::Incoming => accepts(choice.kind) || choice.kind == ChoiceKind::Decline,
            _ => matches!(choice.kind, ChoiceKind::End | ChoiceKind::Cancel),
        };
        let mut choices: Vec<Choice> = call.choices.iter().filter(offered).copied().collect();
        // As on the call screens; and GNOME gives the keys to the first button when the pointer touches the banner: who types a
        // space then must not answer.
        choices.sort_by_key(|choice| choice.kind != ChoiceKind::Decline);
        let named = |other: Option<CallNumber>| {
            let other = calls.iter().find(|of| Some(of.number) == other)?;
            Some(self::who(other, hidden))
        };
        let cost = choices.iter().filter_map(|choice| {
            sentences::cost(named(choice.holds).as_deref(), named(choice.ends).as_deref())
        });
        let actions = choices.iter().map(|of| (of.kind.name(), sentences::button(of.kind).into()));
        Some(Self {
            kind,
            summary,
            body: cost.collect::<Vec<_>>().join(" "),
            actions: actions.collect(),
            choices,
            revision: call.choices_revision,
        })
    }

    /// Of a call that was missed.
    pub fn missed(entry: &RecentsEntry, app: &str, hidden: bool) -> Self {
        let who = name(entry.name.as_deref().map(String::as_str), &entry.handle.value, hidden);
        // Nobody can be called back who is not known.
        let known = !entry.handle.value.is_empty();
        let actions = known.then(|| (CALL_BACK, sentences::call_back()));
        Self {
            kind: Kind::Unanswered,
            summary: sentences::missed(&who),
            body: sentences::with(app),
            actions: actions.into_iter().collect(),
            choices: Vec::new(),
            revision: 0,
        }
    }
}

fn accepts(kind: ChoiceKind) -> bool {
    use ChoiceKind::{Answer, EndAndAccept, EndHeldAndAccept, HoldAndAccept};
    matches!(kind, Answer | HoldAndAccept | EndAndAccept | EndHeldAndAccept)
}

fn who(call: &CallView, hidden: bool) -> String {
    name(call.name(), &call.handle().value, hidden)
}

fn name(name: Option<&str>, handle: &str, hidden: bool) -> String {
    let known = [name.unwrap_or_default(), handle].map(sentences::plain);
    let known = known.into_iter().find(|name| !name.is_empty() && !hidden);
    known.unwrap_or_else(sentences::somebody)
}
