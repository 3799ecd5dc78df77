//! Many calls at once: P4.

use crate::Outcome;
use crate::bus::{Bus, Kind};
use crate::callers::{Called, Callers, Watched};
use crate::figures::{Figures, median, ratios};
use crate::service::{Beside, Crowd, Service, World};
use crate::tied::{OneCore, Running};
use crate::turns::{middle_half, side_by_side};

/// Chains of a turn: half a second and more, so that what is written once there is time is in it.
const CHAINS: u64 = 4096;

/// Chains a second with so many calls under way all the time: each is reported and cancelled, one after the other for
/// each app.
pub fn measure(
    figures: &mut Figures,
    kind: Kind,
    services: &[Service; 2],
    repeats: usize,
    quick: bool,
) -> Outcome {
    let rounds = if quick { 1 } else { 5 };
    for apps in [16, 256] {
        let callers = Callers { apps, calls: CHAINS / apps, hasty: false };
        let on = format!("{apps} at a time, {}", kind.name());
        {
            let _one_core = OneCore::pin()?;
            let [floor, service] = rates(kind, services, (repeats, rounds), callers)?;
            let name = format!("P4 chains/s / floor, {on}, one core");
            let ratio = ratios(&service, &floor);
            eprintln!("  P4: the middle half of {} is {}", ratio.len(), middle_half(&ratio));
            figures.hold_most_at_least(name, &ratio, "x", 0.75);
            figures.report(format!("P4 chains/s, floor, {on}, one core"), median(&floor), "1/s");
            figures.report(
                format!("P4 chains/s, service, {on}, one core"),
                median(&service),
                "1/s",
            );
        }
        let [floor, service] = rates(kind, services, (repeats.min(2), rounds), callers)?;
        let ratio = median(&ratios(&service, &floor));
        figures.report(format!("P4 chains/s / floor, {on}, all cores"), ratio, "x");
        figures.report(format!("P4 chains/s, service, {on}, all cores"), median(&service), "1/s");
    }
    Ok(())
}

fn world(kind: Kind, service: &Service, callers: Callers) -> Outcome<World<Crowd>> {
    let crowd = |bus: &Bus, service: &Running| Crowd::start(bus, service, callers);
    World::new(kind, service, Beside::Nobody, crowd)
}

fn rates(
    kind: Kind,
    services: &[Service; 2],
    (worlds, rounds): (usize, usize),
    callers: Callers,
) -> Outcome<[Vec<f64>; 2]> {
    let rate = |(called, watched): (Called, Watched)| {
        let took = called.end.max(watched.end).saturating_sub(called.begin);
        (callers.apps * callers.calls) as f64 * 1e9 / took as f64
    };
    let mut all = [Vec::new(), Vec::new()];
    for _ in 0..worlds {
        let worlds: Outcome<Vec<_>> =
            services.iter().map(|service| world(kind, service, callers)).collect();
        let mut worlds = worlds?;
        for world in &mut worlds {
            // What happens once is not measured.
            world.load.turn()?;
        }
        let turns = side_by_side(&mut worlds, rounds, |world| world.load.turn().map(rate))?;
        for (all, turns) in all.iter_mut().zip(turns) {
            all.extend(turns);
        }
    }
    Ok(all)
}

/// A burst: every app reports and cancels at the same moment, without waiting for anything. None may be lost, which would
/// end the run, and each call's ring must come before its end.
pub fn burst(figures: &mut Figures, kind: Kind, service: &Service, repeats: usize) -> Outcome {
    const APPS: u64 = 256;
    let callers = Callers { apps: APPS, calls: 1, hasty: true };
    let mut disordered = 0;
    let mut seen = 0;
    for _ in 0..repeats {
        let (called, watched) = world(kind, service, callers)?.load.turn()?;
        seen += called.report.len() as u64;
        disordered += watched.disordered;
    }
    let lost = APPS * repeats as u64 - seen;
    let on = format!("{APPS} at once, {repeats} times, {}", kind.name());
    figures.hold(format!("P4 calls lost, {on}"), lost as f64, "", 0.0);
    figures.hold(format!("P4 calls out of order, {on}"), disordered as f64, "", 0.0);
    Ok(())
}
