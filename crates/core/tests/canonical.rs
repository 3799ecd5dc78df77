//! What an explorer takes for the same state is the same, and nothing else is.

use hookswitch_core::flow;
use hookswitch_core::words::Timestamp;
use std::hash::{DefaultHasher, Hasher};

/// The state after these lines of a flow.
fn after(lines: &[&str]) -> u64 {
    let text = format!("played:\n    {}", lines.join("\n    "));
    let flow = flow::parse(&text).expect("it is a flow").remove(0);
    let mut player = flow.player();
    for played in player.by_ref() {
        played.unwrap_or_else(|error| panic!("{lines:?}: {error}"));
    }
    let mut hasher = DefaultHasher::new();
    // Every flow begins at a thousand seconds.
    let now = Timestamp(1_000_000 + player.elapsed_ms());
    player.arbiter().canonical(now, &mut hasher);
    hasher.finish()
}

const RINGS: &str = "chat -> core : report incoming anna";
const TALKS: &str = "given chat active anna";
const ANSWER: &str = "ui -> core : request answer anna";
const FORGETS: &str = "policy ended_remembered=0";

#[test]
fn names_and_what_is_past_make_no_difference() {
    for (one, other) in [
        (&[TALKS][..], &["given chat active bob"][..]),
        (&[TALKS], &["talk -> core : register", "talk -> core : lost", TALKS]),
        (&[TALKS], &[TALKS, "after 9s"]),
        (&[TALKS], &["after 9s", TALKS]),
        (&[TALKS], &[TALKS, "ui -> core : presented anna"]),
        (&[TALKS], &["given talk active anna"]),
        (&["after 1s"], &[TALKS, "ui -> core : request mute anna", "chat -> core : lost"]),
        (
            &[FORGETS, "chat -> core : register", TALKS],
            &[FORGETS, "given chat active bob", "chat -> core : report ended bob failed", TALKS],
        ),
        // Whatever comes of an end that tells an app what is so already, nothing follows.
        (
            &[FORGETS, RINGS, "after 60s"],
            &[FORGETS, "chat -> core : request start anna", "after 15s"],
        ),
        // For whom a call was held matters while that one may fail.
        (
            &[FORGETS, TALKS, "given talk active bob"],
            &[
                FORGETS,
                TALKS,
                "given talk active carl",
                "talk -> core : report incoming bob",
                "talk -> core : report ended carl remote_ended",
                "ui -> core : request answer bob",
                "talk -> core : fulfill answer bob",
            ],
        ),
        (
            &[TALKS, "ui -> core : request mute anna"],
            &[TALKS, "after 1s", "ui -> core : request mute anna"],
        ),
    ] {
        assert_eq!(after(one), after(other), "{one:?} and {other:?}");
    }
}

#[test]
fn an_emergency_service_that_may_call_back_makes_a_difference_while_it_may() {
    let modem = "modem -> core : register emergency";
    let sos = "modem -> core : request start sos emergency";
    let other = "modem -> core : request start sos";
    let ended = "modem -> core : report ended sos failed";
    let both = |time: &str| {
        let time = format!("after {time}");
        (after(&[modem, sos, ended, &time]), after(&[modem, other, ended, &time]))
    };
    let (may, other) = both("299s");
    assert_ne!(may, other);
    for over in ["300s", "301s"] {
        let (may_not, other) = both(over);
        assert_eq!(may_not, other, "after {over}");
    }
}

#[test]
fn what_is_left_of_a_call_that_is_over_makes_a_difference() {
    let forgets = "policy ended_remembered=0";
    let unanswered = after(&[forgets, RINGS, "after 60s"]);
    let failed = after(&[forgets, RINGS, ANSWER, "chat -> core : fail answer anna"]);
    assert_eq!(unanswered, failed, "the app is told why, and nothing follows from that");
    let again = |first: &str| {
        let first = [
            format!("given chat active {first}"),
            format!("chat -> core : report ended {first} failed"),
        ];
        after(&["policy tombstone=0", &first[0], &first[1], TALKS])
    };
    assert_ne!(again("anna"), again("bob"), "the id is one that is remembered");
}

#[test]
fn whether_its_app_was_told_to_talk_makes_a_difference() {
    assert_ne!(after(&["audio by hand", TALKS]), after(&[TALKS]));
}

#[test]
fn which_of_several_calls_it_is_makes_a_difference() {
    let three = [
        "given chat active anna",
        "given chat active bob",
        "given chat merged anna bob",
        "given chat active carl",
        "given chat merged carl anna",
    ];
    let tones = |call: &str| {
        let asks = format!("ui -> core : request dtmf {call} 1");
        after(&[&three[..], &[asks.as_str()]].concat())
    };
    assert_ne!(tones("bob"), tones("carl"));
    assert_ne!(tones("anna"), tones("carl"));
    let then = |call: &str| {
        let asks = format!("ui -> core : request dtmf anna 1 ; dtmf {call} 1");
        after(&[&three[..], &[asks.as_str()]].concat())
    };
    assert_ne!(then("bob"), then("carl"));
    // For which of two that talk now a third was held.
    let held_for = |first: &str, second: &str| {
        let answers = [first, second].map(|call| {
            [
                format!("ui -> core : request answer {call}"),
                "talk -> core : fulfill hold anna".to_string(),
                format!("chat -> core : fulfill hold {first}"),
                format!("chat -> core : fulfill answer {call}"),
            ]
        });
        let [one, two] = &answers;
        let merged = format!("given chat merged {first} {second}");
        after(&[
            "policy held=2",
            "chat -> core : register accounts=one,two",
            "given talk active anna",
            "chat -> core : report incoming carl account=one",
            "chat -> core : report incoming dora account=two",
            &one[0],
            &one[1],
            &one[3],
            &two[0],
            &two[2],
            &two[3],
            &merged,
        ])
    };
    assert_eq!(
        held_for("carl", "dora"),
        held_for("dora", "carl"),
        "both are connected: none gives its place back"
    );
}

