//! The screen: it is turned on when a call rings, and does not go dark by itself while it does. Desktops listen at
//! `org.freedesktop.ScreenSaver` for that, KDE's power service at a name of its own.
//!
//! `SetActive(false)` of GNOME's screen saver is not for this: it unlocks.

use super::{Absent, PATIENCE, WHO, WHY, Wanted};
use crate::audio::others::ask_within;
use crate::audio::players::BUS;
use hookswitch_core::words::CallNumber;
use tokio::sync::watch;
use zbus::Connection;

const SAVER: &str = "org.freedesktop.ScreenSaver";
const SAVER_PATH: &str = "/org/freedesktop/ScreenSaver";
const KDE: &str = "org.kde.Solid.PowerManagement";
const KDE_PATH: &str = "/org/kde/Solid/PowerManagement";

/// Turn it on and keep it on as wanted, until the service goes. What is kept on ends with the connection.
pub async fn follow(mut wanted: watch::Receiver<Wanted>) {
    let mut bus: Option<Connection> = None;
    let mut absent = Absent::default();
    let mut held: Option<u32> = None;
    let mut woken: Option<CallNumber> = None;
    loop {
        let (lit, wake) = {
            let wanted = wanted.borrow_and_update();
            (wanted.lit, wanted.wake)
        };
        // Each call does it once, however often what else is wanted changes.
        let wakes = wake > woken;
        woken = woken.max(wake);
        if (wakes || lit && held.is_none()) && bus.is_none() && !absent.lately() {
            bus = connect().await;
            if bus.is_none() {
                absent.mark();
            }
        }
        if let Some(bus) = &bus {
            if wakes {
                turn_on(bus).await;
            }
            if lit && held.is_none() {
                held = ask_within(PATIENCE, bus, SAVER, SAVER_PATH, SAVER, "Inhibit", &(WHO, WHY))
                    .await
                    .and_then(|reply| reply.body().deserialize().ok());
            }
            if let Some(cookie) = held.filter(|_| !lit) {
                ask_within(PATIENCE, bus, SAVER, SAVER_PATH, SAVER, "UnInhibit", &cookie).await;
                held = None;
            }
        }
        if !lit {
            // Also what was asked for and answered too late.
            bus = None;
        }
        if wanted.changed().await.is_err() {
            return;
        }
    }
}

async fn turn_on(bus: &Connection) {
    ask_within(PATIENCE, bus, SAVER, SAVER_PATH, SAVER, "SimulateUserActivity", &()).await;
    if is_there(bus, KDE).await {
        ask_within(PATIENCE, bus, KDE, KDE_PATH, KDE, "wakeup", &()).await;
    }
}

/// A connection, if somebody on the bus has to do with screens. None is started for it.
async fn connect() -> Option<Connection> {
    let bus = Connection::session().await.ok()?;
    (is_there(&bus, SAVER).await || is_there(&bus, KDE).await).then_some(bus)
}

async fn is_there(bus: &Connection, name: &str) -> bool {
    let asked = ask_within(PATIENCE, bus, BUS, "/org/freedesktop/DBus", BUS, "NameHasOwner", &name);
    asked.await.and_then(|reply| reply.body().deserialize().ok()).unwrap_or(false)
}
