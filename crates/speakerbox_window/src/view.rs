//! What the window shows of the app's calls. Without a display, so that all of it is tested.

use hookswitch::{CallListEvent, CallState, CallUuid, Direction, EndedReason, OwnCall};

/// Calls that are over and still shown.
const PAST: usize = 20;

/// Everything that is shown of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Those that live, in the order in which they came.
    pub live: Vec<CallLine>,
    /// Those that are over, the last one first.
    pub past: Vec<PastLine>,
}

/// A call that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLine {
    /// Which.
    pub call: CallUuid,
    /// Who is at the other end.
    pub who: String,
    /// How it stands.
    pub how: &'static str,
    /// Whether it can be answered.
    pub answer: bool,
    /// What ending it is called, if it can be ended.
    pub end: Option<&'static str>,
    /// What the button holds (true) or resumes (false), if it can.
    pub hold: Option<bool>,
    /// What the button mutes (true) or unmutes (false), if it can.
    pub mute: Option<bool>,
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastLine {
    /// Who was at the other end.
    pub who: String,
    /// How it ended.
    pub how: &'static str,
}

impl View {
    /// Something happened.
    pub fn hear(&mut self, event: CallListEvent) {
        match event {
            CallListEvent::Reset(calls) => self.live = calls.iter().map(line).collect(),
            CallListEvent::Changed(calls) => calls.iter().for_each(|call| self.change(call)),
            // Nothing can be done with them until it is back.
            CallListEvent::ServiceLost | CallListEvent::Closed(_) => self.live.clear(),
        }
    }

    fn change(&mut self, call: &OwnCall) {
        let known = self.live.iter().position(|line| line.call == call.call);
        match (known, call.has_ended()) {
            (Some(at), true) => {
                self.live.remove(at);
                self.past.insert(0, past(call));
                self.past.truncate(PAST);
            }
            (Some(at), false) => self.live[at] = line(call),
            (None, false) => self.live.push(line(call)),
            (None, true) => {}
        }
    }
}

fn who(call: &OwnCall) -> String {
    let name = call.name.as_deref().or(call.handle.display_name.as_deref());
    let name = name.filter(|name| !name.is_empty()).unwrap_or(&call.handle.value);
    if name.is_empty() { "Unknown".to_owned() } else { name.to_owned() }
}

fn line(call: &OwnCall) -> CallLine {
    let rings = call.state == CallState::Ringing;
    let how = match call.state {
        CallState::Ringing => "Calls you",
        CallState::Answering | CallState::Connecting => "Connecting",
        CallState::Starting | CallState::Dialing => "Calling",
        CallState::Active if call.reconnecting => "Reconnecting",
        CallState::Active if call.muted => "Talking, muted",
        CallState::Active => "Talking",
        CallState::Held => "On hold",
        CallState::Ending => "Ending",
        CallState::Ended => "Over",
    };
    let talks = matches!(call.state, CallState::Active | CallState::Held);
    let end = match call.state {
        CallState::Ending | CallState::Ended => None,
        CallState::Ringing => Some("Decline"),
        _ => Some("End"),
    };
    CallLine {
        call: call.call,
        who: who(call),
        how,
        answer: rings,
        end,
        hold: (talks && call.supports_holding).then_some(call.state == CallState::Active),
        mute: (call.state == CallState::Active).then_some(!call.muted),
    }
}

