//! Ranges of a run's units. The database leases each range to one worker at a time, in any process on any machine:
//! [`claim`] takes a free range, [`hold`] checks the lease before a batch, and [`save`] stores progress. If a worker
//! ends or its lease expires, the next worker resumes the range after the last committed batch.

use super::counts::Counts;
use super::state::RunState;
use super::stored::{json, unreadable};
use rehearsal_db::{Connection, Error, Key, Value};
use serde::{Deserialize, Serialize};

/// A range of units in key order, with its progress and counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// The lease; `None` for a pass without a ledger.
    pub lease: Option<Lease>,
    /// The key before the first unit; `None` to start at the first unit.
    pub after: Option<Key>,
    /// The last key, inclusive, as of when the range was cut. Units that arrive later are not part of it. `None` if
    /// there were no units.
    pub until: Option<Key>,
    /// The last key whose batch was committed.
    pub cursor: Option<Key>,
    /// The counts up to `cursor`.
    pub counts: Counts,
}

/// A range of a resumable run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeProgress {
    /// Its number, from 1.
    pub number: i64,
    /// The units processed so far.
    pub units: u64,
    /// The batches committed so far.
    pub batches: u64,
    /// True if no unit of the range is left.
    pub done: bool,
}

/// A range that is leased to a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The run.
    pub run: i64,
    /// The number of the range, from 1.
    pub number: i64,
    /// The number of the worker.
    pub worker: i64,
}

const COLUMNS: &str = "number, after_key, until_key, cursor, counts";

fn read(connection: &Connection, row: &[Value], run: i64, worker: i64) -> Result<Range, Error> {
    let failed = |error: serde_json::Error| unreadable(connection, &error);
    let key = |at: usize| row[at].as_text().map(serde_json::from_str::<Key>).transpose().map_err(failed);
    Ok(Range {
        lease: row[0].as_int().map(|number| Lease { run, number, worker }),
        after: key(1)?,
        until: key(2)?,
        cursor: key(3)?,
        counts: serde_json::from_str(row[4].as_text().unwrap_or_default()).map_err(failed)?,
    })
}

/// Stores consecutive ranges that end at these keys, or one empty range if there are no keys. Runs in the current
/// transaction. `look` is the number of earlier passes over the units of this run.
pub(super) async fn cut(connection: &mut Connection, run: i64, look: i64, ends: &[Key]) -> Result<(), Error> {
    let sql = "INSERT INTO _rehearsal_ranges (run, number, look, after_key, until_key, counts) \
               SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM _rehearsal_ranges WHERE run = $1";
    let counts = json(&Counts::default());
    let ends: Vec<Option<String>> =
        if ends.is_empty() { vec![None] } else { ends.iter().map(|key| Some(json(key))).collect() };
    let mut after: Option<String> = None;
    for until in ends {
        let values = [run.into(), look.into(), after.into(), until.clone().into(), counts.as_str().into()];
        connection.execute(sql, &values).await?;
        after = until;
    }
    Ok(())
}

/// Returns the unfinished ranges of a run, leased or not. Writes nothing.
///
/// # Errors
/// Fails if a query fails.
pub async fn open_ranges(connection: &mut Connection, run: i64) -> Result<Vec<Range>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM _rehearsal_ranges WHERE run = $1 AND NOT done ORDER BY number");
    let rows = connection.query(&sql, &[run.into()], usize::MAX).await?.rows;
    rows.iter().map(|row| read(connection, row, run, 0)).collect()
}

/// Returns how far each range of a run is, at most `limit` ranges. Writes nothing.
///
/// # Errors
/// Fails if a query fails.
pub(super) async fn range_progress(
    connection: &mut Connection,
    run: i64,
    limit: usize,
) -> Result<Vec<RangeProgress>, Error> {
    let sql = "SELECT number, counts, done FROM _rehearsal_ranges WHERE run = $1 ORDER BY number";
    let rows = connection.query(sql, &[run.into()], limit).await?.rows;
    let progress = |row: &Vec<Value>| {
        let counts: Counts = serde_json::from_str(row[1].as_text().unwrap_or_default())
            .map_err(|error| unreadable(connection, &error))?;
        let done = row[2].as_int().is_some_and(|done| done != 0) || row[2].as_text() == Some("true");
        let number = row[0].as_int().unwrap_or_default();
        Ok(RangeProgress { number, units: counts.units, batches: counts.batches, done })
    };
    rows.iter().map(progress).collect()
}

