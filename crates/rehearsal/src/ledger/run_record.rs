//! The history of runs: [`run_records`] returns every run with its counts and its log.

use super::counts::Counts;
use super::range::{RangeProgress, range_progress};
use super::run::counted;
use super::state::{RunState, Work};
use super::stored::{json, unreadable};
use rehearsal_db::{Connection, Error, Value};
use serde::{Deserialize, Serialize};

/// A run as stored in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRecord {
    /// Its number.
    pub run: i64,
    /// The backfill.
    pub backfill: String,
    /// Whether it executes or undoes the backfill.
    pub work: Work,
    /// The units that it is limited to: an object of columns and values.
    pub scope: serde_json::Value,
    /// Its state.
    pub state: RunState,
    /// Its counts so far.
    pub counts: Counts,
    /// When it started; UTC, to the second.
    pub started_at: String,
    /// When its state last changed; UTC, to the second.
    pub updated_at: String,
    /// Its transitions, oldest first.
    pub log: Vec<Logged>,
}

/// A transition of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// When it happened; UTC, to the second.
    pub at: String,
    /// The user: `momo@laptop`.
    pub who: String,
    /// The version of the code.
    pub version: String,
    /// `began`, `took up`, `paused`, ….
    pub did: String,
}

/// Returns all runs, by number. Writes nothing.
///
/// # Errors
/// Fails if a query fails. [`Error::Ledger`] if a stored run cannot be read.
pub async fn run_records(connection: &mut Connection) -> Result<Vec<RunRecord>, Error> {
    if !connection.has_table("_rehearsal_runs").await? {
        return Ok(Vec::new());
    }
    let engine = connection.engine();
    let sql = format!(
        "SELECT run, backfill, work, scope, state, counts, {}, {} FROM _rehearsal_runs ORDER BY run",
        engine.second("started_at"),
        engine.second("updated_at")
    );
    let rows = connection.query(&sql, &[], usize::MAX).await?.rows;
    let has_ranges = connection.has_table("_rehearsal_ranges").await?;
    let has_log = connection.has_table("_rehearsal_log").await?;
    let mut records = Vec::new();
    for row in rows {
        let text = |at: usize| row[at].as_text().unwrap_or_default().to_owned();
        let failed = |error: serde_json::Error| unreadable(connection, &error);
        let (scope, mut counts) =
            (serde_json::from_str(&text(3)).map_err(failed)?, serde_json::from_str(&text(5)).map_err(failed)?);
        let run = row[0].as_int().unwrap_or_default();
        let (work, state) = (text(2), text(4));
        let unknown =
            |word: &str| Error::Ledger { database: connection.address(), why: format!("`{word}` is unknown") };
        let state = RunState::of(&state).ok_or_else(|| unknown(&state))?;
        let work = Work::of(&work).ok_or_else(|| unknown(&work))?;
        if has_ranges && !state.is_over() {
            counts = counted(connection, run).await?;
        }
        let log = if has_log { log(connection, run).await? } else { Vec::new() };
        let (started_at, updated_at) = (text(6), text(7));
        records.push(RunRecord { run, backfill: text(1), work, scope, state, counts, started_at, updated_at, log });
    }
    Ok(records)
}

/// The most ranges of a run that a report shows.
pub const MAX_RANGES: usize = 200;

/// Returns the run of a backfill that started last, with the progress of its ranges. `None` if there is none.
///
/// # Errors
/// As [`run_records`].
pub async fn newest_run(
    connection: &mut Connection,
    backfill: &str,
) -> Result<Option<(RunRecord, Vec<RangeProgress>)>, Error> {
    let runs = run_records(connection).await?;
    let Some(run) = runs.into_iter().rfind(|run| run.backfill == backfill) else { return Ok(None) };
    let ranges = range_progress(connection, run.run, MAX_RANGES).await?;
    Ok(Some((run, ranges)))
}

async fn log(connection: &mut Connection, run: i64) -> Result<Vec<Logged>, Error> {
    let at = connection.engine().second("at");
    let sql = format!("SELECT {at}, who, version, did FROM _rehearsal_log WHERE run = $1 ORDER BY number");
    let rows = connection.query(&sql, &[run.into()], usize::MAX).await?.rows;
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    let logged =
        |row: &Vec<Value>| Logged { at: text(&row[0]), who: text(&row[1]), version: text(&row[2]), did: text(&row[3]) };
    Ok(rows.iter().map(logged).collect())
}

impl RunRecord {
    /// True if the run has this scope, as the ledger stores scopes.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        serde_json::from_str::<serde_json::Value>(scope).is_ok_and(|scope| scope == self.scope)
    }

    /// The scope as command-line arguments; empty for all units.
    #[must_use]
    pub fn scope_typed(&self) -> String {
        let pairs = self.scope.as_object().into_iter().flatten();
        pairs
            .map(|(column, value)| {
                format!(" {column}={}", value.as_str().map_or_else(|| json(value), ToOwned::to_owned))
            })
            .collect()
    }
}
