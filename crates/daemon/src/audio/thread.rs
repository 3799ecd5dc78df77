//! The thread that has the connection to the sound server. It sleeps without one as long as there is no call.

use super::connection::{Connection, wait};
use super::desk::Desk;
use super::endpoint::Endpoint;
use super::graph::Server;
use super::guard::Guard;
use super::ledger::{Entries, Ledger, Lock, entries_in};
use super::levels::Levels;
use super::owner::System;
use super::situation::Situation;
use super::taste;
use pipewire::channel::{Receiver, Sender, channel};
use pipewire::loop_::Timeout;
use pipewire::main_loop::MainLoopRc;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// How long the connection stays after the last call: the next one may come soon.
const LINGER: u64 = 3000;
/// How long until a server that is not there is looked for again, while there are calls.
const RETRY: u64 = 1000;
/// The same after it has just gone: it is usually on its way back.
const SOON: u64 = 100;
/// How long to wait for whoever undoes what an earlier life of the service left.
const UNDOING: Duration = Duration::from_secs(3);

/// What the thread is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The calls are so now. It answers [`Event::Applied`] with this number, or a higher one.
    Situation(u64, Situation),
    /// Somebody wants to know what there is. It answers [`Event::State`].
    Look,
    /// The user chose this endpoint.
    Select(String),
}

/// What the thread tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server has done what this situation, and everything before, needs.
    Applied(u64),
    /// What there is. Only if it changed, or somebody asked.
    State(State),
    /// Somebody turned the speaker of a phone on or off.
    Speaker(bool),
    /// Somebody muted the microphone of a phone, or unmuted it.
    Muted(bool),
    /// Something that it cannot do (with what to do now), or can again.
    Degraded(Option<String>),
}

/// The server, and where calls can be heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Which server there is.
    pub server: Server,
    /// Where calls can be heard.
    pub endpoints: Vec<Endpoint>,
    /// Where they are heard, or would be.
    pub current: Option<Endpoint>,
}

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the ledger is kept.
    pub folder: Option<PathBuf>,
    /// Where the user's settings are.
    pub settings: Option<PathBuf>,
    /// The numbers.
    pub levels: Levels,
}

/// The thread, from outside.
pub struct Thread {
    commands: Sender<Command>,
}

impl Thread {
    /// Start it.
    ///
    /// # Errors
    /// The system has no threads left.
    pub fn start(options: Options, events: UnboundedSender<Event>) -> io::Result<Self> {
        let (commands, receiver) = channel();
        thread::Builder::new()
            .name("audio".to_owned())
            .spawn(move || run(receiver, options, &events))?;
        Ok(Self { commands })
    }

    /// Tell it something. It never waits.
    pub fn tell(&self, command: Command) {
        // If the thread is gone nobody is told, and whoever waits gives up after a while.
        let _ = self.commands.send(command);
    }
}

const NO_SERVER: &str = "There is neither PipeWire nor PulseAudio: in a call other programs are not made quiet, the device cannot be \
                         chosen, and a mute is up to the app. Start pipewire and wireplumber.";

fn run(receiver: Receiver<Command>, options: Options, events: &UnboundedSender<Event>) {
    pipewire::init();
    let main_loop = match MainLoopRc::new(None) {
        Ok(main_loop) => main_loop,
        Err(error) => {
            tracing::error!("no event loop for the audio: {error}");
            let _ = events.send(Event::Degraded(Some(NO_SERVER.to_owned())));
            let _ = events.send(Event::State(State::default()));
            return;
        }
    };
    let told: Rc<RefCell<VecDeque<Command>>> = Rc::default();
    let queue = told.clone();
    let _attached =
        receiver.attach(main_loop.loop_(), move |command| queue.borrow_mut().push_back(command));
    let mut engine = Engine::new(options, events.clone());
    loop {
        loop {
            let command = told.borrow_mut().pop_front();
            let Some(command) = command else { break };
            engine.told(command);
        }
        engine.round(&main_loop);
        if events.is_closed() {
            return;
        }
        let timeout = match engine.sleeps() {
            Some(ms) => Timeout::Finite(Duration::from_millis(ms)),
            None => Timeout::Infinite,
        };
        wait(&main_loop, engine.connection.as_ref(), timeout);
    }
}

