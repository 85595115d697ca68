//! The stored findings of a run. They are kept until the run is finished, because a process that resumes it reports
//! them again, and removed afterwards, because they contain user data.

use super::finding::Finding;
use super::stored::json;
use futures_util::TryStreamExt;
use rehearsal_db::{Connection, Error};

/// Stores findings of a batch, in the transaction of the batch.
///
/// # Errors
/// Fails if a query fails.
pub async fn keep(connection: &mut Connection, run: i64, findings: &[Finding]) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO _rehearsal_findings (run, finding) SELECT $1, each.value FROM {} AS each",
        connection.engine().each_text("$2")
    );
    let all: Vec<String> = findings.iter().map(json).collect();
    connection.execute(&sql, &[run.into(), json(&all).into()]).await.map(drop)
}

/// Calls `take` with every committed finding of a run, in the order in which they were found.
///
/// # Errors
/// Fails if a query fails. [`Error::Ledger`] if a stored finding cannot be read.
pub async fn replay(connection: &mut Connection, run: i64, take: &(dyn Fn(Finding) + Sync)) -> Result<(), Error> {
    let database = connection.address();
    let mut rows =
        connection.stream("SELECT finding FROM _rehearsal_findings WHERE run = $1 ORDER BY number", &[run.into()]);
    while let Some(row) = rows.try_next().await? {
        let finding = serde_json::from_str(row.values[0].as_text().unwrap_or_default());
        take(finding.map_err(|error| Error::Ledger { database: database.clone(), why: error.to_string() })?);
    }
    Ok(())
}

/// Removes the findings of a run.
pub(crate) async fn forget(connection: &mut Connection, run: i64) -> Result<(), Error> {
    connection.execute("DELETE FROM _rehearsal_findings WHERE run = $1", &[run.into()]).await.map(drop)
}

/// Removes the findings of earlier finished runs of the same order, whose processes were killed before they had
/// reported them.
pub(crate) async fn forget_before(connection: &mut Connection, run: i64) -> Result<(), Error> {
    let sql = "DELETE FROM _rehearsal_findings WHERE run IN (SELECT old.run FROM _rehearsal_runs AS old JOIN _rehearsal_runs AS this \
               ON old.backfill = this.backfill AND old.work = this.work AND old.scope = this.scope \
               WHERE this.run = $1 AND old.run < $1 AND old.state = 'finished')";
    connection.execute(sql, &[run.into()]).await.map(drop)
}
