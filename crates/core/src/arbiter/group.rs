//! Several calls of one app as one conversation: what merging and splitting take, and what they do.

use super::plan::Plan;
use super::turn::Turn;
use crate::call::{Call, State};
use crate::words::{CallNumber, GroupId, RequestError, Verb};

impl Plan<'_> {
    /// MC-19, CON-02: the call joins the other's group, or makes one with it. A call by itself always comes to the group,
    /// whichever of the two was named first; of two groups the first call leaves its own.
    pub fn merge(
        &mut self,
        one: CallNumber,
        other: CallNumber,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        self.check_emergency()?;
        let core = self.core;
        let calls = &core.calls;
        let alone = |number| calls.group_of(number).is_none();
        let (comes, to) = if alone(other) && !alone(one) { (other, one) } else { (one, other) };
        let get = |number| calls.get(number).ok_or(RequestError::UnknownCallUuid);
        let (call, host) = (get(comes)?, get(to)?);
        let can_merge = |call: &Call| {
            matches!(call.state, State::Active | State::Held(_)) && !self.is_gone(call.number)
        };
        if call.provider != host.provider || comes == to || !can_merge(call) || !can_merge(host) {
            return Err(RequestError::InvalidAction);
        }
        if calls.are_together(comes, to) {
            // Wanted and so already: done without asking anybody.
            return Ok(());
        }
        let may = |call: &Call| match call.group {
            None => call.facts.capabilities.grouping,
            Some(_) => call.facts.capabilities.ungrouping,
        };
        if !may(call) || host.group.is_none() && !may(host) {
            return Err(RequestError::InvalidAction);
        }
        let provider =
            core.providers.get(call.provider).ok_or(RequestError::UnknownCallProvider)?;
        if calls.together(to).count() >= provider.configuration.maximum_calls_per_call_group {
            return Err(RequestError::MaximumCallsPerCallGroupReached);
        }
        // Who it leaves behind does not talk along with a conversation it is no part of. There are no more that are held
        // for it: the one it joins is not any more.
        let held = self.held;
        self.hold(comes, Some(comes), None)?;
        self.held = held;
        if call.state == State::Active {
            self.target = Some(to);
        }
        self.step(comes, Verb::SetGroup(Some(host.facts.uuid)), requested);
        Ok(())
    }

    /// The call leaves its group. If that talks, it talks on alone and the others are held (CallKit: "private").
    pub fn split(
        &mut self,
        number: CallNumber,
        requested: Option<usize>,
    ) -> Result<(), RequestError> {
        self.check_emergency()?;
        let core = self.core;
        let call = core.calls.get(number).ok_or(RequestError::UnknownCallUuid)?;
        if call.group.is_none() {
            // Wanted and so already: done without asking anybody.
            return Ok(());
        }
        if !matches!(call.state, State::Active | State::Held(_))
            || self.is_gone(number)
            || !call.facts.capabilities.ungrouping
        {
            return Err(RequestError::InvalidAction);
        }
        self.check_groups(call.provider)?;
        if call.state == State::Active {
            self.hold(number, Some(number), None)?;
            self.target = Some(number);
        } else {
            // Of one that is held there are two then.
            self.held += 1;
        }
        self.step(number, Verb::SetGroup(None), requested);
        Ok(())
    }
}

impl Turn<'_> {
    /// The app has merged or split. MC-20: a merged conversation talks as a whole or is held as a whole.
    pub fn regrouped(&mut self, number: CallNumber, with: Option<CallNumber>) {
        let calls = &self.core.calls;
        let Some(other) = with else {
            let before: alloc::vec::Vec<CallNumber> = calls.together(number).collect();
            self.core.calls.set_group(number, None);
            return before.into_iter().for_each(|member| self.regroup_shown(member));
        };
        let joins = |number| {
            let state = calls.get(number).map(|call| call.state);
            matches!(state, Some(State::Active | State::Held(_)))
        };
        // Either may have ended while the app merged them.
        if !joins(number) || !joins(other) {
            return;
        }
        let id = calls.get(other).and_then(|call| call.group).unwrap_or_else(|| {
            let id = self.core.next_group;
            self.core.next_group = GroupId(id.0 + 1);
            id
        });
        let left: alloc::vec::Vec<CallNumber> = self.core.calls.together(number).collect();
        self.core.calls.set_group(other, Some(id));
        self.core.calls.set_group(number, Some(id));
        let members: alloc::vec::Vec<CallNumber> = self.core.calls.together(number).collect();
        let is = |member: &&CallNumber, state: fn(&Call) -> bool| {
            self.core.calls.get(**member).is_some_and(state)
        };
        if members.iter().any(|member| is(&member, |call| call.state == State::Active)) {
            let held: alloc::vec::Vec<CallNumber> =
                members.iter().filter(|member| is(member, Call::is_held)).copied().collect();
            held.into_iter().for_each(|member| self.set_state(member, State::Active));
        }
        left.into_iter().chain(members).for_each(|member| self.regroup_shown(member));
    }

    fn regroup_shown(&mut self, member: CallNumber) {
        self.dirty.insert(member);
        self.rearranged = true;
    }
}
