//! One test per rule.

use super::{Desk, device};
use hookswitch_platform::call_server::{
    CallError, CallId, CallState, DeclineScope, EndedReason, Message, Outcome, Verb,
};
use uuid::Uuid;

fn ended(reason: EndedReason) -> Option<CallState> {
    Some(CallState::Ended { reason })
}

#[test]
fn a_call_goes_from_created_to_ended() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.create("a1", "b");
    assert!(
        matches!(&desk.heard("b1")[..], [Message::Ring { call }] if call.state == CallState::Created)
    );
    assert_eq!(desk.on_call("b1", Verb::RingAck { call }).unwrap().state, CallState::Ringing);
    assert_eq!(desk.last_state("a1"), Some(CallState::Ringing));
    let answered = desk.answer("b1", call).unwrap();
    assert!(answered.here && !answered.outgoing && answered.answered_at_ms.is_some());
    assert_eq!(desk.last_state("a1"), Some(CallState::Connecting));
    desk.joins("a1", call);
    assert_eq!(desk.last_state("a1"), None);
    desk.joins("b1", call);
    assert_eq!(desk.last_state("a1"), Some(CallState::Active));
    assert_eq!(desk.last_state("b1"), Some(CallState::Active));
    let over = desk.on_call("b1", Verb::End { call }).unwrap();
    assert_eq!(Some(over.state), ended(EndedReason::LocalEnded));
    assert_eq!(desk.last_state("a1"), ended(EndedReason::RemoteEnded));
    assert_eq!(desk.rooms_closed, 1);
}

#[test]
fn of_three_devices_the_first_answer_wins_and_the_others_stop() {
    let mut desk = Desk::new(&["a1", "b1", "b2", "b3"]);
    let call = desk.create("a1", "b");
    desk.answer("b2", call).unwrap();
    for loser in ["b1", "b3"] {
        assert_eq!(desk.last_state(loser), ended(EndedReason::AnsweredElsewhere), "{loser}");
        let late = desk.answer(loser, call);
        assert_eq!(late, Err(CallError::CallGone { reason: EndedReason::AnsweredElsewhere }));
        let end = desk.on_call(loser, Verb::End { call });
        assert_eq!(
            end,
            Err(CallError::CallGone { reason: EndedReason::AnsweredElsewhere }),
            "nor may it end it"
        );
    }
    assert_eq!(desk.last_state("a1"), Some(CallState::Connecting));
    desk.on_call("a1", Verb::End { call }).unwrap();
    assert_eq!(desk.last_state("b2"), ended(EndedReason::RemoteEnded));
    assert_eq!(desk.last_state("b1"), None, "the losers hear no more of it");
}

#[test]
fn who_is_not_there_cannot_be_called() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let create = |callee: &str| Verb::Create { callee: callee.to_owned(), ring: true };
    assert_eq!(desk.ask("a1", create("z")), Err(CallError::CalleeUnknown));
    assert_eq!(desk.ask("a1", create("a")), Err(CallError::CalleeIsCaller));
    desk.disconnect("b1");
    assert_eq!(desk.ask("a1", create("b")), Err(CallError::CalleeOffline));
}

#[test]
fn declines() {
    let mut desk = Desk::new(&["a1", "b1", "b2"]);
    let call = desk.create("a1", "b");
    desk.on_call("b1", Verb::Decline { call, scope: DeclineScope::Everywhere }).unwrap();
    assert_eq!(desk.last_state("a1"), ended(EndedReason::Declined));
    assert_eq!(desk.last_state("b2"), ended(EndedReason::DeclinedElsewhere));

    let call = desk.create("a1", "b");
    let only_here = Verb::Decline { call, scope: DeclineScope::ThisDevice };
    let declined = desk.on_call("b1", only_here.clone()).unwrap();
    assert_eq!(Some(declined.state), ended(EndedReason::Declined));
    desk.heard.clear();
    assert_eq!(desk.last_state("a1"), None, "the other device still rings");
    desk.answer("b2", call).unwrap();
    assert_eq!(desk.heard("b1"), [], "a device that declined hears no more of it");
    desk.on_call("a1", Verb::End { call }).unwrap();

    let call = desk.create("a1", "b");
    for name in ["b1", "b2"] {
        desk.on_call(name, Verb::Decline { call, scope: DeclineScope::ThisDevice }).unwrap();
    }
    assert_eq!(desk.last_state("a1"), ended(EndedReason::Declined), "no device is left");
}

