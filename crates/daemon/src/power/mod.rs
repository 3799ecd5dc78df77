//! What calls need of the device: that it does not fall asleep, that its screen is on when it rings, that their apps go on
//! running. The core says what; this asks those who can, on a thread of its own, and nobody waits for them.
//!
//! Whatever holds only as long as its connection or descriptor is open ends with this process by itself. What does not, the
//! properties of units, is written down before it is changed.

mod app_units;
mod screen;
mod sleep;

use crate::service::Service;
use app_units::Units;
use futures_util::future::join3;
use hookswitch_core::Effect;
use hookswitch_core::words::CallNumber;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::time::{Duration, Instant};

/// Who says that it is for a call.
const WHO: &str = "Hookswitch";
/// And why: shells show it.
const WHY: &str = "A call";
/// Who does not answer in this time is not waited for; an answer that comes later counts for nothing.
const PATIENCE: Duration = Duration::from_secs(5);
/// Who was not there is not looked for again before that.
const AGAIN: Duration = Duration::from_secs(60);

/// What is wanted, with processes instead of providers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    awake: bool,
    lit: bool,
    wake: Option<CallNumber>,
    alive: BTreeSet<u32>,
}

/// What went wrong with it, for the status.
type Degraded = Arc<Mutex<Option<String>>>;

/// The thread, from outside.
pub struct Power {
    on: bool,
    folder: Option<PathBuf>,
    wanted: watch::Sender<Wanted>,
    degraded: Degraded,
    runs: bool,
}

impl Power {
    /// Nobody is asked for anything before there is a call, unless an earlier life of the service left units changed.
    pub fn new(on: bool, folder: Option<&Path>) -> Self {
        let folder = folder.map(Path::to_owned);
        let left = on && folder.as_deref().is_some_and(|folder| units_in(folder).exists());
        let (wanted, degraded) = (watch::Sender::new(Wanted::default()), Degraded::default());
        let mut power = Self { on, folder, wanted, degraded, runs: false };
        if left {
            power.start();
        }
        power
    }

    /// From now on this is wanted. It never waits.
    fn want(&mut self, wanted: Wanted) {
        let is_news = self.wanted.send_if_modified(|old| {
            let is_news = *old != wanted;
            *old = wanted;
            is_news
        });
        if is_news && !self.runs {
            self.start();
        }
    }

    fn start(&mut self) {
        let (wanted, folder) = (self.wanted.subscribe(), self.folder.clone());
        let degraded = self.degraded.clone();
        let thread = thread::Builder::new().name("power".to_owned());
        let started = thread.spawn(move || {
            if let Err(error) = run(&wanted, folder.as_deref(), &degraded) {
                tracing::warn!("the device may fall asleep in calls: {error}");
            }
        });
        self.runs = started.is_ok();
    }

    /// What it cannot do, in words.
    pub fn degraded(&self) -> Option<String> {
        self.degraded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn run(
    wanted: &watch::Receiver<Wanted>,
    folder: Option<&Path>,
    degraded: &Degraded,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let units = Units::open(folder.map(units_in));
    // The one waits for nothing that another does.
    runtime.block_on(join3(
        sleep::follow(wanted.clone(), degraded),
        screen::follow(wanted.clone()),
        app_units::follow(wanted.clone(), units),
    ));
    Ok(())
}

/// Where it is written down which units were changed.
fn units_in(folder: &Path) -> PathBuf {
    folder.join("power.units")
}

/// Somebody who may not be there.
#[derive(Debug, Default)]
struct Absent(Option<Instant>);

impl Absent {
    /// Nobody is there.
    fn mark(&mut self) {
        self.0 = Some(Instant::now());
    }

    /// Whether nobody was there just now.
    fn lately(&self) -> bool {
        self.0.is_some_and(|at| at.elapsed() < AGAIN)
    }
}

impl Service {
    /// What calls need of the device may be different by that.
    pub fn follow_needs(&mut self, effects: &[Effect]) {
        let counts = |effect: &Effect| matches!(effect, Effect::Change(_) | Effect::Ring(_));
        if !self.power.on || !effects.iter().any(counts) {
            return;
        }
        let needs = self.core.needs();
        let process = |provider| {
            let peer = self.peers.get(&self.peers.provider(provider)?.connection)?;
            Some(peer.identity.process.as_ref()?.pid)
        };
        let alive = needs.alive.into_iter().filter_map(process).collect();
        let (awake, lit, wake) = (needs.awake, needs.lit, needs.wake);
        self.power.want(Wanted { awake, lit, wake, alive });
    }
}
