//! Runs: [`start`] stores a new run, [`begin`] resumes an unfinished one, [`transition`] changes its state, and
//! [`finish`] ends it. Every transition is logged with the user who made it.

use super::counts::Counts;
use super::found;
use super::range::{self, Range, cut};
use super::state::{RunState, Transition, Work};
use super::stored::{json, unreadable};
use rehearsal_db::{Connection, Error, Key, MissingPrivilege, Value};

/// The work that a run does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order<'a> {
    /// The backfill.
    pub backfill: &'a str,
    /// Whether it executes or undoes the backfill.
    pub work: Work,
    /// The units, as a JSON object of columns and values.
    pub scope: &'a str,
}

/// A user, and the version of the code that they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// `momo@laptop`.
    pub who: String,
    /// The version of the code: a commit, or the number of a release.
    pub version: String,
}

/// A run that was started or resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its number.
    pub run: i64,
    /// Its state.
    pub state: RunState,
    /// The counts of earlier processes.
    pub counts: Counts,
    /// The last key that an earlier process finished in the first unfinished range; `None` if there is none.
    pub after: Option<Key>,
}

const RUNS: &str = "_rehearsal_runs";
const RANGES: &str = "_rehearsal_ranges";
/// A condition on a row of `_rehearsal_runs`.
const HAS_RANGES: &str = "EXISTS (SELECT 1 FROM _rehearsal_ranges WHERE _rehearsal_ranges.run = _rehearsal_runs.run)";

/// Returns the unfinished run of an order, if any. Writes nothing.
///
/// # Errors
/// Fails if a query fails.
pub async fn unfinished(connection: &mut Connection, order: &Order<'_>) -> Result<Option<Begun>, Error> {
    if !connection.has_table(RUNS).await? || !connection.has_table(RANGES).await? {
        return Ok(None);
    }
    let sql = "SELECT run, state FROM _rehearsal_runs WHERE backfill = $1 AND work = $2 AND scope = $3 \
               AND state NOT IN ('finished', 'superseded') ORDER BY run DESC";
    let values = [order.backfill.into(), order.work.as_str().into(), order.scope.into()];
    let rows = connection.query(sql, &values, 1).await?.rows;
    let Some((run, state)) = rows.first().and_then(|row| Some((row[0].as_int()?, row[1].as_text()?.to_owned()))) else {
        return Ok(None);
    };
    let state = known(connection, &state)?;
    let counts = counted(connection, run).await?;
    let after =
        range::open_ranges(connection, run).await?.into_iter().find_map(|Range { cursor, after, .. }| cursor.or(after));
    Ok(Some(Begun { run, state, counts, after }))
}

fn known(connection: &Connection, state: &str) -> Result<RunState, Error> {
    let unknown = || Error::Ledger { database: connection.address(), why: format!("`{state}` is not a run state") };
    RunState::of(state).ok_or_else(unknown)
}

/// Adds up the counts of all ranges of a run.
///
/// # Errors
/// Fails if a query fails.
pub async fn counted(connection: &mut Connection, run: i64) -> Result<Counts, Error> {
    let rows =
        connection.query("SELECT counts FROM _rehearsal_ranges WHERE run = $1", &[run.into()], usize::MAX).await?.rows;
    let mut sum = Counts::default();
    for row in rows {
        let counts: Counts = serde_json::from_str(row[0].as_text().unwrap_or_default())
            .map_err(|error| unreadable(connection, &error))?;
        sum.add(&counts);
    }
    Ok(sum)
}

/// How a pass uses the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It reads the ledger.
    Read,
    /// It records a run.
    Keep,
}

