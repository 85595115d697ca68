//! Lock timeouts, and the holders of locks.

use super::connect::lock_timeout;
use super::connection::PostgresSession;
use crate::{Error, Holder, HolderKind, Session, Value};
use std::time::Duration;

/// How long a migration waits for a lock before it lets other sessions proceed and retries.
const SOON: Duration = Duration::from_millis(500);

/// Sets a short lock timeout, for the scope of `set`: `SET LOCAL` or `SET SESSION`.
pub(super) async fn shorten_lock_timeout(session: &mut PostgresSession, set: &str) -> Result<(), Error> {
    let soon = SOON.min(session.wait);
    session.execute(&format!("{set} lock_timeout = {}", soon.as_millis().max(1)), &[]).await?;
    if set != "SET LOCAL" {
        session.lock_wait = soon;
    }
    Ok(())
}

/// Sets the lock timeout with which the connection was opened.
pub(super) async fn restore_lock_timeout(session: &mut PostgresSession) -> Result<(), Error> {
    session.lock_wait = session.wait;
    session.execute(&lock_timeout(session.wait), &[]).await.map(drop)
}

/// Other sessions that hold locks on tables of this database; one of them is in the way.
pub(super) async fn lock_holders(session: &mut PostgresSession) -> Vec<Holder> {
    let sql = "SELECT DISTINCT a.pid::int8, coalesce(nullif(a.application_name, ''), 'a session of ' || a.usename) \
               FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
               WHERE l.locktype = 'relation' AND l.granted AND l.relation >= 16384 AND a.pid <> pg_backend_pid() \
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1";
    let rows = session.rows(sql, &[]).await.unwrap_or_default();
    let holder = |row: &Vec<Value>| {
        let pid = row.first()?.as_int().and_then(|pid| u32::try_from(pid).ok())?;
        Some(Holder { kind: HolderKind::Session, pid, program: row.get(1)?.as_text()?.to_owned() })
    };
    rows.iter().filter_map(holder).collect()
}