#[test]
fn whatever_a_rule_looks_at_makes_a_difference() {
    let merged = ["given chat active anna", "given chat active bob", "given chat merged anna bob"];
    let three = [&merged[..], &["given chat active carl"]].concat();
    let two = ["given chat active anna", "given chat active bob"];
    let asks = |lines: &[&'static str], more: &'static str| [lines, &[more]].concat();
    let all: Vec<Vec<&str>> = Vec::from([
        vec!["after 1s"],
        vec!["chat -> core : register"],
        vec!["chat -> core : register executes"],
        vec!["chat -> core : register", "talk -> core : register"],
        vec!["chat -> core : register", "chat -> core : configure"],
        vec![RINGS],
        vec![RINGS, "after 1s"],
        vec!["chat -> core : report incoming anna no-holding"],
        vec!["chat -> core : report incoming anna no-dtmf"],
        vec!["chat -> core : report incoming anna video"],
        vec!["chat -> core : report incoming anna unlogged"],
        vec![
            "chat -> core : register accounts=a,b",
            "chat -> core : report incoming anna account=b",
        ],
        vec![
            "chat -> core : register accounts=a,b",
            "chat -> core : report incoming anna account=a",
        ],
        vec![RINGS, "ui -> core : silence anna"],
        vec![RINGS, ANSWER],
        vec![RINGS, "chat -> core : request answer anna"],
        vec![RINGS, "headset -> core : press short"],
        vec![RINGS, ANSWER, "after 1s"],
        vec![TALKS],
        vec!["given chat held anna"],
        vec!["given chat dialing anna"],
        vec!["given chat dialing anna", "after 1s"],
        vec!["given chat dialing anna", "chat -> core : report connecting anna"],
        vec!["given chat dialing anna", "chat -> core : report connected anna"],
        vec!["chat -> core : request start anna"],
        vec!["chat -> core : register", "ui -> core : request start anna app=chat"],
        vec!["chat -> core : request start anna dial=1,2"],
        vec!["chat -> core : request start anna dial=1;2"],
        vec!["chat -> core : register emergency", "chat -> core : request start anna emergency"],
        vec![TALKS, "ui -> core : request mute anna"],
        vec![TALKS, "ui -> core : request mute anna", "ui -> core : request unmute anna"],
        vec![TALKS, "ui -> core : request mute anna", "after 1s"],
        vec![TALKS, "ui -> core : request mute anna", "chat -> core : fulfill mute anna"],
        vec![TALKS, "ui -> core : request end anna"],
        vec![TALKS, "ui -> core : request hold anna"],
        vec![TALKS, "ui -> core : request hold anna", "after 5s"],
        vec![TALKS, "ui -> core : request dtmf anna 1"],
        vec![TALKS, "ui -> core : request dtmf anna 2"],
        two.to_vec(),
        vec!["given chat active anna", "given talk active bob"],
        vec!["given chat held anna", "given chat active bob"],
        asks(&two, "ui -> core : request merge anna bob"),
        asks(&two, "ui -> core : request merge bob anna"),
        asks(&two, "ui -> core : request resume anna"),
        asks(&two, "ui -> core : request end bob ; resume anna"),
        asks(&two, "ui -> core : request end anna ; end bob"),
        merged.to_vec(),
        asks(&merged, "chat -> core : report ended anna remote_ended"),
        asks(&merged, "ui -> core : request split anna"),
        asks(&merged, "ui -> core : request split bob"),
        three.clone(),
        asks(&three, "ui -> core : request merge carl anna"),
        vec![RINGS, "chat -> core : report ended anna remote_ended"],
        vec![RINGS, "chat -> core : report ended anna remote_ended", "after 1s"],
        vec![RINGS, "chat -> core : report ended anna failed"],
        vec!["push -> core : rings chat anna"],
        vec!["push -> core : rings chat anna", "after 1s"],
        vec!["push -> core : rings chat anna", ANSWER],
        vec!["push -> core : rings chat anna", "ui -> core : request choose anna decline"],
        vec!["push -> core : rings chat anna", "chat -> core : register"],
        vec![TALKS, "core restarts"],
        vec![TALKS, "core restarts", "after 1s"],
        vec!["given chat held anna", "core restarts"],
        vec![RINGS, "core restarts"],
        vec![
            "chat -> core : register executes",
            TALKS,
            "chat -> core : report incoming bob",
            "ui -> core : request choose bob hold_and_accept",
        ],
        vec![
            "chat -> core : register executes",
            TALKS,
            "chat -> core : report incoming bob",
            "ui -> core : request choose bob hold_and_accept",
            "chat -> core : executes",
        ],
        vec![
            "chat -> core : register executes",
            TALKS,
            "chat -> core : report incoming bob",
            "ui -> core : request choose bob hold_and_accept",
            "chat -> core : fulfill answer bob",
        ],
        vec![
            "chat -> core : register executes",
            TALKS,
            "chat -> core : report incoming bob",
            "ui -> core : request choose bob hold_and_accept",
            "chat -> core : fail answer bob",
        ],
    ]);
    let states: Vec<u64> = all.iter().map(|lines| after(lines)).collect();
    for (at, state) in states.iter().enumerate() {
        let same = states[..at].iter().position(|other| other == state);
        assert_eq!(same.map(|same| &all[same]), None, "is taken for {:?}", all[at]);
    }
}
