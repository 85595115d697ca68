//! Ranges of a run's units. Each is leased to one worker at a time, of whichever process on whichever machine, by the database
//! itself; a range whose worker is gone or gave no sign of life goes to the next one, behind its last batch.

use super::counts::Counts;
use super::state::RunState;
use super::stored::{json, unreadable};
use rehearsal_db::{Connection, Error, Key, Value};

/// Units in key order, how far they are done, and what was counted up to there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// Under which the ledger keeps it; none for a pass of which nothing is kept.
    pub lease: Option<Lease>,
    /// Units after this key; from the first where there is none.
    pub after: Option<Key>,
    /// Up to and including this key, which was the last when the range was cut: units that come meanwhile are none of it. Where
    /// there is none, there was no unit.
    pub until: Option<Key>,
    /// The last key whose batch was committed.
    pub cursor: Option<Key>,
    /// What was counted up to there.
    pub counts: Counts,
}

/// A range that is a worker's.
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

/// Stores ranges that end at these keys, one behind the other; or one of no unit where there is no key. In the transaction at
/// hand. `look` counts how often the units were looked at from the first.
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

/// The ranges of a run that are not done, whoever has them. Writes nothing.
///
/// # Errors
/// What the engine said.
pub async fn open_ranges(connection: &mut Connection, run: i64) -> Result<Vec<Range>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM _rehearsal_ranges WHERE run = $1 AND NOT done ORDER BY number");
    let rows = connection.query(&sql, &[run.into()], usize::MAX).await?.rows;
    rows.iter().map(|row| read(connection, row, run, 0)).collect()
}

/// Leases the first range that is free to a worker; none where all are done or somebody else's.
///
/// # Errors
/// What the engine said.
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

/// Whether a range of a run is free. In the transaction at hand.
///
/// # Errors
/// What the engine said.
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

/// Makes sure, at the beginning of a batch's transaction, that the range is still the worker's and stays so until its end, and
/// tells how the run stands; none where somebody else has it.
///
/// # Errors
/// What the engine said.
pub async fn hold(connection: &mut Connection, lease: Lease) -> Result<Option<RunState>, Error> {
    let sql = format!(
        "SELECT runs.state FROM _rehearsal_ranges AS held JOIN _rehearsal_runs AS runs ON runs.run = held.run \
         WHERE held.run = $1 AND held.number = $2 AND held.owner = $3 AND NOT held.done{}",
        connection.engine().lock_rows("held")
    );
    let rows = connection.query(&sql, &[lease.run.into(), lease.number.into(), lease.worker.into()], 1).await?;
    Ok(rows.scalar().and_then(Value::as_text).and_then(RunState::of))
}

/// What is stored with a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// More of it is to come.
    Batch,
    /// Its end.
    End,
}

/// Stores the cursor and the counts, in the batch's transaction, and prolongs the lease.
///
/// # Errors
/// [`Error::Conflict`] where somebody else has the range; what the engine said.
pub async fn save(connection: &mut Connection, range: &Range) -> Result<(), Error> {
    store(connection, range, Reached::Batch).await
}

/// The same of a range that is done.
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
    let why = "another worker has the range now, for this one gave no sign of life".to_owned();
    Error::Conflict { place: connection.address(), why }
}
