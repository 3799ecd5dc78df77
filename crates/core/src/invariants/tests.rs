//! Each invariant notices what it is for: an arbiter is put out of order by hand, in one place.

use crate::arbiter::{Arbiter, Audio};
use crate::call::{Before, HeldFor, State};
use crate::flow;
use crate::transaction::{Step, Transaction};
use crate::words::{
    ActionId, AppId, CallNumber, EndKind, ProviderId, RingLevel, Timestamp, TransactionId, Verb,
};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use alloc::{format, vec};

const ANNA: CallNumber = CallNumber(1);
const BOB: CallNumber = CallNumber(2);
const FIRST: TransactionId = TransactionId(1);

/// An arbiter after these lines of a flow.
fn after(lines: &[&str]) -> Arbiter {
    let text = format!("played:\n    {}", lines.join("\n    "));
    let flow = flow::parse(&text).expect("it is a flow").remove(0);
    let mut player = flow.player();
    for played in player.by_ref() {
        played.expect("it can be played");
    }
    assert_eq!(player.arbiter().check(), Ok(()));
    player.arbiter().clone()
}

fn notices(lines: &[&str], slip: impl FnOnce(&mut Arbiter), what: &str) {
    let mut core = after(lines);
    slip(&mut core);
    let noticed = core.check().err().unwrap_or_else(|| String::from("nothing"));
    assert!(noticed.contains(what), "after {lines:?} not `{what}` is noticed but: {noticed}");
}

/// Out of the keeping of the calls: as if the state had been set past it.
fn forget_performs(core: &mut Arbiter) {
    let asked: Vec<ActionId> = core.performing.iter().map(|(action, _)| action).collect();
    asked.into_iter().for_each(|action| drop(core.performing.remove(action)));
}

fn app(core: &Arbiter, name: &str) -> ProviderId {
    core.providers.of_app(&AppId::from(name)).expect("it is registered")
}

fn step(verb: Verb) -> Transaction {
    Transaction::of(None, vec![Step::own(ANNA, verb)], 0)
}

const TWO: [&str; 2] = ["given chat active anna", "given talk active bob"];
const MERGED: [&str; 3] =
    ["given chat active anna", "given chat active bob", "given chat merged anna bob"];
const SOS: [&str; 3] = [
    "modem -> core : register emergency",
    "given modem active anna",
    "ui -> core : request start sos app=modem emergency",
];

#[test]
fn who_has_the_audio() {
    let held = State::Held(HeldFor::Itself);
    let talks = |core: &mut Arbiter| {
        core.calls.set_state(ANNA, State::Active);
    };
    notices(&TWO, talks, "calls 1 and 2 talk at once");
    let idle = |core: &mut Arbiter| core.audio = Audio::Idle;
    notices(&TWO, idle, "call 2 talks and nobody has the audio");
    let kept = |core: &mut Arbiter| {
        let owner = core.audio.owners()[0];
        core.calls.set_state(BOB, held);
        core.audio = Audio::Reserved(owner);
    };
    notices(&TWO, kept, "audio kept up for call 2 without a transaction");
    let gone = |core: &mut Arbiter| {
        let owner = core.audio.owners()[0];
        core.calls.remove(BOB);
        core.arbitrating = Some(FIRST);
        core.audio = Audio::Reserved(owner);
    };
    notices(&TWO, gone, "who do not talk");
    notices(
        &TWO,
        |core| {
            core.calls.set_state(BOB, held);
        },
        "who do not talk",
    );
    let half = |core: &mut Arbiter| {
        if let Audio::Up(owners) = &mut core.audio {
            owners.pop();
        }
    };
    notices(&MERGED, half, "who do not talk");
    let twice = |core: &mut Arbiter| {
        if let Audio::Up(owners) = &mut core.audio {
            owners[1] = owners[0];
        }
    };
    notices(&MERGED, twice, "who do not talk");
}

#[test]
fn what_rings() {
    notices(&TWO, |core| core.ring = RingLevel::Waiting, "it rings and no call does");
    let both = ["given chat active anna", "talk -> core : report incoming bob"];
    let loud = |core: &mut Arbiter| core.ring = RingLevel::Loud;
    notices(&both, loud, "it rings loud into another call");
    let held = ["given chat held anna", "talk -> core : report incoming bob"];
    notices(&held, loud, "it rings loud into another call");
    assert_eq!(after(&["chat -> core : report incoming anna"]).ring, RingLevel::Loud);
}

