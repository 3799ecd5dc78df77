use hookswitch_bus::{RecentsQuery, RecentsRecord};
use hookswitch_core::words::{CallNumber, RecentsEntry};
use rusqlite::{Connection, OpenFlags, params};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Why the list cannot be read or written. Calls work on without it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// SQLite says no.
    #[error(
        "the list of recents cannot be used: {0}. Calls work on; free disk space or mend the file, then restart the service."
    )]
    Sqlite(#[from] rusqlite::Error),
    /// The file cannot be made.
    #[error(
        "the list of recents cannot be made: {0}. Calls work on; see that its folder can be written to."
    )]
    File(#[from] std::io::Error),
}

/// The list on disk.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// A damaged list was put there, never deleted, and a new one begun.
    pub set_aside: Option<PathBuf>,
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS recents (
        number INTEGER PRIMARY KEY,
        app TEXT NOT NULL,
        account TEXT NOT NULL,
        direction TEXT NOT NULL,
        handle TEXT NOT NULL,
        handle_kind TEXT NOT NULL,
        handle_name TEXT,
        name TEXT,
        video INTEGER NOT NULL,
        started INTEGER NOT NULL,
        connected INTEGER,
        ended INTEGER,
        reason TEXT,
        missed INTEGER NOT NULL,
        missed_reason TEXT,
        emergency INTEGER NOT NULL DEFAULT 0
    ) STRICT;";

/// What each version of the table lacks that the next one has, by the version it leads to.
const MIGRATIONS: [(i64, &str); 1] =
    [(2, "ALTER TABLE recents ADD COLUMN emergency INTEGER NOT NULL DEFAULT 0;")];

/// The version of the table in [`SCHEMA`].
const VERSION: i64 = 2;

const COLUMNS: &str = "number, app, account, direction, handle, handle_kind, handle_name, name, video, \
                       started, connected, ended, reason, missed, missed_reason, emergency";

