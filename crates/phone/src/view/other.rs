use super::{Action, actions, words};
use hookswitch::{Call, CallNumber};

/// Another call than the one the screen is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Which.
    pub call: CallNumber,
    /// Who it is.
    pub name: String,
    /// How it stands, and through which app.
    pub status: String,
    /// What brings it to the front, or ends it there.
    pub actions: Vec<Action>,
}

impl Other {
    /// With what can be done with it.
    pub fn of(call: &Call, calls: &[&Call]) -> Self {
        Self { actions: actions::of_other(call, calls), ..Self::without_choice(call) }
    }

    /// To be seen only: something else is to be decided first.
    pub fn without_choice(call: &Call) -> Self {
        Self {
            call: call.number,
            name: super::Identity::of(call).name,
            status: words::state_and_app(call),
            actions: Vec::new(),
        }
    }
}
