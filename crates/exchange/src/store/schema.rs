//! The tables and the statements on them.

use super::Remembered;
use crate::calls::{DeviceRef, KeyRecord};
use hookswitch_platform::call_server::{CallId, CallState, EndedReason};
use rusqlite::{Connection, Error, ErrorCode, OptionalExtension, Result, params};
use std::time::Duration;
use uuid::Uuid;

/// Makes what is missing. `user_version` is the version of the tables.
pub(super) fn prepare(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         CREATE TABLE IF NOT EXISTS devices (
             address TEXT NOT NULL, device_id TEXT NOT NULL, display_name TEXT NOT NULL,
             version INTEGER NOT NULL, idempotency_key TEXT NOT NULL,
             PRIMARY KEY (address, device_id)) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS sessions (
             session TEXT PRIMARY KEY, version INTEGER NOT NULL, idempotency_key TEXT NOT NULL UNIQUE,
             created_at INTEGER NOT NULL DEFAULT (unixepoch())) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS calls (
             call TEXT PRIMARY KEY, version INTEGER NOT NULL, idempotency_key TEXT NOT NULL,
             state TEXT NOT NULL, reason TEXT, caller TEXT NOT NULL, caller_device TEXT NOT NULL,
             callee TEXT NOT NULL, session TEXT NOT NULL,
             created_at INTEGER NOT NULL DEFAULT (unixepoch()), changed_at INTEGER NOT NULL DEFAULT (unixepoch()))
             WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS requests (
             address TEXT NOT NULL, device_id TEXT NOT NULL, idempotency_key TEXT NOT NULL,
             version INTEGER NOT NULL, request TEXT NOT NULL, call TEXT NOT NULL,
             done_at INTEGER NOT NULL DEFAULT (unixepoch()),
             PRIMARY KEY (address, device_id, idempotency_key)) WITHOUT ROWID;
         CREATE INDEX IF NOT EXISTS requests_by_age ON requests (done_at);
         PRAGMA user_version = 1;",
    )
}

/// Fails if the file's content is damaged.
pub(super) fn check(connection: &Connection) -> Result<()> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), None))
    }
}

pub(super) fn is_damage(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Closes what was live as failed and reads what is still of use.
pub(super) fn remembered(connection: &Connection, key_memory: Duration) -> Result<Remembered> {
    connection.execute(
        "UPDATE calls SET state = 'ended', reason = 'failed', version = version + 1, changed_at = unixepoch()
         WHERE state <> 'ended'",
        [],
    )?;
    connection.execute(
        "DELETE FROM requests WHERE done_at < unixepoch() - ?1",
        [i64::try_from(key_memory.as_secs()).unwrap_or(i64::MAX)],
    )?;
    let mut addresses = connection.prepare("SELECT DISTINCT address FROM devices")?;
    let addresses = addresses.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>>>()?;
    let mut keys = connection.prepare(
        "SELECT address, device_id, idempotency_key, request, call FROM requests ORDER BY done_at",
    )?;
    let keys = keys.query_map([], |row| {
        let call: String = row.get(4)?;
        Ok(KeyRecord {
            device: DeviceRef { address: row.get(0)?, device_id: row.get(1)? },
            key: row.get(2)?,
            request: row.get(3)?,
            call: CallId(Uuid::parse_str(&call).unwrap_or_default()),
        })
    })?;
    Ok(Remembered { addresses, keys: keys.collect::<Result<Vec<_>>>()? })
}

pub(super) fn device(
    connection: &Connection,
    device: &DeviceRef,
    display_name: &str,
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO devices (address, device_id, display_name, version, idempotency_key) VALUES (?1, ?2, ?3, 1, '')
         ON CONFLICT DO UPDATE SET display_name = ?3, version = version + 1",
    )?;
    statement.execute(params![device.address, device.device_id, display_name]).map(drop)
}

pub(super) fn call(
    connection: &Connection,
    call: CallId,
    version: u64,
    state: CallState,
    caller: &DeviceRef,
    callee: &str,
    session: &str,
) -> Result<()> {
    let (state, reason) = words(state);
    // A call is told apart by its id, so that one attempt to write it twice does no harm.
    let mut statement = connection.prepare_cached(
        "INSERT INTO calls (call, version, idempotency_key, state, reason, caller, caller_device, callee, session)
         VALUES (?1, ?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET version = ?2, state = ?3, reason = ?4, changed_at = unixepoch()
         WHERE ?2 > version",
    )?;
    let id = call.to_string();
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    statement
        .execute(params![
            id,
            version,
            state,
            reason,
            caller.address,
            caller.device_id,
            callee,
            session
        ])
        .map(drop)
}

pub(super) fn key(connection: &Connection, record: &KeyRecord) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO requests (address, device_id, idempotency_key, version, request, call)
         VALUES (?1, ?2, ?3, 1, ?4, ?5)",
    )?;
    let call = record.call.to_string();
    let device = &record.device;
    statement
        .execute(params![device.address, device.device_id, record.key, record.request, call])
        .map(drop)
}

pub(super) fn session(connection: &Connection, key: &str, fresh: &str) -> Result<String> {
    let known: Option<String> = connection
        .prepare_cached("SELECT session FROM sessions WHERE idempotency_key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    if let Some(session) = known {
        return Ok(session);
    }
    connection
        .prepare_cached(
            "INSERT INTO sessions (session, version, idempotency_key) VALUES (?1, 1, ?2)",
        )?
        .execute([fresh, key])?;
    Ok(fresh.to_owned())
}

/// State and reason as they are on the wire.
fn words(state: CallState) -> (String, Option<String>) {
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let reason_word =
        |reason: EndedReason| serde_json::to_value(reason).map(word).unwrap_or_default();
    match state {
        CallState::Ended { reason } => ("ended".to_owned(), Some(reason_word(reason))),
        live => {
            let value = serde_json::to_value(live).unwrap_or_default();
            (value.get("state").cloned().map(word).unwrap_or_default(), None)
        }
    }
}
