//! What the load runs against: the floor, or the service.

use crate::Outcome;
use crate::bus::{Bus, Directory, Kind};
use crate::callers::{Called, Callers, Watched};
use crate::load::{APP, Seen, Shown, Size};
use crate::tied::{self, Running};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// One of the two.
#[derive(Clone, Debug)]
pub enum Service {
    /// The relay that decides nothing.
    Floor,
    /// The service.
    Daemon {
        /// Its program.
        program: PathBuf,
        /// Whether it keeps its journal and recents.
        journal: bool,
        /// Knobs of its policy.
        policy: &'static str,
    },
}

/// More calls at once than the policy lets through by itself.
pub const RAISED: &str = "ringing=100000,ringing_per_account=100000,calls_per_account=100000";

impl Service {
    /// Start it on this bus, with a state of its own.
    pub fn start(&self, bus: &Bus, home: &Home) -> Outcome<Running> {
        match self {
            Self::Floor => Running::start("floor", &mut bus.role("floor")?),
            Self::Daemon { program, journal, policy } => {
                let mut command = tied::command(program)?;
                command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
                command.env("HOOKSWITCH_STATE_DIR", home.state());
                command.env("HOOKSWITCH_DATA_DIR", home.data());
                command.env("HOOKSWITCH_POLICY", policy).env_remove("HOOKSWITCH_JOURNAL");
                command.env("HOOKSWITCH_AUDIO", "off");
                command.env("HOOKSWITCH_POWER", "off");
                // What it tells about itself is of no interest here, what goes wrong is.
                command.env("RUST_LOG", "warn");
                if !journal {
                    command.env("HOOKSWITCH_JOURNAL", "off");
                }
                Running::start("service", &mut command)
            }
        }
    }
}

/// Where a service keeps its state and finds desktop entries.
pub struct Home(Directory);

impl Home {
    /// An empty one, in which this program is a surface and the app of the load.
    pub fn new(name: &str) -> Outcome<Self> {
        let home = Self(Directory::new(name)?);
        let applications = home.data().join("applications");
        std::fs::create_dir_all(home.state())?;
        std::fs::create_dir_all(&applications)?;
        let program = std::env::current_exe()?;
        let entry = |id: &str, more: &str| {
            let text = format!(
                "[Desktop Entry]\nType=Application\nName=Bench\nExec={}\n{more}",
                program.display()
            );
            std::fs::write(applications.join(format!("{id}.desktop")), text)
        };
        entry(APP, "")?;
        entry("org.hookswitch.BenchSurface", "X-Hookswitch-Surface=true\n")?;
        Ok(home)
    }

    /// For journal and recents.
    pub fn state(&self) -> PathBuf {
        self.0.path.join("state")
    }

    fn data(&self) -> PathBuf {
        self.0.path.join("data")
    }

    /// A file beside those.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path.join(name)
    }
}

/// A turn of the load.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// What the app saw.
    pub seen: Seen,
    /// What the surface saw.
    pub shown: Shown,
}

/// App and surface on a bus.
pub struct Load {
    surface: Running,
    provider: Running,
}

impl Load {
    /// Start both; there are calls from the first [`begin`](Self::begin). With a file, the handles of admitted calls are
    /// written there.
    pub fn start(
        bus: &Bus,
        service: &Running,
        size: Size,
        admitted: Option<&Path>,
    ) -> Outcome<Self> {
        let numbers = |command: &mut std::process::Command| {
            command.args(["--calls", &size.calls.to_string(), "--warm", &size.warm.to_string()]);
            if admitted.is_some() {
                // The service will be killed, and both are going to say so.
                command.stderr(Stdio::null());
            }
        };
        let mut command = bus.role("surface")?;
        numbers(&mut command);
        let mut surface = Running::start("surface", &mut command)?;
        surface.line()?;
        let mut command = bus.role("provider")?;
        numbers(&mut command);
        command.stdin(Stdio::piped());
        command.args(["--service", &service.pid().to_string(), "--bus", &bus.pid.to_string()]);
        if let Some(file) = admitted {
            command.arg("--admitted").arg(file);
        }
        let provider = Running::start("provider", &mut command)?;
        Ok(Self { surface, provider })
    }

    /// Let a turn begin.
    pub fn begin(&mut self) -> Outcome {
        self.provider.go_on()
    }

