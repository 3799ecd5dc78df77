//! The audio of calls: whose streams are heard, who keeps quiet, and on which device.
//!
//! The core says who has the audio; this brings it about. The thread of the bus only ever tells the two threads of this
//! folder how things are, and hears later that they are so: [`Audio`] is what it touches. Everything else belongs to those
//! threads: `thread` has the sound server, `others` players and callaudiod, and `desk` decides what has to be turned.

mod callaudiod;
mod connection;
mod desk;
mod endpoint;
mod graph;
pub mod guard;
mod kept;
pub mod ledger;
mod levels;
pub mod others;
mod owner;
mod pipewire;
pub mod players;
mod pulse;
mod route;
mod sessions;
mod situation;
mod taste;
mod thread;
mod wish;

pub use levels::Levels;
pub use sessions::Sessions;
pub use situation::App;
pub use thread::{Event, State};

use callaudiod::Voice;
use endpoint::{Endpoint, EndpointKind};
use graph::Server;
use hookswitch_bus::{AudioRecord, AudioSessionRecord, EndpointRecord};
use hookswitch_core::words::{CallNumber, RingLevel, Timestamp};
use ledger::entries_in;
use others::Others;
use players::Mode;
use situation::{Situation, Standing};
use std::path::PathBuf;
use thread::{Command, Options, Thread};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Milliseconds that a call waits at most for the audio to be ready: then its app may start all the same.
const PATIENCE: u64 = 1000;

/// How the audio is to be run.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Not at all, if false: whoever gets the audio has it at once, and nothing is touched.
    pub on: bool,
    /// Where it is written down what was changed.
    pub folder: Option<PathBuf>,
    /// Where the user's settings are.
    pub settings: Option<PathBuf>,
    /// The numbers.
    pub levels: Levels,
}

/// The audio, as the thread of the bus has it.
pub struct Audio {
    wanted: Wanted,
    events: UnboundedSender<Event>,
    thread: Option<Thread>,
    others: Option<Others>,
    /// The audio sessions of all live calls.
    pub sessions: Sessions,
    sent: Situation,
    revision: u64,
    applied: u64,
    /// Calls that wait for a situation to be applied.
    waiting: Vec<(CallNumber, u64)>,
    give_up: Option<Timestamp>,
    /// The end of a call is being heard, and is over by then at the latest.
    ending: Option<Timestamp>,
    state: Option<State>,
    degraded: Option<String>,
    /// What surfaces were told last.
    told: Option<AudioRecord>,
}

impl Audio {
    /// The audio, and where it says what has happened. What an earlier life of the service left is undone at once.
    pub fn new(wanted: Wanted) -> (Self, UnboundedReceiver<Event>) {
        let (events, heard) = unbounded_channel();
        let folder = wanted.folder.clone().filter(|_| wanted.on);
        let left = folder
            .as_deref()
            .is_some_and(|folder| entries_in(folder).exists() || others::is_left(folder));
        let mut audio = Self {
            others: wanted.on.then(|| Others::new(folder, events.clone())),
            wanted,
            events,
            thread: None,
            sessions: Sessions::default(),
            sent: Situation::default(),
            revision: 0,
            applied: 0,
            waiting: Vec::new(),
            give_up: None,
            ending: None,
            state: None,
            degraded: None,
            told: None,
        };
        if left {
            audio.thread();
        }
        (audio, heard)
    }

    /// Whether there is any.
    pub fn is_on(&self) -> bool {
        self.wanted.on
    }

    fn thread(&mut self) -> Option<&Thread> {
        if self.thread.is_none() && self.wanted.on {
            let options = Options {
                folder: self.wanted.folder.clone(),
                settings: self.wanted.settings.clone(),
                levels: self.wanted.levels.clone(),
            };
            match Thread::start(options, self.events.clone()) {
                Ok(thread) => self.thread = Some(thread),
                Err(error) => {
                    self.degraded = Some(format!(
                        "There is no thread for the audio: {error}. End some programs, then restart the service."
                    ));
                    self.wanted.on = false;
                }
            }
        }
        self.thread.as_ref()
    }

