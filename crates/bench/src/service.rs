//! What the load runs against: the floor, or the service.

use crate::Outcome;
use crate::bus::{Bus, Directory};
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
    },
}

impl Service {
    /// Start it on this bus, with a state of its own.
    pub fn start(&self, bus: &Bus, home: &Home) -> Outcome<Running> {
        match self {
            Self::Floor => Running::start("floor", &mut bus.role("floor")?),
            Self::Daemon { program, journal } => {
                let mut command = tied::command(program)?;
                command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
                command.env("HOOKSWITCH_STATE_DIR", home.state());
                command.env("HOOKSWITCH_DATA_DIR", home.data());
                command.env_remove("HOOKSWITCH_POLICY").env_remove("HOOKSWITCH_JOURNAL");
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

/// One run of the load.
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
    /// Start both. With a file, the handles of admitted calls are written there.
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
        command.args(["--service", &service.pid().to_string(), "--bus", &bus.pid.to_string()]);
        if let Some(file) = admitted {
            command.arg("--admitted").arg(file);
        }
        let provider = Running::start("provider", &mut command)?;
        Ok(Self { surface, provider })
    }

    /// Wait for what they saw.
    pub fn finish(mut self) -> Outcome<Run> {
        let seen = serde_json::from_str(&self.provider.line()?)?;
        let shown = serde_json::from_str(&self.surface.line()?)?;
        self.provider.finish()?;
        self.surface.finish()?;
        Ok(Run { seen, shown })
    }

    /// End both, wherever they are.
    pub fn kill(mut self) -> Outcome {
        self.provider.kill()?;
        self.surface.kill()
    }
}

/// Run the load against the service once.
pub fn run(bus: &Bus, service: &Service, size: Size) -> Outcome<Run> {
    let home = Home::new("home")?;
    let mut service = service.start(bus, &home)?;
    let run = Load::start(bus, &service, size, None)?.finish()?;
    service.stop()?;
    // The bus needs a moment to see that the name is free.
    std::thread::sleep(std::time::Duration::from_millis(50));
    Ok(run)
}

/// Run the load against each of the services in turn, as often as asked. Whoever goes first changes, so that a drift of
/// the machine favours none.
pub fn rounds(
    bus: &Bus,
    services: &[Service],
    repeats: usize,
    size: Size,
) -> Outcome<Vec<Vec<Run>>> {
    let mut runs = vec![Vec::new(); services.len()];
    for repeat in 0..repeats {
        for turn in 0..services.len() {
            let at = (repeat + turn) % services.len();
            runs[at].push(run(bus, &services[at], size)?);
        }
    }
    Ok(runs)
}

/// The path of the service that was built beside this program.
pub fn beside() -> Outcome<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("hookswitchd"))
}
