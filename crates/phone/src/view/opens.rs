use super::Over;
use hookswitch::{Call, CallState, SurfaceState};

/// Has call screens of its own, over the lock screen too: a second one beside them would only be in the way.
const SHOWS_ITSELF: &str = "org.gnome.Calls";

/// Whether the call screen comes up by itself: for each app's call but those of GNOME Calls alone. Who wants to see them has them in the
/// panel and on the bar of the main window, and beside another app's call.
pub fn opens(state: &SurfaceState, over: Option<&Over>) -> bool {
    if state.calls.is_empty() {
        return over.is_some_and(|over| is_ours(&over.call));
    }
    // One that is just being declined elsewhere is over in a moment.
    state.calls.values().any(|call| is_ours(call) && call.state != CallState::Ending)
}

/// Whether nothing but this screen is a window of that call.
pub fn is_ours(call: &Call) -> bool {
    call.app.as_str() != SHOWS_ITSELF
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch::Date;
    use hookswitch_bus::CallRecord;

    fn state(apps: &[&str]) -> SurfaceState {
        let calls = apps.iter().zip(1..).map(|(app, number)| {
            let record = CallRecord { number, app_id: (*app).into(), ..CallRecord::default() };
            let call = Call::from(record);
            (call.number, call)
        });
        SurfaceState { calls: calls.collect(), ..SurfaceState::default() }
    }

    #[test]
    fn gnome_calls_alone_opens_nothing() {
        for (apps, opens_it) in [
            (&["org.example.Chat"][..], true),
            (&[SHOWS_ITSELF], false),
            (&[SHOWS_ITSELF, SHOWS_ITSELF], false),
            (&[SHOWS_ITSELF, "org.example.Chat"], true),
            (&[], false),
        ] {
            assert_eq!(opens(&state(apps), None), opens_it, "{apps:?}");
        }
    }

    #[test]
    fn what_is_declined_elsewhere_opens_nothing() {
        let mut state = state(&["org.example.Chat", SHOWS_ITSELF]);
        for call in state.calls.values_mut() {
            call.state = if is_ours(call) { CallState::Ending } else { CallState::Active };
        }
        assert!(!opens(&state, None));
    }

    #[test]
    fn the_end_of_a_call_is_seen_where_the_call_was() {
        for (app, opens_it) in [("org.example.Chat", true), (SHOWS_ITSELF, false)] {
            let mut call = state(&[app]).calls.into_values().next().expect("it has one");
            call.state = CallState::Ended;
            let over = Over { call, until: Date(1) };
            assert_eq!(opens(&state(&[]), Some(&over)), opens_it, "{app}");
            assert!(opens(&state(&["org.example.Talk"]), Some(&over)));
        }
    }
}
