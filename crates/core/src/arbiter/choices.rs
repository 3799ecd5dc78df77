//! What a surface may offer for a call: each choice is a plan that would be accepted now.

use super::Arbiter;
use super::plan::Plan;
use crate::call::{Call, State};
use crate::words::{CallNumber, Choice, ChoiceKind, RequestError};
use alloc::vec::Vec;

impl Arbiter {
    /// The choices for this call as everything stands. The order is the order of buttons.
    pub(super) fn choices(&self, call: &Call) -> Vec<Choice> {
        let mut choices = Vec::with_capacity(3);
        let mut offer = |kind, ends, holds| choices.push(Choice { kind, ends, holds });
        match call.state {
            State::Ringing { .. } => {
                self.answers(call.number, &mut offer);
                offer(ChoiceKind::Decline, None, None);
            }
            State::Starting | State::Dialing { .. } => offer(ChoiceKind::Cancel, None, None),
            State::Answering { .. } => offer(ChoiceKind::End, None, None),
            State::Active => {
                offer(ChoiceKind::End, None, None);
                if self.try_plan(|plan| plan.set_held(call.number, true, None)).is_ok() {
                    offer(ChoiceKind::Hold, None, None);
                }
            }
            State::Held(_) => {
                self.resumes(call.number, &mut offer);
                offer(ChoiceKind::End, None, None);
            }
            State::Ending { .. } => {}
        }
        choices
    }

    /// MC-3, MC-8, UI-10.
    fn answers(
        &self,
        call: CallNumber,
        offer: &mut impl FnMut(ChoiceKind, Option<CallNumber>, Option<CallNumber>),
    ) {
        match self.try_plan(|plan| plan.answer(call, None)) {
            Ok(None) => offer(ChoiceKind::Answer, None, None),
            Ok(holds) => offer(ChoiceKind::HoldAndAccept, None, holds),
            Err(_) => {}
        }
        let ending = |loss: CallNumber| {
            self.try_plan(|plan| plan.end(loss, None).and_then(|()| plan.answer(call, None)))
        };
        if let Some(talking) = self.calls.talking()
            && let Ok(holds) = ending(talking)
        {
            offer(ChoiceKind::EndAndAccept, Some(talking), holds);
        }
        // Which of several held calls to give up is not a question for one button.
        if let (Some(held), 1) = (self.calls.held().first(), self.calls.held().len())
            && self.try_plan(|plan| plan.answer(call, None)).is_err()
            && let Ok(holds) = ending(*held)
        {
            offer(ChoiceKind::EndHeldAndAccept, Some(*held), holds);
        }
    }

    fn resumes(
        &self,
        call: CallNumber,
        offer: &mut impl FnMut(ChoiceKind, Option<CallNumber>, Option<CallNumber>),
    ) {
        match self.try_plan(|plan| plan.set_held(call, false, None)) {
            Ok(None) => offer(ChoiceKind::Resume, None, None),
            Ok(holds) => offer(ChoiceKind::Swap, None, holds),
            Err(RequestError::CannotHold) => {
                let talking = self.calls.talking();
                offer(ChoiceKind::EndAndResume, talking, None);
            }
            Err(_) => {}
        }
    }

    /// Whom the plan holds, if it would be accepted.
    fn try_plan(
        &self,
        build: impl FnOnce(&mut Plan) -> Result<(), RequestError>,
    ) -> Result<Option<CallNumber>, RequestError> {
        let mut plan = Plan::new(self);
        build(&mut plan)?;
        plan.check_held()?;
        Ok(plan.holds())
    }
}
