//! Goes to every state that two apps and three calls can get into, and checks every turn on the way.
//!
//! Each part of `explore/scope.rs` goes as deep as `EXPLORE_STATES` states allow (default 3000); with `EXPLORE=closed` until
//! there is no other state. `EXPLORE_SCOPE` names one part. What fails is printed as the shortest flow there.

mod explore;
mod turn;

use explore::{explore, scopes};

#[cfg(not(planted_bug))]
#[test]
fn no_order_of_events_breaks_a_rule() {
    let closed = std::env::var("EXPLORE").is_ok_and(|how| how == "closed");
    let only = std::env::var("EXPLORE_SCOPE").ok();
    let states = std::env::var("EXPLORE_STATES").ok().and_then(|states| states.parse().ok());
    let most = if closed { usize::MAX } else { states.unwrap_or(3000) };
    let (mut states, mut transitions) = (0, 0);
    for scope in scopes() {
        if only.as_ref().is_some_and(|only| only != scope.name) {
            continue;
        }
        let explored = explore(&scope, most).unwrap_or_else(|what| panic!("{what}"));
        println!("{explored}");
        assert!(!closed || explored.closed, "{} is not closed", explored.scope);
        states += explored.states;
        transitions += explored.transitions;
    }
    println!("{states} states, {transitions} transitions, each checked");
}

/// The compiler is told to leave out one line of the core (`--cfg planted_bug`): the explorer finds out.
#[cfg(planted_bug)]
#[test]
fn a_planted_bug_is_found() {
    let found = scopes().iter().find_map(|scope| explore(scope, 20_000).err());
    let found = found.expect("the bug is found");
    println!("{found}");
    let (_, flow) = found.split_once("\n\n").expect("what, and the flow");
    let flows = hookswitch_core::flow::parse(flow).expect("it is a flow");
    assert!(flows[0].run().is_err(), "the flow shows the bug");
}