#[test]
fn what_is_pending() {
    let asked = ["given chat active anna", "ui -> core : request mute anna"];
    notices(&asked, |core| drop(core.calls.remove(ANNA)), "who do not talk");
    let rings = ["chat -> core : report incoming anna", "ui -> core : request answer anna"];
    let gone = |core: &mut Arbiter| drop(core.calls.remove(ANNA));
    notices(&rings, gone, "action 1 (answer_call) of an ended call is pending");
    notices(&asked, |core| core.transactions.clear(), "belongs to no transaction");
    let adopt = |core: &mut Arbiter| core.adopt_until = Some(Timestamp(1));
    notices(&TWO, adopt, "the time to adopt does not fit what can be adopted");
    let missed = ["chat -> core : report incoming anna", "after 60s"];
    let lost = |core: &mut Arbiter| drop(core.providers.remove(app(core, "chat")));
    notices(&missed, lost, "action 1 waits for an app that is gone");
    let next = |core: &mut Arbiter| transaction(core).at = 1;
    notices(&asked, next, "is for a step that is over");
    let other = |core: &mut Arbiter| transaction(core).steps[0].call = BOB;
    notices(&asked, other, "is for a step that is over");
    let over = |core: &mut Arbiter| {
        core.transactions.insert(TransactionId(99), Transaction::of(None, Vec::new(), 0));
    };
    notices(&TWO, over, "transaction 99 is over and was not finished");
    let hangs = |core: &mut Arbiter| {
        core.transactions.insert(TransactionId(99), step(Verb::SetMuted(true)));
    };
    notices(&TWO, hangs, "transaction 99 hangs: nobody was asked for its next step");
    let waits = |core: &mut Arbiter| {
        core.transactions.insert(TransactionId(99), step(Verb::SetVideo(true)));
        core.waiting.insert(TransactionId(99));
    };
    notices(&asked, waits, "transaction 99 waits for nothing");
}

fn transaction(core: &mut Arbiter) -> &mut Transaction {
    core.transactions.values_mut().next_back().expect("one is pending")
}

#[test]
fn what_waits_for_another_action() {
    // For one of its own kind, of its own call.
    let mut core = after(&["given chat active anna", "ui -> core : request mute anna"]);
    core.transactions.insert(TransactionId(99), step(Verb::SetMuted(true)));
    core.waiting.insert(TransactionId(99));
    assert_eq!(core.check(), Ok(()));
    // For its end.
    let mut core = after(&["given chat active anna", "ui -> core : request end anna"]);
    core.transactions.insert(TransactionId(99), step(Verb::SetMuted(true)));
    core.waiting.insert(TransactionId(99));
    assert_eq!(core.check(), Ok(()));
}

#[test]
fn what_calls_are() {
    let lost = |core: &mut Arbiter| drop(core.providers.remove(app(core, "talk")));
    notices(&TWO, lost, "call 2 has no provider");
    let mute = |core: &mut Arbiter| core.calls.get_mut(ANNA).unwrap().muted = true;
    notices(&TWO, mute, "call 1 is muted and nobody wants that");
    let other = ["given chat active anna", "ui -> core : request hold anna"];
    notices(&other, mute, "call 1 is muted and nobody wants that");
    // Until its app has done it.
    after(&[
        "given chat active anna",
        "ui -> core : request mute anna",
        "chat -> core : fulfill mute anna",
        "ui -> core : request unmute anna",
    ]);
    let kept = |core: &mut Arbiter| {
        let until = Timestamp(u64::MAX);
        core.calls.get_mut(BOB).unwrap().state = State::Ringing { until, silenced: true };
    };
    let rings = ["given chat active anna", "talk -> core : report incoming bob"];
    notices(&rings, kept, "an answer that is kept is not what the calls say");
    let app = |core: &mut Arbiter| {
        let id = app(core, "talk");
        core.providers.get_mut(id).unwrap().app = AppId::from("other");
    };
    notices(&TWO, app, "an answer that is kept is not what the calls say");
}

