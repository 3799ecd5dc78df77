//! The cost of call screens as figures.

use crate::cost::Cost;
use crate::figure::Figure;
use crate::milliseconds;
use crate::process::Memory;

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