fn past(call: &OwnCall) -> PastLine {
    let incoming = call.direction == Direction::Incoming;
    let how = match call.ended {
        Some(EndedReason::Failed) => "Failed",
        Some(EndedReason::AnsweredElsewhere) => "Answered on another device",
        Some(EndedReason::Declined) if incoming => "Declined",
        Some(EndedReason::DeclinedElsewhere) => "Declined on another device",
        _ if call.has_connected() && incoming => "Incoming",
        _ if call.has_connected() => "Outgoing",
        _ if incoming => "Missed",
        _ => "Not answered",
    };
    PastLine { who: who(call), how }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch::{AccountId, CallNumber, Handle, HandleKind};

    fn call(number: u64, state: CallState) -> OwnCall {
        OwnCall {
            call: CallUuid(number.into()),
            number: CallNumber(number),
            account: AccountId::from("default"),
            direction: Direction::Incoming,
            state,
            handle: Handle::new(HandleKind::Generic, "anna@example.org"),
            name: None,
            video: false,
            reconnecting: false,
            muted: false,
            supports_holding: true,
            supports_dtmf: false,
            group: None,
            group_connected: None,
            translating: None,
            emergency: false,
            started: None,
            connected: None,
            ended: None,
            ending: None,
        }
    }

    fn shown(calls: Vec<OwnCall>) -> View {
        let mut view = View::default();
        view.hear(CallListEvent::Reset(calls));
        view
    }

    #[test]
    fn what_can_be_done_follows_from_how_it_stands() {
        let line = |call: OwnCall| shown(vec![call]).live.remove(0);
        let ringing = line(call(1, CallState::Ringing));
        assert_eq!(
            (ringing.how, ringing.answer, ringing.end),
            ("Calls you", true, Some("Decline"))
        );
        assert_eq!((ringing.hold, ringing.mute), (None, None));
        let active = line(call(1, CallState::Active));
        assert_eq!((active.how, active.answer, active.end), ("Talking", false, Some("End")));
        assert_eq!((active.hold, active.mute), (Some(true), Some(true)));
        let muted = line(OwnCall { muted: true, ..call(1, CallState::Active) });
        assert_eq!((muted.how, muted.mute), ("Talking, muted", Some(false)));
        let lost = |state| line(OwnCall { reconnecting: true, ..call(1, state) }).how;
        assert_eq!((lost(CallState::Active), lost(CallState::Held)), ("Reconnecting", "On hold"));
        let held = line(call(1, CallState::Held));
        assert_eq!((held.how, held.hold, held.mute), ("On hold", Some(false), None));
        let fixed = line(OwnCall { supports_holding: false, ..call(1, CallState::Active) });
        assert_eq!(fixed.hold, None);
        let ending = line(call(1, CallState::Ending));
        assert_eq!((ending.end, ending.hold, ending.mute), (None, None, None));
    }

    #[test]
    fn who_calls_is_the_name_or_the_address_or_nobody_knows() {
        let who = |call: OwnCall| shown(vec![call]).live.remove(0).who;
        let anna = || call(1, CallState::Ringing);
        assert_eq!(who(OwnCall { name: Some("Anna".into()), ..anna() }), "Anna");
        assert_eq!(who(OwnCall { name: Some(String::new()), ..anna() }), "anna@example.org");
        assert_eq!(who(OwnCall { handle: Handle::default(), ..anna() }), "Unknown");
    }

    #[test]
    fn calls_come_change_and_are_over_and_the_last_is_first() {
        let mut view = shown(vec![call(1, CallState::Active)]);
        view.hear(CallListEvent::Changed(vec![
            call(1, CallState::Held),
            call(2, CallState::Ringing),
        ]));
        let hows: Vec<_> = view.live.iter().map(|line| line.how).collect();
        assert_eq!(hows, ["On hold", "Calls you"]);
        let ended = |number, reason, connected: bool| OwnCall {
            ended: Some(reason),
            connected: connected.then_some(hookswitch::Date(1)),
            ..call(number, CallState::Ended)
        };
        view.hear(CallListEvent::Changed(vec![ended(2, EndedReason::RemoteEnded, false)]));
        view.hear(CallListEvent::Changed(vec![ended(1, EndedReason::HungUp, true)]));
        // Nobody has seen this one.
        view.hear(CallListEvent::Changed(vec![ended(3, EndedReason::Unanswered, false)]));
        assert!(view.live.is_empty());
        let past: Vec<_> = view.past.iter().map(|line| line.how).collect();
        assert_eq!(past, ["Incoming", "Missed"]);
    }

    #[test]
    fn without_the_service_there_is_no_call_to_do_something_with() {
        let mut view = shown(vec![call(1, CallState::Active)]);
        view.hear(CallListEvent::ServiceLost);
        assert_eq!(view, View::default());
        view.hear(CallListEvent::Reset(vec![call(1, CallState::Active)]));
        assert_eq!(view.live.len(), 1);
    }

    #[test]
    fn only_so_many_that_are_over_are_shown() {
        let mut view = View::default();
        for number in 0..50 {
            view.hear(CallListEvent::Changed(vec![call(number, CallState::Ringing)]));
            view.hear(CallListEvent::Changed(vec![call(number, CallState::Ended)]));
        }
        assert_eq!(view.past.len(), PAST);
    }
}