#[test]
fn what_is_on_its_way() {
    let rings = ["chat -> core : report incoming anna", "ui -> core : request answer anna"];
    let over = |core: &mut Arbiter| {
        core.transactions.clear();
        forget_performs(core);
        core.arbitrating = None;
    };
    notices(&rings, over, "call 1 waits for a transaction that is over");
    let other = |core: &mut Arbiter| transaction(core).at = 1;
    notices(&rings, other, "call 1 waits for a transaction that is over");
    let ends = ["given chat active anna", "ui -> core : request end anna"];
    notices(&ends, over, "call 1 is ending and nobody was asked to end it");
    // That its app has ended another call already is no reason for this one.
    let early = [
        "chat -> core : register executes",
        "given chat active anna",
        "chat -> core : report incoming bob",
        "chat -> core : request hold anna ; end bob",
        "chat -> core : fulfill end bob",
    ];
    let ending = |core: &mut Arbiter| {
        forget_performs(core);
        core.calls.set_state(ANNA, State::Ending { kind: EndKind::HangUp, was: Before::Active });
    };
    notices(&early, ending, "call 1 is ending and nobody was asked to end it");
    let gone = |core: &mut Arbiter| core.arbitrating = Some(TransactionId(99));
    notices(&TWO, gone, "the arbitrating transaction is over");
}

#[test]
fn what_a_group_is() {
    let held = State::Held(HeldFor::Itself);
    let two_groups = [
        "policy held=2",
        "given chat active anna",
        "given chat active bob",
        "given chat merged anna bob",
        "given talk active carl",
        "given talk active dora",
        "given talk merged carl dora",
    ];
    let moved = |core: &mut Arbiter| {
        let other = core.calls.get(CallNumber(3)).unwrap().group;
        core.calls.get_mut(ANNA).unwrap().group = other;
    };
    notices(&two_groups, moved, "call 1 is in a group that is none");
    let other = |core: &mut Arbiter| {
        let talk = app(core, "talk");
        core.calls.get_mut(BOB).unwrap().provider = talk;
    };
    let merged = [&["talk -> core : register"], &MERGED[..]].concat();
    notices(&merged, other, "calls 1 and 2 are not of one app");
    let answering = |core: &mut Arbiter| {
        core.audio = Audio::Idle;
        core.calls.set_state(ANNA, held);
        core.calls.set_state(BOB, State::Answering { until: Timestamp(u64::MAX) });
    };
    notices(&MERGED, answering, "call 2 is in a group before it is answered");
    let three = [&MERGED[..], &["given chat active carl", "given chat merged carl anna"]].concat();
    let fewer = |core: &mut Arbiter| {
        let id = app(core, "chat");
        core.providers.get_mut(id).unwrap().configuration.maximum_calls_per_call_group = 2;
    };
    notices(&three, fewer, "3 calls in one group");
    let mut core = after(&three);
    fewer(&mut core);
    let id = app(&core, "chat");
    core.providers.get_mut(id).unwrap().reconfigured = true;
    assert_eq!(core.check_groups(), Ok(()));
}

#[test]
fn what_is_in_the_way_of_an_emergency() {
    let over = |core: &mut Arbiter| core.emergency = Some(CallNumber(99));
    notices(&TWO, over, "the emergency call 99 is over and in the way");
    let other = |core: &mut Arbiter| core.emergency = Some(BOB);
    notices(&TWO, other, "the emergency call 2 is held or muted");
    let held = |core: &mut Arbiter| {
        core.calls.set_state(BOB, State::Held(HeldFor::Itself));
    };
    notices(&SOS, held, "the emergency call 2 is held or muted");
    let muted = |core: &mut Arbiter| {
        let call = core.calls.get_mut(BOB).unwrap();
        (call.muted, call.mute_wanted) = (true, true);
    };
    notices(&SOS, muted, "the emergency call 2 is held or muted");
    let rings = |core: &mut Arbiter| {
        core.calls.set_state(ANNA, State::Ringing { until: Timestamp(u64::MAX), silenced: true });
    };
    notices(&SOS, rings, "call 1 is in the way of an emergency");
}

#[test]
fn what_surfaces_are_shown() {
    let state = |core: &mut Arbiter| core.calls.get_mut(BOB).unwrap().shown = None;
    notices(&TWO, state, "call 2 is shown in another state");
    let choices = |core: &mut Arbiter| core.calls.get_mut(BOB).unwrap().choices = Arc::default();
    notices(&TWO, choices, "what is offered for call 2 is out of date");
}
