use hookswitch_core::words::{CallNumber, SurfaceId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A notification has so long to appear, and a surface that was told to show a call has so long to do it.
const WITHIN: Duration = Duration::from_secs(1);

/// What is known of a call that no surface shows.
#[derive(Debug)]
struct Call {
    /// The surfaces were told that it is up to them.
    told: bool,
    /// What is to show it now has until then.
    until: Option<Timestamp>,
    /// The user has seen its notification, and closed it.
    dismissed: bool,
}

/// Whether a notification shows a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It does.
    Shown,
    /// It may still do so.
    Pending,
    /// It does not, or has no buttons that can be seen.
    Not,
}

/// Calls that no surface shows: by whom the user is to learn of them. First by a notification; where there is none, the surfaces are told
/// that it is up to them, even to one that left the call to others; and if they do not show it, a call screen is started.
#[derive(Debug, Default)]
pub struct Unseen {
    calls: BTreeMap<CallNumber, Call>,
    /// Who has left which call to others, as long as it rings.
    left: BTreeMap<CallNumber, BTreeSet<SurfaceId>>,
    /// Such a surface, just now, and for the first time.
    leaving: Option<CallNumber>,
}

impl Unseen {
    /// That surface leaves this call to others. Before [`insert`](Self::insert), if nobody shows the call because of that.
    pub fn leaves(&mut self, surface: SurfaceId, call: CallNumber) {
        let first = self.left.entry(call).or_default().insert(surface);
        self.leaving = first.then_some(call);
    }

    /// That surface shows the call after all.
    pub fn takes(&mut self, surface: SurfaceId, call: CallNumber) {
        if let Some(left) = self.left.get_mut(&call) {
            left.remove(&surface);
        }
    }

    /// It rings no more: who left the ringing to others has left nothing else.
    pub fn rings_no_more(&mut self, call: CallNumber) {
        self.left.remove(&call);
    }

    /// No surface shows it.
    pub fn insert(&mut self, now: Timestamp, call: CallNumber) {
        let is_new = self.leaving.take_if(|left| *left == call).is_some();
        // A surface that answers with it whatever it is told is not told for ever.
        if is_new || !self.calls.contains_key(&call) {
            let until = Some(now + WITHIN);
            self.calls.insert(call, Call { told: false, until, dismissed: false });
        }
    }

    /// A surface shows it, or it is over.
    pub fn remove(&mut self, call: CallNumber) {
        self.calls.remove(&call);
    }

    /// Whether no surface shows it.
    pub fn contains(&self, call: CallNumber) -> bool {
        self.calls.contains_key(&call)
    }

    /// Whether each call is shown by some surface.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Whether a call screen has to be started: for each call but those that one which is `there` has left to others, unless it was told to
    /// show it and did not.
    pub fn needs_screen(&self, there: impl Fn(SurfaceId) -> bool) -> bool {
        let is_left = |call| {
            let left = self.left.get(call);
            left.is_some_and(|left| left.iter().any(|surface| there(*surface)))
        };
        let failed = |call: &Call| call.told && call.until.is_none();
        self.calls.iter().any(|(number, call)| failed(call) || !is_left(number))
    }

    /// Whether a notification that has no buttons has to wait for a surface that left the call to others, so as not to appear for a moment.
    pub fn waits(&self, call: CallNumber) -> bool {
        let is_left = self.left.get(&call).is_some_and(|left| !left.is_empty());
        is_left && self.calls.get(&call).is_some_and(|call| call.until.is_some())
    }

    /// The user closed its notification.
    pub fn dismiss(&mut self, call: CallNumber) {
        if let Some(call) = self.calls.get_mut(&call) {
            (call.dismissed, call.until) = (true, None);
        }
    }

    /// What showed them is gone, or showed this one and does so no more.
    pub fn begin_again(&mut self, now: Timestamp, only: Option<CallNumber>) {
        let all = self.calls.iter_mut();
        let wanted = all.filter(|(number, _)| only.is_none_or(|only| only == **number));
        for (_, call) in wanted.filter(|(_, call)| !call.dismissed) {
            (call.told, call.until) = (false, Some(now + WITHIN));
        }
    }

