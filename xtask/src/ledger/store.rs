//! The two tables of the ledger and what is done with them. Times are UTC and come from the database's own clock.

use super::counts::Counts;
use super::finding::Finding;
use super::run::{RunState, Work};
use crate::engine::{Connection, Error, Key, Lack, Value};

/// A run that can be taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number; none in a database without a ledger, or for a run that was not begun.
    id: Option<i64>,
    /// The last key whose batch was committed.
    pub cursor: Option<Key>,
    /// What was counted up to there.
    pub counts: Counts,
}

impl Run {
    /// A run of which nothing is stored.
    #[must_use]
    pub fn unstored() -> Self {
        Self { id: None, cursor: None, counts: Counts::default() }
    }
}

/// The unfinished run of that backfill, work and scope, if there is one. Writes nothing.
///
/// # Errors
/// What the engine said.
pub async fn unfinished(
    connection: &mut Connection,
    backfill: &str,
    work: Work,
    scope: &str,
) -> Result<Option<Run>, Error> {
    if !connection.has_table("_xtask_runs").await? {
        return Ok(None);
    }
    let sql = "SELECT run, cursor, counts FROM _xtask_runs WHERE backfill = $1 AND work = $2 AND scope = $3 \
               AND state IN ('running', 'stopped', 'failed') ORDER BY run DESC";
    let rows = connection.query(sql, &[backfill.into(), work.as_str().into(), scope.into()], 1).await?.rows;
    let Some(row) = rows.first() else { return Ok(None) };
    let database = connection.address();
    let unreadable = |error: serde_json::Error| Error::Ledger { database: database.clone(), why: error.to_string() };
    let cursor = row[1].as_text().map(serde_json::from_str).transpose().map_err(unreadable)?;
    let counts = serde_json::from_str(row[2].as_text().unwrap_or_default()).map_err(unreadable)?;
    Ok(Some(Run { id: row[0].as_int(), cursor, counts }))
}

/// What a role lacks to keep a ledger, or only to read it.
///
/// # Errors
/// What the engine said.
pub async fn lacking(connection: &mut Connection, keeps: bool) -> Result<Vec<Lack>, Error> {
    if !connection.has_table("_xtask_runs").await? {
        return Ok(if keeps { connection.lack_of_creation().await?.into_iter().collect() } else { Vec::new() });
    }
    let rights: &[(&str, &[&str])] = match keeps {
        true => {
            &[("_xtask_runs", &["SELECT", "INSERT", "UPDATE"]), ("_xtask_findings", &["SELECT", "INSERT", "DELETE"])]
        }
        false => &[("_xtask_runs", &["SELECT"]), ("_xtask_findings", &["SELECT"])],
    };
    connection.lacking(rights).await
}

/// Takes up the unfinished run or begins a new one, in a transaction of its own.
///
/// # Errors
/// What the engine said.
pub async fn begin(connection: &mut Connection, backfill: &str, work: Work, scope: &str) -> Result<Run, Error> {
    connection.begin().await?;
    match begin_in_transaction(connection, backfill, work, scope).await {
        Ok(run) => {
            connection.commit().await?;
            Ok(run)
        }
        Err(error) => {
            connection.rollback().await;
            Err(error)
        }
    }
}

async fn begin_in_transaction(
    connection: &mut Connection,
    backfill: &str,
    work: Work,
    scope: &str,
) -> Result<Run, Error> {
    if !connection.has_table("_xtask_runs").await? {
        connection.create_ledger().await?;
    }
    // Whatever the scope: a key that the opposite work has passed may need this work again.
    let supersede = "UPDATE _xtask_runs SET state = 'superseded', updated_at = CURRENT_TIMESTAMP \
                     WHERE backfill = $1 AND work = $2 AND state IN ('running', 'stopped', 'failed')";
    connection.execute(supersede, &[backfill.into(), work.opposite().as_str().into()]).await?;
    forget_superseded(connection).await?;
    if let Some(run) = unfinished(connection, backfill, work, scope).await? {
        set_state(connection, &run, RunState::Running).await?;
        return Ok(run);
    }
    let counts = json(&Counts::default());
    let insert = "INSERT INTO _xtask_runs (backfill, work, scope, state, counts, version) \
                  VALUES ($1, $2, $3, 'running', $4, $5) RETURNING run";
    let version = env!("CARGO_PKG_VERSION");
    let values = [backfill.into(), work.as_str().into(), scope.into(), counts.into(), version.into()];
    let id = connection.query(insert, &values, 1).await?;
    Ok(Run { id: id.scalar().and_then(Value::as_int), cursor: None, counts: Counts::default() })
}