#[test]
fn an_unanswered_call_ends_by_itself_and_a_late_answer_is_told_so() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.create("a1", "b");
    desk.after(44);
    assert_eq!(desk.last_state("a1"), None);
    desk.after(1);
    assert_eq!(desk.last_state("a1"), ended(EndedReason::Unanswered));
    assert_eq!(desk.last_state("b1"), ended(EndedReason::Unanswered));
    assert_eq!(
        desk.answer("b1", call),
        Err(CallError::CallGone { reason: EndedReason::Unanswered })
    );
    desk.after(60);
    assert_eq!(desk.answer("b1", call), Err(CallError::NoSuchCall), "by then it is forgotten");
}

#[test]
fn a_caller_who_is_gone_is_waited_for_but_not_for_long() {
    let mut desk = Desk::new(&["a1", "b1"]);
    desk.create("a1", "b");
    desk.disconnect("a1");
    desk.after(9);
    assert_eq!(desk.connect("a1").len(), 1, "the call is still there");
    desk.after(20);
    desk.heard("b1");
    desk.disconnect("a1");
    desk.after(10);
    assert_eq!(desk.last_state("b1"), ended(EndedReason::Cancelled));
    let back = desk.connect("a1");
    assert_eq!(
        back.iter().map(|call| Some(call.state)).collect::<Vec<_>>(),
        [ended(EndedReason::Cancelled)]
    );
}

#[test]
fn callees_who_are_all_gone_are_offline_and_one_who_comes_rings() {
    let mut desk = Desk::new(&["a1", "b1", "b2"]);
    desk.create("a1", "b");
    desk.disconnect("b1");
    desk.after(11);
    assert_eq!(desk.last_state("a1"), None, "b2 is still there");
    desk.disconnect("b2");
    desk.after(5);
    let back = desk.connect("b1");
    assert!(back[0].state.is_unanswered() && back[0].ring_left_ms == Some(29_000), "{back:?}");
    desk.disconnect("b1");
    desk.after(10);
    assert_eq!(desk.last_state("a1"), ended(EndedReason::CalleeOffline));
}

#[test]
fn a_call_whose_media_does_not_come_about_has_failed() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.create("a1", "b");
    desk.answer("b1", call).unwrap();
    desk.joins("a1", call);
    desk.after(30);
    assert_eq!(desk.last_state("a1"), ended(EndedReason::Failed));
    assert_eq!(desk.last_state("b1"), ended(EndedReason::Failed));
}

#[test]
fn a_party_whose_media_is_lost_ends_the_call_and_one_that_rejoins_does_not() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.active();
    desk.leaves("b1", call, true);
    desk.after(4);
    desk.joins("b1", call);
    desk.after(60);
    assert_eq!(desk.last_state("a1"), None, "it came back");
    desk.leaves("b1", call, false);
    assert_eq!(desk.last_state("a1"), ended(EndedReason::RemoteEnded));

    let call = desk.active();
    desk.leaves("a1", call, true);
    desk.after(5);
    assert_eq!(desk.last_state("b1"), ended(EndedReason::RemoteEnded));
}

#[test]
fn a_lost_call_connection_does_not_end_an_active_call() {
    let mut desk = Desk::new(&["a1", "b1"]);
    let call = desk.active();
    desk.disconnect("b1");
    desk.after(600);
    assert_eq!(desk.last_state("a1"), None);
    assert_eq!(desk.connect("b1")[0].state, CallState::Active);
    desk.on_call("b1", Verb::End { call }).unwrap();
    assert_eq!(desk.last_state("a1"), ended(EndedReason::RemoteEnded));
}

#[test]
fn a_request_sent_again_is_not_done_again() {
    let mut desk = Desk::new(&["a1", "b1", "b2"]);
    let create = Verb::Create { callee: "b".to_owned(), ring: true };
    let first = desk.ask_with_key("a1", create.clone(), "k").unwrap();
    let again = desk.ask_with_key("a1", create, "k").unwrap();
    assert_eq!(first, again);
    assert_eq!(desk.heard("b1").len(), 1, "it rings once");
    let Outcome::Call { call, .. } = first else { panic!() };
    let answer = Verb::Answer { call: call.call, expected_version: Some(1) };
    let first = desk.ask_with_key("b1", answer.clone(), "k").unwrap();
    assert_eq!(
        desk.ask_with_key("b1", answer, "k").unwrap(),
        first,
        "the version it expected is long gone"
    );
    let other = Verb::End { call: call.call };
    assert_eq!(desk.ask_with_key("b1", other, "k"), Err(CallError::KeyReused));
}

