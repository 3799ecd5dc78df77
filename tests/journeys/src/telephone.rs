//! GNOME Calls, played at its interface.

use crate::{Phone, soon};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::{Connection, OwnedObjectPath, OwnedVariant, Variant, fdo};

/// The name that GNOME Calls owns.
pub const GNOME_CALLS: &str = "org.gnome.Calls";
const ROOT: &str = "/org/gnome/Calls";
const CALL: &str = "org.gnome.Calls.Call";
const MANAGER: &str = "org.freedesktop.DBus.ObjectManager";

/// Where a call is, by the numbers of the interface of GNOME Calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Both can talk.
    Active = 1,
    /// On hold.
    Held = 2,
    /// Being dialed.
    Dialing = 3,
    /// Somebody calls.
    Incoming = 5,
    /// Over, and still there to be seen.
    Disconnected = 7,
}

/// GNOME Calls, played at its interface: its calls, and what it is told to do with them.
pub struct Telephone {
    /// Its connection.
    pub bus: Connection,
    told: UnboundedReceiver<String>,
    tells: UnboundedSender<String>,
    all: Calls,
    count: u32,
    /// It does as it is told; otherwise it only replies.
    pub obeys: bool,
    /// It answers everything with an error.
    pub refuses: bool,
    /// Calls that come are not shown yet.
    pub hides: bool,
}

/// A call as it shows it.
#[derive(Clone)]
struct Shown {
    stage: Stage,
    inbound: bool,
    id: String,
    name: String,
    is_shown: bool,
}

impl Shown {
    fn hints(&self) -> HashMap<String, OwnedVariant> {
        HashMap::from([("ui-active".to_owned(), OwnedVariant::from(self.is_shown))])
    }

    fn properties(&self) -> HashMap<&'static str, Variant<'static>> {
        HashMap::from([
            ("State", Variant::from(self.stage as u32)),
            ("Inbound", Variant::from(self.inbound)),
            ("Id", Variant::from(self.id.clone())),
            ("DisplayName", Variant::from(self.name.clone())),
            ("ImagePath", Variant::from("")),
            ("Protocol", Variant::from("tel")),
            ("Encrypted", Variant::from(false)),
            ("CanDtmf", Variant::from(true)),
            ("Hints", Variant::from(self.hints())),
        ])
    }
}

/// All of them, by path.
type Calls = Arc<Mutex<BTreeMap<String, Shown>>>;

fn locked(calls: &Calls) -> MutexGuard<'_, BTreeMap<String, Shown>> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Its list of calls. zbus has one of its own, which would be built into the service of whoever builds everything.
struct Manager(Calls);

type Interfaces = HashMap<&'static str, HashMap<&'static str, Variant<'static>>>;

#[zbus::interface(name = "org.freedesktop.DBus.ObjectManager")]
impl Manager {
    fn get_managed_objects(&self) -> HashMap<OwnedObjectPath, Interfaces> {
        let all = locked(&self.0);
        let object = |(path, call): (&String, &Shown)| {
            let path = OwnedObjectPath::try_from(path.as_str()).ok()?;
            Some((path, HashMap::from([(CALL, call.properties())])))
        };
        all.iter().filter_map(object).collect()
    }
}

/// An object of it.
struct Ringing {
    path: String,
    number: u32,
    obeys: bool,
    refuses: bool,
    tells: UnboundedSender<String>,
    all: Calls,
}

impl Ringing {
    fn is_told(&self, what: &str) -> fdo::Result<()> {
        // The story may be over.
        let _ = self.tells.send(format!("{what} {}", self.number));
        match self.refuses {
            true => Err(fdo::Error::Failed("no".to_owned())),
            false => Ok(()),
        }
    }

    async fn becomes(&self, stage: Stage, bus: &Connection) -> fdo::Result<()> {
        if self.obeys {
            becomes(&self.all, bus, &self.path, stage).await;
        }
        Ok(())
    }
}

/// The call is in that state from now on, and all are told.
async fn becomes(all: &Calls, bus: &Connection, path: &str, stage: Stage) {
    if let Some(call) = locked(all).get_mut(path) {
        call.stage = stage;
    }
    let state = HashMap::from([("State", Variant::from(stage as u32))]);
    changed(bus, None, path, state).await;
}

#[zbus::interface(name = "org.gnome.Calls.Call")]
impl Ringing {
    async fn accept(&self, #[zbus(connection)] bus: &Connection) -> fdo::Result<()> {
        self.is_told("Accept")?;
        self.becomes(Stage::Active, bus).await
    }

    async fn hangup(&self, #[zbus(connection)] bus: &Connection) -> fdo::Result<()> {
        self.is_told("Hangup")?;
        self.becomes(Stage::Disconnected, bus).await
    }

    fn silence(&self) -> fdo::Result<()> {
        self.is_told("Silence")
    }

    fn send_dtmf(&self, tone: &str) -> fdo::Result<()> {
        self.is_told(&format!("SendDtmf {tone}"))
    }
}

/// The actions of it as an application.
struct Application(UnboundedSender<String>);

