use super::{Kind, View, opens};
use hookswitch::{Call, CallNumber, CallState, SurfaceState};
use std::collections::BTreeSet;

/// What rings on a desktop is left to a notification with buttons: a window that comes up by itself takes the keyboard from what the
/// user is typing. It comes up when the user wants it, when the call is talked in, and where no notification can show the call.
#[derive(Debug, Default)]
pub struct Leaves {
    left: BTreeSet<CallNumber>,
    /// The service says that it is up to this screen.
    told: BTreeSet<CallNumber>,
}

impl Leaves {
    /// The service says that nothing else shows it.
    pub fn told(&mut self, call: CallNumber) {
        self.told.insert(call);
    }

    /// Whether the window is not to come up by itself for this view of these calls. `has_window`: there is one.
    pub fn holds_back(&self, view: &View, state: &SurfaceState, has_window: bool) -> bool {
        match view.kind {
            // The one it is up to this screen to show may be in its second place. A window that is there may be where nobody sees it.
            Kind::Incoming | Kind::CallWaiting => {
                has_window || !ringing(state).any(|call| self.told.contains(&call.number))
            }
            // Whoever did not see it ring need not see that it is over; the list of calls has it.
            Kind::Over => !has_window,
            // Nor need whoever declines it elsewhere, while its app hangs up.
            Kind::InCall => {
                state.calls.get(&view.call).is_some_and(|call| call.state == CallState::Ending)
            }
        }
    }

    /// The calls that the service has to hear of now: what rings and is not on the screen, each once. `shown`: what is.
    pub fn of(&mut self, state: &SurfaceState, shown: Option<CallNumber>) -> Vec<CallNumber> {
        let Self { left, told } = self;
        left.retain(|call| state.calls.contains_key(call));
        told.retain(|call| state.calls.contains_key(call));
        let ours = ringing(state).filter(|call| opens::is_ours(call)).map(|call| call.number);
        let calls = ours.filter(|call| Some(*call) != shown && !told.contains(call));
        calls.filter(|call| left.insert(*call)).collect()
    }
}

fn ringing(state: &SurfaceState) -> impl Iterator<Item = &Call> {
    state.calls.values().filter(|call| call.state == CallState::Ringing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch::Date;
    use hookswitch_bus::CallRecord;

    fn state(calls: &[(u64, &str, &str)]) -> SurfaceState {
        let call = |(number, state, app_id): &(u64, &str, &str)| {
            let (state, app_id) = ((*state).to_owned(), (*app_id).to_owned());
            let call =
                Call::from(CallRecord { number: *number, state, app_id, ..CallRecord::default() });
            (call.number, call)
        };
        SurfaceState { calls: calls.iter().map(call).collect(), ..SurfaceState::default() }
    }

    fn view(state: &SurfaceState) -> View {
        View::of(state, None, Date(0)).expect("there is a call")
    }

    const CHAT: &str = "org.example.Chat";

    #[test]
    fn what_rings_is_left_once() {
        let mut leaves = Leaves::default();
        let ringing = state(&[(1, "ringing", CHAT)]);
        assert!(leaves.holds_back(&view(&ringing), &ringing, false));
        assert_eq!(leaves.of(&ringing, None), [CallNumber(1)]);
        assert!(leaves.of(&ringing, None).is_empty());
        let second = state(&[(1, "ringing", CHAT), (2, "ringing", CHAT)]);
        assert_eq!(leaves.of(&second, None), [CallNumber(2)]);
        assert!(leaves.of(&state(&[]), None).is_empty());
        assert_eq!(leaves.of(&ringing, None), [CallNumber(1)], "it is another service's");
    }

    #[test]
    fn the_end_is_seen_where_the_call_was() {
        let mut call = state(&[(1, "active", CHAT)]).calls.remove(&CallNumber(1)).expect("one");
        call.state = CallState::Ended;
        let over = crate::view::Over { call, until: Date(1) };
        let none = state(&[]);
        let view = View::of(&none, Some(&over), Date(0)).expect("it is over");
        let leaves = Leaves::default();
        assert!(leaves.holds_back(&view, &none, false) && !leaves.holds_back(&view, &none, true));
    }

    #[test]
    fn what_is_declined_elsewhere_is_held_back() {
        let leaves = Leaves::default();
        let ending = state(&[(1, "ending", CHAT)]);
        assert!(leaves.holds_back(&view(&ending), &ending, false));
    }

    #[test]
    fn what_is_talked_in_or_seen_is_not_left() {
        let mut leaves = Leaves::default();
        let talks = state(&[(1, "active", CHAT)]);
        assert!(!leaves.holds_back(&view(&talks), &talks, false));
        assert!(leaves.of(&talks, None).is_empty());
        let waits = state(&[(1, "active", CHAT), (2, "ringing", CHAT)]);
        assert!(leaves.holds_back(&view(&waits), &waits, true));
        assert!(leaves.of(&waits, Some(CallNumber(2))).is_empty());
        assert_eq!(leaves.of(&waits, Some(CallNumber(1))), [CallNumber(2)]);
    }

    #[test]
    fn what_nothing_else_shows_is_shown() {
        let mut leaves = Leaves::default();
        let ringing = state(&[(1, "ringing", CHAT)]);
        leaves.told(CallNumber(1));
        assert!(!leaves.holds_back(&view(&ringing), &ringing, false));
        assert!(leaves.holds_back(&view(&ringing), &ringing, true), "it may be out of sight");
        assert!(leaves.of(&ringing, None).is_empty());
        leaves.of(&state(&[]), None);
        assert!(leaves.holds_back(&view(&ringing), &ringing, false), "that was another call");
    }

    #[test]
    fn gnome_calls_shows_its_own_and_is_on_the_screen_beside_another_apps() {
        let mut leaves = Leaves::default();
        let both = state(&[(1, "ringing", "org.gnome.Calls"), (2, "ringing", CHAT)]);
        assert_eq!(leaves.of(&both, None), [CallNumber(2)]);
        assert!(leaves.holds_back(&view(&both), &both, false));
        leaves.told(CallNumber(2));
        assert!(!leaves.holds_back(&view(&both), &both, false));
        assert!(leaves.of(&state(&[(1, "ringing", "org.gnome.Calls")]), None).is_empty());
    }
}
