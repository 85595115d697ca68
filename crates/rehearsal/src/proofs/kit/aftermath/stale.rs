//! Derived data that a migration leaves out of step with the rows: materialized views, full-text indexes, generated columns and
//! indexes on expressions ([`stale`]).

use super::Change;
use crate::Error;
use crate::migration::Script;
use crate::proofs::ProofRun;
use crate::proofs::kit::checkpoint::EarlierCopy;
use crate::report::{Code, Finding};
use rehearsal_db::{Connection, Schema, Stale};
use std::collections::BTreeSet;

/// Brings derived data in step with the rows before a script, as it is in production. Returns what cannot be, or is named by the
/// script and so left as it is.
pub(super) async fn settle(script: &Script, connection: &mut Connection) -> Result<BTreeSet<String>, Error> {
    let stale = connection.stale_copies().await?;
    if stale.is_empty() {
        return Ok(BTreeSet::new());
    }
    let engine = connection.engine();
    for stale in stale.iter().filter(|stale| !engine.mentions(&script.sql, &[&stale.name])) {
        match connection.execute(&stale.refresh, &[]).await {
            Err(error) if error.is_transient() => return Err(error.into()),
            // It stays out of step, and is not reported.
            _ => {}
        }
    }
    Ok(connection.stale_copies().await?.into_iter().map(|stale| stale.object).collect())
}

/// Returns a finding for all that is out of step after a script and was not before it.
pub(super) async fn stale(
    run: &ProofRun<'_>,
    code: &'static Code,
    change: &Change<'_>,
    mut earlier: impl AsyncFnMut(&ProofRun<'_>) -> Result<EarlierCopy, Error>,
    connection: &mut Connection,
) -> Result<Vec<Finding>, Error> {
    let mut stale = connection.stale_copies().await?;
    // A new object was not in step before.
    let is_new = |stale: &Stale| {
        change.after.objects.contains_key(&stale.object) && !change.before.schema.objects.contains_key(&stale.object)
    };
    stale.retain(|stale| !change.before.stale.contains(&stale.object) && !is_new(stale));
    if !stale.is_empty() {
        let never = never_in_step(change, &stale, earlier(run).await?).await?;
        stale.retain(|stale| !never.contains(&stale.object));
    }
    if has_other_function(&change.before.schema, change.after) {
        // A session computes an index with the function that it first saw: the check needs one that saw only the new function.
        let mut copy = earlier(run).await?;
        let results =
            if copy.apply(change.migration).await? { copy.connection.stale_results().await? } else { Vec::new() };
        copy.close().await?;
        if !results.is_empty() {
            let mut copy = earlier(run).await?;
            let known = copy.connection.stale_results().await?;
            copy.close().await?;
            stale.extend(results.into_iter().filter(|one| !known.iter().any(|other| other.object == one.object)));
        }
    }
    let file = change.script.path.display();
    let finding = |stale: Stale| {
        let message = format!("after {file}, {} is out of date", stale.object);
        let help = format!("add to the migration: {}", stale.refresh);
        Finding::new(code, message).with_details(vec![stale.why]).with_help(help)
    };
    Ok(stale.into_iter().map(finding).collect())
}

/// Returns the objects that differ from their query even right after a refresh, because the query depends on the clock, on
/// chance or on the order in which rows are stored. `copy` is in the state before the migration.
async fn never_in_step(change: &Change<'_>, stale: &[Stale], mut copy: EarlierCopy) -> Result<BTreeSet<String>, Error> {
    let mut never = BTreeSet::new();
    if copy.apply(change.migration).await? {
        for stale in stale {
            match copy.connection.execute(&stale.refresh, &[]).await {
                Err(error) if error.is_transient() => return Err(error.into()),
                _ => {}
            }
        }
        copy.connection.reorder_rows().await?;
        never.extend(copy.connection.stale_copies().await?.into_iter().map(|stale| stale.object));
    }
    copy.close().await?;
    Ok(never)
}

/// True if a function that existed before does something else.
fn has_other_function(before: &Schema, after: &Schema) -> bool {
    let functions = before.objects.iter().filter(|(label, _)| label.starts_with("function "));
    functions.into_iter().any(|(label, object)| after.objects.get(label).is_some_and(|now| now != object))
}
