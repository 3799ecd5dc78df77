//! What outlives the exchange: known addresses and devices, sessions, calls, and requests that were done.
//!
//! SQLite, written on a thread of its own: no call waits for a disk. Every table has a version and an idempotency key.
//! Calls that were live when the exchange stopped are closed as failed when it starts. A file that is damaged is set
//! aside under another name, never deleted, and a new one is begun.

mod schema;

use crate::calls::{DeviceRef, KeyRecord};
use crate::policy::Policy;
use hookswitch_platform::call_server::{CallId, CallState};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc;
use tokio::sync::oneshot;

/// Most writes that wait for the disk; further ones are dropped and counted, calls go on.
const QUEUE: usize = 10_000;

enum Write {
    Device {
        device: DeviceRef,
        display_name: String,
    },
    Call {
        call: CallId,
        version: u64,
        state: CallState,
        caller: DeviceRef,
        callee: String,
        session: String,
    },
    Key(KeyRecord),
    Session {
        key: String,
        fresh: String,
        reply: oneshot::Sender<String>,
    },
}

/// What a new exchange is told of the one before it.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    pub addresses: Vec<String>,
    pub keys: Vec<KeyRecord>,
}

/// The way to the store's thread.
#[derive(Clone)]
pub(crate) struct Store {
    writes: mpsc::SyncSender<Write>,
}

impl Store {
    /// Opens the database at `path`, or one in memory, and starts the thread.
    pub(crate) fn open(path: Option<&Path>, policy: &Policy) -> Result<(Self, Remembered), String> {
        let connection = match path {
            Some(path) => open_or_set_aside(path)?,
            None => Connection::open_in_memory().map_err(|e| e.to_string())?,
        };
        schema::prepare(&connection).map_err(|e| e.to_string())?;
        let remembered =
            schema::remembered(&connection, policy.key_memory).map_err(|e| e.to_string())?;
        let (writes, queue) = mpsc::sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || write_all(&connection, &queue))
            .map_err(|e| e.to_string())?;
        Ok((Self { writes }, remembered))
    }

    /// The session made under this key, or a new one.
    pub(crate) async fn session(&self, key: String, fresh: String) -> Option<String> {
        let (reply, session) = oneshot::channel();
        self.writes.try_send(Write::Session { key, fresh, reply }).ok()?;
        session.await.ok()
    }

    pub(crate) fn save_device(&self, device: DeviceRef, display_name: String) {
        self.write(Write::Device { device, display_name });
    }

    pub(crate) fn save_call(
        &self,
        call: CallId,
        version: u64,
        state: CallState,
        caller: DeviceRef,
        callee: String,
        session: String,
    ) {
        self.write(Write::Call { call, version, state, caller, callee, session });
    }

    pub(crate) fn save_key(&self, record: KeyRecord) {
        self.write(Write::Key(record));
    }

    fn write(&self, write: Write) {
        if self.writes.try_send(write).is_err() {
            tracing::warn!("the store does not keep up; a record was dropped. Check the disk.");
        }
    }
}

fn open_or_set_aside(path: &Path) -> Result<Connection, String> {
    let sound = |path: &Path| {
        let connection = Connection::open(path)?;
        schema::prepare(&connection)?;
        schema::check(&connection)?;
        Ok(connection)
    };
    match sound(path) {
        Ok(connection) => Ok(connection),
        Err(error) if schema::is_damage(&error) => {
            let stamp = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map(|d| d.as_secs())
                .unwrap_or(0);
            // The write-ahead files belong to the damaged one; they must not be taken for the new one's.
            for part in ["-wal", "-shm", ""] {
                let named = |suffix: &str| {
                    let mut name = path.as_os_str().to_owned();
                    name.push(suffix);
                    std::path::PathBuf::from(name)
                };
                let (from, aside) = (named(part), named(&format!(".damaged-{stamp}{part}")));
                if from.exists() {
                    std::fs::rename(from, aside).map_err(|e| e.to_string())?;
                }
            }
            tracing::warn!(
                "the store was damaged; it was set aside next to the new one and not deleted"
            );
            sound(path).map_err(|e: rusqlite::Error| e.to_string())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn write_all(connection: &Connection, queue: &mpsc::Receiver<Write>) {
    while let Ok(first) = queue.recv() {
        // What waits goes into one transaction: one flush for all of it.
        let _ = connection.execute_batch("BEGIN");
        let mut sessions = Vec::new();
        for write in std::iter::once(first).chain(queue.try_iter().take(500)) {
            let result = match write {
                Write::Device { device, display_name } => {
                    schema::device(connection, &device, &display_name)
                }
                Write::Call { call, version, state, caller, callee, session } => {
                    schema::call(connection, call, version, state, &caller, &callee, &session)
                }
                Write::Key(record) => schema::key(connection, &record),
                Write::Session { key, fresh, reply } => schema::session(connection, &key, &fresh)
                    .map(|session| {
                        sessions.push((reply, session));
                    }),
            };
            if let Err(error) = result {
                tracing::warn!(%error, "the store could not write; calls go on. Check the disk.");
            }
        }
        let _ = connection.execute_batch("COMMIT");
        for (reply, session) in sessions {
            let _ = reply.send(session);
        }
    }
}
