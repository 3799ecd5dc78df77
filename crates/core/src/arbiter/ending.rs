use super::Over;
use super::turn::{Turn, closed, entry};
use crate::call::{Before, Call, State};
use crate::effect::EndTone;
use crate::words::{
    CallNumber, CallState, CallUuid, Date, Direction, EndKind, EndedReason, MissedReason,
    ProviderId, Verb,
};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Who brought the end about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Somebody here asked for it.
    User,
    /// The far side, or an error.
    Elsewhere,
    /// Its app is gone.
    Loss,
}

impl Turn<'_> {
    /// The app has done it, refused to, or said nothing: it ends all the same.
    pub fn end_performed(&mut self, number: CallNumber, kind: EndKind, date: Option<Date>) {
        if self.core.calls.get(number).is_some_and(Call::is_ending) {
            self.end(number, kind.reason(), By::User, date);
        }
    }

    /// IN-5, IN-7, IN-8: it ended elsewhere. If the user ended it at the same time, theirs is the reason.
    pub fn end_reported(&mut self, number: CallNumber, reason: EndedReason, date: Option<Date>) {
        let ending = self.core.calls.get(number).map(|call| call.state);
        match ending {
            Some(State::Ending { kind, .. }) => self.end(number, kind.reason(), By::User, date),
            Some(_) => self.end(number, reason, By::Elsewhere, date),
            None => {}
        }
        self.pump();
    }

    /// The service gives the call up, and tells its app unless that knows.
    pub fn end_failed(&mut self, number: CallNumber, kind: EndKind, tell: bool) {
        let Some(call) = self.core.calls.get(number) else { return };
        let (provider, uuid) = (call.provider, call.facts.uuid);
        self.end(number, kind.reason(), By::Elsewhere, None);
        if tell {
            self.perform_alone(provider, number, uuid, Verb::End(kind));
        }
        self.pump();
    }

    pub fn end_lost(&mut self, number: CallNumber) {
        let state = self.core.calls.get(number).map(|call| call.state);
        match state {
            Some(State::Ending { kind, .. }) => self.end(number, kind.reason(), By::Loss, None),
            _ => self.end(number, EndedReason::Failed, By::Loss, None),
        }
    }

    /// A start that was never performed: its app never heard of it, and it is in no list.
    pub fn end_unstarted(&mut self, number: CallNumber) {
        if let Some(call) = self.core.calls.get_mut(number) {
            call.logged = false;
        }
        self.end(number, EndedReason::Failed, By::Elsewhere, None);
    }

    /// LOG-04, EMG-01: it was kept from the user for this reason.
    pub fn end_missed(&mut self, number: CallNumber, missed: MissedReason) {
        self.end(number, EndedReason::Unanswered, By::Elsewhere, None);
        let entry = self.records.iter_mut().rev().find(|entry| entry.number == number);
        if let Some(entry) = entry {
            entry.missed = Some(missed);
        }
    }

    /// A call is over: for a while it is known that it was.
    pub fn remember_over(
        &mut self,
        provider: ProviderId,
        uuid: CallUuid,
        reason: EndedReason,
        told: bool,
    ) {
        // One that is gone never comes back under this id.
        if self.core.providers.get(provider).is_none() {
            return;
        }
        let ended = self.core.ended.entry(provider).or_default();
        ended.push_back(Over { uuid, at: self.now.at, reason, told, refused: false });
        while ended.len() > self.core.policy.ended_remembered {
            ended.pop_front();
        }
    }

    /// Whether a call of this id is over; the last one, if there were more.
    pub fn over(&self, provider: ProviderId, uuid: CallUuid) -> Option<Over> {
        let mut ended = self.core.ended.get(&provider)?.iter().rev();
        ended.find(|over| over.uuid == uuid).copied()
    }

    pub fn over_mut(&mut self, provider: ProviderId, uuid: CallUuid) -> Option<&mut Over> {
        let mut ended = self.core.ended.get_mut(&provider)?.iter_mut().rev();
        ended.find(|over| over.uuid == uuid)
    }

    fn end(&mut self, number: CallNumber, reason: EndedReason, by: By, date: Option<Date>) {
        let group = self.core.calls.group_of(number);
        let left: Vec<CallNumber> =
            group.into_iter().flat_map(|group| group.members.iter().copied()).collect();
        self.rearranged |= !self.core.calls.get(number).is_some_and(Call::is_apart);
        let Some(call) = self.core.calls.remove(number) else { return };
        if left.len() == 2 {
            // Whoever is left is in no group any more.
            self.dirty.extend(left);
        }
        self.dirty.remove(number);
        self.stale.remove(number);
        // LOG-01: an outgoing call cancelled before it dialed is not worth a line.
        let dialed = call.started.is_some();
        let cancelled = reason == EndedReason::Cancelled && !dialed;
        if dialed || call.logged && !cancelled {
            let now = self.now.date;
            let entry = entry(&call, false, date.unwrap_or(now).min(now));
            self.records.push(closed(entry, reason, date.unwrap_or(now)));
        }
        let mut view = self.core.view(&call);
        view.group = None;
        view.state = CallState::Ended;
        view.ended = Some(reason);
        view.choices = Arc::default();
        view.choices_revision += 1;
        self.ended.push(view);
        self.emergency_over(&call);
        self.remember_over(call.provider, call.facts.uuid, reason, true);
        let was_talking = matches!(call.state.before(), Before::Active | Before::Dialing);
        if by == By::User && was_talking && self.core.arbitrating.is_none() {
            self.user_ended = Some(call.provider);
        }
        let unconnected = call.facts.direction == Direction::Outgoing && call.connected.is_none();
        if unconnected && by != By::Loss {
            self.dial_failed.push(number);
        }
        if by != By::User
            && let Some(tone) = end_tone(&call, reason)
        {
            self.end_tone.get_or_insert((number, tone));
        }
        self.drop_performings(number);
    }
}

/// What the user hears who was with this call. Who did not take it yet, or has it on hold, is not with it.
fn end_tone(call: &Call, reason: EndedReason) -> Option<EndTone> {
    let dialed = call.facts.direction == Direction::Outgoing && call.connected.is_none();
    match (call.state, reason) {
        (State::Ringing { .. } | State::Held(_) | State::Ending { .. }, _) => None,
        (_, EndedReason::Failed) => Some(EndTone::Failure),
        (_, EndedReason::RemoteEnded) if dialed => Some(EndTone::Busy),
        (_, EndedReason::RemoteEnded | EndedReason::Unanswered) => Some(EndTone::Ended),
        _ => None,
    }
}