#[zbus::interface(name = "org.freedesktop.Application")]
impl Application {
    fn activate_action(
        &self,
        name: &str,
        parameter: Vec<OwnedVariant>,
        _data: HashMap<String, OwnedVariant>,
    ) {
        let text = parameter.into_iter().next().and_then(|text| String::try_from(text).ok());
        let _ = self.0.send(format!("{name} {}", text.unwrap_or_default()));
    }
}

impl Telephone {
    /// One that runs on that phone, does as it is told, and has no calls.
    ///
    /// # Panics
    /// Somebody else has its name.
    pub async fn on(phone: &Phone) -> Self {
        let (tells, told) = unbounded_channel();
        let bus = phone.stranger().await;
        let all = Calls::default();
        let server = bus.object_server();
        server.at(ROOT, Manager(all.clone())).await.expect("nothing is there");
        server.at(ROOT, Application(tells.clone())).await.expect("no such interface is there");
        bus.request_name(GNOME_CALLS).await.expect("nobody has the name");
        let (obeys, refuses, hides) = (true, false, false);
        Self { bus, told, tells, all, count: 0, obeys, refuses, hides }
    }

    /// Somebody calls. The path of the call.
    pub async fn rings(&mut self, id: &str, name: &str) -> String {
        self.has(Stage::Incoming, true, id, name).await
    }

    /// The user dials in its window.
    pub async fn dials(&mut self, id: &str) -> String {
        self.has(Stage::Dialing, false, id, "").await
    }

    async fn has(&mut self, stage: Stage, inbound: bool, id: &str, name: &str) -> String {
        self.count += 1;
        let (id, name, is_shown) = (id.to_owned(), name.to_owned(), !self.hides);
        let shown = Shown { stage, inbound, id, name, is_shown };
        let path = format!("{ROOT}/Call/{}", self.count);
        let call = Ringing {
            path: path.clone(),
            number: self.count,
            obeys: self.obeys,
            refuses: self.refuses,
            tells: self.tells.clone(),
            all: self.all.clone(),
        };
        self.bus.object_server().at(path.as_str(), call).await.expect("it is a new call");
        let properties = shown.properties();
        locked(&self.all).insert(path.clone(), shown);
        added(&self.bus, None, &path, properties).await;
        path
    }

    /// The call is in that state now, by the user's doing in its window or by the far side's.
    pub async fn is(&self, path: &str, stage: Stage) {
        becomes(&self.all, &self.bus, path, stage).await;
    }

    /// It lets the call be seen.
    pub async fn shows(&self, path: &str) {
        let hints = locked(&self.all).get_mut(path).map(|call| {
            call.is_shown = true;
            call.hints()
        });
        let hints = Variant::from(hints.unwrap_or_default());
        changed(&self.bus, None, path, HashMap::from([("Hints", hints)])).await;
    }

    /// The call goes from its list.
    ///
    /// # Panics
    /// The bus is gone.
    pub async fn forgets(&self, path: &str) {
        locked(&self.all).remove(path);
        let server = self.bus.object_server();
        server.remove::<Ringing, _>(path).await.expect("it had the call");
        let path = zbus::ObjectPath::try_from(path).expect("a path");
        let body = (path, vec![CALL]);
        let told = self.bus.emit_signal(None::<&str>, ROOT, MANAGER, "InterfacesRemoved", &body);
        told.await.expect("a signal");
    }

    /// The next thing that it was told to do: the method, its argument, and the number of the call.
    ///
    /// # Panics
    /// It is gone.
    pub async fn told(&mut self) -> String {
        soon("a wish at GNOME Calls", self.told.recv()).await.expect("it runs")
    }

    /// Say on the bus, from its connection, that a call has these properties now.
    ///
    /// # Panics
    /// The bus is gone.
    pub async fn says(&self, path: &str, properties: HashMap<&str, Variant<'_>>) {
        changed(&self.bus, None, path, properties).await;
    }

    /// It crashes.
    pub fn dies(self) {
        drop(self);
    }
}

/// Say that a call of GNOME Calls has these properties, whoever says it, to one or to all.
///
/// # Panics
/// The bus is gone.
pub async fn changed(
    bus: &Connection,
    to: Option<&str>,
    path: &str,
    properties: HashMap<&str, Variant<'_>>,
) {
    let body = (CALL, properties, Vec::<&str>::new());
    let interface = "org.freedesktop.DBus.Properties";
    bus.emit_signal(to, path, interface, "PropertiesChanged", &body).await.expect("a signal");
}

/// Say that there is a call of GNOME Calls, whoever says it, to one or to all.
///
/// # Panics
/// The bus is gone.
pub async fn added(
    bus: &Connection,
    to: Option<&str>,
    path: &str,
    properties: HashMap<&str, Variant<'_>>,
) {
    let path = zbus::ObjectPath::try_from(path).expect("a path");
    let body = (path, HashMap::from([(CALL, properties)]));
    bus.emit_signal(to, ROOT, MANAGER, "InterfacesAdded", &body).await.expect("a signal");
}