/// Returns the privileges that the role lacks for this use of the ledger.
///
/// # Errors
/// Fails if a query fails.
pub async fn missing_privileges(connection: &mut Connection, usage: Use) -> Result<Vec<MissingPrivilege>, Error> {
    let tables: [(&str, &[&str]); 5] = [
        (RUNS, &["SELECT", "INSERT", "UPDATE"]),
        (RANGES, &["SELECT", "INSERT", "UPDATE"]),
        ("_rehearsal_findings", &["SELECT", "INSERT", "DELETE"]),
        ("_rehearsal_log", &["SELECT", "INSERT"]),
        ("_rehearsal_undo_notes", &["SELECT", "INSERT", "DELETE"]),
    ];
    let mut lacks = Vec::new();
    let mut is_whole = true;
    for (table, rights) in tables {
        if connection.has_table(table).await? {
            let rights: &[&str] = match usage {
                Use::Keep => rights,
                Use::Read => &["SELECT"],
            };
            lacks.extend(connection.missing_privileges(&[(table, rights)]).await?);
        } else {
            is_whole = false;
        }
    }
    if usage == Use::Keep && !is_whole {
        lacks.extend(connection.missing_creation_privilege().await?);
    }
    Ok(lacks)
}

/// Resumes the unfinished run of an order; `None` if there is none. Supersedes unfinished runs of the opposite work.
/// Runs in the current transaction, which must exclude other processes.
///
/// # Errors
/// Fails if a query fails.
pub async fn begin(connection: &mut Connection, order: &Order<'_>, by: &By) -> Result<Option<Begun>, Error> {
    complete(connection).await?;
    // Runs of an earlier version of the library have no ranges. A new run does their remaining work.
    supersede(connection, by, &format!("NOT {HAS_RANGES} AND"), &[]).await?;
    // In any scope: a key that the opposite work has processed may need this work again.
    let opposite = [order.backfill.into(), order.work.opposite().as_str().into()];
    supersede(connection, by, "backfill = $1 AND work = $2 AND", &opposite).await?;
    let Some(mut begun) = unfinished(connection, order).await? else { return Ok(None) };
    // A requested stop of a run with active workers also applies to a process that joins.
    let is_to_stop = begun.state == RunState::Stopping && connection.is_worked_on(begun.run).await?;
    if !is_to_stop && let Some(state) = transition(connection, begun.run, Transition::TakeUp, by).await? {
        begun.state = state;
    }
    Ok(Some(begun))
}

/// Creates the missing tables of the ledger, in the current transaction.
///
/// # Errors
/// Fails if a query fails.
pub async fn complete(connection: &mut Connection) -> Result<(), Error> {
    // `create_ledger` creates this table last. It is not called on a complete ledger, because it would wait for
    // batches in progress.
    if connection.has_table("_rehearsal_undo_notes").await? { Ok(()) } else { connection.create_ledger().await }
}

/// Stores a new run whose ranges end at these keys, in the current transaction.
///
/// # Errors
/// Fails if a query fails.
pub async fn start(connection: &mut Connection, order: &Order<'_>, by: &By, ends: &[Key]) -> Result<Begun, Error> {
    let insert = "INSERT INTO _rehearsal_runs (backfill, work, scope, state, counts, version) \
                  VALUES ($1, $2, $3, 'running', $4, $5) RETURNING run";
    let counts = Counts::default();
    let (work, version) = (order.work.as_str(), by.version.as_str());
    let values = [order.backfill.into(), work.into(), order.scope.into(), json(&counts).into(), version.into()];
    let run = connection.query(insert, &values, 1).await?.scalar().and_then(Value::as_int).unwrap_or_default();
    cut(connection, run, 0, ends).await?;
    log(connection, run, by, "began").await?;
    Ok(Begun { run, state: RunState::Running, counts, after: None })
}

/// Returns the state of a run.
///
/// # Errors
/// Fails if a query fails.
pub async fn state(connection: &mut Connection, run: i64) -> Result<RunState, Error> {
    let found = connection.query("SELECT state FROM _rehearsal_runs WHERE run = $1", &[run.into()], 1).await?;
    let word = found.scalar().and_then(Value::as_text).unwrap_or("superseded").to_owned();
    known(connection, &word)
}

