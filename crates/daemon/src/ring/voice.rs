//! The thread that plays. It is there, and connected to the sound server, only while something is to be heard.

use super::news::{RingNews, Unavailable};
use super::region::Region;
use super::score::{Order, Score};
use super::server::Server;
use std::collections::VecDeque;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// How long the thread stays after the last sound, because the next one often follows at once.
const LINGER: Duration = Duration::from_secs(2);
/// How long it waits before it looks for a sound server again, while something should be heard.
const AGAIN: Duration = Duration::from_secs(1);

/// What can be heard. Cheap to keep: without an order there is neither a thread nor a connection.
#[derive(Clone, Debug)]
pub struct Voice {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub server: Option<PathBuf>,
    pub region: Region,
    pub events: UnboundedSender<RingNews>,
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    orders: VecDeque<Order>,
    runs: bool,
    /// Wakes the thread while it waits for the server.
    wake: Option<UnixStream>,
    /// Whether it was said that nothing can be heard.
    told: bool,
    /// Where the last call was heard, for a thread that starts later.
    endpoint: Option<String>,
}

impl Voice {
    /// A voice that says what comes of it to `events`. `server`: the socket of PipeWire; none: as the environment says.
    pub fn new(server: Option<PathBuf>, region: Region, events: UnboundedSender<RingNews>) -> Self {
        let (waiting, came) = Default::default();
        Self { shared: Arc::new(Shared { server, region, events, waiting, came }) }
    }

    /// Whether there is something to be heard with.
    pub fn is_possible(&self) -> bool {
        self.shared.lock().runs || self.shared.server_is_there()
    }

    /// Have something heard, or silence. It returns at once.
    pub fn order(&self, order: Order) {
        let mut waiting = self.shared.lock();
        if let Order::Endpoint(endpoint) = &order {
            waiting.endpoint.clone_from(endpoint);
        }
        if !waiting.runs && !begins(&order) {
            return;
        }
        if !waiting.runs {
            if !self.shared.server_is_there() {
                return self.shared.tell(&mut waiting, Unavailable::NoServer);
            }
            let endpoint = waiting.endpoint.clone();
            waiting.orders = VecDeque::from([Order::Endpoint(endpoint)]);
            let shared = self.shared.clone();
            let thread = thread::Builder::new().name("hookswitch-ring".to_owned());
            match thread.spawn(move || shared.run()) {
                Ok(_) => waiting.runs = true,
                Err(error) => {
                    let why = Unavailable::NoThread(error.kind().to_string());
                    return self.shared.tell(&mut waiting, why);
                }
            }
        }
        waiting.orders.push_back(order);
        if let Some(wake) = &mut waiting.wake {
            // If it is full, the thread is woken anyway.
            let _ = wake.write_all(&[1]);
        }
        self.shared.came.notify_all();
    }
}

/// Whether there is something to be heard after it, if there was nothing before.
fn begins(order: &Order) -> bool {
    use hookswitch_core::words::RingLevel;
    match order {
        Order::Ring { level, .. } => *level != RingLevel::Silent,
        Order::Tone(tone) => tone.is_some(),
        Order::Once(_) | Order::End(..) => true,
        Order::NoEnd | Order::Ringtone(..) | Order::Audible(..) | Order::Endpoint(_) => false,
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Say that nothing can be heard, unless that was said already.
    fn tell(&self, waiting: &mut Waiting, why: Unavailable) {
        if !std::mem::replace(&mut waiting.told, true) {
            // Nobody listens: then nobody needs to know.
            let _ = self.events.send(RingNews::Unavailable(why));
        }
    }

    /// Whether connecting is worth the trouble: without a socket, loading everything that it takes would be for nothing.
    fn server_is_there(&self) -> bool {
        use std::env::var_os;
        if let Some(server) = &self.server {
            return server.exists();
        }
        let remote = var_os("PIPEWIRE_REMOTE").filter(|name| !name.is_empty());
        let remote = remote.map_or_else(|| PathBuf::from("pipewire-0"), PathBuf::from);
        let folders = ["PIPEWIRE_RUNTIME_DIR", "XDG_RUNTIME_DIR"].into_iter().filter_map(var_os);
        let system = Path::new("/run/pipewire").to_owned();
        let mut folders = folders.map(PathBuf::from).chain([system]);
        // An absolute name stands for itself.
        folders.any(|folder| folder.join(&remote).exists()) || crate::pulse::server_is_there()
    }

    fn run(&self) {
        let mut score = Score::new(self.region);
        loop {
            let lost = match Server::connect(self) {
                Ok(server) => {
                    self.lock().told = false;
                    self.play(server, &mut score)
                }
                Err(why) => Some(why),
            };
            let Some(why) = lost else { return };
            self.tell(&mut self.lock(), why);
            if self.rest(&mut score) {
                return;
            }
        }
    }

    /// Play until there was nothing to play for a while (`None`), or until the server is gone.
    fn play(&self, mut server: Server, score: &mut Score) -> Option<Unavailable> {
        self.lock().wake = server.waker();
        let mut quiet_since = None;
        let mut looks = true;
        loop {
            let now = Instant::now();
            for order in self.take() {
                score.take(now, order);
            }
            if looks && server.is_mute() {
                looks = false;
                if let Some(other) = server.instead(self) {
                    server = other;
                    self.lock().wake = server.waker();
                }
            }
            server.sound(&score.wanted(now), &self.events);
            self.tell_over(score);
            let over = score.is_over() && server.is_quiet();
            let since = *quiet_since.get_or_insert(now);
            if !over {
                quiet_since = None;
            } else if now >= since + LINGER && self.leave() {
                return None;
            }
            let linger = quiet_since.map(|since| since + LINGER);
            let deadlines = [score.next_deadline(now), server.next_deadline(), linger];
            let until = deadlines.into_iter().flatten().min();
            if !server.wait(until.map(|until| until.saturating_duration_since(now))) {
                self.lock().wake = None;
                return Some(Unavailable::Lost);
            }
        }
    }

    /// Without a server: wait a while for one to come. True: there is nothing to be heard any more.
    fn rest(&self, score: &mut Score) -> bool {
        let again = Instant::now() + AGAIN;
        loop {
            let now = Instant::now();
            for order in self.take() {
                score.take(now, order);
            }
            // What is over by itself is over without being heard, too.
            let _ = score.wanted(now);
            self.tell_over(score);
            if score.is_over() && self.leave() {
                return true;
            }
            if now >= again {
                return false;
            }
            let waiting = self.lock();
            if waiting.orders.is_empty() {
                let waited = self.came.wait_timeout(waiting, again - now);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    fn tell_over(&self, score: &mut Score) {
        if let Some(number) = score.take_over() {
            let _ = self.events.send(RingNews::EndOver(number));
        }
    }

    fn take(&self) -> VecDeque<Order> {
        std::mem::take(&mut self.lock().orders)
    }

    /// End the thread, unless there is something to do again.
    fn leave(&self) -> bool {
        let mut waiting = self.lock();
        if waiting.orders.is_empty() {
            waiting.runs = false;
            waiting.wake = None;
        }
        !waiting.runs
    }
}
