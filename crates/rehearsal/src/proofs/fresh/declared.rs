//! Reports declared losses that name a table or column which the database does not have: a misspelt declaration would
//! permit nothing, and an outdated one would hide a later loss. [`losses_exist`] is the entry point.

use super::UNKNOWN_LOSS;
use crate::Error;
use crate::directive::{did_you_mean, nearest};
use crate::migration::{Loss, Migration};
use crate::proofs::ProofRun;
use crate::report::Finding;
use rehearsal_db::{Connection, TableShape};

/// Reports the declared losses of a migration, which is about to be applied, that name nothing.
pub(super) async fn losses_exist(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    connection: &mut Connection,
) -> Result<(), Error> {
    if migration.loses.is_empty() {
        return Ok(());
    }
    run.step(format!("check the declared losses of {}", migration.label()));
    let tables = connection.tables().await?;
    let lines: Vec<String> = migration.loses.iter().filter_map(|loss| unknown(loss, &tables)).collect();
    if !lines.is_empty() {
        let file = &migration.up.path;
        let message = format!("{} declares a loss of something that does not exist before it", file.display());
        let finding = Finding::new(&UNKNOWN_LOSS, message).in_file(file).of_migration(migration.version);
        run.find(finding.with_details(lines).with_help("correct the name in `-- loses:`, or remove the line")).await;
    }
    Ok(())
}

/// Describes what a declaration names and the database does not have. `None` if everything exists.
fn unknown(loss: &Loss, tables: &[TableShape]) -> Option<String> {
    let names = || tables.iter().map(|table| table.name.as_str());
    let Some(table) = tables.iter().find(|table| table.name == loss.table) else {
        return Some(format!(
            "there is no table \"{}\"{}",
            loss.table,
            did_you_mean(nearest(&loss.table, names()).as_ref())
        ));
    };
    let column = loss.column.as_ref().filter(|column| !table.columns.contains(column))?;
    let nearest = nearest(column, table.columns.iter().map(String::as_str));
    Some(format!("\"{}\" has no column \"{column}\"{}", table.name, did_you_mean(nearest.as_ref())))
}
