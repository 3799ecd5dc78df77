//! The whole chain against the floor: P1, P2, P3, P5, P6, P14.

use crate::Outcome;
use crate::bus::Bus;
use crate::figures::{Figures, least, median, percentile, ratios};
use crate::load::Size;
use crate::monitor::Counted;
use crate::service::{Beside, Home, Load, Run, Service, rounds};
use crate::tied::{OneCore, Running};

/// One figure of a run.
type Value = fn(&Run) -> f64;

/// Measure on one core, where the more expensive one is always the slower one. `first`: the bus whose figures count for
/// all bars; on the others only P1 and P5 do.
pub fn one_core(
    figures: &mut Figures,
    kind: crate::bus::Kind,
    services: &[Service; 2],
    repeats: usize,
    size: Size,
    first: bool,
) -> Outcome {
    let _one_core = OneCore::pin()?;
    let bus = Bus::start(kind)?;
    let runs = rounds(&bus, services, repeats, size, Beside::Nobody)?;
    let [floor, service] = &runs[..] else { return Err("two services are needed".into()) };
    let on = format!("{}, one core", kind.name());
    let of = |runs: &[Run], value: Value| runs.iter().map(value).collect::<Vec<f64>>();
    let against = |value: Value| ratios(&of(service, value), &of(floor, value));
    let mut hold = |name: String, values: [&[f64]; 2], bar: f64| match first {
        true => figures.hold_best(name, values, bar),
        false => {
            let ratio = least(values[0]) / least(values[1]);
            figures.report(format!("{name}, bar {bar}, best rounds"), ratio, "x");
        }
    };

    let chain: Value = |run| percentile(&run.seen.chain, 50);
    let late: Value = |run| percentile(&run.seen.chain, 99);
    let ring: Value = |run| percentile(&run.shown.ring, 50);
    let cpu: Value = |run| run.seen.service_cpu as f64 / run.seen.chain.len() as f64;
    hold(format!("P2 ring p50 / floor, {on}"), [&of(service, ring), &of(floor, ring)], 1.25);
    let own = ratios(&of(service, late), &of(service, chain));
    hold(format!("P3 chain p99 / its p50, {on}"), [&own, &[1.0]], 2.0);
    let [of_service, of_floor] = [&of(service, chain), &of(floor, chain)];
    figures.hold_best(format!("P1 chain p50 / floor, {on}"), [of_service, of_floor], 1.30);
    let [of_service, of_floor] = [&of(service, cpu), &of(floor, cpu)];
    let name = format!("P5 service CPU per chain / relay, {on}");
    figures.hold_best(name, [of_service, of_floor], 1.5);
    for (what, value) in [("P1 chain p50 / floor", chain), ("P5 service CPU per chain / relay", cpu)] {
        figures.report(format!("{what}, {on}, median of rounds"), median(&against(value)), "x");
    }
    let stretch = median(&against(late));
    figures.report(format!("P3 chain p99 / floor p99, stretch 1.5, {on}"), stretch, "x");

    let talk: Value = |run| percentile(&run.shown.talk, 50);
    let report: Value = |run| percentile(&run.seen.report, 50);
    let bus_cpu: Value = |run| run.seen.bus_cpu as f64 / run.seen.chain.len() as f64;
    let bus_thread: Value = |run| run.seen.service_bus_thread as f64 / run.seen.chain.len() as f64;
    let values: [(&str, Value); 8] = [
        ("P1 chain p50", chain),
        ("P3 chain p99", late),
        ("P2 ring p50, for people at most 150", ring),
        ("report to reply p50", report),
        ("tap to active p50", talk),
        ("P5 CPU per chain", cpu),
        ("P5 of that the thread of the bus", bus_thread),
        ("bus CPU per chain", bus_cpu),
    ];
    for (name, value) in values {
        for (who, runs) in [("floor", floor), ("service", service)] {
            let value = median(&of(runs, value)) / 1000.0;
            figures.report(format!("{name}, {who}, {on}"), value, "us");
        }
    }
    Ok(())
}

