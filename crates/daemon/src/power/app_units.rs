//! The apps of calls, as the user's systemd runs them: in a unit each. When memory gets short, systemd-oomd ends those of
//! apps in calls last. There is no property of a unit that keeps others from freezing it.

use super::{Absent, PATIENCE, Wanted};
use crate::audio::ledger::Ledger;
use crate::audio::others::ask_within;
use crate::audio::players::{BUS, PROPERTIES};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use tokio::sync::watch;
use zbus::{Connection, OwnedObjectPath, OwnedVariant, Variant};

const NAME: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const PREFERENCE: &str = "ManagedOOMPreference";
/// What it is set to: ended after all that have no such wish.
const AVOID: &str = "avoid";

/// Units whose preference was set, by name, with what it was.
type Changed = BTreeMap<String, String>;

/// What was changed, and is written down.
pub struct Units(Ledger<Changed>);

impl Units {
    /// With what an earlier life of the service left.
    pub fn open(path: Option<PathBuf>) -> Self {
        Self(Ledger::open(path))
    }

    fn changed(&self) -> &Changed {
        self.0.saved()
    }

    /// Whether it is written down.
    fn keep(&mut self, changed: &Changed) -> bool {
        let kept = self.0.save(changed, changed.is_empty());
        if let Err(error) = &kept {
            tracing::warn!("which apps are kept alive cannot be written down: {error}");
        }
        kept.is_ok()
    }
}

/// Keep the apps of calls alive, and leave them as they were after their last call, until the service goes.
pub async fn follow(mut wanted: watch::Receiver<Wanted>, mut units: Units) {
    let mut absent = Absent::default();
    let mut bus: Option<Connection> = None;
    // By process: the unit it is in, if it is in one.
    let mut known: BTreeMap<u32, Option<Unit>> = BTreeMap::new();
    loop {
        let alive = wanted.borrow_and_update().alive.clone();
        known.retain(|process, _| alive.contains(process));
        let is_work = alive.len() > known.len() || !units.changed().is_empty();
        if is_work && bus.is_none() && !absent.lately() {
            bus = connect().await;
            if bus.is_none() {
                absent.mark();
            }
        }
        if let Some(bus) = &bus {
            for process in alive {
                if let Entry::Vacant(new) = known.entry(process) {
                    new.insert(Unit::of(bus, process).await);
                }
            }
            let in_calls: BTreeSet<&Unit> = known.values().flatten().collect();
            bring_about(bus, &in_calls, &mut units).await;
        }
        if known.is_empty() {
            bus = None;
        }
        if wanted.changed().await.is_err() {
            return;
        }
    }
}

/// Of these units the preference is set, and of no others.
async fn bring_about(bus: &Connection, in_calls: &BTreeSet<&Unit>, units: &mut Units) {
    for (name, old) in units.changed().clone() {
        if in_calls.iter().any(|unit| unit.name == name) {
            continue;
        }
        let path = ask(bus, PATH, MANAGER, "GetUnit", &name).await;
        let unit = path.map(|path| Unit { path: path.to_string(), name: name.clone() });
        // If it is gone there is nothing to undo; if somebody else has set it meanwhile, that counts.
        if let Some(unit) = unit
            && unit.preference(bus).await.as_deref() == Some(AVOID)
        {
            unit.prefer(bus, &old).await;
        }
        let mut changed = units.changed().clone();
        changed.remove(&name);
        units.keep(&changed);
    }
    for unit in in_calls {
        if units.changed().contains_key(&unit.name) {
            continue;
        }
        let Some(old) = unit.preference(bus).await.filter(|old| old == "none") else { continue };
        let mut changed = units.changed().clone();
        changed.insert(unit.name.clone(), old);
        // Before it is: after a crash somebody has to undo it.
        if units.keep(&changed) && !unit.prefer(bus, AVOID).await {
            changed.remove(&unit.name);
            units.keep(&changed);
        }
    }
}

/// A unit of the user's systemd.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unit {
    path: String,
    name: String,
}

impl Unit {
    /// The unit that this process is in.
    async fn of(bus: &Connection, process: u32) -> Option<Self> {
        let path = ask(bus, PATH, MANAGER, "GetUnitByPID", &process).await?.to_string();
        let unit = Self { name: property(bus, &path, UNIT, "Id").await?, path };
        // The others are no apps: a session is all of them.
        unit.interface().map(|_| unit)
    }

    /// The interface that has its limits.
    fn interface(&self) -> Option<String> {
        let kind = match self.name.rsplit_once('.')?.1 {
            "scope" => "Scope",
            "service" => "Service",
            _ => return None,
        };
        Some(format!("{NAME}.{kind}"))
    }

    async fn preference(&self, bus: &Connection) -> Option<String> {
        property(bus, &self.path, &self.interface()?, PREFERENCE).await
    }

    /// Until the next boot. Whether it was done.
    async fn prefer(&self, bus: &Connection, what: &str) -> bool {
        let asked = (self.name.as_str(), true, vec![(PREFERENCE, Variant::from(what))]);
        let done = ask_within(PATIENCE, bus, NAME, PATH, MANAGER, "SetUnitProperties", &asked);
        let done = done.await.is_some();
        if !done {
            tracing::info!("systemd does not set {PREFERENCE} of {} to {what}", self.name);
        }
        done
    }
}

/// A connection, if systemd is on the bus. None is started for it.
async fn connect() -> Option<Connection> {
    let bus = Connection::session().await.ok()?;
    let there =
        ask_within(PATIENCE, &bus, BUS, "/org/freedesktop/DBus", BUS, "NameHasOwner", &NAME);
    let there = there.await.and_then(|reply| reply.body().deserialize().ok());
    there.unwrap_or(false).then_some(bus)
}

/// Ask for the path of something.
async fn ask<B: serde::Serialize + zbus::wire::DynamicType>(
    bus: &Connection,
    path: &str,
    interface: &str,
    member: &str,
    body: &B,
) -> Option<OwnedObjectPath> {
    let reply = ask_within(PATIENCE, bus, NAME, path, interface, member, body).await?;
    reply.body().deserialize().ok()
}

async fn property(bus: &Connection, path: &str, interface: &str, name: &str) -> Option<String> {
    let asked = (interface, name);
    let reply = ask_within(PATIENCE, bus, NAME, path, PROPERTIES, "Get", &asked).await?;
    let value: OwnedVariant = reply.body().deserialize().ok()?;
    String::try_from(value).ok()
}