    /// A whole turn, and what they saw in it.
    pub fn turn(&mut self) -> Outcome<Run> {
        self.begin()?;
        let seen = serde_json::from_str(&self.provider.line()?)?;
        let shown = serde_json::from_str(&self.surface.line()?)?;
        Ok(Run { seen, shown })
    }

    /// The only turn.
    pub fn once(mut self) -> Outcome<Run> {
        let run = self.turn()?;
        self.provider.finish()?;
        self.surface.stop()?;
        Ok(run)
    }

    /// End both, wherever they are.
    pub fn kill(mut self) -> Outcome {
        self.provider.kill()?;
        self.surface.kill()
    }
}

/// Who else is on the bus while the load runs.
#[derive(Clone, Copy, Debug)]
pub enum Beside {
    /// Nobody.
    Nobody,
    /// Surfaces that only listen.
    Surfaces(u64),
    /// Apps that do nothing.
    Apps(u64),
    /// An app that keeps asking for what is refused, as fast as it gets its answers.
    Flood,
}

impl Beside {
    fn start(self, bus: &Bus) -> Outcome<Option<Running>> {
        let mut role = match self {
            Self::Nobody | Self::Apps(0) => return Ok(None),
            Self::Surfaces(_) => bus.role("listeners")?,
            Self::Apps(_) => bus.role("apps")?,
            Self::Flood => bus.role("flood")?,
        };
        if let Self::Surfaces(count) | Self::Apps(count) = self {
            role.args(["--count", &count.to_string()]);
        }
        let mut running = Running::start("others", &mut role)?;
        running.line()?;
        Ok(Some(running))
    }
}

/// A bus, a service on it, and whoever else is there.
pub struct World<L> {
    /// What the service has to do.
    pub load: L,
    /// The service.
    pub service: Running,
    _beside: Option<Running>,
    _bus: Bus,
    _home: Home,
}

impl<L> World<L> {
    /// Start all of it, the load last.
    pub fn new(
        kind: Kind,
        service: &Service,
        beside: Beside,
        load: impl FnOnce(&Bus, &Running) -> Outcome<L>,
    ) -> Outcome<Self> {
        let bus = Bus::start(kind)?;
        let home = Home::new("home")?;
        let service = service.start(&bus, &home)?;
        let beside = beside.start(&bus)?;
        let load = load(&bus, &service)?;
        Ok(Self { load, service, _beside: beside, _bus: bus, _home: home })
    }
}

/// Many callers, whose calls a surface sees.
pub struct Crowd {
    callers: Running,
    watcher: Running,
}

impl Crowd {
    /// Start both.
    pub fn start(bus: &Bus, service: &Running, callers: Callers) -> Outcome<Self> {
        let calls = (callers.apps * callers.calls).to_string();
        let mut role = bus.role("watcher")?;
        let mut watcher = Running::start("surface", role.args(["--calls", &calls]))?;
        watcher.line()?;
        Ok(Self { callers: call(bus, service, callers)?, watcher })
    }

    /// A turn, and what they saw in it.
    pub fn turn(&mut self) -> Outcome<(Called, Watched)> {
        let called = called(&mut self.callers)?;
        Ok((called, serde_json::from_str(&self.watcher.line()?)?))
    }
}

/// Many callers; each turn begins with [`called`].
pub fn call(bus: &Bus, service: &Running, callers: Callers) -> Outcome<Running> {
    let Callers { apps, calls, hasty } = callers;
    let mut role = bus.role("callers")?;
    role.args(["--apps", &apps.to_string(), "--calls", &calls.to_string()]);
    role.args(["--service", &service.pid().to_string()]).stdin(Stdio::piped());
    if hasty {
        role.arg("--hasty");
    }
    Running::start("callers", &mut role)
}

/// A turn of many callers.
pub fn called(callers: &mut Running) -> Outcome<Called> {
    callers.go_on()?;
    Ok(serde_json::from_str(&callers.line()?)?)
}

/// Run the load against a service once, on a bus that stays.
pub fn run(bus: &Bus, service: &Service, size: Size, beside: Beside) -> Outcome<Run> {
    let home = Home::new("home")?;
    let mut service = service.start(bus, &home)?;
    let beside = beside.start(bus)?;
    let run = Load::start(bus, &service, size, None)?.once()?;
    drop(beside);
    service.stop()?;
    settle();
    Ok(run)
}

/// The bus needs a moment to see that a name is free.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(50));
}

/// The path of the service that was built beside this program.
pub fn beside() -> Outcome<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("hookswitchd"))
}
