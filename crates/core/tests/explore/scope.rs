//! What is explored: how many calls, which rules, and what may happen.

use hookswitch_core::words::CallUpdate;
use hookswitch_core::{Configuration, Policy};

/// A closed part of everything that can happen.
#[derive(Clone)]
pub struct Scope {
    pub name: &'static str,
    /// Calls at once. One that is over counts until its app has said so.
    pub calls: usize,
    /// What each of the two apps says about itself.
    pub apps: [Configuration; 2],
    pub policy: Policy,
    /// Which of these calls may come in.
    pub incoming: Vec<CallUpdate>,
    /// Calls out, by the app and by a surface.
    pub starts: bool,
    /// Emergency calls out.
    pub emergency: bool,
    /// Apps ask for everything, too, not only surfaces.
    pub by_app: bool,
    /// Holding and resuming what nobody made room for.
    pub holds: bool,
    pub groups: bool,
    pub mute: bool,
    pub dtmf: bool,
    pub headset: bool,
    /// What a call can do changes.
    pub updates: bool,
    /// Apps leave and come back.
    pub loss: bool,
    /// Calls that a push rings.
    pub push: bool,
    /// A surface comes, shows calls and leaves.
    pub screens: bool,
}

/// Whatever is pending runs out with the next unit of time, unless it was done before.
fn policy() -> Policy {
    let mut policy = Policy::default();
    let all =
        ["answer", "start", "hold", "mute", "group", "dtmf", "dtmf_digit", "dtmf_pause", "end"];
    for knob in all.into_iter().chain(["ring", "stuck", "attach", "emergency_callback"]) {
        policy.set(knob, "1").expect("a duration");
    }
    for (knob, value) in [("ended_remembered", "0"), ("pending_requests", "2")] {
        policy.set(knob, value).expect("a count");
    }
    policy
}

/// Deadlines of one to three units, so that every order of them comes up.
fn one_after_the_other() -> Policy {
    let mut policy = policy();
    let longer = [
        ("answer", "2"),
        ("start", "2"),
        ("attach", "2"),
        ("ring", "3"),
        ("stuck", "3"),
        ("presented_within", "2"),
    ];
    for (knob, value) in longer {
        policy.set(knob, value).expect("a duration");
    }
    policy
}

/// Nobody asks for a second thing before the first is done.
fn one_at_a_time(mut scope: Scope) -> Scope {
    scope.policy.set("pending_requests", "1").expect("a count");
    scope
}

fn base(name: &'static str, calls: usize) -> Scope {
    let alone = Configuration { maximum_calls_per_call_group: 1, ..Configuration::default() };
    Scope {
        name,
        calls,
        apps: [alone.clone(), alone],
        policy: policy(),
        incoming: Vec::from([CallUpdate::default()]),
        starts: false,
        emergency: false,
        by_app: false,
        holds: false,
        groups: false,
        mute: false,
        dtmf: false,
        headset: false,
        updates: false,
        loss: false,
        push: false,
        screens: false,
    }
}

/// Every part. What is offered can always be chosen: holding, ending, swapping, and merging where apps can do that. `all`
/// has three calls with holds, groups, mute, loss and deadlines of different lengths, and each asks for one thing at a time;
/// what comes of two at a time is in the parts about less.
pub fn scopes() -> Vec<Scope> {
    let stays = CallUpdate { supports_holding: Some(false), ..CallUpdate::default() };
    let both = Vec::from([CallUpdate::default(), stays]);
    let groups = Configuration::default();
    let alone = Configuration { maximum_calls_per_call_group: 1, ..groups.clone() };
    let emergency = Configuration { emergency: true, ..alone.clone() };
    let executes = Configuration { executes_transactions: true, ..alone.clone() };
    let grouping =
        |scope: Scope| Scope { groups: true, apps: [groups.clone(), groups.clone()], ..scope };
    Vec::from([
        Scope { mute: true, ..base("mute", 3) },
        Scope { holds: true, loss: true, ..base("loss", 3) },
        grouping(Scope { holds: true, ..base("groups", 3) }),
        grouping(Scope { holds: true, mute: true, loss: true, ..base("all_of_two", 2) }),
        one_at_a_time(grouping(Scope {
            holds: true,
            mute: true,
            loss: true,
            policy: one_after_the_other(),
            ..base("all", 3)
        })),
        Scope { starts: true, ..base("starts", 3) },
        Scope { incoming: both.clone(), ..base("no_holding", 3) },
        one_at_a_time(Scope { headset: true, ..base("headset", 3) }),
        Scope { emergency: true, apps: [emergency, alone], ..base("emergency", 3) },
        Scope { push: true, ..base("push", 3) },
        Scope { holds: true, apps: [executes.clone(), executes], ..base("executes", 3) },
        Scope {
            holds: true,
            starts: true,
            loss: true,
            policy: one_after_the_other(),
            ..base("deadlines", 3)
        },
        one_at_a_time(Scope {
            starts: true,
            holds: true,
            mute: true,
            dtmf: true,
            by_app: true,
            ..base("by_app", 2)
        }),
        Scope { screens: true, loss: true, policy: one_after_the_other(), ..base("screens", 2) },
        Scope { updates: true, incoming: both, holds: true, ..base("updates", 3) },
    ])
}
