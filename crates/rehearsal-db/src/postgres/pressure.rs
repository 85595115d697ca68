//! Measures the [`Pressure`] on a server: sessions that wait for a lock of a writer, lagging replicas, and vacuums
//! against wraparound.

use super::connection::PostgresSession;
use crate::{Error, Pressure, Session, Value};

/// The lag of a replica in bytes that counts as pressure: four segments of the default size.
const LAG_BYTES: u64 = 64 * 1024 * 1024;
/// The lag of a replica in seconds that counts as pressure.
const LAG_SECONDS: u32 = 10;

/// The work with priority over these writing sessions.
pub(super) async fn pressure(session: &mut PostgresSession, writers: &[i64]) -> Result<Vec<Pressure>, Error> {
    let writers = writers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    // Every role sees the waits in `pg_locks`. In the other views, a role without `pg_monitor` sees NULL for
    // sessions that are not its own, and so no pressure. Workers of other processes wait just like those of this one
    // and do not count.
    let sql = format!(
        "SELECT 'waits', coalesce(nullif(application_name, ''), 'a session of ' || usename) || ' (session ' || pid || ')' \
         FROM (SELECT pid, pg_blocking_pids(pid) AS behind FROM (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted) all_of_them) waiting \
         JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND application_name <> 'rehearsal' \
         AND behind && $1::text::int4[] \
         UNION ALL SELECT 'lags', coalesce(nullif(application_name, ''), 'without a name') || ' is ' \
         || pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) || ' behind' \
         FROM pg_stat_replication WHERE pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) > {LAG_BYTES} \
         OR replay_lag > interval '{LAG_SECONDS} seconds' \
         UNION ALL SELECT 'wraparound', split_part(query, ' ', 3) FROM pg_stat_activity \
         WHERE backend_type = 'autovacuum worker' AND query LIKE '%(to prevent wraparound)'"
    );
    let rows = session.rows(&sql, &[format!("{{{writers}}}").into()]).await?;
    let pressure = |row: &Vec<Value>| {
        let what = row[1].as_text().unwrap_or_default().to_owned();
        match row[0].as_text()? {
            "waits" => Some(Pressure::Waits(what)),
            "lags" => Some(Pressure::Lags(what)),
            _ => Some(Pressure::Wraparound(what)),
        }
    };
    Ok(rows.iter().filter_map(pressure).collect())
}
