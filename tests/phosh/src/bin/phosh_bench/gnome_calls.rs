use crate::Round;
use crate::cores::Cores;
use crate::cost::{self, Calling, Cost};
use crate::turns::Rings;
use crate::watch::{Watch, round, told};
use hookswitch_journeys::Phone;
use hookswitch_phosh::{Lock, Screen, soon};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use tokio::process::{Child, Command};
use zbus::{Connection, OwnedObjectPath, OwnedVariant};

const PROGRAM: &str = "/usr/bin/gnome-calls";
const NAME: Option<&str> = Some("org.gnome.Calls");
/// How often to look whether it is there.
const LOOK: Duration = Duration::from_millis(20);

type Objects = HashMap<OwnedObjectPath, HashMap<String, HashMap<String, OwnedVariant>>>;

/// GNOME Calls with its dummy provider, which calls itself when it gets a signal.
struct GnomeCalls {
    bus: Connection,
}

impl GnomeCalls {
    fn command(screen: &Screen, arguments: &[&str]) -> Command {
        let mut command = screen.command(PROGRAM);
        command.args(["--provider", "dummy"]).args(arguments);
        command
    }

    /// Its calls, if it is there.
    async fn calls(&self) -> Option<Vec<String>> {
        let (path, manager) = ("/org/gnome/Calls", Some("org.freedesktop.DBus.ObjectManager"));
        let asked =
            self.bus.call_method(NAME, path, manager, "GetManagedObjects", &()).await.ok()?;
        let objects: Objects = asked.body().deserialize().ok()?;
        Some(objects.into_keys().map(|path| path.to_string()).collect())
    }

    /// Its one call.
    async fn call(&self) -> String {
        soon("a call", async {
            loop {
                if let Some(call) = self.calls().await.and_then(|calls| calls.into_iter().next()) {
                    return call;
                }
                tokio::time::sleep(LOOK).await;
            }
        })
        .await
    }

    async fn tell(&self, call: &str, member: &str) {
        let told = self.bus.call_method(NAME, call, Some("org.gnome.Calls.Call"), member, &());
        soon(member, told).await.expect("it does as it is told");
    }
}

impl Calling for GnomeCalls {
    fn with_window(&self, screen: &Screen) -> Command {
        Self::command(screen, &[])
    }

    fn waiting(&self, screen: &Screen) -> Command {
        Self::command(screen, &["--daemon"])
    }

    async fn takes_calls(&mut self) {
        soon("GNOME Calls", async {
            while self.calls().await.is_none() {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    }

    async fn rings(&mut self, process: u32) {
        let process = i32::try_from(process).ok().and_then(Pid::from_raw).expect("it runs");
        kill_process(process, Signal::USR1).expect("it runs");
    }

    async fn is_answered(&mut self) {
        self.tell(&self.call().await, "Accept").await;
    }

    async fn ends(&mut self) {
        self.tell(&self.call().await, "Hangup").await;
        soon("the end", async {
            while self.calls().await.is_some_and(|calls| !calls.is_empty()) {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    }
}

/// Whether it is installed.
pub fn is_there() -> bool {
    Path::new(PROGRAM).exists()
}

/// A phone that has it. The service leaves it its name.
fn phone() -> Phone {
    Phone::with_environment("", &[("HOOKSWITCH_PHOSH", "never".into())])
}

/// It, on a locked phone of its own: it calls itself, and hangs up.
pub struct CallsItself {
    program: GnomeCalls,
    running: Child,
    screen: Screen,
    watch: Watch,
    call: String,
    _phone: Phone,
}

impl CallsItself {
    /// On these cores.
    pub async fn new(cores: &Cores) -> Self {
        cores.others();
        let phone = phone();
        let mut program = GnomeCalls { bus: phone.stranger().await };
        cores.shell();
        let screen = Screen::start(phone.address(), Lock::Locked).await;
        cores.others();
        let mut running = program.waiting(&screen);
        let running = running.stdout(std::process::Stdio::null()).spawn().expect("setpriv starts");
        program.takes_calls().await;
        let watch = Watch::start(phone.address()).await;
        Self { program, running, screen, watch, call: String::new(), _phone: phone }
    }
}

impl Rings for CallsItself {
    async fn first(&mut self) -> Duration {
        let process = self.running.id().expect("it runs");
        told(&mut self.watch, async || self.program.rings(process).await).await.1
    }

    async fn rings(&mut self) -> Round {
        let process = self.running.id().expect("it runs");
        let (took, path) =
            round(&self.screen, &mut self.watch, async || self.program.rings(process).await).await;
        self.call = path;
        took
    }

    async fn ends(&mut self) {
        self.program.tell(&self.call, "Hangup").await;
        self.watch.next("InterfacesRemoved").await;
    }
}

/// What its screens cost.
pub async fn cost() -> Cost {
    let phone = phone();
    let mut program = GnomeCalls { bus: phone.stranger().await };
    let screen = Screen::start(phone.address(), Lock::Unlocked).await;
    cost::measure(&screen, &mut program).await
}
