//! What the load runs against: the floor, or the service.

use crate::Outcome;
use crate::bus::{Bus, Directory};
use crate::callers::{Called, Callers, Watched};
use crate::disturbance::{TOO_MUCH, Watch};
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

/// Who else is on the bus while the load runs.
#[derive(Clone, Copy, Debug)]
pub enum Beside {
    /// Nobody.
    Nobody,
    /// Surfaces that only listen.
    Surfaces(u64),
    /// An app that keeps asking for what is refused, as fast as it gets its answers.
    Flood,
}

impl Beside {
    fn start(self, bus: &Bus) -> Outcome<Option<Running>> {
        let mut role = match self {
            Self::Nobody => return Ok(None),
            Self::Surfaces(count) => {
                let mut role = bus.role("listeners")?;
                role.args(["--count", &count.to_string()]);
                role
            }
            Self::Flood => bus.role("flood")?,
        };
        let mut running = Running::start("others", &mut role)?;
        running.line()?;
        Ok(Some(running))
    }
}

/// Run the load against the service once.
pub fn run(bus: &Bus, service: &Service, size: Size, beside: Beside) -> Outcome<Run> {
    let home = Home::new("home")?;
    let mut service = service.start(bus, &home)?;
    let beside = beside.start(bus)?;
    let run = Load::start(bus, &service, size, None)?.finish()?;
    drop(beside);
    service.stop()?;
    settle();
    Ok(run)
}

/// Run many callers against the service once.
pub fn run_callers(bus: &Bus, service: &Service, callers: Callers) -> Outcome<(Called, Watched)> {
    let home = Home::new("home")?;
    let mut service = service.start(bus, &home)?;
    let calls = (callers.apps * callers.calls).to_string();
    let mut watcher = Running::start("surface", bus.role("watcher")?.args(["--calls", &calls]))?;
    watcher.line()?;
    let mut load = call(bus, &service, callers)?;
    let called = serde_json::from_str(&load.line()?)?;
    let watched = serde_json::from_str(&watcher.line()?)?;
    service.stop()?;
    settle();
    Ok((called, watched))
}

/// Many callers, under way.
pub fn call(bus: &Bus, service: &Running, callers: Callers) -> Outcome<Running> {
    let Callers { apps, calls, hasty } = callers;
    let mut role = bus.role("callers")?;
    role.args(["--apps", &apps.to_string(), "--calls", &calls.to_string()]);
    role.args(["--service", &service.pid().to_string()]);
    if hasty {
        role.arg("--hasty");
    }
    Running::start("callers", &mut role)
}

/// The bus needs a moment to see that a name is free.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(50));
}

/// Run each of these in turn, as often as asked. Whoever goes first changes, so that a drift of the machine favours none.
///
/// A round in which others had more than a few hundredths of a core is disturbed, and one more is run for it, up to twice
/// as many as were asked for; then the least disturbed ones count. What was measured has no part in that choice.
/// `long_lived`: processes that take part and go on after a round.
pub fn in_turn<C, R>(
    cases: &[C],
    long_lived: &[u32],
    repeats: usize,
    mut run: impl FnMut(&C) -> Outcome<R>,
) -> Outcome<Vec<Vec<R>>> {
    let mut rounds: Vec<(f64, Vec<(usize, R)>)> = Vec::new();
    let calm = |rounds: &[(f64, Vec<(usize, R)>)]| {
        rounds.iter().filter(|(share, _)| *share <= TOO_MUCH).count()
    };
    while calm(&rounds) < repeats && rounds.len() < repeats * 2 {
        let watch = Watch::start(long_lived)?;
        let mut round = Vec::new();
        for turn in 0..cases.len() {
            let at = (rounds.len() + turn) % cases.len();
            round.push((at, run(&cases[at])?));
        }
        rounds.push((watch.share()?, round));
    }
    let disturbed = rounds.len() - calm(&rounds);
    if disturbed > 0 {
        let worst = rounds.iter().map(|(share, _)| share * 100.0).fold(0.0, f64::max);
        eprintln!("  {disturbed} of {} rounds disturbed, by up to {worst:.0} %", rounds.len());
    }
    rounds.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    rounds.truncate(repeats);
    let mut runs: Vec<Vec<R>> = cases.iter().map(|_| Vec::new()).collect();
    for (at, run) in rounds.into_iter().flat_map(|(_, round)| round) {
        runs[at].push(run);
    }
    Ok(runs)
}

/// Run the load against each of the services in turn.
pub fn rounds(
    bus: &Bus,
    services: &[Service],
    repeats: usize,
    size: Size,
    beside: Beside,
) -> Outcome<Vec<Vec<Run>>> {
    in_turn(services, &[bus.pid], repeats, |service| run(bus, service, size, beside))
}

/// The path of the service that was built beside this program.
pub fn beside() -> Outcome<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("hookswitchd"))
}