    /// Tell the threads how things are, if that is news.
    pub fn send(&mut self, ring: RingLevel) {
        let ending = self.ending.is_some();
        let situation = Situation { calls: self.sessions.calls(), ring, ending };
        if situation == self.sent {
            return;
        }
        self.sent.clone_from(&situation);
        self.revision += 1;
        let mode = match situation.quiets_others() {
            true => Mode::Paused(situation.calls.iter().map(|call| call.app.clone()).collect()),
            false => Mode::Free,
        };
        let revision = self.revision;
        if let Some(thread) = self.thread() {
            thread.tell(Command::Situation(revision, situation));
        }
        if let Some(others) = &mut self.others {
            others.set_players(mode);
        }
        self.tell_callaudiod();
    }

    /// A phone's own switches follow the call that talks. While its end is heard they stay as they are.
    fn tell_callaudiod(&mut self) {
        let Some(others) = &mut self.others else { return };
        let mut talk = self.sent.calls.iter().filter(|call| call.standing != Standing::Without);
        let Some(first) = talk.next() else {
            if self.ending.is_none() {
                others.set_voice(None);
            }
            return;
        };
        let muted = first.muted && talk.all(|call| call.muted);
        let state = self.state.as_ref();
        let has_earpiece = state.is_some_and(|state| {
            state.endpoints.iter().any(|endpoint| endpoint.kind == EndpointKind::Earpiece)
        });
        let current = state.and_then(|state| state.current.as_ref()).filter(|_| !has_earpiece);
        let speaker = current.map(|endpoint| endpoint.kind == EndpointKind::Speaker);
        others.set_voice(Some(Voice { speaker, muted }));
    }

    /// What somebody wanted of callaudiod was not done.
    pub fn insist(&mut self) {
        if let Some(others) = &mut self.others {
            others.insist();
        }
    }

    /// The speaker of a phone was turned on or off where shells do it: the call goes there, if it can be said.
    pub fn follow_speaker(&mut self, on: bool) {
        let kind = if on { EndpointKind::Speaker } else { EndpointKind::Earpiece };
        let Some(state) = &self.state else { return };
        let Some(current) = state.current.as_ref().filter(|current| current.kind != kind) else {
            return;
        };
        let mut there = state.endpoints.iter().filter(|endpoint| endpoint.kind == kind);
        // Of the same card first: that is the one it is about.
        let same = there.clone().find(|endpoint| endpoint.sink == current.sink);
        if let Some(id) = same.or_else(|| there.next()).map(|endpoint| endpoint.id.clone()) {
            self.select(&id);
        }
    }

    /// A call is to get the audio. True: it has to wait for it, and [`applied`](Self::applied) says when it has it.
    pub fn waits(&mut self, call: CallNumber, now: Timestamp) -> bool {
        let served = self.state.as_ref().is_none_or(|state| state.server != Server::None);
        if !self.wanted.on || !served || self.revision <= self.applied {
            return false;
        }
        self.waiting.push((call, self.revision));
        self.give_up.get_or_insert(Timestamp(now.0 + PATIENCE));
        true
    }

    /// The calls that have it now.
    pub fn applied(&mut self, revision: u64) -> Vec<CallNumber> {
        self.applied = self.applied.max(revision);
        let ready = |(_, of): &mut (CallNumber, u64)| *of <= revision;
        let ready = self.waiting.extract_if(.., ready).map(|(call, _)| call).collect();
        if self.waiting.is_empty() {
            self.give_up = None;
        }
        ready
    }

    /// AUD-05: the end of a call is heard until then at the latest; `None`: it is over. It counts from the next
    /// [`send`](Self::send).
    pub fn set_ending(&mut self, until: Option<Timestamp>) {
        self.ending = until;
    }

    /// Whether the end of a call is being heard.
    pub fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether the end of a call is heard, and should have been over by now.
    pub fn ends_too_long(&self, now: Timestamp) -> bool {
        self.ending.is_some_and(|until| until <= now)
    }

