use super::*;
use hookswitch::{Direction, EndedReason};
use hookswitch_bus::{CallRecord, ChoiceRecord};

fn record(number: u64, state: &str, name: &str, choices: &[&str]) -> CallRecord {
    CallRecord {
        number,
        app_id: "org.example.Chat".into(),
        app_name: "Chat".into(),
        verified: true,
        state: state.into(),
        direction: "incoming".into(),
        handle: "+49 30 1234567".into(),
        handle_kind: "phone_number".into(),
        name: Some(name.into()),
        supports_dtmf: true,
        choices: choices.iter().map(|word| choice(word)).collect(),
        choices_revision: number * 10,
        ..CallRecord::default()
    }
}

fn choice(word: &str) -> ChoiceRecord {
    ChoiceRecord { choice: word.into(), ..ChoiceRecord::default() }
}

fn state(records: Vec<CallRecord>) -> SurfaceState {
    let calls = records.into_iter().map(Call::from).map(|call| (call.number, call));
    SurfaceState { calls: calls.collect(), ..SurfaceState::default() }
}

fn view(records: Vec<CallRecord>) -> View {
    View::of(&state(records), None, Date(100_000)).expect("there is a call")
}

fn labels(view: &View) -> Vec<&str> {
    view.actions.iter().map(|action| action.label.as_str()).collect()
}

#[test]
fn without_calls_there_is_no_screen() {
    assert_eq!(View::of(&SurfaceState::default(), None, Date(0)), None);
}

#[test]
fn a_ringing_call_says_who_through_which_app_and_offers_both_answers() {
    let view = view(vec![record(1, "ringing", "Anna", &["answer", "decline"])]);
    assert_eq!(view.kind, Kind::Incoming);
    assert_eq!(view.title, "Incoming call from Anna with Chat");
    assert_eq!(view.identity.above, "Chat · Audio call");
    assert_eq!(view.identity.number.as_deref(), Some("\u{2066}+49 30 1234567\u{2069}"));
    assert_eq!(labels(&view), ["Decline", "Answer"]);
    assert_eq!(
        view.actions[1].press,
        Press::Choose { call: CallNumber(1), revision: 10, choice: ChoiceKind::Answer }
    );
}

#[test]
fn it_can_be_silenced_while_it_rings_aloud() {
    let mut state = state(vec![record(1, "ringing", "Anna", &["answer", "decline"])]);
    state.ring = RingLevel::Loud;
    let view = View::of(&state, None, Date(0)).expect("it rings");
    assert_eq!(labels(&view), ["Decline", "Answer"], "they stay where they are");
    let silence = view.silence.expect("it rings aloud");
    assert_eq!((silence.label.as_str(), silence.press), ("Silence", Press::Silence(CallNumber(1))));
}

#[test]
fn an_app_that_is_not_known_is_said_to_be_so() {
    let stranger = CallRecord { verified: false, ..record(1, "ringing", "Anna", &["answer"]) };
    let trust = view(vec![stranger]).identity.trust;
    assert_eq!(trust.as_deref(), Some("It is not sure that Chat made this call"));
}

#[test]
fn without_a_name_the_number_stands_for_it_and_only_once() {
    let nameless = CallRecord { name: None, ..record(1, "ringing", "", &["answer"]) };
    let identity = view(vec![nameless]).identity;
    assert_eq!(identity.name, "\u{2066}+49 30 1234567\u{2069}");
    assert!(identity.number.is_none() && !identity.has_name);
}

#[test]
fn call_waiting_names_who_is_held_and_who_is_lost() {
    let mut second = record(2, "ringing", "Ben", &["decline"]);
    second.choices.push(ChoiceRecord { holds: Some(1), ..choice("hold_and_accept") });
    second.choices.push(ChoiceRecord { ends: Some(1), ..choice("end_and_accept") });
    let view = view(vec![record(1, "active", "Anna", &["end"]), second]);
    assert_eq!(view.kind, Kind::CallWaiting);
    assert_eq!(labels(&view), ["Decline", "Hold & Accept", "End Anna & Accept"]);
    assert_eq!(view.notices, ["Anna is put on hold"]);
    assert_eq!(view.others[0].name, "Anna");
    assert!(view.others[0].actions.is_empty());
}

#[test]
fn with_a_held_call_each_answer_says_whom_it_ends_and_whom_it_holds() {
    let mut third = record(3, "ringing", "Cleo", &["decline"]);
    third.choices.push(ChoiceRecord { ends: Some(2), ..choice("end_and_accept") });
    let held = ChoiceRecord { ends: Some(1), holds: Some(2), ..choice("end_held_and_accept") };
    third.choices.push(held);
    let anna = record(1, "held", "Anna", &[]);
    let view = view(vec![anna, record(2, "active", "Ben", &[]), third]);
    assert_eq!(labels(&view), ["Decline", "End Ben & Accept", "End Anna, Hold Ben & Accept"]);
    assert_eq!(view.notices, Vec::<String>::new(), "one of them ends Ben");
}

