//! Rows and values that a migration writes although it does not name their table or column ([`without_written`]): usually through
//! a trigger, which is found by applying the migration again without it.

use crate::Error;
use crate::compare::{self, Content, ContentDifference};
use crate::migration::Migration;
use crate::plural::counted;
use crate::proofs::ProofRun;
use crate::proofs::kit::checkpoint::EarlierCopy;
use crate::report::{Code, Finding};
use rehearsal_db::{Engine, Schema};

/// The most triggers that are tried, those of the tables that the migration names or writes first.
const TRIGGERS: usize = 24;

/// A trigger, by name and table.
type Trigger = (String, String);

/// Returns the differences among `found` that are not written by a trigger, and a finding for each that is, and for rows that a
/// migration writes without naming their table. `earlier` returns a copy of the state before the migration.
///
/// # Errors
/// Fails if the database fails.
pub async fn without_written(
    run: &ProofRun<'_>,
    code: &'static Code,
    migration: &Migration,
    schema: &Schema,
    (before, after): (&Content, &Content),
    mut found: Vec<ContentDifference>,
    mut earlier: impl AsyncFnMut(&ProofRun<'_>) -> Result<EarlierCopy, Error>,
) -> Result<(Vec<ContentDifference>, Vec<Finding>), Error> {
    let mut findings = Vec::new();
    let mut triggers = triggers(schema);
    if triggers.is_empty() {
        return Ok((found, findings));
    }
    let engine = run.rehearsal.database.engine;
    let mut written = before.compare(after);
    written.retain(|difference| is_unnamed(engine, &migration.up.sql, difference));
    if written.is_empty() {
        return Ok((found, findings));
    }
    let is_near = |(_, table): &Trigger| {
        engine.names_table(&migration.up.sql, table) || written.iter().any(|other| other.subject().0 == table)
    };
    triggers.sort_by_cached_key(|trigger| !is_near(trigger));
    let mut causes: Vec<Vec<&Trigger>> = vec![Vec::new(); written.len()];
    for trigger in triggers.iter().take(TRIGGERS) {
        if !is_near(trigger) && causes.iter().all(|causes| !causes.is_empty()) {
            break;
        }
        let mut copy = earlier(run).await?;
        let without = without(run, migration, trigger, &mut copy).await?;
        copy.close().await?;
        let Some(without) = without else { continue };
        let differences = before.compare(&without);
        for (difference, causes) in written.iter().zip(&mut causes) {
            if !differences.iter().any(|other| is_of(other, difference)) {
                causes.push(trigger);
            }
        }
    }
    for (difference, causes) in written.iter().zip(causes) {
        let is_rows = matches!(difference, ContentDifference::Rows { .. });
        // Values that no trigger writes may follow from a foreign key, which is a loss.
        if causes.is_empty() && !is_rows {
            continue;
        }
        let explained = found.iter().find(|other| is_of(other, difference)).unwrap_or(difference);
        findings.push(finding(engine, code, migration, explained, &causes));
        if !is_rows {
            found.retain(|other| !is_of(other, difference));
        }
    }
    Ok((found, findings))
}

/// The triggers of a schema.
fn triggers(schema: &Schema) -> Vec<Trigger> {
    let labels = schema.objects.iter().filter(|(label, _)| label.starts_with("trigger "));
    labels.filter_map(|(label, object)| Some((label.split('"').nth(1)?.to_owned(), object.part_of.clone()?))).collect()
}

/// True for new rows of a table, and other values of a column, that a script does not name.
fn is_unnamed(engine: Engine, sql: &str, difference: &ContentDifference) -> bool {
    let (table, column) = difference.subject();
    let is_table_named = engine.names_table(sql, table);
    match difference {
        ContentDifference::Rows { before, after, .. } => !is_table_named && after > before,
        ContentDifference::Values { .. } => {
            !is_table_named || column.is_some_and(|column| !engine.mentions(sql, &[column]))
        }
        _ => false,
    }
}

/// True if both differences concern the rows of one table, or the values of one column.
fn is_of(one: &ContentDifference, other: &ContentDifference) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other) && one.subject() == other.subject()
}

/// Applies a migration while a trigger does not fire. Returns the content; `None` if the migration needs the trigger.
async fn without(
    run: &ProofRun<'_>,
    migration: &Migration,
    (trigger, table): &Trigger,
    copy: &mut EarlierCopy,
) -> Result<Option<Content>, Error> {
    let sql = copy.connection.engine().without_trigger(trigger, table);
    match copy.connection.execute(&sql, &[]).await {
        Ok(_) => {}
        Err(error) if error.is_transient() => return Err(error.into()),
        // Some triggers cannot be disabled, such as those of views.
        Err(_) => return Ok(None),
    }
    if !copy.apply(migration).await? {
        return Ok(None);
    }
    Ok(Some(compare::content(&mut copy.connection, &run.rehearsal.database.volatile).await?))
}

fn finding(
    engine: Engine,
    code: &'static Code,
    migration: &Migration,
    difference: &ContentDifference,
    causes: &[&Trigger],
) -> Finding {
    let file = migration.up.path.display();
    let (table, column) = difference.subject();
    let message = match difference {
        ContentDifference::Rows { before, after, .. } => {
            let rows = counted(after.saturating_sub(*before), "row");
            format!("{file} adds {rows} to \"{table}\", which it does not name")
        }
        _ => format!("{file} changes \"{table}\".\"{}\", which it does not name", column.unwrap_or_default()),
    };
    let cause = |(trigger, of): &&Trigger| format!("through trigger \"{trigger}\" of \"{of}\"");
    let mut details: Vec<String> = causes.iter().map(cause).collect();
    details.extend(difference.examples().iter().map(ToString::to_string));
    let finding = Finding::new(code, message).in_file(&migration.up.path).of_migration(migration.version);
    match causes.first() {
        Some((trigger, of)) => {
            let pause = engine.pause_trigger(trigger, of);
            finding.with_details(details).with_help(format!("if this is unwanted, add to the migration: {pause}"))
        }
        None => finding
            .with_details(details)
            .with_help("if this is unwanted, look for the trigger or function that writes them"),
    }
}
