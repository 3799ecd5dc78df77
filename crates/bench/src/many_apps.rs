//! What a thousand apps cost that do nothing: P8.

use crate::Outcome;
use crate::bus::{Bus, Kind};
use crate::callers::{Called, Callers};
use crate::figures::{Figures, least, median, percentile, ratios};
use crate::load;
use crate::service::{Home, Service, call, in_turn};
use crate::tied::{OneCore, Running};
use crate::wire::{self, Line};
use hookswitch_bus::StatusRecord;
use hookswitch_bus::names::SERVICE_INTERFACE;
use std::collections::BTreeMap;
use zbus::message::Type;

const APPS: u64 = 1000;
/// One for whoever leaves the bus, and one for the name of GNOME Calls: not one more for each app.
const RULES: f64 = 2.0;

/// A service, and who is registered with it.
struct World {
    bus: Bus,
    service: Running,
    apps: Option<Running>,
    _home: Home,
}

impl World {
    fn new(kind: Kind, service: &Service, apps: u64) -> Outcome<Self> {
        let bus = Bus::start(kind)?;
        let home = Home::new("home")?;
        let service = service.start(&bus, &home)?;
        let apps = match apps {
            0 => None,
            apps => {
                let mut role = bus.role("apps")?;
                let mut running =
                    Running::start("apps", role.args(["--count", &apps.to_string()]))?;
                running.line()?;
                Some(running)
            }
        };
        Ok(Self { bus, service, apps, _home: home })
    }

    fn processes(&self) -> Vec<u32> {
        let apps = self.apps.iter().map(Running::pid);
        apps.chain([self.bus.pid, self.service.pid()]).collect()
    }
}

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
    let mut worlds = Vec::new();
    for service in services {
        for apps in [0, APPS - 1] {
            worlds.push(World::new(kind, service, apps)?);
        }
    }
    let worlds: Vec<&World> = worlds.iter().collect();
    let long_lived: Vec<u32> = worlds.iter().flat_map(|world| world.processes()).collect();
    let callers = Callers { apps: 1, calls: if quick { 200 } else { 1500 }, hasty: false };
    let runs = in_turn(&worlds, &long_lived, repeats, |world| {
        let mut load = call(&world.bus, &world.service, callers)?;
        Ok(serde_json::from_str::<Called>(&load.line()?)?)
    })?;
    let on = format!("{}, one core", kind.name());
    let of = |at: usize, value: fn(&Called) -> f64| runs[at].iter().map(value).collect::<Vec<_>>();
    let cpu = |called: &Called| called.service_cpu as f64 / called.report.len() as f64 / 1000.0;
    let report = |called: &Called| percentile(&called.report, 50) / 1000.0;
    type Value = fn(&Called) -> f64;
    for (what, value) in
        [("service CPU per report and cancel", cpu as Value), ("report to reply p50", report)]
    {
        let slower = |first: usize| ratios(&of(first + 1, value), &of(first, value));
        let (floor, service) = (slower(0), slower(2));
        let name = format!("P8 {what}, {APPS} apps / 1, against the floor's, {on}");
        let best = |first: usize| least(&of(first + 1, value)) / least(&of(first, value));
        figures.hold_best(name, [&[best(2)], &[best(0)]], 1.1);
        for (who, slower) in [("floor", floor), ("service", service)] {
            let name = format!("P8 {what}, {APPS} apps / 1, {who}, {on}");
            figures.report(name, median(&slower), "x");
        }
        for (who, first) in [("floor", 0), ("service", 2)] {
            let name = format!("P8 {what}, 1 app, {who}, {on}");
            figures.report(name, median(&of(first, value)), "us");
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
