use crate::audio::{Audio, Event};
use crate::bus_runtime::BusRuntime;
use crate::clock::Clock;
use crate::flow_log::FlowLog;
use crate::journal::Journal;
use crate::memory::Code;
use crate::outbox::Outbox;
use crate::peers::Peers;
use crate::performs::Performs;
use crate::power::Power;
use crate::recents::{Answer, Recents, Store};
use crate::ring::{RingNews, Ringer};
use crate::ringing::Heard;
use crate::settings::Settings;
use crate::shell::{GnomeApp, GnomeCalls, Phosh, Shell, Sight};
use crate::test_ring::TestRing;
use futures_util::StreamExt;
use hookswitch_bus::{ObservedRecord, OwnCallRecord, names};
use hookswitch_core::words::{CallNumber, ProviderId, RecentsEntry, Timestamp};
use hookswitch_core::{Arbiter, Input};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zbus::fdo::RequestNameFlags;
use zbus::{Connection, Message, MessageStream};

/// Messages that may wait to be taken; the bus holds the others back. There is always room for all of them in memory.
const QUEUE: NonZeroUsize = NonZeroUsize::new(1 << 10).unwrap();
/// Messages handled before anything is sent.
const BATCH: usize = 64;
/// How long entries are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(300);

/// After so many entries, memory that they took is given back when there is a moment without news.
const BURST: u64 = 100;

/// Why the service could not run, or ended.
#[derive(Debug, Error)]
pub enum ServeError {
    /// No bus.
    #[error(
        "there is no session bus to serve: {0}. Start it in a desktop session, or under `hookswitch private`."
    )]
    NoBus(zbus::Error),
    /// Another one runs.
    #[error("another call service runs on this bus already. Use that one, or end it first.")]
    Running,
    /// The bus went away.
    #[error("the bus is gone, and all calls with it. It is started again with the next session.")]
    BusGone,
    /// No timer.
    #[error("no timer: {0}. Is the system out of file descriptors?")]
    NoTimer(io::Error),
}

/// The service: the core, and everything around it that the thread of the bus touches.
pub(crate) struct Service {
    pub core: Arbiter,
    pub out: Outbox,
    pub peers: Peers,
    pub performs: Performs,
    pub clock: Clock,
    pub flow: FlowLog,
    pub journal: Option<Journal>,
    pub recents: Option<Recents>,
    /// Entries that are in the journal and not yet with the list, and when they shall be.
    pub gathered: BTreeMap<CallNumber, RecentsEntry>,
    pub gather_until: Option<Timestamp>,
    /// How many entries the list was sent.
    pub sent: u64,
    /// How many it was when memory was given back last.
    pub given_back: u64,
    /// What of the program needs not be in memory.
    pub code: Code,
    pub audio: Audio,
    /// Questions about the audio that wait for it to look.
    pub audio_questions: Vec<Message>,
    /// What does not work, in words.
    pub degraded: Vec<String>,
    /// What observers were told last.
    pub observed: BTreeMap<CallNumber, ObservedRecord>,
    /// What apps that observe their own calls were told last.
    pub own_calls: BTreeMap<CallNumber, OwnCallRecord>,
    /// Questions about recents that wait for the list.
    pub questions: HashMap<u64, Message>,
    pub data: Vec<PathBuf>,
    /// Apps that may make emergency calls.
    pub emergency: Vec<String>,
    /// Whether they need not be verified.
    pub private: bool,
    /// What is heard and felt of calls, what comes of it, and the sounds that apps brought.
    pub ringer: Ringer,
    pub to_hear: Vec<Heard>,
    pub ring_news: UnboundedReceiver<RingNews>,
    pub ringtones: HashMap<ProviderId, Arc<File>>,
    /// Why the last ring was not heard, and why not with the sound that is set.
    pub ring_degraded: Option<String>,
    pub ringtone_degraded: Option<String>,
    pub test_ring: Option<TestRing>,
    /// What is done so that the device stays awake for calls, and their apps alive.
    pub power: Power,
    /// What shells show of calls by interfaces of their own.
    pub shell: Shell,
    /// What is done so that calls are seen.
    pub sight: Sight,
    pub last_id: u64,
    /// The connection whose identity was just settled, and who owns its app's name.
    pub settled: Option<(String, Option<String>)>,
}

