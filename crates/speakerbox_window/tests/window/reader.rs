//! What a screen reader sees of the window, and what it can press: over AT-SPI.

use hookswitch_journeys::soon;
use std::path::Path;
use std::process::Stdio;
use tokio::process::{Child, Command};
use zbus::{Connection, OwnedVariant};

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const REGISTRY: &str = "org.a11y.atspi.Registry";
const LAUNCHER: &str = "/usr/libexec/at-spi-bus-launcher";

// Bits of its set of states.
const FOCUSABLE: u64 = 1 << 11;
const SENSITIVE: u64 = 1 << 24;
const VISIBLE: u64 = 1 << 30;

/// Something on the screen.
#[derive(Clone, Debug)]
pub struct Thing {
    app: String,
    path: String,
    pub role: String,
    pub name: String,
    states: u64,
}

impl Thing {
    /// Whether the user can do something with it.
    pub fn is_control(&self) -> bool {
        self.states & FOCUSABLE != 0
            && matches!(&*self.role, "push button" | "button" | "toggle button" | "text" | "entry")
    }
}

/// A screen reader.
pub struct Reader {
    connection: Connection,
    _launcher: Child,
}

impl Reader {
    /// One on this session bus, whose own bus is in this folder: it would be that of another story elsewhere.
    pub async fn start(bus: &str, folder: &Path) -> Self {
        let mut launcher = Command::new("setpriv");
        launcher.args(["--pdeathsig", "KILL", LAUNCHER, "--launch-immediately"]);
        launcher.env("DBUS_SESSION_BUS_ADDRESS", bus);
        launcher.env("XDG_RUNTIME_DIR", folder).env("HOME", folder).env_remove("DISPLAY");
        launcher.stdout(Stdio::null()).stderr(Stdio::null());
        let launcher = launcher.kill_on_drop(true).spawn().expect("setpriv starts");
        let session = zbus::connection::Builder::address(bus).build().await.expect("the bus");
        let address: String = soon("the bus for screen readers", async {
            loop {
                let (to, path) = (Some("org.a11y.Bus"), "/org/a11y/bus");
                let asked = session.call_method(to, path, to, "GetAddress", &()).await;
                match asked.ok().and_then(|reply| reply.body().deserialize().ok()) {
                    Some(address) => return address,
                    None => tokio::task::yield_now().await,
                }
            }
        })
        .await;
        let connection = zbus::connection::Builder::address(&*address).build().await;
        Self { connection: connection.expect("the bus for screen readers"), _launcher: launcher }
    }

    /// Wait for something that can be seen, of this name.
    pub async fn sees(&self, name: &str) -> Thing {
        soon(name, async {
            loop {
                let mut things = self.all().await.into_iter();
                if let Some(thing) = things.find(|thing| thing.name == name) {
                    return thing;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// Press the button of this name, as soon as it is there and can be pressed.
    pub async fn press(&self, name: &str) {
        soon(name, async {
            loop {
                let things = self.all().await;
                let ready = |thing: &&Thing| {
                    thing.name == name && thing.is_control() && thing.states & SENSITIVE != 0
                };
                if let Some(thing) = things.iter().find(ready) {
                    let action = "org.a11y.atspi.Action";
                    let done: Option<bool> = self.ask(thing, action, "DoAction", &0_i32).await;
                    if done == Some(true) {
                        return;
                    }
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Everything that can be seen.
    pub async fn all(&self) -> Vec<Thing> {
        let root = Thing {
            app: REGISTRY.into(),
            path: "/org/a11y/atspi/accessible/root".into(),
            role: String::new(),
            name: String::new(),
            states: VISIBLE,
        };
        let (mut all, mut next) = (Vec::new(), vec![root]);
        while let Some(parent) = next.pop() {
            let children: Vec<(String, zbus::OwnedObjectPath)> =
                self.ask(&parent, ACCESSIBLE, "GetChildren", &()).await.unwrap_or_default();
            for (app, path) in children.into_iter().rev() {
                if let Some(thing) = self.look(app, path.as_str().to_owned()).await {
                    next.push(thing);
                }
            }
            all.push(parent);
        }
        all
    }

    /// What this is; `None`: it cannot be seen, or is gone.
    async fn look(&self, app: String, path: String) -> Option<Thing> {
        let blank = String::new();
        let mut thing = Thing { app, path, role: blank.clone(), name: blank, states: 0 };
        thing.role = self.ask(&thing, ACCESSIBLE, "GetRoleName", &()).await?;
        let states: Vec<u32> = self.ask(&thing, ACCESSIBLE, "GetState", &()).await?;
        let word = |at: usize| u64::from(states.get(at).copied().unwrap_or_default());
        thing.states = word(0) | word(1) << 32;
        let properties = "org.freedesktop.DBus.Properties";
        let name: OwnedVariant = self.ask(&thing, properties, "Get", &(ACCESSIBLE, "Name")).await?;
        thing.name = String::try_from(name).ok()?;
        (thing.states & VISIBLE != 0 || thing.role == "application").then_some(thing)
    }

    async fn ask<B, R>(&self, thing: &Thing, interface: &str, member: &str, body: &B) -> Option<R>
    where
        B: serde::Serialize + zbus::wire::DynamicType,
        R: serde::de::DeserializeOwned + zbus::wire::Type,
    {
        let to = Some(&*thing.app);
        let asked = self.connection.call_method(to, &*thing.path, Some(interface), member, body);
        asked.await.ok()?.body().deserialize().ok()
    }
}