/// Take the lock, for which somebody who undoes what was left may have to finish first.
fn lock(options: &Options) -> Option<Lock> {
    let folder = options.folder.as_deref()?;
    let until = Instant::now() + UNDOING;
    loop {
        match Lock::take(folder) {
            Ok(Some(lock)) => return Some(lock),
            Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                tracing::warn!("another service changes the audio already");
                return None;
            }
            Err(error) => {
                tracing::warn!("no lock for the audio: {error}");
                return None;
            }
        }
    }
}

struct Engine {
    options: Options,
    events: UnboundedSender<Event>,
    desk: Desk,
    ledger: Ledger<Entries>,
    /// Held as long as the thread runs.
    _lock: Option<Lock>,
    guard: Option<Guard>,
    connection: Option<Connection>,
    /// Questions to the server that say when it has told everything: two, as what it tells makes more to ask for.
    settling: Option<(i32, bool)>,
    began: Instant,
    /// The connection stays until then, calls or not.
    linger: u64,
    retry: Option<u64>,
    /// Something may have to be done.
    stale: bool,
    wanted: u64,
    applied: u64,
    /// Questions to the server that say when a situation is applied.
    asked: VecDeque<(i32, u64)>,
    state: Option<State>,
    look: bool,
    degraded: Option<String>,
}

