use crate::error::DemoError;
use rustix::time::{ClockId, clock_gettime};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Nothing in the story takes so long, however loaded the machine is: only a hang does.
const HANG: Duration = Duration::from_secs(60);

/// Microseconds on the clock that all programs of this machine share.
pub fn now_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000
        + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000
}

/// Everything that was heard of one source so far, to look things up in and to wait for.
#[derive(Clone, Debug)]
pub struct Log<T> {
    entries: Arc<Mutex<Vec<T>>>,
    len: Arc<watch::Sender<usize>>,
    logs: PathBuf,
}

impl<T> Log<T> {
    pub(crate) fn new(logs: PathBuf) -> Self {
        Self { entries: Arc::default(), len: Arc::new(watch::Sender::new(0)), logs }
    }

    pub(crate) fn push(&self, entry: T) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push(entry);
        self.len.send_replace(entries.len());
    }

    /// Looks something up.
    pub fn read<R>(&self, look: impl FnOnce(&[T]) -> R) -> R {
        look(&self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until there is something, for as long as that takes.
    pub async fn happens(&self, look: impl Fn(&[T]) -> Option<()>) {
        let mut len = self.len.subscribe();
        loop {
            len.borrow_and_update();
            if self.read(&look).is_some() {
                return;
            }
            // The sender lives as long as this log.
            let _ = len.changed().await;
        }
    }

    /// Waits until there is something.
    ///
    /// # Errors
    /// There never is.
    pub async fn wait<R>(
        &self,
        what: &str,
        look: impl Fn(&[T]) -> Option<R>,
    ) -> Result<R, DemoError> {
        let mut len = self.len.subscribe();
        let waiting = async {
            loop {
                len.borrow_and_update();
                if let Some(found) = self.read(&look) {
                    return found;
                }
                // The sender lives as long as this log.
                let _ = len.changed().await;
            }
        };
        tokio::time::timeout(HANG, waiting).await.map_err(|_| DemoError::Waited {
            what: what.to_owned(),
            seconds: HANG.as_secs(),
            logs: self.logs.clone(),
        })
    }
}
