use super::store::{Store, StoreError};
use hookswitch_bus::{RecentsQuery, RecentsRecord};
use hookswitch_core::words::RecentsEntry;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use tokio::sync::mpsc::UnboundedSender;

/// Entries that could not be written are kept up to this many; the journal has them all.
const KEPT: usize = 10_000;

/// The line to the thread that has the list.
#[derive(Clone, Debug)]
pub struct Recents {
    orders: Sender<Order>,
}

#[derive(Debug)]
enum Order {
    Write(Vec<RecentsEntry>),
    List(u64, RecentsQuery),
}

/// What the thread has to say.
#[derive(Debug)]
pub enum Answer {
    /// The lines that were asked for under this number, or why there are none.
    Lines(u64, Result<Vec<RecentsRecord>, String>),
    /// This many entries are in the list now; all that were sent before are among them.
    Written(u64),
    /// Something is wrong, in words; calls work on.
    Degraded(String),
}

impl Recents {
    /// Start the thread. It opens the list when it first has something to do.
    pub fn start(path: PathBuf, answers: UnboundedSender<Answer>) -> Self {
        let (orders, inbox) = channel();
        let desk = Desk { path, store: None, gathered: Vec::new(), written: 0, answers };
        let spawned = thread::Builder::new().name("recents".into()).spawn(move || desk.work(inbox));
        if let Err(error) = spawned {
            tracing::error!("no thread for the list of recents: {error}");
        }
        Self { orders }
    }

    /// Write entries, together. Each message wakes the thread, so send many at once.
    pub fn write(&self, entries: Vec<RecentsEntry>) {
        // The thread only ends with the service.
        let _ = self.orders.send(Order::Write(entries));
    }

    /// Ask for lines; the answer comes under that number, with everything written before.
    pub fn list(&self, number: u64, query: RecentsQuery) {
        let _ = self.orders.send(Order::List(number, query));
    }
}

struct Desk {
    path: PathBuf,
    store: Option<Store>,
    gathered: Vec<RecentsEntry>,
    written: u64,
    answers: UnboundedSender<Answer>,
}

impl Desk {
    fn work(mut self, inbox: Receiver<Order>) {
        // Asleep until there is something to do: an idle service does not wake up.
        while let Ok(order) = inbox.recv() {
            match order {
                Order::Write(mut entries) => {
                    self.gathered.append(&mut entries);
                    self.flush();
                }
                Order::List(number, query) => {
                    let lines = self.open().and_then(|store| store.list(&query));
                    let lines = lines.map_err(|error| error.to_string());
                    let _ = self.answers.send(Answer::Lines(number, lines));
                }
            }
        }
    }

    fn open(&mut self) -> Result<&mut Store, StoreError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => {
                let store = Store::open(&self.path)?;
                if let Some(text) = store.damage() {
                    let _ = self.answers.send(Answer::Degraded(text));
                }
                store
            }
        };
        Ok(self.store.insert(store))
    }

    fn flush(&mut self) {
        if self.gathered.is_empty() {
            return;
        }
        let entries = std::mem::take(&mut self.gathered);
        let count = entries.len() as u64;
        match self.open().and_then(|store| store.write(&entries)) {
            Ok(()) => {
                self.written += count;
                let _ = self.answers.send(Answer::Written(self.written));
            }
            Err(error) => {
                // They stay in the journal, which is not shortened before they are written.
                self.store = None;
                let _ = self.answers.send(Answer::Degraded(error.to_string()));
                self.gathered = entries;
                self.gathered.truncate(KEPT);
            }
        }
    }
}
