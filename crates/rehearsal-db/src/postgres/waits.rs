//! Lock timeouts, and the holders of locks.

use super::connect::lock_timeout;
use super::connection::PostgresSession;
use super::schema;
use crate::{Blocks, Error, Holder, HolderKind, Session, TableLock, Value};
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

/// The modes of locks on tables, from the strongest to the weakest that a migration takes, and whom each keeps waiting
/// (`https://www.postgresql.org/docs/current/explicit-locking.html`, table 13.2). The modes that reading takes are left out.
const MODES: [(&str, Blocks); 6] = [
    ("AccessExclusive", Blocks::Reads),
    ("Exclusive", Blocks::Writes),
    ("ShareRowExclusive", Blocks::Writes),
    ("Share", Blocks::Writes),
    ("ShareUpdateExclusive", Blocks::SchemaChanges),
    ("RowExclusive", Blocks::SchemaChanges),
];

/// The strongest lock that this session holds on each of the user's tables.
pub(super) async fn table_locks(session: &mut PostgresSession) -> Result<Vec<TableLock>, Error> {
    let (name, ours) = (schema::table("n", "c"), schema::OURS);
    let sql = format!(
        "SELECT {name}, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p', 'm', 'v', 'f') \
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND {ours} ORDER BY 1"
    );
    let rows = session.rows(&sql, &[]).await?;
    let mut strongest: Vec<(String, usize)> = Vec::new();
    for row in &rows {
        let [Value::Text(table), Value::Text(mode)] = row.as_slice() else { continue };
        let mode = mode.trim_end_matches("Lock");
        let Some(rank) = MODES.iter().position(|(name, _)| *name == mode) else { continue };
        match strongest.last_mut().filter(|(last, _)| last == table) {
            Some((_, best)) => *best = rank.min(*best),
            None => strongest.push((table.clone(), rank)),
        }
    }
    let lock = |(table, rank): (String, usize)| {
        let (mode, blocks) = MODES[rank];
        TableLock { table: Some(table), mode: mode.to_owned(), blocks }
    };
    Ok(strongest.into_iter().map(lock).collect())
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