/// Stores the cursor and the counts, in the batch's transaction.
///
/// # Errors
/// What the engine said.
pub async fn save(connection: &mut Connection, run: &Run) -> Result<(), Error> {
    let cursor = run.cursor.as_ref().map(json);
    let sql = "UPDATE _xtask_runs SET cursor = $2, counts = $3, updated_at = CURRENT_TIMESTAMP WHERE run = $1";
    connection.execute(sql, &[run.id.into(), cursor.into(), json(&run.counts).into()]).await.map(drop)
}

/// Stores findings of a batch, in its transaction.
///
/// # Errors
/// What the engine said.
pub async fn keep(connection: &mut Connection, run: &Run, findings: &[Finding]) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO _xtask_findings (run, finding) SELECT $1, each.value FROM {} AS each",
        connection.engine().each_text("$2")
    );
    let all: Vec<String> = findings.iter().map(json).collect();
    connection.execute(&sql, &[run.id.into(), json(&all).into()]).await.map(drop)
}

/// Ends or interrupts a run.
///
/// # Errors
/// What the engine said.
pub async fn close(connection: &mut Connection, run: &Run, state: RunState) -> Result<(), Error> {
    connection.begin().await?;
    match close_in_transaction(connection, run, state).await {
        Ok(()) => connection.commit().await,
        Err(error) => {
            connection.rollback().await;
            Err(error)
        }
    }
}

async fn close_in_transaction(connection: &mut Connection, run: &Run, state: RunState) -> Result<(), Error> {
    set_state(connection, run, state).await?;
    if state == RunState::Finished {
        // The report has them. Kept was what a process that goes on has to tell again; the rest is people's data.
        connection.execute("DELETE FROM _xtask_findings WHERE run = $1", &[run.id.into()]).await?;
    }
    Ok(())
}

async fn set_state(connection: &mut Connection, run: &Run, state: RunState) -> Result<(), Error> {
    let sql = "UPDATE _xtask_runs SET state = $2, updated_at = CURRENT_TIMESTAMP WHERE run = $1";
    connection.execute(sql, &[run.id.into(), state.as_str().into()]).await.map(drop)
}

/// Hands each finding that a run has committed to `take`, in the order in which they were found.
///
/// # Errors
/// What the engine said.
pub async fn replay(connection: &mut Connection, run: &Run, take: &(dyn Fn(Finding) + Sync)) -> Result<(), Error> {
    use futures_util::TryStreamExt;
    if run.id.is_none() {
        return Ok(());
    }
    let database = connection.address();
    let mut rows =
        connection.stream("SELECT finding FROM _xtask_findings WHERE run = $1 ORDER BY number", &[run.id.into()]);
    while let Some(row) = rows.try_next().await? {
        let finding = serde_json::from_str(row.values[0].as_text().unwrap_or_default());
        take(finding.map_err(|error| Error::Ledger { database: database.clone(), why: error.to_string() })?);
    }
    Ok(())
}

/// Ends all unfinished runs for good: what they have passed may be undone by what comes now. In the transaction at hand.
///
/// # Errors
/// What the engine said.
pub async fn supersede_all(connection: &mut Connection) -> Result<(), Error> {
    if !connection.has_table("_xtask_runs").await? {
        return Ok(());
    }
    let sql = "UPDATE _xtask_runs SET state = 'superseded', updated_at = CURRENT_TIMESTAMP \
               WHERE state IN ('running', 'stopped', 'failed')";
    connection.execute(sql, &[]).await?;
    forget_superseded(connection).await
}

/// Removes the findings of runs that nobody will go on with: they are people's data.
async fn forget_superseded(connection: &mut Connection) -> Result<(), Error> {
    let sql = "DELETE FROM _xtask_findings WHERE run IN (SELECT run FROM _xtask_runs WHERE state = 'superseded')";
    connection.execute(sql, &[]).await.map(drop)
}

fn json(value: &impl serde::Serialize) -> String {
    // Numbers, strings and maps with string keys: there is nothing in these types that could fail to serialise.
    serde_json::to_string(value).unwrap_or_default()
}
