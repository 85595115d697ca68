//! Reports a finding if two states differ that should be equal: [`unchanged`] compares the database with a
//! snapshot, [`equal`] takes a finished comparison.

use super::snapshot::{Compared, Snapshot};
use crate::Error;
use crate::proofs::ProofRun;
use crate::report::Finding;
use rehearsal_db::Connection;

/// Reports `finding` with the differences if the database differs from `before`. Returns true if it does not.
pub async fn unchanged(
    run: &mut ProofRun<'_>,
    before: &Snapshot,
    connection: &mut Connection,
    finding: Finding,
) -> Result<bool, Error> {
    let compared = before.compare(run, connection).await?;
    Ok(equal(run, &compared, finding).await)
}

/// Reports `finding` with the differences if one of them counts. Returns true if none does.
pub async fn equal(run: &mut ProofRun<'_>, compared: &Compared, finding: Finding) -> bool {
    run.outcome.notes.extend(compared.notes());
    let lines = compared.lines();
    let is_equal = lines.is_empty();
    if !is_equal {
        run.find(finding.with_details(lines)).await;
    }
    is_equal
}
