//! What a thousand apps cost that do nothing: P8.

use crate::Outcome;
use crate::bus::{Bus, Kind};
use crate::callers::Callers;
use crate::figures::{Figures, median, percentile, ratios};
use crate::service::{Beside, Home, Service, World, call, called};
use crate::tied::{OneCore, Running};
use crate::turns::{GROUP, middle_half, side_by_side, used};
use crate::wire::{self, Line};
use crate::{load, proc};
use hookswitch_bus::StatusRecord;
use hookswitch_bus::names::SERVICE_INTERFACE;
use std::collections::BTreeMap;
use zbus::message::Type;

const APPS: u64 = 1000;
/// One for whoever leaves the bus, and one for the name of GNOME Calls: not one more for each app.
const RULES: f64 = 2.0;
/// Report and cancel with one app registered and with a thousand, each with its own name.
///
/// A bus with a thousand connections is slower by itself: what counts is by how much more the service is than the floor.
pub fn measure(
    figures: &mut Figures,
    kind: Kind,
    services: &[Service; 2],
    repeats: usize,
    quick: bool,
) -> Outcome {
    let _one_core = OneCore::pin()?;
    let callers = Callers { apps: 1, calls: 100, hasty: false };
    let mut worlds = Vec::new();
    for service in services {
        for apps in [0, APPS - 1] {
            let callers = |bus: &Bus, service: &Running| call(bus, service, callers);
            let mut world = World::new(kind, service, Beside::Apps(apps), callers)?;
            // What happens once is not measured.
            called(&mut world.load)?;
            worlds.push(world);
        }
    }
    let rounds = if quick { GROUP } else { repeats * 4 * GROUP };
    let turns = side_by_side(&mut worlds, rounds, |world| {
        let before = proc::cpu_ns(world.service.pid());
        Ok((before, percentile(&called(&mut world.load)?.report, 50)))
    })?;
    let (mut cpu, mut report) = (Vec::new(), Vec::new());
    for (world, turns) in worlds.iter().zip(turns) {
        let (mut readings, p50): (Vec<u64>, Vec<f64>) = turns.into_iter().unzip();
        readings.push(proc::cpu_ns(world.service.pid()));
        let calls = GROUP as f64 * callers.calls as f64;
        cpu.push(used(&readings, GROUP).into_iter().map(|ns| ns / calls).collect::<Vec<f64>>());
        report.push(p50);
    }
    let on = format!("{}, one core", kind.name());
    for (what, of) in [("service CPU per report and cancel", cpu), ("report to reply p50", report)]
    {
        let (floor, service) = (ratios(&of[1], &of[0]), ratios(&of[3], &of[2]));
        let against = ratios(&service, &floor);
        let many = against.len();
        eprintln!("  P8 {what}: the middle half of {many} is {}", middle_half(&against));
        let name = format!("P8 {what}, {APPS} apps / 1, against the floor's, {on}");
        figures.hold_most(name, &against, "x", 1.1);
        for (who, slower, one) in [("floor", floor, &of[0]), ("service", service, &of[2])] {
            let name = format!("P8 {what}, {APPS} apps / 1, {who}, {on}");
            figures.report(name, median(&slower), "x");
            let name = format!("P8 {what}, 1 app, {who}, {on}");
            figures.report(name, median(one) / 1000.0, "us");
        }
    }
    Ok(())
}

/// Count the service's rules for names that come and go, once a thousand apps are registered.
pub fn rules(figures: &mut Figures, kind: Kind, service: &Service) -> Outcome {
    let bus = Bus::start(kind)?;
    let mut watch = Running::start("rules", &mut bus.role("rules")?)?;
    watch.line()?;
    let home = Home::new("home")?;
    let _service = service.start(&bus, &home)?;
    let mut role = bus.role("apps")?;
    let mut apps = Running::start("apps", role.args(["--count", &APPS.to_string()]))?;
    apps.line()?;
    let (name, registered) = wire::block_on(status(&bus.address))?;
    let rules: BTreeMap<String, u64> = serde_json::from_str(&watch.line()?)?;
    let on = kind.name();
    figures.report(format!("P8 apps registered, {on}"), registered as f64, "");
    let rules = rules.get(&name).copied().unwrap_or(0);
    figures.hold(
        format!("P8 rules for NameOwnerChanged, {APPS} apps, {on}"),
        rules as f64,
        "",
        RULES,
    );
    if registered as u64 != APPS {
        return Err(format!("{registered} apps are registered, not {APPS}").into());
    }
    Ok(())
}

/// The service's unique name, and how many apps it says are registered.
async fn status(address: &str) -> Outcome<(String, usize)> {
    let mut line = Line::connect_to(address).await?;
    load::register_surface(&mut line).await?;
    let reply = line.ask(SERVICE_INTERFACE, "Status", &()).await?;
    let status: StatusRecord = reply.body().deserialize()?;
    let sender = reply.header().sender().map(ToString::to_string).unwrap_or_default();
    Ok((sender, status.providers.len()))
}

/// Be a monitor: count the rules for `NameOwnerChanged` of each connection, until somebody asks for the service's status.
pub async fn watch_rules() -> Outcome {
    let mut line = Line::connect().await?;
    let monitoring = zbus::fdo::MonitoringProxy::new(&line.connection).await?;
    let rules: Vec<zbus::MatchRule<'_>> = vec![
        "type='method_call',member='AddMatch'".try_into()?,
        "type='method_call',member='Status'".try_into()?,
    ];
    monitoring.become_monitor(&rules, 0).await?;
    println!("ready");
    let mut added: BTreeMap<String, u64> = BTreeMap::new();
    loop {
        let message = line.next().await?;
        let header = message.header();
        if message.message_type() != Type::MethodCall {
            continue;
        }
        match header.member().map_or("", |member| member.as_str()) {
            "AddMatch" if message.body().deserialize::<&str>()?.contains("NameOwnerChanged") => {
                let sender = header.sender().map(ToString::to_string).unwrap_or_default();
                *added.entry(sender).or_default() += 1;
            }
            "Status" => break,
            _ => {}
        }
    }
    println!("{}", serde_json::to_string(&added)?);
    Ok(())
}