    /// When to look again at the latest.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.calls.values().filter_map(|call| call.until).min()
    }

    /// The calls that are up to the surfaces from now on. `reach`: what the notifications do for a call.
    pub fn settle(
        &mut self,
        now: Timestamp,
        reach: impl Fn(CallNumber) -> Reach,
    ) -> Vec<CallNumber> {
        let mut tell = Vec::new();
        for (number, call) in &mut self.calls {
            let Some(until) = call.until else { continue };
            let due = until <= now;
            match reach(*number) {
                Reach::Shown => (call.told, call.until) = (false, None),
                Reach::Pending if !due => {}
                Reach::Not if call.told && !due => {}
                _ if call.told => call.until = None,
                _ => {
                    tell.push(*number);
                    (call.told, call.until) = (true, Some(now + WITHIN));
                }
            }
        }
        tell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: CallNumber = CallNumber(7);
    const OTHER: CallNumber = CallNumber(8);
    const PHONE: SurfaceId = SurfaceId(1);
    const PANEL: SurfaceId = SurfaceId(2);

    fn at(ms: u64) -> Timestamp {
        Timestamp(ms)
    }

    fn left() -> Unseen {
        let mut unseen = Unseen::default();
        unseen.leaves(PHONE, CALL);
        unseen.insert(at(0), CALL);
        unseen
    }

    #[test]
    fn what_a_notification_shows_is_not_up_to_the_surfaces() {
        let mut unseen = left();
        assert!(unseen.settle(at(1), |_| Reach::Pending).is_empty());
        assert!(unseen.settle(at(2), |_| Reach::Shown).is_empty());
        assert_eq!(unseen.next_deadline(), None);
        assert!(unseen.settle(at(9000), |_| Reach::Not).is_empty());
        assert!(!unseen.needs_screen(|surface| surface == PHONE));
    }

    #[test]
    fn where_there_is_none_the_surfaces_are_told_once_and_then_a_screen_is_started() {
        for (reach, then) in [(Reach::Not, 1), (Reach::Pending, 1000)] {
            let mut unseen = left();
            assert_eq!(unseen.next_deadline(), Some(at(1000)));
            assert_eq!(unseen.settle(at(then), |_| reach), [CALL], "{reach:?}");
            assert!(unseen.settle(at(then + 1), |_| reach).is_empty(), "{reach:?}");
            assert!(unseen.waits(CALL) && !unseen.needs_screen(|_| true));
            assert_eq!(unseen.next_deadline(), Some(at(then + 1000)));
            assert!(unseen.settle(at(then + 1000), |_| reach).is_empty(), "{reach:?}");
            assert!(!unseen.waits(CALL) && unseen.next_deadline().is_none());
            assert!(unseen.needs_screen(|_| true), "it did not show what it was told to");
        }
    }

    #[test]
    fn who_leaves_it_again_when_told_is_not_told_again_but_another_is() {
        let mut unseen = left();
        assert_eq!(unseen.settle(at(1), |_| Reach::Not), [CALL]);
        unseen.leaves(PHONE, CALL);
        unseen.insert(at(2), CALL);
        assert!(unseen.settle(at(2), |_| Reach::Not).is_empty());
        unseen.leaves(PANEL, CALL);
        unseen.insert(at(3), CALL);
        assert_eq!(unseen.settle(at(3), |_| Reach::Not), [CALL]);
    }

    #[test]
    fn when_its_notification_is_gone_they_are_told_unless_the_user_closed_it() {
        let mut unseen = left();
        unseen.insert(at(0), OTHER);
        unseen.settle(at(1), |_| Reach::Shown);
        unseen.begin_again(at(5000), Some(CALL));
        assert_eq!(unseen.settle(at(5000), |_| Reach::Not), [CALL]);
        unseen.begin_again(at(6000), None);
        assert_eq!(unseen.settle(at(6000), |_| Reach::Not), [CALL, OTHER]);
        unseen.dismiss(CALL);
        unseen.begin_again(at(7000), None);
        assert_eq!(unseen.settle(at(7000), |_| Reach::Not), [OTHER]);
    }

    #[test]
    fn a_screen_is_started_unless_one_that_is_there_left_each_call_while_it_rings() {
        let mut unseen = Unseen::default();
        // Both before anybody is asked to show them.
        unseen.leaves(PHONE, CALL);
        unseen.leaves(PHONE, OTHER);
        unseen.leaves(PANEL, OTHER);
        unseen.insert(at(0), CALL);
        unseen.insert(at(0), OTHER);
        assert!(!unseen.needs_screen(|surface| surface == PHONE));
        assert!(unseen.needs_screen(|surface| surface == PANEL), "it left one of them");
        assert!(unseen.needs_screen(|_| false), "they have gone since");
        unseen.rings_no_more(OTHER);
        assert!(unseen.needs_screen(|_| true), "that one is talked in");
        assert!(!unseen.waits(OTHER) && unseen.waits(CALL));
        unseen.remove(OTHER);
        assert!(!unseen.needs_screen(|_| true));
        unseen.takes(PHONE, CALL);
        assert!(unseen.needs_screen(|_| true) && !unseen.waits(CALL), "it took it back");
    }
}