/// Serve calls until the bus goes away.
///
/// # Errors
/// See [`ServeError`]. What cannot be kept on disk is no error: calls work without, and `Status` says so.
pub async fn serve(settings: Settings) -> Result<(), ServeError> {
    let code = Code::linked();
    let connection = zbus::connection::Builder::session().runtime(BusRuntime);
    let connection = connection.build().await.map_err(ServeError::NoBus)?;
    let mut stream = MessageStream::from(&connection);
    stream.set_max_queued(QUEUE);
    let (mut service, mut inbox) = Service::new(settings, code)?;
    watch_names(&connection).await.map_err(ServeError::NoBus)?;
    service.restore();
    let name =
        connection.request_name_with_flags(names::SERVICE, RequestNameFlags::DO_NOT_QUEUE).await;
    name.map_err(|error| match error {
        zbus::Error::NameTaken => ServeError::Running,
        other => ServeError::NoBus(other),
    })?;
    service.begin_shell(&connection);
    tracing::info!("serving calls");
    service.write_journal();
    service.write_soon();
    if service.out.send(&connection).await.is_err() {
        return Err(ServeError::BusGone);
    }
    // A start is not needed twice.
    service.code.let_go();
    loop {
        service.wake_in_time();
        match poll_fn(|context| service.poll(context, &mut stream, &mut inbox)).await {
            Woken::Messages => {
                // A peer that never stops talking keeps nothing waiting.
                service.tick();
                while let Ok(answer) = inbox.answers.try_recv() {
                    service.answered(answer);
                }
                while let Ok(event) = inbox.audio.try_recv() {
                    service.heard(event);
                }
            }
            Woken::Alarm => service.tick(),
            Woken::Ring => {}
            Woken::Answer(answer) => service.answered(answer),
            Woken::Audio(event) => service.heard(event),
            Woken::BusGone => {
                // What came just before is not lost.
                service.write_journal();
                return Err(ServeError::BusGone);
            }
        }
        // Of everything that came at once, in one write.
        service.write_journal();
        service.write_soon();
        if service.out.send(&connection).await.is_err() {
            return Err(ServeError::BusGone);
        }
        // Now that everybody knows.
        service.let_hear();
        service.flow.word_many();
    }
}

/// What the service woke up for.
enum Woken {
    /// Messages came, and were taken.
    Messages,
    Alarm,
    /// News of what is heard came, and were taken.
    Ring,
    Answer(Answer),
    Audio(Event),
    BusGone,
}

/// What other threads say.
struct Inbox {
    answers: UnboundedReceiver<Answer>,
    audio: UnboundedReceiver<Event>,
}

/// One rule for all connections that leave the bus.
async fn watch_names(connection: &Connection) -> zbus::Result<()> {
    let rule = "type='signal',sender='org.freedesktop.DBus',\
                interface='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''";
    let bus = Some("org.freedesktop.DBus");
    let path = "/org/freedesktop/DBus";
    connection.call_method(bus, path, bus, "AddMatch", &rule).await?;
    Ok(())
}

impl Service {
    fn new(settings: Settings, code: Code) -> Result<(Self, Inbox), ServeError> {
        let clock = Clock::new().map_err(ServeError::NoTimer)?;
        let (answers, answered) = unbounded_channel();
        let state = settings.state.as_deref();
        let flow = FlowLog::open(state, &settings.policy);
        let (audio, heard) = Audio::new(settings.audio);
        let (ringer, ring_news) = Ringer::new(settings.ring);
        let phosh = settings.phosh;
        let calls =
            phosh.wants(&settings.services).then(|| GnomeCalls::new(phosh == Phosh::Always));
        let gnome_app = GnomeApp::new(settings.gnome_calls);
        let shell = Shell { gnome_calls: calls, gnome_app };
        let service = Self {
            core: Arbiter::new(settings.policy),
            out: Outbox::default(),
            peers: Peers::default(),
            performs: Performs::default(),
            clock,
            flow,
            journal: None,
            recents: state.map(|folder| Recents::start(folder.join("recents.db"), answers)),
            gathered: BTreeMap::new(),
            gather_until: None,
            sent: 0,
            given_back: 0,
            code,
            audio,
            audio_questions: Vec::new(),
            degraded: Vec::new(),
            observed: BTreeMap::new(),
            own_calls: BTreeMap::new(),
            questions: HashMap::new(),
            data: settings.data,
            emergency: settings.emergency,
            private: settings.private,
            ringer,
            to_hear: Vec::new(),
            ring_news,
            ringtones: HashMap::new(),
            ring_degraded: None,
            ringtone_degraded: None,
            test_ring: None,
            power: Power::new(settings.power, state),
            shell,
            sight: Sight::new(settings.sight),
            last_id: 0,
            settled: None,
        };
        Ok((service.with_journal(state), Inbox { answers: answered, audio: heard }))
    }

    /// Read what the journal remembers: everything goes into the list (again: entries replace each other), and what was
    /// live waits to be adopted.
    fn with_journal(mut self, state: Option<&std::path::Path>) -> Self {
        let Some(folder) = state else { return self };
        match Journal::open(folder) {
            Ok((journal, remembered)) => {
                if remembered.torn > 0 {
                    tracing::warn!("{} bytes of a torn record were cut", remembered.torn);
                }
                self.journal = Some(journal);
                self.gathered = remembered.entries;
            }
            Err(error) => {
                self.degraded.push(format!(
                    "The journal cannot be opened: {error}. Calls work, but are not remembered; \
                     see that its folder can be written to, then restart the service."
                ));
            }
        }
        self
    }

