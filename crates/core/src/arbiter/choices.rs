//! What a surface may offer for a call: each choice is a plan that would be accepted now.

use super::Arbiter;
use super::plan::{Plan, Standing};
use crate::call::{Call, State};
use crate::words::{CallNumber, Choice, ChoiceKind, DtmfType, RequestError};
use alloc::vec::Vec;

impl Arbiter {
    /// The choices for this call as everything stands. The order is the order of buttons.
    pub(crate) fn choices(&self, call: &Call) -> Vec<Choice> {
        let mut choices = Vec::new();
        let plan = Plan::new(self, self.standing());
        Offers { core: self, standing: self.standing(), plan }.of(call, &mut choices);
        choices
    }
}

/// What can be done with each call as they stand.
pub(super) struct Offers<'a> {
    pub core: &'a Arbiter,
    pub standing: Standing,
    /// Used again for each question, as most plans are only made to see whether they would be accepted.
    pub plan: Plan<'a>,
}

impl<'a> Offers<'a> {
    /// The choices for this call.
    pub fn of(&mut self, call: &Call, choices: &mut Vec<Choice>) {
        choices.clear();
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
            self.groupings(call, choices);
        }
    }

    /// MC-21, UI-10: merging and splitting, where app and calls can.
    fn groupings(&mut self, call: &Call, choices: &mut Vec<Choice>) {
        let number = call.number;
        // Whoever talks first: that is who the user is likely to mean.
        let core = self.core;
        let others = core.calls.talking().into_iter().chain(core.calls.held_groups());
        let merge = |other: CallNumber| {
            let apart = !core.calls.are_together(number, other);
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
        &mut self,
        call: CallNumber,
        offer: &mut impl FnMut(ChoiceKind, Option<CallNumber>, Option<CallNumber>),
    ) {
        match self.try_plan(|plan| plan.answer(call, None)) {
            Ok(None) => offer(ChoiceKind::Answer, None, None),
            Ok(holds) => offer(ChoiceKind::HoldAndAccept, None, holds),
            Err(_) => {}
        }
        if let Some(talking) = self.core.calls.talking()
            && let Ok(holds) = self.ending(talking, call)
        {
            offer(ChoiceKind::EndAndAccept, Some(self.core.calls.lead(talking)), holds);
        }
        // Which of several held calls to give up is not a question for one button.
        if let (Some(held), None) = self.core.calls.held_pair()
            && self.try_plan(|plan| plan.answer(call, None)).is_err()
            && let Ok(holds) = self.ending(held, call)
        {
            offer(ChoiceKind::EndHeldAndAccept, Some(self.core.calls.lead(held)), holds);
        }
    }

    /// What it takes to end that call and answer this one.
    fn ending(
        &mut self,
        loss: CallNumber,
        call: CallNumber,
    ) -> Result<Option<CallNumber>, RequestError> {
        self.try_plan(|plan| plan.end_group(loss, None).and_then(|()| plan.answer(call, None)))
    }

    fn resumes(
        &mut self,
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
        &mut self,
        build: impl FnOnce(&mut Plan<'a>) -> Result<(), RequestError>,
    ) -> Result<Option<CallNumber>, RequestError> {
        self.plan.begin_again(self.standing);
        build(&mut self.plan)?;
        self.plan.check_held()?;
        Ok(self.plan.holds())
    }
}
