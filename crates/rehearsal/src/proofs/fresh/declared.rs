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
        let message =
            format!("{} declares the loss of something that does not exist before the migration", file.display());
        let finding = Finding::new(&UNKNOWN_LOSS, message).in_file(file).of_migration(migration.version);
        run.find(
            finding.with_details(lines).with_help("correct the name in `-- loses:` or `-- moves:`, or remove the line"),
        )
        .await;
    }
    Ok(())
}

/// Reports moved columns whose target does not exist after the migration, or that no down file brings back.
pub(super) async fn targets_exist(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    connection: &mut Connection,
) -> Result<(), Error> {
    let targets: Vec<&(String, String)> = migration.loses.iter().filter_map(|loss| loss.moved_to.as_ref()).collect();
    if targets.is_empty() {
        return Ok(());
    }
    let tables = connection.tables().await?;
    let missing = |(table, column): &(String, String)| {
        unknown(&Loss { table: table.clone(), column: Some(column.clone()), moved_to: None }, &tables)
    };
    let mut lines: Vec<String> = targets.into_iter().filter_map(missing).collect();
    if migration.down.is_none() {
        lines.push("there is no down file, which would have to bring the values back".to_owned());
    }
    if !lines.is_empty() {
        let file = &migration.up.path;
        let message = format!("the moved columns that {} declares cannot be verified", file.display());
        let finding = Finding::new(&UNKNOWN_LOSS, message).in_file(file).of_migration(migration.version);
        run.find(
            finding
                .with_details(lines)
                .with_help("correct the name in `-- moves:`, write a down file, or declare `-- loses:`"),
        )
        .await;
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
