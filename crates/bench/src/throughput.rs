//! Many calls at once: P4.

use crate::Outcome;
use crate::bus::{Bus, Kind};
use crate::callers::{Called, Callers, Watched};
use crate::figures::{Figures, median, ratios};
use crate::service::{Service, in_turn, run_callers};
use crate::tied::OneCore;

/// Chains a second with so many calls under way all the time: each is reported and cancelled, one after the other for
/// each app.
pub fn measure(
    figures: &mut Figures,
    kind: Kind,
    services: &[Service; 2],
    repeats: usize,
    quick: bool,
) -> Outcome {
    let chains = if quick { 512 } else { 4096 };
    for apps in [16, 256] {
        let callers = Callers { apps, calls: chains / apps, hasty: false };
        let on = format!("{apps} at a time, {}", kind.name());
        {
            let _one_core = OneCore::pin()?;
            let [floor, service] = rates(kind, services, repeats, callers)?;
            let name = format!("P4 chains/s / floor, {on}, one core");
            figures.hold_most_at_least(name, &ratios(&service, &floor), "x", 0.75);
            figures.report(format!("P4 chains/s, floor, {on}, one core"), median(&floor), "1/s");
            figures.report(
                format!("P4 chains/s, service, {on}, one core"),
                median(&service),
                "1/s",
            );
        }
        let [floor, service] = rates(kind, services, repeats.min(3), callers)?;
        let ratio = median(&ratios(&service, &floor));
        figures.report(format!("P4 chains/s / floor, {on}, all cores"), ratio, "x");
        figures.report(format!("P4 chains/s, service, {on}, all cores"), median(&service), "1/s");
    }
    Ok(())
}

fn rates(
    kind: Kind,
    services: &[Service; 2],
    repeats: usize,
    callers: Callers,
) -> Outcome<[Vec<f64>; 2]> {
    let bus = Bus::start(kind)?;
    let runs =
        in_turn(services, &[bus.pid], repeats, |service| run_callers(&bus, service, callers))?;
    let rate = |(called, watched): &(Called, Watched)| {
        let took = called.end.max(watched.end).saturating_sub(called.begin);
        (callers.apps * callers.calls) as f64 * 1e9 / took as f64
    };
    let of = |at: usize| runs[at].iter().map(rate).collect();
    Ok([of(0), of(1)])
}

/// A burst: every app reports and cancels at the same moment, without waiting for anything. None may be lost, which would
/// end the run, and each call's ring must come before its end.
pub fn burst(figures: &mut Figures, kind: Kind, service: &Service, repeats: usize) -> Outcome {
    const APPS: u64 = 256;
    let bus = Bus::start(kind)?;
    let callers = Callers { apps: APPS, calls: 1, hasty: true };
    let mut disordered = 0;
    let mut seen = 0;
    for _ in 0..repeats {
        let (called, watched) = run_callers(&bus, service, callers)?;
        seen += called.report.len() as u64;
        disordered += watched.disordered;
    }
    let lost = APPS * repeats as u64 - seen;
    let on = format!("{APPS} at once, {repeats} times, {}", kind.name());
    figures.hold(format!("P4 calls lost, {on}"), lost as f64, "", 0.0);
    figures.hold(format!("P4 calls out of order, {on}"), disordered as f64, "", 0.0);
    Ok(())
}