/// Changes the state of a run, in the current transaction; `None` if the transition does not apply to its state.
///
/// # Errors
/// Fails if a query fails.
pub async fn transition(
    connection: &mut Connection,
    run: i64,
    transition: Transition,
    by: &By,
) -> Result<Option<RunState>, Error> {
    let (_, to) = transition.way();
    let sql = format!(
        "UPDATE _rehearsal_runs SET state = $2, updated_at = CURRENT_TIMESTAMP WHERE run = $1 AND state IN ({})",
        origins(transition)
    );
    if connection.execute(&sql, &[run.into(), to.as_str().into()]).await? == 0 {
        return Ok(None);
    }
    log(connection, run, by, transition.did()).await?;
    Ok(Some(to))
}

/// The states that a transition starts from, as a list of SQL literals. The names need no escaping.
fn origins(transition: Transition) -> String {
    transition.way().0.iter().map(|state| format!("'{}'", state.as_str())).collect::<Vec<_>>().join(", ")
}

/// Ends or interrupts a run and stores its counts, in the current transaction. Findings of a finished run stay
/// stored until they are reported.
///
/// # Errors
/// Fails if a query fails.
pub async fn finish(
    connection: &mut Connection,
    run: i64,
    how: Transition,
    by: &By,
) -> Result<Option<RunState>, Error> {
    let Some(state) = transition(connection, run, how, by).await? else { return Ok(None) };
    let counts = counted(connection, run).await?;
    // A run of an earlier version of the library has no ranges, and its counts are stored only here.
    let sql = format!("UPDATE _rehearsal_runs SET counts = $2 WHERE run = $1 AND {HAS_RANGES}");
    connection.execute(&sql, &[run.into(), json(&counts).into()]).await?;
    if how == Transition::Supersede {
        found::forget(connection, run).await?;
    }
    Ok(Some(state))
}

/// Returns how often a run has looked for concurrently inserted units, and the number of its unfinished ranges.
///
/// # Errors
/// Fails if a query fails.
pub async fn looks(connection: &mut Connection, run: i64) -> Result<(u64, u64), Error> {
    let sql = "SELECT coalesce(max(look), 0), count(*) - count(CASE WHEN done THEN 1 END) FROM _rehearsal_ranges WHERE run = $1";
    let rows = connection.query(sql, &[run.into()], 1).await?.rows;
    let number = |at: usize| {
        rows.first().and_then(|row| row[at].as_int()).and_then(|n| u64::try_from(n).ok()).unwrap_or_default()
    };
    Ok((number(0), number(1)))
}

/// Adds ranges that end at these keys to a run, for concurrently inserted units. Runs in the current transaction.
///
/// # Errors
/// Fails if a query fails.
pub async fn look_again(connection: &mut Connection, run: i64, look: u64, ends: &[Key]) -> Result<(), Error> {
    cut(connection, run, i64::try_from(look).unwrap_or(i64::MAX), ends).await
}

/// Supersedes all unfinished runs, because the next change may revert units that they have processed. Runs in the
/// current transaction.
///
/// # Errors
/// Fails if a query fails.
pub async fn supersede_all(connection: &mut Connection, by: &By) -> Result<(), Error> {
    if !connection.has_table(RUNS).await? || !connection.has_table("_rehearsal_log").await? {
        return Ok(());
    }
    supersede(connection, by, "", &[]).await
}

async fn supersede(connection: &mut Connection, by: &By, which: &str, values: &[Value]) -> Result<(), Error> {
    let sql = format!("SELECT run FROM _rehearsal_runs WHERE {which} state IN ({})", origins(Transition::Supersede));
    let rows = connection.query(&sql, values, usize::MAX).await?.rows;
    for run in rows.iter().filter_map(|row| row[0].as_int()) {
        finish(connection, run, Transition::Supersede, by).await?;
    }
    Ok(())
}

async fn log(connection: &mut Connection, run: i64, by: &By, did: &str) -> Result<(), Error> {
    let sql = "INSERT INTO _rehearsal_log (run, who, version, did) VALUES ($1, $2, $3, $4)";
    let values = [run.into(), by.who.as_str().into(), by.version.as_str().into(), did.into()];
    connection.execute(sql, &values).await.map(drop)
}
