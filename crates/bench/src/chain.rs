//! The whole chain against the floor: P1, P2, P3, P5, P6, P14.

use crate::Outcome;
use crate::bus::{Bus, Kind};
use crate::figures::{Figures, median, percentile, ratios};
use crate::load::Size;
use crate::monitor::Counted;
use crate::proc;
use crate::service::{Beside, Home, Load, Run, Service, World};
use crate::tied::{OneCore, Running};
use crate::turns::{GROUP, middle_half, side_by_side, used};

/// One figure of a turn.
pub type Value = fn(&Run) -> f64;

/// What the floor or the service did in all turns of all worlds.
#[derive(Default)]
pub struct Turns {
    runs: Vec<Run>,
    /// Time on a core, of the service or of the floor, for groups of rounds.
    cpu: Vec<f64>,
}

impl Turns {
    /// A figure of each turn.
    pub fn of(&self, value: Value) -> Vec<f64> {
        self.runs.iter().map(value).collect()
    }
}

/// The floor and the service side by side. What a program happens to have where in memory makes it faster or slower as
/// long as it runs, so all is started anew as often as asked.
pub fn turns(
    kind: Kind,
    services: &[Service; 2],
    (worlds, rounds): (usize, usize),
    size: Size,
    beside: Beside,
) -> Outcome<[Turns; 2]> {
    let mut all = [Turns::default(), Turns::default()];
    for _ in 0..worlds {
        let mut worlds = Vec::new();
        for service in services {
            let load = |bus: &Bus, service: &Running| Load::start(bus, service, size, None);
            let mut world = World::new(kind, service, beside, load)?;
            // What happens once is not measured.
            world.load.turn()?;
            worlds.push(world);
        }
        let turns = side_by_side(&mut worlds, rounds, |world| {
            let before = proc::cpu_ns(world.service.pid());
            Ok((before, world.load.turn()?))
        })?;
        for ((all, world), turns) in all.iter_mut().zip(&worlds).zip(turns) {
            let (mut readings, runs): (Vec<u64>, Vec<Run>) = turns.into_iter().unzip();
            readings.push(proc::cpu_ns(world.service.pid()));
            all.cpu.extend(used(&readings, GROUP));
            all.runs.extend(runs);
        }
    }
    Ok(all)
}

/// How often a chain is measured: worlds, and rounds in each of them.
fn times(repeats: usize) -> (usize, usize) {
    (repeats, 5 * GROUP)
}

/// Measure on one core, where the more expensive one is always the slower one. `first`: the bus whose figures count for
/// all bars; on the others only P1 and P5 do.
pub fn one_core(
    figures: &mut Figures,
    kind: Kind,
    services: &[Service; 2],
    repeats: usize,
    size: Size,
    first: bool,
) -> Outcome {
    let _one_core = OneCore::pin()?;
    let [floor, service] = turns(kind, services, times(repeats), size, Beside::Nobody)?;
    let on = format!("{}, one core", kind.name());
    let against = |value: Value| ratios(&service.of(value), &floor.of(value));
    let mut hold = |name: String, values: &[f64], bar: f64| match first {
        true => figures.hold_most(name, values, "x", bar),
        false => figures.report(format!("{name}, bar {bar}"), median(values), "x"),
    };

    let chain: Value = |run| percentile(&run.seen.chain, 50);
    let late: Value = |run| percentile(&run.seen.chain, 99);
    let ring: Value = |run| percentile(&run.shown.ring, 50);
    hold(format!("P2 ring p50 / floor, {on}"), &against(ring), 1.25);
    let own = ratios(&service.of(late), &service.of(chain));
    hold(format!("P3 chain p99 / its p50, {on}"), &own, 2.0);
    let cpu = ratios(&service.cpu, &floor.cpu);
    figures.hold_most(format!("P1 chain p50 / floor, {on}"), &against(chain), "x", 1.30);
    figures.hold_most(format!("P5 service CPU per chain / relay, {on}"), &cpu, "x", 1.5);
    for (what, values) in [("P1", against(chain)), ("P2", against(ring)), ("P5", cpu)] {
        eprintln!("  {what}: the middle half of {} is {}", values.len(), middle_half(&values));
    }
    let stretch = median(&against(late));
    figures.report(format!("P3 chain p99 / floor p99, stretch 1.5, {on}"), stretch, "x");

    let talk: Value = |run| percentile(&run.shown.talk, 50);
    let report: Value = |run| percentile(&run.seen.report, 50);
    let bus_cpu: Value = |run| run.seen.bus_cpu as f64 / run.seen.chain.len() as f64;
    let bus_thread: Value = |run| run.seen.service_bus_thread as f64 / run.seen.chain.len() as f64;
    let values: [(&str, Value); 7] = [
        ("P1 chain p50", chain),
        ("P3 chain p99", late),
        ("P2 ring p50, for people at most 150", ring),
        ("report to reply p50", report),
        ("tap to active p50", talk),
        ("P5 CPU per chain, the thread of the bus", bus_thread),
        ("bus CPU per chain", bus_cpu),
    ];
    for (who, turns) in [("floor", &floor), ("service", &service)] {
        for (name, value) in values {
            let value = median(&turns.of(value)) / 1000.0;
            figures.report(format!("{name}, {who}, {on}"), value, "us");
        }
        let calls = GROUP as f64 * size.calls as f64 * 1000.0;
        figures.report(format!("P5 CPU per chain, {who}, {on}"), median(&turns.cpu) / calls, "us");
    }
    Ok(())
}

/// The same where the bus, the service and the programs have all cores: reported, since wake-ups hide the difference.
pub fn all_cores(
    figures: &mut Figures,
    kind: Kind,
    services: &[Service; 2],
    repeats: usize,
    size: Size,
) -> Outcome {
    let times = (repeats.min(2), 2 * GROUP);
    let [floor, service] = turns(kind, services, times, size, Beside::Nobody)?;
    let p50 = |turns: &Turns| turns.of(|run| percentile(&run.seen.chain, 50));
    let (floor, service) = (p50(&floor), p50(&service));
    let on = format!("{}, all cores", kind.name());
    figures.report(format!("P1 chain p50 / floor, {on}"), median(&ratios(&service, &floor)), "x");
    figures.report(format!("P1 chain p50, floor, {on}"), median(&floor) / 1000.0, "us");
    figures.report(format!("P1 chain p50, service, {on}"), median(&service) / 1000.0, "us");
    Ok(())
}

/// The same with more surfaces, which only listen.
pub fn many_surfaces(
    figures: &mut Figures,
    kind: Kind,
    services: &[Service; 2],
    repeats: usize,
    size: Size,
) -> Outcome {
    const LISTENERS: u64 = 9;
    let _one_core = OneCore::pin()?;
    let times = (repeats, 2 * GROUP);
    let [floor, service] = turns(kind, services, times, size, Beside::Surfaces(LISTENERS))?;
    let on = format!("{} surfaces, {}, one core", LISTENERS + 1, kind.name());
    let chain: Value = |run| percentile(&run.seen.chain, 50);
    let ratio = ratios(&service.of(chain), &floor.of(chain));
    figures.hold_most(format!("P14 chain p50 / floor, {on}"), &ratio, "x", 1.2);
    let ratio = median(&ratios(&service.cpu, &floor.cpu));
    figures.report(format!("P14 service CPU per chain / relay, {on}"), ratio, "x");
    for (who, turns) in [("floor", &floor), ("service", &service)] {
        let p50 = median(&turns.of(chain)) / 1000.0;
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
        Load::start(bus, &service, Size { calls: COUNT + 1, warm: SKIP }, None)?.once()?;
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
