use super::turn::{Turn, closed};
use crate::call::State;
use crate::words::{CallNumber, EndKind, EndedReason};

impl Turn<'_> {
    /// Let everything happen that is due, earliest first.
    pub fn expire(&mut self) {
        let now = self.now.at;
        loop {
            let action = self.core.performing.next_deadline().filter(|(at, _)| *at <= now);
            let call = self.core.calls.next_deadline().filter(|(at, _)| *at <= now);
            if self.stand_in_due(now) {
                continue;
            }
            match (action, call) {
                (Some((at, action)), other) if other.is_none_or(|(then, _)| at <= then) => {
                    self.time_out(action);
                }
                (_, Some((_, call))) => self.call_due(call),
                _ => break,
            }
        }
        self.let_be_unseen(now);
        if self.core.adopt_until.is_some_and(|until| until <= now) {
            self.close_orphans();
        }
    }

    fn call_due(&mut self, number: CallNumber) {
        match self.core.calls.get(number).map(|call| call.state) {
            Some(State::Ringing { .. }) => self.end_failed(number, EndKind::Unanswered, true),
            Some(State::Dialing { .. }) => self.end_failed(number, EndKind::Failed, true),
            _ => {}
        }
    }

    /// Nobody reported them again: they went down with the service.
    fn close_orphans(&mut self) {
        self.core.adopt_until = None;
        for (_, orphan) in core::mem::take(&mut self.core.orphans) {
            let entry = closed(orphan, EndedReason::Failed, self.now.date);
            self.records.push(entry);
        }
    }
}
