//! What a surface may offer for a call: each choice is a plan that would be accepted now.

use super::Arbiter;
use super::plan::{Plan, Standing};
use crate::call::{Call, State};
use crate::words::{CallNumber, Choice, ChoiceKind, DtmfType, RequestError};
use alloc::vec::Vec;

impl Arbiter {
    /// The choices for this call as everything stands. The order is the order of buttons.
    pub(crate) fn choices(&self, call: &Call) -> Vec<Choice> {
        Offers { core: self, standing: self.standing() }.of(call)
    }
}

/// What can be done with each call as they stand.
pub(super) struct Offers<'a> {
    pub core: &'a Arbiter,
    pub standing: Standing,
}

impl Offers<'_> {
    /// The choices for this call.
    pub fn of(&self, call: &Call) -> Vec<Choice> {
        let mut choices = Vec::with_capacity(3);
        let mut offer =
            |kind, ends, holds| choices.push(Choice { kind, ends, holds, merges: None });
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
        if call.state == State::Active
            && matches!(call.post_dial.front(), Some((DtmfType::HardPause, _)))
        {
            choices.push(Choice {
                kind: ChoiceKind::SendDigits,
                ends: None,
                holds: None,
                merges: None,
            });
        }
        if matches!(call.state, State::Active | State::Held(_)) {
            self.groupings(call, &mut choices);
        }
        choices
    }

    /// MC-21, UI-10: merging and splitting, where app and calls can.
    fn groupings(&self, call: &Call, choices: &mut Vec<Choice>) {
        let number = call.number;
        // Whoever talks first: that is who the user is likely to mean.
        let others = self.core.calls.talking().into_iter().chain(self.core.calls.held_groups());
        let merge = |other: CallNumber| {
            let apart = !self.core.calls.are_together(number, other);
            let holds = self.try_plan(|plan| plan.merge(number, other, None)).ok()?;
            apart.then_some((other, holds))
        };
        if let Some((other, holds)) = others.into_iter().find_map(merge) {
            let merges = Some(self.core.calls.lead(other));
            choices.push(Choice { kind: ChoiceKind::Merge, ends: None, holds, merges });
        }
        if call.group.is_some() {
            let mut offer =
                |kind, holds| choices.push(Choice { kind, ends: None, holds, merges: None });
            if let Ok(holds) = self.try_plan(|plan| plan.split(number, None)) {
                offer(ChoiceKind::Split, holds);
            }
            offer(ChoiceKind::EndGroup, None);
        }
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
            self.try_plan(|plan| plan.end_group(loss, None).and_then(|()| plan.answer(call, None)))
        };
        if let Some(talking) = self.core.calls.talking()
            && let Ok(holds) = ending(talking)
        {
            offer(ChoiceKind::EndAndAccept, Some(self.core.calls.lead(talking)), holds);
        }
        // Which of several held calls to give up is not a question for one button.
        if let (Some(held), None) = self.core.calls.held_pair()
            && self.try_plan(|plan| plan.answer(call, None)).is_err()
            && let Ok(holds) = ending(held)
        {
            offer(ChoiceKind::EndHeldAndAccept, Some(self.core.calls.lead(held)), holds);
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
                let talking =
                    self.core.calls.talking().map(|talking| self.core.calls.lead(talking));
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
        let mut plan = Plan::new(self.core, self.standing);
        build(&mut plan)?;
        plan.check_held()?;
        Ok(plan.holds())
    }
}