impl Engine {
    fn new(options: Options, events: UnboundedSender<Event>) -> Self {
        let lock = lock(&options);
        let kept = options.folder.as_deref().filter(|_| lock.is_some());
        let ledger: Ledger<Entries> = Ledger::open(kept.map(entries_in));
        let system = Box::new(System::default());
        let mut desk = Desk::new(options.levels.clone(), std::process::id(), system);
        desk.inherit(ledger.saved().clone());
        Self {
            options,
            events,
            desk,
            ledger,
            _lock: lock,
            guard: None,
            connection: None,
            settling: None,
            began: Instant::now(),
            linger: LINGER,
            retry: None,
            stale: false,
            wanted: 0,
            applied: 0,
            asked: VecDeque::new(),
            state: None,
            look: false,
            degraded: None,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Milliseconds until there is something to do by itself.
    fn sleeps(&self) -> Option<u64> {
        let now = self.now();
        let linger = self.connection.is_some().then_some(self.linger).filter(|at| *at > now);
        let desk = self.desk.next_deadline().filter(|_| self.desk.settled);
        let at = [linger, desk, self.retry].into_iter().flatten().min()?;
        Some(at.saturating_sub(now) + 1)
    }

    fn told(&mut self, command: Command) {
        match command {
            Command::Situation(revision, situation) => {
                if situation.is_idle() && !self.desk.situation().is_idle() {
                    self.linger = self.now() + LINGER;
                }
                self.desk.set_situation(situation);
                self.wanted = revision;
            }
            Command::Look => {
                self.linger = self.linger.max(self.now() + LINGER);
                self.look = true;
            }
            Command::Select(named) => {
                let last = self.desk.select(&named).cloned();
                if let (Some(last), Some(folder)) = (last, &self.options.folder) {
                    taste::keep(folder, &last);
                }
            }
        }
        self.stale = true;
    }

    fn is_wanted(&self, now: u64) -> bool {
        !self.desk.situation().is_idle() || now < self.linger || !self.desk.is_at_rest()
    }

    fn round(&mut self, main_loop: &MainLoopRc) {
        let now = self.now();
        let is_wanted = self.is_wanted(now);
        if self.connection.is_none() && is_wanted {
            self.connect(main_loop, now);
        } else if !is_wanted {
            self.retry = None;
            self.guard = None;
            if self.connection.is_some() {
                self.disconnect();
            }
        }
        self.listen(now);
        let due = self.desk.next_deadline().is_some_and(|at| at <= now);
        if self.desk.settled && (self.stale || due) {
            self.look(now);
        }
        self.tell();
    }

    fn connect(&mut self, main_loop: &MainLoopRc, now: u64) {
        if self.retry.is_some_and(|at| now < at) {
            return self.without_server();
        }
        match Connection::open(main_loop, Server::None) {
            Ok(connection) => {
                self.retry = None;
                let taste =
                    taste::read(self.options.settings.as_deref(), self.options.folder.as_deref());
                self.desk.set_taste(taste.always, taste.last);
                self.meet(connection);
                // Before anything is changed there is somebody who would undo it.
                if self.guard.is_none()
                    && let (Some(folder), Some(_)) = (&self.options.folder, &self._lock)
                {
                    self.guard = Guard::start(&entries_in(folder));
                }
            }
            Err(error) => {
                tracing::debug!("no connection to a sound server: {error}");
                // Without calls nobody waits for it.
                let waits = !self.desk.situation().is_idle();
                self.retry = waits.then_some(now + RETRY);
                if !waits {
                    self.linger = now;
                    self.desk.inherit(Entries::default());
                }
                self.degrade(Some(NO_SERVER.to_owned()));
                self.without_server();
            }
        }
    }

    fn meet(&mut self, mut connection: Connection) {
        self.settling = connection.ask().map(|seq| (seq, false));
        self.connection = Some(connection);
    }

    /// Nobody waits for what cannot come.
    fn without_server(&mut self) {
        self.asked.clear();
        self.apply(self.wanted);
        self.say(State::default());
    }

    fn disconnect(&mut self) {
        self.connection = None;
        self.settling = None;
        self.asked.clear();
        self.desk.disconnected();
    }

    fn listen(&mut self, now: u64) {
        let Some(connection) = &mut self.connection else { return };
        let round = connection.listen(&mut self.desk.graph);
        self.stale |= round.changed;
        if let Some(why) = round.lost {
            tracing::warn!("the connection to the sound server is gone: {why}");
            self.disconnect();
            self.retry = Some(now + SOON);
            return self.without_server();
        }
        let Some(done) = round.done else { return };
        match self.settling {
            Some((seq, false)) if seq == done => {
                self.settling = connection.ask().map(|seq| (seq, true));
            }
            Some((seq, true)) if seq == done => {
                if let Some(other) = connection.instead(&self.desk.graph) {
                    self.disconnect();
                    return self.meet(other);
                }
                self.settling = None;
                self.desk.settled = true;
                self.stale = true;
                self.degrade(None);
            }
            _ => {}
        }
        if let Some(at) = self.asked.iter().position(|(seq, _)| *seq == done) {
            let applied = self.asked.drain(..=at).next_back();
            if let Some((_, revision)) = applied {
                self.apply(revision);
            }
        }
    }

    fn look(&mut self, now: u64) {
        self.stale = false;
        let steps = self.desk.look(now);
        let saved = self.ledger.save(&self.desk.entries, self.desk.entries.is_empty());
        if let Err(error) = saved {
            // The call goes before what a crash might leave.
            self.degrade(Some(format!(
                "The audio cannot write down what it changes: {error}. After a crash other programs could stay quiet; \
                 free disk space."
            )));
        }
        let Some(connection) = &mut self.connection else { return };
        for step in &steps {
            connection.take(step);
        }
        let newest = self.asked.back().map_or(self.applied, |(_, revision)| *revision);
        if newest < self.wanted
            && let Some(seq) = connection.ask()
        {
            self.asked.push_back((seq, self.wanted));
        }
    }

    fn apply(&mut self, revision: u64) {
        if revision > self.applied {
            self.applied = revision;
            let _ = self.events.send(Event::Applied(revision));
        }
    }

    fn tell(&mut self) {
        if self.desk.settled {
            let (endpoints, current) = self.desk.endpoints();
            let server = self.desk.graph.server;
            self.say(State { server, endpoints, current });
        }
    }

    fn say(&mut self, state: State) {
        if self.look || self.state.as_ref() != Some(&state) {
            self.look = false;
            self.state = Some(state.clone());
            let _ = self.events.send(Event::State(state));
        }
    }

    fn degrade(&mut self, why: Option<String>) {
        if self.degraded != why {
            self.degraded.clone_from(&why);
            let _ = self.events.send(Event::Degraded(why));
        }
    }
}
