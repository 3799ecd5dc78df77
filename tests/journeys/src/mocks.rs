use crate::{Phone, soon};
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use zbus::{Connection, OwnedVariant, Variant};

const MOCK: &str = "org.freedesktop.DBus.Mock";
const PYTHON: &str = "/usr/bin/python3";

/// A system bus that has nobody on it, until somebody is put there.
pub struct SystemBus {
    address: String,
    bus: Child,
    _folder: TempDir,
}

impl SystemBus {
    /// An empty one.
    ///
    /// # Panics
    /// There is no `dbus-daemon`.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the bus");
        let socket = folder.path().join("system").display().to_string();
        let file = folder.path().join("bus.conf");
        fs::write(&file, crate::phone::BUS.replace("@SOCKET@", &socket).replace("@SERVICES@", "/"))
            .expect("the configuration of the bus");
        let mut bus = tied("dbus-daemon")
            .args(["--nofork", "--nosyslog", "--print-address=1"])
            .arg(format!("--config-file={}", file.display()))
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon starts; it is in the Debian package of that name");
        let mut address = String::new();
        let output = bus.stdout.as_mut().expect("it has an output");
        BufReader::new(output).read_line(&mut address).expect("the bus says its address");
        Self { address: address.trim().to_owned(), bus, _folder: folder }
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for SystemBus {
    fn drop(&mut self) {
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

/// It ends with this process, however this process ends.
fn tied(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    command
}

/// Somebody of the desktop or the system, played by python-dbusmock.
pub struct Mock {
    program: Child,
    bus: Connection,
    name: String,
    path: String,
}

impl Mock {
    /// logind on that bus, as the template of python-dbusmock has it: what is inhibited ends with its descriptor.
    ///
    /// # Panics
    /// There is no python-dbusmock.
    pub async fn logind(system: &SystemBus) -> Self {
        let arguments = ["--template", "logind"];
        let (name, path) = ("org.freedesktop.login1", "/org/freedesktop/login1");
        Self::start(system.address(), &arguments, name, path).await
    }

    /// GDM on that bus, as far as a shell has to know that it can lock: a version, and what is given by [`has`](Self::has).
    ///
    /// # Panics
    /// There is no python-dbusmock.
    pub async fn display_manager(system: &SystemBus) -> Self {
        let (name, path) = ("org.gnome.DisplayManager", "/org/gnome/DisplayManager/Manager");
        let interface = "org.gnome.DisplayManager.Manager";
        let mock =
            Self::start(system.address(), &["--system", name, path, interface], name, path).await;
        mock.tell(path, MOCK, "AddProperty", &(interface, "Version", Variant::from("43.0"))).await;
        mock
    }

    /// logind has a session of this id from now on, and this user has it.
    pub async fn has_session(&self, id: &str) {
        let session = (id, "seat0", rustix::process::getuid().as_raw(), "user", true);
        self.tell(&self.path, MOCK, "AddSession", &session).await;
    }

    /// Somebody without methods on the bus of that phone; the interface has the same name.
    ///
    /// # Panics
    /// There is no python-dbusmock.
    pub async fn on(phone: &Phone, name: &str, path: &str, interface: &str) -> Self {
        Self::start(phone.address(), &["--session", name, path, interface], name, path).await
    }

    async fn start(address: &str, arguments: &[&str], name: &str, path: &str) -> Self {
        let program = tied(PYTHON)
            .args(["-m", "dbusmock"])
            .args(arguments)
            .env("DBUS_SYSTEM_BUS_ADDRESS", address)
            .env("DBUS_SESSION_BUS_ADDRESS", address)
            .stdout(Stdio::null())
            .spawn()
            .expect("python-dbusmock starts; it is in the Debian package python3-dbusmock");
        let builder = zbus::connection::Builder::address(address);
        let bus = builder.build().await.expect("the bus takes connections");
        let mock = Self { program, bus, name: name.to_owned(), path: path.to_owned() };
        let there = zbus::fdo::DBusProxy::new(&mock.bus).await.expect("the bus can be asked");
        soon("the mock's name", async {
            let name = zbus::names::BusName::try_from(name).expect("a name");
            while !there.name_has_owner(name.clone()).await.expect("the bus answers") {
                tokio::task::yield_now().await;
            }
        })
        .await;
        mock
    }

    /// It has this method from now on, which runs this Python.
    pub async fn has(&self, method: &str, takes: &str, gives: &str, code: &str) {
        self.tell(&self.path, MOCK, "AddMethod", &("", method, takes, gives, code)).await;
    }

    /// It has this object from now on, with properties of two interfaces.
    pub async fn has_object(
        &self,
        path: &str,
        one: (&str, HashMap<&str, Variant<'_>>),
        other: (&str, HashMap<&str, Variant<'_>>),
    ) {
        let methods: Vec<(&str, &str, &str, &str)> = Vec::new();
        self.tell(&self.path, MOCK, "AddObject", &(path, one.0, one.1, methods)).await;
        self.tell(path, MOCK, "AddProperties", &other).await;
    }

    /// What it was asked so far: methods, with what was said to them.
    pub async fn calls(&self) -> Vec<(String, Vec<OwnedVariant>)> {
        let reply = self.tell(&self.path, MOCK, "GetCalls", &()).await;
        let calls: Vec<(u64, String, Vec<OwnedVariant>)> =
            reply.body().deserialize().expect("calls");
        calls.into_iter().map(|(_, method, arguments)| (method, arguments)).collect()
    }

    /// Wait until this was asked so often.
    pub async fn is_asked(&self, method: &str, times: usize) {
        soon(&format!("{method} of {}", self.name), async {
            while self.calls().await.iter().filter(|(of, _)| of == method).count() < times {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// A property that is text.
    pub async fn property(&self, path: &str, interface: &str, name: &str) -> String {
        let properties = "org.freedesktop.DBus.Properties";
        let reply = self.tell(path, properties, "Get", &(interface, name)).await;
        let value: OwnedVariant = reply.body().deserialize().expect("a value");
        String::try_from(value).expect("text")
    }

    /// What is inhibited of logind, and how.
    pub async fn inhibited(&self) -> Vec<String> {
        let manager = "org.freedesktop.login1.Manager";
        let reply = self.tell(&self.path, manager, "ListInhibitors", &()).await;
        let all: Vec<(String, String, String, String, u32, u32)> =
            reply.body().deserialize().expect("inhibitors");
        let mut words: Vec<String> = all
            .into_iter()
            .map(|(what, who, _, mode, ..)| format!("{who} {mode}s {what}"))
            .collect();
        words.sort();
        words
    }

    /// Wait until exactly that is inhibited.
    pub async fn inhibits(&self, wanted: &[&str]) {
        soon(&format!("{wanted:?} to be inhibited"), async {
            while self.inhibited().await != wanted {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Ask it anything.
    ///
    /// # Panics
    /// It refuses.
    pub async fn tell<B: serde::Serialize + zbus::wire::DynamicType>(
        &self,
        path: &str,
        interface: &str,
        member: &str,
        body: &B,
    ) -> zbus::Message {
        let to = Some(self.name.as_str());
        let asked = self.bus.call_method(to, path, Some(interface), member, body);
        soon(member, asked).await.unwrap_or_else(|error| panic!("{member}: {error}"))
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
