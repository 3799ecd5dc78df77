//! What the core has to be told so that it has a call as GNOME Calls has it. What happens there has happened: it is asked
//! of the core as an app asks for what its own buttons want, and performed already when the core wants it performed.

use super::object::{Object, Stage};
use hookswitch_core::words::CallState;

/// What the core knows of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing yet.
    #[default]
    Not,
    /// It has it, or had it.
    Yes,
    /// The core gave it up, or would not have it, and GNOME Calls has it still: answered there, it is a call again.
    GivenUp,
    /// The user ended it.
    Ended,
}

/// The next thing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody calls.
    Report,
    /// It goes on from before a restart of the service.
    Adopt,
    /// It was dialed there.
    Start,
    /// It was answered there.
    Answer,
    /// The callee answered.
    Connected,
    /// It was held there, or resumed.
    SetHeld(bool),
    /// It is over.
    Ended,
}

impl Step {
    /// Whether it is asked for, and others have to do something first.
    pub fn is_request(self) -> bool {
        matches!(self, Self::Start | Self::Answer | Self::SetHeld(_))
    }
}

/// The next step for a call that GNOME Calls has like that, and the core in this state, if it has it.
/// `adopts`: it may be one from before a restart.
pub fn next_step(
    object: &Object,
    told: Told,
    core: Option<CallState>,
    adopts: bool,
) -> Option<Step> {
    let goes_on = matches!(object.stage, Stage::Active | Stage::Held | Stage::Dialing);
    match (object.stage, core) {
        (Stage::Unknown, _) | (Stage::Over, None) => None,
        (Stage::Over, Some(_)) => Some(Step::Ended),
        (_, None) if goes_on && adopts && told == Told::Not => Some(Step::Adopt),
        // One that rang before the core gave it up has rung for long enough.
        (Stage::Incoming, None) => (told == Told::Not && object.is_shown).then_some(Step::Report),
        (Stage::Dialing, None) => (told == Told::Not).then_some(Step::Start),
        (_, None) => {
            let begin = if object.inbound { Step::Report } else { Step::Start };
            matches!(told, Told::Not | Told::GivenUp).then_some(begin)
        }
        (Stage::Active | Stage::Held, Some(CallState::Ringing)) => Some(Step::Answer),
        (Stage::Active | Stage::Held, Some(CallState::Dialing | CallState::Connecting)) => {
            Some(Step::Connected)
        }
        (Stage::Active, Some(CallState::Held)) => Some(Step::SetHeld(false)),
        (Stage::Held, Some(CallState::Active)) => Some(Step::SetHeld(true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(stage: Stage, inbound: bool, told: Told, core: Option<CallState>) -> Option<Step> {
        let object = Object { stage, inbound, is_shown: true, ..Object::default() };
        next_step(&object, told, core, false)
    }

    #[test]
    fn what_happens_in_gnome_calls_is_told_once() {
        use CallState::{Active, Answering, Dialing, Ended, Ending, Held, Ringing, Starting};
        use Told::{GivenUp, Not, Yes};
        let rows = [
            (Stage::Incoming, Not, None, Some(Step::Report)),
            (Stage::Incoming, Yes, Some(Ringing), None),
            (Stage::Incoming, GivenUp, None, None),
            (Stage::Incoming, Told::Ended, None, None),
            (Stage::Active, Not, None, Some(Step::Report)),
            (Stage::Active, GivenUp, None, Some(Step::Report)),
            (Stage::Active, Told::Ended, None, None),
            (Stage::Active, Yes, Some(Ringing), Some(Step::Answer)),
            (Stage::Active, Yes, Some(Answering), None),
            (Stage::Active, Yes, Some(Active), None),
            (Stage::Active, Yes, Some(Held), Some(Step::SetHeld(false))),
            (Stage::Held, Yes, Some(Active), Some(Step::SetHeld(true))),
            (Stage::Over, Yes, Some(Active), Some(Step::Ended)),
            (Stage::Over, Yes, Some(Ending), Some(Step::Ended)),
            (Stage::Over, Yes, None, None),
            (Stage::Unknown, Yes, Some(Active), None),
        ];
        for (stage, told, core, step) in rows {
            assert_eq!(next(stage, true, told, core), step, "{stage:?} {told:?} {core:?}");
        }
        let rows = [
            (Stage::Dialing, Not, None, Some(Step::Start)),
            (Stage::Dialing, Yes, Some(Starting), None),
            (Stage::Dialing, Yes, Some(Dialing), None),
            (Stage::Active, Yes, Some(Starting), None),
            (Stage::Active, Yes, Some(Dialing), Some(Step::Connected)),
            (Stage::Active, Not, None, Some(Step::Start)),
        ];
        for (stage, told, core, step) in rows {
            assert_eq!(next(stage, false, told, core), step, "{stage:?} {told:?} {core:?}");
        }
        // Nobody tells of a call that is over for the core.
        assert_eq!(next(Stage::Active, true, Yes, Some(Ended)), None);
    }

    #[test]
    fn a_call_that_is_not_shown_yet_does_not_ring() {
        let object = Object { stage: Stage::Incoming, inbound: true, ..Object::default() };
        assert_eq!(next_step(&object, Told::Not, None, true), None);
    }

    #[test]
    fn one_from_before_a_restart_goes_on() {
        let object =
            Object { stage: Stage::Active, inbound: true, is_shown: true, ..Object::default() };
        assert_eq!(next_step(&object, Told::Not, None, true), Some(Step::Adopt));
        assert_eq!(next_step(&object, Told::GivenUp, None, true), Some(Step::Report));
    }
}