#[test]
fn an_answer_to_what_is_no_longer_so_is_stale() {
    let mut desk = Desk::new(&["a1", "b1", "b2"]);
    let call = desk.create("a1", "b");
    desk.on_call("b2", Verb::RingAck { call }).unwrap();
    let stale = Verb::Answer { call, expected_version: Some(1) };
    assert_eq!(desk.ask("b1", stale), Err(CallError::StaleVersion { present: 2 }));
    desk.ask("b1", Verb::Answer { call, expected_version: Some(2) }).unwrap();
}

#[test]
fn verbs_of_the_wrong_side_or_state_are_refused() {
    let mut desk = Desk::new(&["a1", "b1", "c1"]);
    let call = desk.create("a1", "b");
    assert_eq!(desk.answer("a1", call), Err(CallError::WrongSide));
    assert_eq!(desk.on_call("b1", Verb::Cancel { call }), Err(CallError::WrongSide));
    assert_eq!(
        desk.on_call("c1", Verb::End { call }),
        Err(CallError::NoSuchCall),
        "a stranger learns nothing"
    );
    assert_eq!(desk.answer("b1", CallId(Uuid::nil())), Err(CallError::NoSuchCall));
    desk.answer("b1", call).unwrap();
    let wrong = CallError::WrongState { state: CallState::Connecting };
    assert_eq!(desk.on_call("a1", Verb::Cancel { call }), Err(wrong));
}

#[test]
fn a_device_is_its_tokens_and_registered_once() {
    let mut desk = Desk::new(&["a1"]);
    let foreign = Verb::Register {
        address: "b".to_owned(),
        device_id: "b1".to_owned(),
        display_name: String::new(),
        words: 1,
    };
    assert_eq!(desk.ask("a1", foreign), Err(CallError::TokenForeign));
    let old = desk.connections["a1"];
    desk.connect("a1");
    assert_eq!(desk.heard[&old], [Message::Goodbye { error: CallError::Replaced }]);
    let effects = desk.machine.connect(99, device("c1"));
    desk.take(effects);
    desk.connections.insert("c1", 99);
    assert_eq!(
        desk.ask("c1", Verb::Create { callee: "a".into(), ring: true }),
        Err(CallError::NotRegistered)
    );
}

#[test]
fn limits_have_names() {
    let mut desk = Desk::new(&["a1", "b1"]);
    for _ in 0..10 {
        desk.create("a1", "b");
    }
    let quota = CallError::Quota { what: "calls of this device".to_owned(), limit: 10 };
    assert_eq!(desk.ask("a1", Verb::Create { callee: "b".into(), ring: true }), Err(quota));
    let long = "x".repeat(300);
    assert_eq!(
        desk.ask("a1", Verb::Create { callee: long.clone(), ring: true }),
        Err(CallError::TooLarge { limit: 256 })
    );
    assert_eq!(
        desk.ask_with_key("a1", Verb::Create { callee: "b".into(), ring: true }, &long),
        Err(CallError::TooLarge { limit: 64 })
    );
    let too_many = (0..300).find_map(|_| {
        desk.ask("b1", Verb::Ring { call: CallId(Uuid::nil()) })
            .err()
            .filter(|e| matches!(e, CallError::TooManyRequests { .. }))
    });
    assert_eq!(too_many, Some(CallError::TooManyRequests { retry_after_ms: 10_000 }));
    desk.after(10);
    assert_eq!(
        desk.ask("b1", Verb::Ring { call: CallId(Uuid::nil()) }),
        Err(CallError::NoSuchCall)
    );
}

#[test]
fn after_a_restart_addresses_are_known_and_old_calls_are_gone() {
    let mut desk = Desk::new(&[]);
    let key = crate::calls::KeyRecord {
        device: device("a1"),
        key: "k".to_owned(),
        request: crate::calls::memory::fingerprint(&Verb::Create {
            callee: "b".into(),
            ring: true,
        }),
        call: CallId(Uuid::nil()),
    };
    desk.machine.restore(vec!["b".to_owned()], vec![key]);
    desk.connect("a1");
    let create = Verb::Create { callee: "b".into(), ring: true };
    assert_eq!(
        desk.ask("a1", create.clone()),
        Err(CallError::CalleeOffline),
        "known, but not here"
    );
    let gone = CallError::CallGone { reason: EndedReason::Failed };
    assert_eq!(desk.ask_with_key("a1", create, "k"), Err(gone), "not placed a second time");
}