    /// When those that wait have waited enough, or an end was heard long enough.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        [self.give_up, self.ending].into_iter().flatten().min()
    }

    /// The calls that have waited enough: better a call that others talk into than none.
    pub fn given_up(&mut self, now: Timestamp) -> Vec<CallNumber> {
        if self.give_up.is_none_or(|at| now < at) {
            return Vec::new();
        }
        tracing::warn!(
            "the sound server takes too long: a call begins before everybody else is quiet"
        );
        self.give_up = None;
        std::mem::take(&mut self.waiting).into_iter().map(|(call, _)| call).collect()
    }

    /// What there is now. Whether grants are different by that.
    pub fn set_state(&mut self, state: State) -> bool {
        let goes_to = |state: &State| {
            let current = state.current.as_ref();
            current.map(|endpoint| (endpoint.id.clone(), endpoint.source.clone()))
        };
        let before = self.state.as_ref().map(goes_to);
        let is_news = before.is_some_and(|before| before != goes_to(&state));
        self.state = Some(state);
        self.tell_callaudiod();
        is_news
    }

    /// What it cannot do, or (`None`) that it can do everything.
    pub fn set_degraded(&mut self, degraded: Option<String>) {
        if let Some(text) = &degraded {
            tracing::warn!("{text}");
        }
        self.degraded = degraded;
    }

    /// What it cannot do, in words.
    pub fn degraded(&self) -> Option<&String> {
        self.degraded.as_ref()
    }

    /// Find out what there is, if it is not known for sure. True: it will be said.
    pub fn look(&mut self) -> bool {
        self.thread().map(|thread| thread.tell(Command::Look)).is_some()
    }

    /// Choose where calls are heard. False: there is no such endpoint.
    pub fn select(&mut self, named: &str) -> bool {
        let state = self.state.as_ref().filter(|state| state.server != Server::None);
        if state.is_none_or(|state| endpoint::find(&state.endpoints, named).is_none()) {
            return false;
        }
        self.thread().map(|thread| thread.tell(Command::Select(named.to_owned()))).is_some()
    }

    /// The output calls are heard on.
    pub fn sink(&self) -> Option<String> {
        self.state.as_ref()?.current.as_ref().map(|endpoint| endpoint.sink.clone())
    }

    /// What surfaces are told.
    pub fn record(&self) -> AudioRecord {
        let Some(state) = &self.state else {
            let server = (!self.wanted.on).then(|| "none".to_owned());
            return AudioRecord { server, endpoints: Vec::new() };
        };
        let current = state.current.as_ref().map(|endpoint| endpoint.id.as_str());
        let record = |endpoint: &Endpoint| EndpointRecord {
            id: endpoint.id.clone(),
            kind: endpoint.kind.name().to_owned(),
            name: endpoint.name.clone(),
            current: (current == Some(endpoint.id.as_str())).then_some(true),
        };
        let server = Some(state.server.name().to_owned());
        AudioRecord { server, endpoints: state.endpoints.iter().map(record).collect() }
    }

    /// The same, if they have not been told yet.
    pub fn news(&mut self) -> Option<AudioRecord> {
        let record = self.record();
        if self.told.as_ref() == Some(&record) {
            return None;
        }
        self.told = Some(record.clone());
        Some(record)
    }

    /// The audio session of a call, as its app is told of it. `None`: there is no audio, or no such call.
    pub fn session(&self, call: CallNumber) -> Option<AudioSessionRecord> {
        let session = self.sessions.get(call).filter(|_| self.wanted.on)?;
        let state = self.state.as_ref();
        let current = state.and_then(|state| state.current.as_ref());
        Some(AudioSessionRecord {
            token: Some(session.token.clone()),
            role: Some("Communication".to_owned()),
            sink: current.map(|endpoint| endpoint.sink.clone()),
            source: current.and_then(|endpoint| endpoint.source.clone()),
            endpoint: current.map(|endpoint| endpoint.id.clone()),
            endpoint_kind: current.map(|endpoint| endpoint.kind.name().to_owned()),
            rate: Some(48_000),
            channels: Some(1),
            latency_ms: Some(10),
            server: state.map(|state| state.server.name().to_owned()),
            active: None,
        })
    }
}