#[test]
fn a_call_says_how_long_it_goes_on() {
    let active =
        CallRecord { connected: Some(38_000), ..record(1, "active", "Anna", &["end", "hold"]) };
    let view = view(vec![active]);
    assert_eq!(view.kind, Kind::InCall);
    assert_eq!(view.status, Status::Time("01:02".into()));
    assert_eq!(labels(&view), ["End Call", "Hold"]);
    assert!(view.keypad && !view.toggles[0].on);
}

#[test]
fn whoever_is_talked_to_is_in_front_and_the_held_one_beside() {
    let held = record(1, "held", "Anna", &["end", "swap"]);
    let view = view(vec![held, record(2, "active", "Ben", &["end"])]);
    assert_eq!(view.identity.name, "Ben");
    assert_eq!(view.others[0].status, "On hold · Chat");
    let labels: Vec<_> = view.others[0].actions.iter().map(|action| &action.label).collect();
    assert_eq!(labels, ["Swap", "End Call"]);
}

#[test]
fn a_muted_call_asks_for_the_other_state() {
    let muted = CallRecord { muted: true, ..record(1, "active", "Anna", &["end"]) };
    let toggle = &view(vec![muted]).toggles[0];
    assert!(toggle.on);
    let press = Press::Mute { call: CallNumber(1), revision: 10, muted: false };
    assert_eq!(toggle.action.press, press);
}

fn toggles(view: &View) -> Vec<(&str, bool)> {
    view.toggles.iter().map(|toggle| (toggle.action.label.as_str(), toggle.on)).collect()
}

/// TX-11.
#[test]
fn whoever_can_be_heard_can_be_muted() {
    for state in ["dialing", "connecting", "active", "held"] {
        assert_eq!(toggles(&view(vec![record(1, state, "Anna", &["end"])])), [("Mute", false)]);
    }
}

/// UI-11.
#[test]
fn video_is_offered_where_app_and_call_can_and_nowhere_else() {
    let plain = record(1, "active", "Anna", &["end"]);
    let can = CallRecord { supports_video: Some(true), ..plain.clone() };
    assert_eq!(toggles(&view(vec![plain])), [("Mute", false)]);
    assert_eq!(toggles(&view(vec![can.clone()])), [("Mute", false), ("Video", false)]);
    let seen = view(vec![CallRecord { has_video: true, ..can.clone() }]);
    assert_eq!(toggles(&seen), [("Mute", false), ("Video", true)]);
    assert_eq!(
        seen.toggles[1].action.press,
        Press::Video { call: CallNumber(1), revision: 10, video: false }
    );
    let rings = view(vec![CallRecord { state: "ringing".into(), ..can }]);
    assert_eq!(toggles(&rings), []);
}

#[test]
fn a_timer_leaves_the_buttons_alone_and_a_new_choice_does_not() {
    let active = || CallRecord { connected: Some(0), ..record(1, "active", "Anna", &["end"]) };
    let early = View::of(&state(vec![active()]), None, Date(1_000)).expect("a call");
    let late = View::of(&state(vec![active()]), None, Date(9_000)).expect("a call");
    assert!(early != late && early.has_same_controls(&late));
    let mut other = active();
    other.choices_revision += 1;
    let other = View::of(&state(vec![other]), None, Date(1_000)).expect("a call");
    assert!(!early.has_same_controls(&other), "a press must carry the new revision");
}

fn ended(reason: &str, outgoing: bool, connected: Option<i64>) -> Call {
    let mut call = Call::from(CallRecord { connected, ..record(1, "ended", "Anna", &[]) });
    call.ended = EndedReason::from_name(reason);
    call.direction = if outgoing { Direction::Outgoing } else { Direction::Incoming };
    call
}

#[test]
fn the_end_says_why() {
    let says = |call: Call| {
        let over = Over::of(&call, Date(0));
        let state = SurfaceState::default();
        View::of(&state, over.as_ref(), Date(0)).map(|view| view.status.text().to_owned())
    };
    assert_eq!(says(ended("failed", true, None)).as_deref(), Some("The call failed"));
    assert_eq!(says(ended("failed", true, Some(5))).as_deref(), Some("The call was cut off"));
    assert_eq!(says(ended("unanswered", true, None)).as_deref(), Some("No answer"));
    assert_eq!(says(ended("hung_up", false, Some(5))).as_deref(), Some("Call ended"));
    assert_eq!(says(ended("declined", false, None)), None);
    assert_eq!(says(ended("remote_ended", false, None)), None, "missed, and in the list");
}

#[test]
fn a_call_is_shown_rather_than_the_end_of_another() {
    let over = Over::of(&ended("hung_up", true, Some(5)), Date(0));
    let view =
        View::of(&state(vec![record(2, "held", "Ben", &["resume"])]), over.as_ref(), Date(0));
    assert_eq!(view.map(|view| view.identity.name).as_deref(), Some("Ben"));
}
