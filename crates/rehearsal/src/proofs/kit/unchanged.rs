//! Two states that should be the same: the differences that count, as a finding.

use super::snapshot::{Compared, Snapshot};
use crate::Error;
use crate::proofs::ProofRun;
use crate::report::Finding;
use rehearsal_db::Connection;

/// Reports `finding`, with the differences, where the database is not as it was before. Returns whether it is.
pub async fn unchanged(
    run: &mut ProofRun<'_>,
    before: &Snapshot,
    connection: &mut Connection,
    finding: Finding,
) -> Result<bool, Error> {
    let compared = before.compare(run, connection).await?;
    Ok(equal(run, &compared, finding).await)
}

/// Reports `finding`, with the differences, where there is one that counts. Returns whether there is none.
pub async fn equal(run: &mut ProofRun<'_>, compared: &Compared, finding: Finding) -> bool {
    run.outcome.notes.extend(compared.notes());
    let lines = compared.lines();
    let is_equal = lines.is_empty();
    if !is_equal {
        run.find(finding.with_details(lines)).await;
    }
    is_equal
}
