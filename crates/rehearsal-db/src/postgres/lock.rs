//! The lock of a PostgreSQL database: the advisory lock that sqlx takes for migrations. A session of its own holds
//! it, so it ends with the process for any reason, and sqlx-cli and rehearsal block each other.

use super::address::PostgresAddress;
use super::connect::connect_to_stay;
use super::explain::explain;
use crate::{Error, HeldLock, Holder, HolderKind, Sharing};
use async_trait::async_trait;
use sqlx::postgres::PgConnection;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(50);

/// A lock that ends with its session.
#[derive(Debug)]
pub(crate) struct AdvisoryLock {
    session: PgConnection,
    place: String,
}

impl AdvisoryLock {
    pub(crate) async fn take(
        address: &PostgresAddress,
        sharing: Sharing,
        wait: Duration,
        waiting: &(dyn Fn(String) + Sync),
    ) -> Result<Self, Error> {
        let mut session = connect_to_stay(address, wait).await?;
        let number = lock_number(address.database());
        let deadline = Instant::now() + wait;
        let refused = |error: sqlx::Error| explain(&address.url(), wait, &error);
        let take = match sharing {
            Sharing::Alone => "SELECT pg_try_advisory_lock($1)",
            Sharing::Together => "SELECT pg_try_advisory_lock_shared($1)",
        };
        let mut told = false;
        loop {
            let taken = sqlx::query_scalar(take).bind(number).fetch_one(&mut session).await;
            if taken.map_err(refused)? {
                return Ok(Self { session, place: address.url() });
            }
            if told && Instant::now() < deadline {
                tokio::time::sleep(POLL).await;
                continue;
            }
            let holders = holders(&mut session, number).await.map_err(refused)?;
            if Instant::now() >= deadline {
                return Err(Error::Locked { place: address.url(), waited: wait, holders });
            }
            told = true;
            waiting(holders.first().map_or_else(|| "another session".to_owned(), ToString::to_string));
        }
    }
}

#[async_trait]
impl HeldLock for AdvisoryLock {
    async fn work_on(&mut self, run: i64) -> Result<(), Error> {
        let sql = "SELECT pg_advisory_lock_shared(hashtextextended('_rehearsal_run', $1))";
        let locked = sqlx::query(sql).bind(run).execute(&mut self.session).await;
        locked.map(drop).map_err(|error| explain(&self.place, Duration::ZERO, &error))
    }

    async fn leave(&mut self, run: i64) {
        let sql = "SELECT pg_advisory_unlock_shared(hashtextextended('_rehearsal_run', $1))";
        drop(sqlx::query(sql).bind(run).execute(&mut self.session).await);
    }

    async fn is_held(&mut self) -> bool {
        sqlx::query("SELECT 1").execute(&mut self.session).await.is_ok()
    }
}

/// The number of sqlx's lock on a database with this name.
fn lock_number(database: &str) -> i64 {
    0x3d32_ad9e * i64::from(crc32(database.as_bytes()))
}

/// CRC-32 (ISO 3309), bit by bit: a name is short.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc: u32, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// The sessions that hold the lock. `pg_locks` stores the number in two halves.
async fn holders(session: &mut PgConnection, number: i64) -> Result<Vec<Holder>, sqlx::Error> {
    let sql = "SELECT a.pid, coalesce(nullif(a.application_name, ''), 'a session without a name') \
               FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
               WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
               AND (l.classid::int8 << 32) | l.objid::int8 = $1 ORDER BY a.pid";
    let rows: Vec<(i32, String)> = sqlx::query_as(sql).bind(number).fetch_all(session).await?;
    Ok(rows
        .into_iter()
        .map(|(pid, program)| Holder { kind: HolderKind::Session, pid: pid.unsigned_abs(), program })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn lock_number_is_that_of_sqlx() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
        assert_eq!(lock_number("123456789"), 0x3d32_ad9e * 0xcbf4_3926);
    }
}
