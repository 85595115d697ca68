//! What else is going on at a server that should not have to wait for us.

use super::{Connection, Error, Value};
use std::fmt;

/// A replica that is so many bytes behind lags: four of the server's usual segments.
const LAG_BYTES: u64 = 64 * 1024 * 1024;
/// And so does one that is so many seconds behind.
const LAG_SECONDS: u32 = 10;

/// Something that goes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pressure {
    /// A session waits for a lock that one of our writers holds.
    Waits(String),
    /// A replica has not replayed what was written.
    Lags(String),
    /// The server vacuums a table so that transaction ids don't run out.
    Wraparound(String),
}

impl fmt::Display for Pressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waits(who) => write!(f, "{who} waits for a lock of ours"),
            Self::Lags(who) => write!(f, "the replica {who}"),
            Self::Wraparound(what) => write!(f, "the server vacuums {what} to prevent a wraparound of transaction ids"),
        }
    }
}

impl Connection {
    /// The number of the session, by which the server names it. SQLite has none.
    pub async fn session_number(&mut self) -> Result<Option<i64>, Error> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(_) => {
                Ok(self.query("SELECT pg_backend_pid()", &[], 1).await?.scalar().and_then(Value::as_int))
            }
        }
    }

    /// What goes first, where these are the sessions that write for us. Nothing on SQLite, where whoever waits for a lock waits
    /// in its own process.
    pub async fn pressure(&mut self, writers: &[i64]) -> Result<Vec<Pressure>, Error> {
        let Self::Postgres(_) = self else { return Ok(Vec::new()) };
        let writers = writers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        // Who waits for what is seen by every role in `pg_locks`; of the rest of these views, a role without `pg_monitor` sees
        // NULL of what is not its own, and that is as if nothing were there. Workers of other processes wait as ours do.
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
        let rows = self.query(&sql, &[format!("{{{writers}}}").into()], usize::MAX).await?.rows;
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
}
