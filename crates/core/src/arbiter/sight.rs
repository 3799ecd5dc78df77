//! UI-9: a call that nobody can see is nobody's call.

use super::turn::Turn;
use crate::call::Sight;
use crate::effect::Effect;
use crate::words::{CallNumber, SurfaceId, Timestamp};
use alloc::vec::Vec;

impl Turn<'_> {
    /// From now on somebody has to show these calls.
    pub fn watch_new(&mut self, told: &[CallNumber]) {
        for &number in told {
            let new = |call: &crate::call::Call| call.sight == Sight::New && !call.is_ending();
            if !self.core.calls.get(number).is_some_and(new) {
                continue;
            }
            let within = self.core.policy.presented_within;
            if self.core.surfaces.is_empty() || within.is_zero() {
                self.unseen(number);
            } else {
                self.core.calls.set_sight(number, Sight::Due(self.now.at + within, Vec::new()));
            }
        }
    }

    /// Time is up for these.
    pub fn let_be_unseen(&mut self, now: Timestamp) {
        while let Some((_, number)) = self.core.calls.next_due().filter(|(at, _)| *at <= now) {
            self.unseen(number);
        }
    }

    pub fn presented(&mut self, surface: SurfaceId, number: CallNumber) {
        if !self.core.surfaces.contains(&surface) {
            return;
        }
        let sight = match self.core.calls.get(number).map(|call| &call.sight) {
            None => return,
            Some(Sight::By(others)) if others.contains(&surface) => return,
            Some(Sight::By(others)) => {
                let mut all = others.clone();
                all.push(surface);
                Sight::By(all)
            }
            Some(sight) => {
                if *sight == Sight::Unseen {
                    self.mail.push(Effect::Seen(number));
                }
                Sight::By(Vec::from([surface]))
            }
        };
        self.core.calls.set_sight(number, sight);
    }

    /// Whoever else is a surface may still show it in its time; when none is left that may, nobody is waited for.
    pub fn not_presented(&mut self, surface: SurfaceId, number: CallNumber) {
        if !self.core.surfaces.contains(&surface) {
            return;
        }
        match self.core.calls.get(number).map(|call| &call.sight) {
            Some(Sight::Due(until, not_by)) if !not_by.contains(&surface) => {
                let (until, mut not_by) = (*until, not_by.clone());
                not_by.push(surface);
                self.core.calls.set_sight(number, Sight::Due(until, not_by));
                self.unless_somebody_may(number);
            }
            Some(Sight::By(by)) if by.contains(&surface) => self.shown_no_more(surface, number),
            // It came when that had been said: whoever shows calls otherwise hears once more that it is up to them.
            Some(Sight::Unseen) => self.unseen(number),
            _ => {}
        }
    }

    fn unless_somebody_may(&mut self, number: CallNumber) {
        let Some(Sight::Due(_, not_by)) = self.core.calls.get(number).map(|call| &call.sight)
        else {
            return;
        };
        if self.core.surfaces.iter().all(|surface| not_by.contains(surface)) {
            self.unseen(number);
        }
    }

    fn shown_no_more(&mut self, surface: SurfaceId, number: CallNumber) {
        let Some(Sight::By(by)) = self.core.calls.get(number).map(|call| &call.sight) else {
            return;
        };
        let left: Vec<_> = by.iter().copied().filter(|of| *of != surface).collect();
        match left.is_empty() {
            true => self.unseen(number),
            false => self.core.calls.set_sight(number, Sight::By(left)),
        }
    }

    /// What only it showed is seen by nobody; what it had still to show nobody will, if it was the last.
    pub fn surface_left(&mut self, surface: SurfaceId) {
        if !self.core.surfaces.remove(&surface) {
            return;
        }
        let numbers: Vec<CallNumber> = self.core.calls.iter().map(|call| call.number).collect();
        for number in numbers {
            match self.core.calls.get(number).map(|call| &call.sight) {
                Some(Sight::By(by)) if by.contains(&surface) => {
                    self.shown_no_more(surface, number);
                }
                Some(Sight::Due(until, not_by)) => {
                    let left = not_by.iter().copied().filter(|of| *of != surface).collect();
                    let due = Sight::Due(*until, left);
                    self.core.calls.set_sight(number, due);
                    self.unless_somebody_may(number);
                }
                _ => {}
            }
        }
    }

    fn unseen(&mut self, number: CallNumber) {
        self.core.calls.set_sight(number, Sight::Unseen);
        // A call that is over in a moment need not be shown any more.
        if self.core.calls.get(number).is_some_and(|call| !call.is_ending()) {
            self.mail.push(Effect::Unseen(number));
        }
    }
}