/// Leases the first free range to a worker; `None` if every range is done or leased.
///
/// # Errors
/// Fails if a query fails.
pub async fn claim(connection: &mut Connection, run: i64, worker: i64) -> Result<Option<Range>, Error> {
    connection.begin().await?;
    match claim_in_transaction(connection, run, worker).await {
        Ok(range) => {
            connection.commit().await?;
            Ok(range)
        }
        Err(error) => {
            connection.rollback().await;
            Err(error)
        }
    }
}

/// Whether a range of a run is free. Runs in the current transaction.
///
/// # Errors
/// Fails if a query fails.
pub async fn is_one_free(connection: &mut Connection, run: i64) -> Result<bool, Error> {
    let free = connection.engine().is_free();
    let skip = connection.engine().skip_locked();
    let sql = format!("SELECT 1 FROM _rehearsal_ranges WHERE run = $1 AND NOT done AND {free} LIMIT 1{skip}");
    Ok(!connection.query(&sql, &[run.into()], 1).await?.rows.is_empty())
}

async fn claim_in_transaction(connection: &mut Connection, run: i64, worker: i64) -> Result<Option<Range>, Error> {
    let engine = connection.engine();
    let sql = format!(
        "SELECT {COLUMNS} FROM _rehearsal_ranges WHERE run = $1 AND NOT done AND {} ORDER BY number LIMIT 1{}",
        engine.is_free(),
        engine.skip_locked()
    );
    let rows = connection.query(&sql, &[run.into()], 1).await?.rows;
    let Some(row) = rows.first() else { return Ok(None) };
    let range = read(connection, row, run, worker)?;
    let sql = format!(
        "UPDATE _rehearsal_ranges SET owner = $3, leased_until = {} WHERE run = $1 AND number = $2",
        engine.lease_end()
    );
    connection.execute(&sql, &[run.into(), row[0].clone(), worker.into()]).await?;
    Ok(Some(range))
}

/// Locks a leased range until the end of the batch's transaction, and returns the state of the run; `None` if the
/// worker has lost the lease.
///
/// # Errors
/// Fails if a query fails.
pub async fn hold(connection: &mut Connection, lease: Lease) -> Result<Option<RunState>, Error> {
    let sql = format!(
        "SELECT runs.state FROM _rehearsal_ranges AS held JOIN _rehearsal_runs AS runs ON runs.run = held.run \
         WHERE held.run = $1 AND held.number = $2 AND held.owner = $3 AND NOT held.done{}",
        connection.engine().lock_rows("held")
    );
    let rows = connection.query(&sql, &[lease.run.into(), lease.number.into(), lease.worker.into()], 1).await?;
    Ok(rows.scalar().and_then(Value::as_text).and_then(RunState::of))
}

/// How far a worker is with a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// More batches follow.
    Batch,
    /// The range is done.
    End,
}

/// Stores cursor and counts in the transaction of a batch, and renews the lease.
///
/// # Errors
/// [`Error::Conflict`] if the worker has lost the lease. Fails if a query fails.
pub async fn save(connection: &mut Connection, range: &Range) -> Result<(), Error> {
    store(connection, range, Reached::Batch).await
}

/// Stores cursor and counts of a finished range, and marks it as done.
///
/// # Errors
/// As [`save`].
pub(crate) async fn end(connection: &mut Connection, range: &Range) -> Result<(), Error> {
    store(connection, range, Reached::End).await
}

async fn store(connection: &mut Connection, range: &Range, reached: Reached) -> Result<(), Error> {
    let Some(lease) = range.lease else { return Ok(()) };
    let end = match reached {
        Reached::Batch => format!("leased_until = {}", connection.engine().lease_end()),
        Reached::End => "done = TRUE, owner = NULL, leased_until = NULL".to_owned(),
    };
    let sql = format!(
        "UPDATE _rehearsal_ranges SET cursor = $4, counts = $5, {end} WHERE run = $1 AND number = $2 AND owner = $3 AND NOT done"
    );
    let cursor = range.cursor.as_ref().map(json);
    let values =
        [lease.run.into(), lease.number.into(), lease.worker.into(), cursor.into(), json(&range.counts).into()];
    match connection.execute(&sql, &values).await? {
        0 => Err(lost(connection)),
        _ => Ok(()),
    }
}

fn lost(connection: &Connection) -> Error {
    let why = "another worker has taken over the range, because the lease of this worker ended".to_owned();
    Error::Conflict { place: connection.address(), why }
}