/// The same where the bus, the service and the programs have all cores: reported, since wake-ups hide the difference.
pub fn all_cores(
    figures: &mut Figures,
    kind: crate::bus::Kind,
    services: &[Service; 2],
    repeats: usize,
    size: Size,
) -> Outcome {
    let bus = Bus::start(kind)?;
    let runs = rounds(&bus, services, repeats, size, Beside::Nobody)?;
    let p50 = |runs: &[Run]| -> Vec<f64> {
        runs.iter().map(|run| percentile(&run.seen.chain, 50)).collect()
    };
    let (floor, service) = (p50(&runs[0]), p50(&runs[1]));
    let on = format!("{}, all cores", kind.name());
    figures.report(format!("P1 chain p50 / floor, {on}"), median(&ratios(&service, &floor)), "x");
    figures.report(format!("P1 chain p50, floor, {on}"), median(&floor) / 1000.0, "us");
    figures.report(format!("P1 chain p50, service, {on}"), median(&service) / 1000.0, "us");
    Ok(())
}

/// The same with more surfaces, which only listen.
pub fn many_surfaces(
    figures: &mut Figures,
    kind: crate::bus::Kind,
    services: &[Service; 2],
    repeats: usize,
    size: Size,
) -> Outcome {
    const LISTENERS: u64 = 9;
    let _one_core = OneCore::pin()?;
    let bus = Bus::start(kind)?;
    let runs = rounds(&bus, services, repeats, size, Beside::Surfaces(LISTENERS))?;
    let of = |at: usize, value: Value| runs[at].iter().map(value).collect::<Vec<f64>>();
    let on = format!("{} surfaces, {}, one core", LISTENERS + 1, kind.name());
    let chain: Value = |run| percentile(&run.seen.chain, 50);
    let cpu: Value = |run| run.seen.service_cpu as f64 / run.seen.chain.len() as f64;
    let ratio = ratios(&of(1, chain), &of(0, chain));
    figures.hold_most(format!("P14 chain p50 / floor, {on}"), &ratio, "x", 1.2);
    let ratio = median(&ratios(&of(1, cpu), &of(0, cpu)));
    figures.report(format!("P14 service CPU per chain / relay, {on}"), ratio, "x");
    for (who, at) in [("floor", 0), ("service", 1)] {
        let p50 = median(&of(at, chain)) / 1000.0;
        figures.report(format!("P14 chain p50, {who}, {on}"), p50, "us");
    }
    Ok(())
}

/// Count the messages of a call.
pub fn messages(figures: &mut Figures, bus: &Bus, services: &[Service; 2]) -> Outcome {
    const SKIP: u64 = 20;
    const COUNT: u64 = 100;
    for (who, service) in ["floor", "service"].into_iter().zip(services) {
        let home = Home::new("home")?;
        let mut service = service.start(bus, &home)?;
        let mut command = bus.role("monitor")?;
        command.args(["--skip", &SKIP.to_string(), "--count", &COUNT.to_string()]);
        let mut monitor = Running::start("monitor", &mut command)?;
        monitor.line()?;
        Load::start(bus, &service, Size { calls: COUNT + 1, warm: SKIP }, None)?.finish()?;
        let counted: Counted = serde_json::from_str(&monitor.line()?)?;
        monitor.finish()?;
        service.stop()?;
        let per_call = |count: u64| count as f64 / COUNT as f64;
        let on = bus.kind.name();
        if who == "floor" {
            figures.report(
                format!("P6 messages per chain, {who}, {on}"),
                per_call(counted.messages),
                "",
            );
            continue;
        }
        let (messages, driver) = (per_call(counted.messages), per_call(counted.driver));
        figures.hold(format!("P6 messages per chain, {on}"), messages, "", 15.0);
        figures.hold(format!("P6 messages to the bus itself per chain, {on}"), driver, "", 0.0);
        if messages > 15.0 || driver > 0.0 {
            eprintln!("P6: of {COUNT} calls: {:?}", counted.kinds);
        }
    }
    Ok(())
}
