//! What both need, as figures.

use crate::Round;
use crate::cores::Cores;
use crate::cost::Cost;
use crate::figure::{Figure, median};
use crate::milliseconds;
use crate::process::Memory;
use std::time::Duration;

/// Of what GNOME Calls needs until the shell is told of its first call.
const SHARE_BAR: f64 = 0.25;

/// How soon the shell is told of a call, and shows it.
pub fn reports(who: &str, rounds: &[Round], cores: &Cores) -> [Figure; 2] {
    let told = milliseconds(rounds.iter().map(|round| round.told));
    let seen = milliseconds(rounds.iter().map(|round| round.seen));
    let figure =
        |what: &str, value| Figure::reported(&format!("{who}: {what}, {cores}"), value, "ms");
    [figure("report to InterfacesAdded", told), figure("report to the first changed pixel", seen)]
}

/// How much of their time ours needs until the shell is told of one more call: the middle one of neighbours. Theirs is reported within
/// their own program, by a signal, ours by an app, through the bus: two messages more, and most of the time.
pub fn share(pairs: &[(Round, Round)], cores: &Cores) -> Figure {
    let name = format!("Phosh: InterfacesAdded again, share of GNOME Calls, {cores}");
    Figure::reported(
        &name,
        middle(pairs.iter().map(|(ours, theirs)| (ours.told, theirs.told))),
        "share",
    )
}

/// The same of the first call after a start.
pub fn first_calls(told: &[(Duration, Duration)]) -> [Figure; 3] {
    let share = middle(told.iter().copied());
    [
        Figure::reported(
            "Phosh: first report to InterfacesAdded",
            milliseconds(told.iter().map(|told| told.0)),
            "ms",
        ),
        Figure::reported(
            "Phosh: GNOME Calls: first report to InterfacesAdded",
            milliseconds(told.iter().map(|told| told.1)),
            "ms",
        ),
        Figure::at_most(
            "Phosh: InterfacesAdded, first call, share of GNOME Calls",
            share,
            "share",
            SHARE_BAR,
        ),
    ]
}

fn middle(pairs: impl Iterator<Item = (Duration, Duration)>) -> f64 {
    median(pairs.map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()))
}

/// What one program costs.
pub fn own(program: &str, cost: &Cost) -> Vec<Figure> {
    let memory = |when: &str, of: Memory| {
        let kinds = [("RSS", of.resident), ("PSS", of.proportional), ("anonymous", of.anonymous)];
        kinds.map(|(kind, mib)| Figure::reported(&format!("{program}: {when}, {kind}"), mib, "MiB"))
    };
    let mut figures = Vec::new();
    figures.extend(memory("waiting for a call", cost.waiting));
    figures.extend(memory("in a call", cost.talking));
    figures.extend(memory("after it", cost.waiting_again));
    let first = milliseconds(cost.first_frames.iter().copied());
    figures.extend([
        Figure::reported(&format!("{program}: waiting, processor"), cost.idle.processor, "%"),
        Figure::reported(&format!("{program}: waiting, wakeups"), cost.idle.wakeups, "/s"),
        Figure::reported(&format!("{program}: in a call, processor"), cost.talk.processor, "%"),
        Figure::reported(&format!("{program}: exec to the first frame"), first, "ms"),
    ]);
    figures
}

/// Ours against theirs, and against nothing.
pub fn with(ours: &Cost, theirs: &Cost) -> Vec<Figure> {
    let share = |when: &str, ours: f64, theirs: f64| {
        let name = format!("Phone: {when}, share of GNOME Calls");
        Figure::at_most(&name, ours / theirs, "share", 1.0)
    };
    vec![
        share("waiting, RSS", ours.waiting.resident, theirs.waiting.resident),
        share("waiting, PSS", ours.waiting.proportional, theirs.waiting.proportional),
        share("waiting, anonymous", ours.waiting.anonymous, theirs.waiting.anonymous),
        share("in a call, RSS", ours.talking.resident, theirs.talking.resident),
        share("in a call, PSS", ours.talking.proportional, theirs.talking.proportional),
        share("in a call, anonymous", ours.talking.anonymous, theirs.talking.anonymous),
        Figure::at_most("Phone: waiting, processor", ours.idle.processor, "%", 0.0),
    ]
}
