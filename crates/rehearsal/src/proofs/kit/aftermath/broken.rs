//! Objects that worked before a migration and do not work after it ([`broken`]).

use super::Change;
use super::trials::{self, Failed};
use crate::Error;
use crate::generate::rows::RowProfile;
use crate::proofs::ProofRun;
use crate::proofs::kit::checkpoint::EarlierCopy;
use crate::proofs::kit::seeds::{Seeds, Tables, Wanted, Words, with_rows};
use crate::report::{Code, Finding};
use rehearsal_db::{Connection, Engine, Frozen, Object, Schema, TableShape};
use std::collections::BTreeSet;

/// Returns a finding for each index that a migration left invalid, for the rows that a new constraint freezes, and for each
/// table and view that fails.
pub(super) async fn broken(
    run: &mut ProofRun<'_>,
    code: &'static Code,
    change: &Change<'_>,
    earlier: impl AsyncFnMut(&ProofRun<'_>) -> Result<EarlierCopy, Error>,
    connection: &mut Connection,
) -> Result<Vec<Finding>, Error> {
    let (file, before) = (change.script.path.display(), change.before);
    let mut findings = Vec::new();
    for index in connection.unusable().await?.into_iter().filter(|index| !before.unusable.contains(index)) {
        let help = "drop it, remove what keeps it from being built, and create it again";
        let message = format!("after {file}, {index} is INVALID: no query uses it, and it enforces nothing");
        findings.push(Finding::new(code, message).with_help(help));
    }
    let frozen = connection.frozen_rows().await?;
    for frozen in frozen.iter().filter(|frozen| !before.frozen.contains(&frozen.constraint)) {
        let message = format!(
            "{} of {} rows of \"{}\" violate {}, which {file} adds as NOT VALID",
            frozen.rows, frozen.of, frozen.table, frozen.constraint
        );
        let details =
            vec!["an UPDATE of such a row fails, even of another column, unless it also corrects the row".to_owned()];
        let help = "correct these rows in the migration, before the constraint";
        findings.push(Finding::new(code, message).with_details(details).with_help(help));
    }
    let mut failing = failing(run, code, change, earlier, connection).await?;
    // Rows that such a constraint freezes are reported with their number.
    failing.retain(|finding| !finding.details.first().is_some_and(|why| is_due_to(&frozen, why)));
    findings.extend(failing);
    Ok(findings)
}

/// True for an error of a row that one of these constraints freezes.
fn is_due_to(frozen: &[Frozen], why: &str) -> bool {
    frozen.iter().any(|frozen| why.contains(&format!("constraint \"{}\"", frozen.constraint)))
}

/// The tables that a migration may have broken: those of which a part is other than before, and those with triggers, which may
/// use anything.
fn touched<'s>(before: &'s Schema, after: &'s Schema) -> BTreeSet<&'s str> {
    let is_other = |one: &Schema, label: &String, object: &Object| one.objects.get(label) != Some(object);
    let gone = before.objects.iter().filter(|(label, object)| is_other(after, label, object));
    let is_to_be_tried =
        |(label, object): &(&String, &Object)| label.starts_with("trigger ") || is_other(before, label, object);
    let parts = gone.chain(after.objects.iter().filter(is_to_be_tried));
    parts.filter_map(|(_, object)| object.part_of.as_deref()).collect()
}

/// Returns a finding for each table and view that worked before the migration and does not work after it.
async fn failing(
    run: &mut ProofRun<'_>,
    code: &'static Code,
    change: &Change<'_>,
    mut earlier: impl AsyncFnMut(&ProofRun<'_>) -> Result<EarlierCopy, Error>,
    connection: &mut Connection,
) -> Result<Vec<Finding>, Error> {
    let (before, after) = (&*change.before.schema, &**change.after);
    if before == after {
        return Ok(Vec::new());
    }
    let touched = touched(before, after);
    let mut tables = connection.tables().await?;
    tables.retain(|table| touched.contains(table.name.as_str()));
    let failed = trials::failures(connection, &tables, after).await?;
    // A fixture has no rows in some of the tables: these are tried on generated ones.
    let has_empty_tables = run.fixture.is_some() && has_empty(connection, &tables).await?;
    let mut generated =
        if has_empty_tables { on_generated_rows(run, change, &tables, &mut earlier).await? } else { Vec::new() };
    generated.retain(|one| !failed.iter().any(|known| known.trial.what == one.trial.what));
    if failed.is_empty() && generated.is_empty() {
        return Ok(Vec::new());
    }
    let mut copy = earlier(run).await?;
    let (schema, tables) = (crate::compare::schema(&mut copy.connection).await?, copy.connection.tables().await?);
    let mut known = trials::failures(&mut copy.connection, &tables, &schema).await?;
    if has_empty_tables {
        fill(run, &mut copy).await?;
        known.extend(trials::failures(&mut copy.connection, &tables, &schema).await?);
    }
    copy.close().await?;
    let engine = run.rehearsal.database.engine;
    let is_broken_now = |failed: &&Failed| {
        existed(change, &schema, &failed.trial.object)
            && !known.iter().any(|known| what_now(change, known) == failed.trial.what)
            && !is_guarded(engine, before, after, failed)
    };
    let found = failed.iter().filter(is_broken_now).map(|failed| finding(code, change, failed));
    let on_generated = generated.iter().filter(is_broken_now).map(|failed| {
        let mut finding = finding(code, change, failed);
        finding.details.push(format!("on generated rows: the fixture has none in \"{}\"", failed.trial.object));
        finding
    });
    Ok(found.chain(on_generated).collect())
}

/// Tries tables on generated rows, which a migration changes on a copy.
async fn on_generated_rows(
    run: &mut ProofRun<'_>,
    change: &Change<'_>,
    tables: &[TableShape],
    earlier: &mut impl AsyncFnMut(&ProofRun<'_>) -> Result<EarlierCopy, Error>,
) -> Result<Vec<Failed>, Error> {
    let mut copy = earlier(run).await?;
    fill(run, &mut copy).await?;
    let mut failed = Vec::new();
    if copy.apply(change.migration).await? {
        failed = trials::failures(&mut copy.connection, tables, change.after).await?;
        // No one wrote the rows that a new constraint freezes.
        let frozen = copy.connection.frozen_rows().await?;
        failed.retain(|failed| !is_due_to(&frozen, &failed.why));
    }
    copy.close().await?;
    Ok(failed)
}

/// True if a table or view was there before. A new table may refer to one that a later migration creates.
fn existed(change: &Change<'_>, before: &Schema, object: &str) -> bool {
    let is_it = |name: &String| change.renamed.get(name).unwrap_or(name) == object;
    let is_view = |label: &String| label.contains("view \"") && label.contains(&format!("\"{object}\""));
    before.columns.keys().any(is_it) || before.objects.keys().any(is_view)
}

/// What a trial before the migration did, with the name that the table has now.
fn what_now(change: &Change<'_>, known: &Failed) -> String {
    let was = &known.trial.object;
    match change.renamed.get(was) {
        Some(now) => known.trial.what.replace(&format!("\"{was}\""), &format!("\"{now}\"")),
        None => known.trial.what.clone(),
    }
}

/// True if a new trigger of the table refuses the rows by an error of its own: that is what it is for.
fn is_guarded(engine: Engine, before: &Schema, after: &Schema, failed: &Failed) -> bool {
    let triggers = triggers(after, &failed.trial.object);
    let mut new = triggers.filter(|(label, _)| !before.objects.contains_key(*label));
    new.any(|(_, trigger)| engine.is_raised(&failed.why, &trigger.definition))
}

/// The triggers of a table, by label.
fn triggers<'s>(schema: &'s Schema, table: &str) -> impl Iterator<Item = (&'s String, &'s Object)> {
    let is_trigger = move |(label, object): &(&String, &Object)| {
        label.starts_with("trigger ") && object.part_of.as_deref() == Some(table)
    };
    schema.objects.iter().filter(is_trigger)
}

fn finding(code: &'static Code, change: &Change<'_>, failed: &Failed) -> Finding {
    let message = format!("after {}, {} fails", change.script.path.display(), failed.trial.what);
    let mut details = vec![failed.why.clone()];
    details.extend(failed.columns.as_ref().map(|columns| format!("only an UPDATE of {columns} fails")));
    let name = |label: &str| label.split('"').nth(1).unwrap_or(label).to_owned();
    let object = &failed.trial.object;
    details.extend(
        triggers(change.after, object).map(|(label, _)| format!("\"{object}\" has trigger \"{}\"", name(label))),
    );
    let help = "in the same migration, change the trigger, function or view that the error names";
    Finding::new(code, message).with_details(details).with_help(help)
}

/// True if one of these tables has no rows.
async fn has_empty(connection: &mut Connection, tables: &[TableShape]) -> Result<bool, Error> {
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    Ok(!names.is_empty() && with_rows(connection, &names).await?.len() < names.len())
}

/// Generates ordinary rows in the empty tables of a copy.
async fn fill(run: &mut ProofRun<'_>, copy: &mut EarlierCopy) -> Result<(), Error> {
    let steps = run.steps.clone();
    let wanted = Wanted { profile: RowProfile::WithNulls, words: Words::Nothing };
    let filled = Seeds::default().fill(run, &mut copy.connection, wanted, &mut Tables::default()).await;
    // These rows are not part of the timeline.
    run.steps = steps;
    filled
}
