//! Other programs of the session that have to know of a call: players, and on phones callaudiod. On a thread of its own,
//! whose connections are there only while somebody talks.

use super::callaudiod::{self, Voice};
use super::ledger::{paused_in, voice_in};
use super::players::{self, Mode};
use super::thread::Event;
use futures_util::future::join;
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use zbus::names::BusName;
use zbus::wire::DynamicType;
use zbus::{Connection, Message};

/// The thread, from outside.
pub struct Others {
    folder: Option<PathBuf>,
    players: watch::Sender<Mode>,
    voice: watch::Sender<Option<Voice>>,
    events: UnboundedSender<Event>,
    runs: bool,
}

impl Others {
    /// Nobody is told anything, unless an earlier life of the service left somebody so.
    pub fn new(folder: Option<PathBuf>, events: UnboundedSender<Event>) -> Self {
        let left = folder.as_deref().is_some_and(is_left);
        let (players, voice) = (watch::Sender::new(Mode::Free), watch::Sender::new(None));
        let mut others = Self { folder, players, voice, events, runs: false };
        if left {
            others.start();
        }
        others
    }

    /// Let players do this. It never waits.
    pub fn set_players(&mut self, mode: Mode) {
        if self.players.send_if_modified(|old| replace(old, mode)) {
            self.start();
        }
    }

    /// Somebody talks like this, or (`None`) nobody. It never waits.
    pub fn set_voice(&mut self, voice: Option<Voice>) {
        if self.voice.send_if_modified(|old| replace(old, voice)) {
            self.start();
        }
    }

    /// What somebody wanted of callaudiod was not done: it is told once more how things are.
    pub fn insist(&mut self) {
        self.voice.send_if_modified(|voice| voice.is_some());
    }

    fn start(&mut self) {
        if self.runs {
            return;
        }
        let (mode, voice) = (self.players.subscribe(), self.voice.subscribe());
        let (folder, events) = (self.folder.clone(), self.events.clone());
        let started = thread::Builder::new().name("players".to_owned()).spawn(move || {
            if let Err(error) = run(mode, voice, folder.as_deref(), &events) {
                tracing::warn!("players are not paused in calls: {error}");
            }
        });
        self.runs = started.is_ok();
    }
}

fn replace<T: PartialEq>(old: &mut T, new: T) -> bool {
    let is_news = *old != new;
    *old = new;
    is_news
}

fn run(
    mode: watch::Receiver<Mode>,
    voice: watch::Receiver<Option<Voice>>,
    folder: Option<&Path>,
    events: &UnboundedSender<Event>,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // The one waits for nothing that the other does: callaudiod may take seconds.
    let players = players::follow(mode, folder.map(paused_in));
    runtime.block_on(join(players, callaudiod::follow(voice, folder.map(voice_in), events)));
    Ok(())
}

/// Whether the service left something for others to be undone.
pub fn is_left(folder: &Path) -> bool {
    paused_in(folder).exists() || voice_in(folder).exists()
}

/// Ask another program. The answer, if there is one in that time.
pub async fn ask_within<B: Serialize + DynamicType>(
    patience: Duration,
    bus: &Connection,
    who: &str,
    path: &str,
    interface: &str,
    member: &str,
    body: &B,
) -> Option<Message> {
    let who = BusName::try_from(who).ok()?;
    let asked = bus.call_method(Some(who), path, Some(interface), member, body);
    tokio::time::timeout(patience, asked).await.ok()?.ok()
}