impl Store {
    /// Open the list in this file, or begin it. A file that is damaged is set aside.
    ///
    /// # Errors
    /// The folder cannot be written to, or the disk is full.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        match Self::try_open(path) {
            Ok(connection) => Ok(Self { connection, set_aside: None }),
            Err(StoreError::Sqlite(error)) if is_damage(&error) => {
                let aside = free_name(path);
                fs::rename(path, &aside)?;
                for tail in ["-wal", "-shm"] {
                    let mut name = path.as_os_str().to_owned();
                    name.push(tail);
                    let _ = fs::remove_file(name);
                }
                Ok(Self { connection: Self::try_open(path)?, set_aside: Some(aside) })
            }
            Err(error) => Err(error),
        }
    }

    /// What to tell if the list was damaged.
    pub fn damage(&self) -> Option<String> {
        let aside = self.set_aside.as_ref()?.display();
        Some(format!(
            "The list of recents was damaged. It was kept as {aside} and a new one begun."
        ))
    }

    fn try_open(path: &Path) -> Result<Connection, StoreError> {
        // Made here, so that nobody else can read it even for a moment.
        OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // Of the file 128 KiB are kept in memory: the kernel keeps it, too.
        connection.pragma_update(None, "cache_size", -128)?;
        migrate(&mut connection)?;
        Ok(connection)
    }

    /// Write entries, all or none. Later ones replace earlier ones of the same number.
    ///
    /// # Errors
    /// The disk is full or the file damaged.
    pub fn write(&mut self, entries: &[RecentsEntry]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(&format!(
                "INSERT OR REPLACE INTO recents ({COLUMNS}) VALUES \
                 (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)",
            ))?;
            for entry in entries.iter().filter(|entry| entry.listed) {
                let record = RecentsRecord::from(entry);
                insert.execute(params![
                    record.number.cast_signed(),
                    record.app_id,
                    record.account,
                    record.direction,
                    record.handle,
                    record.handle_kind,
                    record.handle_name,
                    record.name,
                    record.has_video,
                    record.started,
                    record.connected,
                    record.ended,
                    record.reason,
                    record.missed,
                    record.missed_reason,
                    record.emergency.unwrap_or(false),
                ])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Lines of the list, newest first.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn list(&self, query: &RecentsQuery) -> Result<Vec<RecentsRecord>, StoreError> {
        let mut select = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM recents WHERE number < ?1 AND (NOT ?2 OR missed) \
             ORDER BY number DESC LIMIT ?3",
        ))?;
        let before = query.before.and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX);
        let limit = query.limit.unwrap_or(100);
        let rows =
            select.query_map(params![before, query.missed.unwrap_or(false), limit], |row| {
                Ok(RecentsRecord {
                    number: row.get::<_, i64>(0)?.cast_unsigned(),
                    app_id: row.get(1)?,
                    account: row.get(2)?,
                    direction: row.get(3)?,
                    handle: row.get(4)?,
                    handle_kind: row.get(5)?,
                    handle_name: row.get(6)?,
                    name: row.get(7)?,
                    has_video: row.get(8)?,
                    started: row.get(9)?,
                    connected: row.get(10)?,
                    ended: row.get(11)?,
                    reason: row.get(12)?,
                    missed: row.get(13)?,
                    missed_reason: row.get(14)?,
                    emergency: row.get::<_, bool>(15)?.then_some(true),
                })
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The highest number in the list.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn last_number(&self) -> Result<CallNumber, StoreError> {
        let select = "SELECT coalesce(max(number), 0) FROM recents";
        let number: i64 = self.connection.query_row(select, [], |row| row.get(0))?;
        Ok(CallNumber(number.cast_unsigned()))
    }
}

/// Bring the table to the present version, all or nothing. A list of a later version keeps its own: its columns can only
/// be more.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => transaction.execute_batch(SCHEMA)?,
        _ => {
            for (_, step) in MIGRATIONS.iter().filter(|(to, _)| *to > found) {
                transaction.execute_batch(step)?;
            }
        }
    }
    if found < VERSION {
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

/// `recents.db.damaged-1`, or the first number that is free.
fn free_name(path: &Path) -> PathBuf {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{number}"));
        PathBuf::from(name)
    };
    (1..).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as version 1 of it was.
    const FIRST: &str = "
        CREATE TABLE recents (
            number INTEGER PRIMARY KEY, app TEXT NOT NULL, account TEXT NOT NULL, direction TEXT NOT NULL,
            handle TEXT NOT NULL, handle_kind TEXT NOT NULL, handle_name TEXT, name TEXT,
            video INTEGER NOT NULL, started INTEGER NOT NULL, connected INTEGER, ended INTEGER,
            reason TEXT, missed INTEGER NOT NULL, missed_reason TEXT
        ) STRICT;
        PRAGMA user_version = 1;
        INSERT INTO recents VALUES (7, 'org.example.Chat', 'default', 'incoming', '+49301',
            'phone_number', NULL, 'Anna', 0, 1, NULL, 2, 'unanswered', 1, 'blocked');";

    fn emergency(number: u64) -> RecentsEntry {
        use hookswitch_core::words::{CallUuid, Date, Direction, Handle, HandleKind};
        RecentsEntry {
            number: CallNumber(number),
            app: "org.example.Chat".into(),
            account: "default".into(),
            uuid: CallUuid(1),
            direction: Direction::Outgoing,
            handle: std::sync::Arc::new(Handle::new(HandleKind::PhoneNumber, "112")),
            name: None,
            video: false,
            started: Date(3),
            connected: None,
            ended: None,
            reason: None,
            missed: None,
            listed: true,
            emergency: true,
            has_audio: false,
        }
    }

    fn version(path: &Path) -> i64 {
        let connection = Connection::open(path).unwrap();
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_list_of_version_1_is_brought_along_with_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recents.db");
        Connection::open(&path).unwrap().execute_batch(FIRST).unwrap();
        // Once to bring it along, once more as it is then.
        for _ in 0..2 {
            let mut store = Store::open(&path).unwrap();
            assert_eq!(store.set_aside, None);
            store.write(&[emergency(8)]).unwrap();
            let lines = store.list(&RecentsQuery::default()).unwrap();
            let seen: Vec<_> = lines.iter().map(|line| (line.number, line.emergency)).collect();
            assert_eq!(seen, [(8, Some(true)), (7, None)]);
            assert_eq!(lines[1].name.as_deref(), Some("Anna"));
            assert_eq!(lines[1].missed_reason.as_deref(), Some("blocked"));
        }
        assert_eq!(version(&path), VERSION);
    }

    #[test]
    fn a_new_list_and_one_that_was_brought_along_have_the_same_columns() {
        let folder = tempfile::tempdir().unwrap();
        let columns = |name: &str, before: &str| {
            let path = folder.path().join(name);
            Connection::open(&path).unwrap().execute_batch(before).unwrap();
            let store = Store::open(&path).unwrap();
            let select = "SELECT group_concat(name || type || \"notnull\") FROM pragma_table_info('recents')";
            store.connection.query_row(select, [], |row| row.get::<_, String>(0)).unwrap()
        };
        assert_eq!(columns("new.db", ""), columns("old.db", FIRST));
    }

    #[test]
    fn a_list_of_a_later_version_can_be_used_and_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recents.db");
        drop(Store::open(&path).unwrap());
        let later = "ALTER TABLE recents ADD COLUMN mood TEXT; PRAGMA user_version = 9;";
        Connection::open(&path).unwrap().execute_batch(later).unwrap();
        let mut store = Store::open(&path).unwrap();
        store.write(&[emergency(1)]).unwrap();
        assert_eq!(store.list(&RecentsQuery::default()).unwrap().len(), 1);
        assert_eq!(version(&path), 9);
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_a_new_list_begun() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recents.db");
        fs::write(&path, "this is no database, but somebody's data").unwrap();
        let store = Store::open(&path).unwrap();
        let aside = store.set_aside.clone().unwrap();
        assert_eq!(fs::read(aside).unwrap(), b"this is no database, but somebody's data");
        assert!(store.list(&RecentsQuery::default()).unwrap().is_empty());
        assert_eq!(store.last_number().unwrap(), CallNumber(0));
    }
}