    fn restore(&mut self) {
        let orphans: Vec<RecentsEntry> =
            self.gathered.values().filter(|entry| entry.ended.is_none()).cloned().collect();
        let last = match self.gathered.last_key_value() {
            Some((number, _)) => *number,
            // The journal is gone: numbers go on behind what the list has.
            None => self.last_in_list(),
        };
        self.send_gathered();
        let next_number = CallNumber(last.0 + 1);
        self.decide(Input::Restore { orphans, next_number }, None);
    }

    fn last_in_list(&mut self) -> CallNumber {
        let path = self.journal.as_ref().map(|journal| journal.folder().join("recents.db"));
        let Some(path) = path.filter(|path| path.exists()) else { return CallNumber(0) };
        let opened = Store::open(&path).and_then(|store| {
            self.degraded.extend(store.damage());
            store.last_number()
        });
        match opened {
            Ok(number) => number,
            Err(error) => {
                self.degraded.push(error.to_string());
                CallNumber(0)
            }
        }
    }

    /// Take the messages that are there, or whatever else there is to do.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        stream: &mut MessageStream,
        inbox: &mut Inbox,
    ) -> Poll<Woken> {
        for taken in 0..BATCH {
            match stream.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(message))) => self.take(message),
                Poll::Ready(_) => return Poll::Ready(Woken::BusGone),
                Poll::Pending if taken > 0 => return Poll::Ready(Woken::Messages),
                Poll::Pending => {
                    let mut rang = false;
                    while let Poll::Ready(Some(news)) = self.ring_news.poll_recv(context) {
                        self.rang(news);
                        rang = true;
                    }
                    if rang {
                        // It may have answered somebody, or be the end of something.
                        return Poll::Ready(Woken::Ring);
                    }
                    // `None`: nothing is kept, so nobody answers.
                    if let Poll::Ready(Some(answer)) = inbox.answers.poll_recv(context) {
                        return Poll::Ready(Woken::Answer(answer));
                    }
                    if let Poll::Ready(Some(event)) = inbox.audio.poll_recv(context) {
                        return Poll::Ready(Woken::Audio(event));
                    }
                    return self.clock.poll_alarm(context).map(|()| Woken::Alarm);
                }
            }
        }
        Poll::Ready(Woken::Messages)
    }

    /// A new id of any kind.
    pub fn fresh(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn wake_in_time(&mut self) {
        let deadlines = [
            self.core.next_deadline(),
            self.gather_until,
            self.audio.next_deadline(),
            self.end_of_test_ring(),
            self.shell_deadline(),
            self.sight.next_deadline(),
        ];
        self.clock.wake_at(deadlines.into_iter().flatten().min());
    }

    fn tick(&mut self) {
        let now = self.clock.now().at;
        if self.gather_until.is_some_and(|until| until <= now) {
            self.send_gathered();
        }
        if self.core.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.decide(Input::Tick, None);
        }
        self.stop_waiting_for_audio(now);
        self.stop_waiting_for_end(now);
        self.end_test_ring(now);
        self.shell_tick(now);
        self.tend_sight(now);
    }

    /// Take an entry; [`write_journal`](Self::write_journal) makes sure of it before anybody is told.
    pub fn record(&mut self, entry: RecentsEntry) {
        if let Some(journal) = &mut self.journal {
            journal.append(&entry);
            // Of each call only the last entry counts.
            self.gathered.insert(entry.number, entry);
        }
    }

    /// One write for all entries of the messages that were taken together. What follows from them leaves only after it.
    pub fn write_journal(&mut self) {
        let Some(journal) = &mut self.journal else { return };
        if let Err(error) = journal.write() {
            let text = format!(
                "The journal cannot be written: {error}. Calls work, but a crash could lose their \
                 line in the list; free disk space."
            );
            if !self.degraded.contains(&text) {
                tracing::error!("{text}");
                self.degraded.push(text);
            }
        }
    }

    /// What can wait is written when the alarm goes off, and not before everybody is told.
    pub fn write_soon(&mut self) {
        if self.gather_until.is_none() && (self.flow.waits() || !self.gathered.is_empty()) {
            self.gather_until = Some(self.clock.now().at + GATHER);
        }
    }

    /// Hand what was gathered to the list.
    pub fn send_gathered(&mut self) {
        self.gather_until = None;
        self.flow.write();
        let entries: Vec<RecentsEntry> = std::mem::take(&mut self.gathered).into_values().collect();
        if let Some(recents) = self.recents.as_ref().filter(|_| !entries.is_empty()) {
            self.sent += entries.len() as u64;
            recents.write(entries);
        }
    }

    fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Lines(number, lines) => self.lines(number, lines),
            Answer::Written(count) => {
                if count == self.sent && self.gathered.is_empty() {
                    if self.sent - self.given_back >= BURST {
                        self.code.give_back();
                        self.given_back = self.sent;
                    }
                    let shortened = self.journal.as_mut().map(Journal::shorten);
                    if let Some(Err(error)) = shortened {
                        tracing::warn!("the journal stays long: {error}");
                    }
                }
            }
            Answer::Degraded(text) => {
                tracing::error!("{text}");
                if !self.degraded.contains(&text) {
                    self.degraded.push(text);
                }
            }
        }
    }
}
