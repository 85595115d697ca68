//! Objects that worked before a migration and do not work after it ([`broken`]).

use super::Change;
use super::trials::{self, Failed};
use crate::Error;
use crate::event::Direction;
use crate::generate::rows::RowProfile;
use crate::migration;
use crate::proofs::ProofRun;
use crate::proofs::kit::checkpoint::EarlierCopy;
use crate::proofs::kit::seeds::{Seeds, Tables, Wanted, with_rows};
use crate::report::{Code, Finding};
use rehearsal_db::{Connection, Object, Schema, TableShape};
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
        let details = vec!["no UPDATE of such a row succeeds any more, whatever column it changes".to_owned()];
        let help = "correct these rows in the migration, before the constraint";
        findings.push(Finding::new(code, message).with_details(details).with_help(help));
    }
    let mut failing = failing(run, code, change, earlier, connection).await?;
    // Rows that such a constraint freezes are reported with their number.
    failing.retain(|finding| {
        !frozen.iter().any(|frozen| finding.details.iter().any(|line| line.contains(&frozen.constraint)))
    });
    findings.extend(failing);
    Ok(findings)
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
    let mut failed = trials::failures(connection, &tables, after).await?;
    let has_empty_tables = run.fixture.is_some() && has_empty(connection, &tables).await?;
    if has_empty_tables {
        // A fixture has no rows in some of the tables: these are tried on generated ones.
        let mut copy = earlier(run).await?;
        fill(run, &mut copy).await?;
        let applied = migration::step(&mut copy.connection, change.migration, Direction::Up).await.map_err(Error::from);
        if applied.as_ref().is_err_and(Error::is_transient) {
            return applied.map(|_| Vec::new());
        }
        if applied.is_ok() {
            let more = trials::failures(&mut copy.connection, &tables, after).await?;
            failed.extend(
                more.into_iter()
                    .filter(|more| !failed.iter().any(|known| known.trial.what == more.trial.what))
                    .collect::<Vec<_>>(),
            );
        }
        copy.close().await?;
    }
    if failed.is_empty() {
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
    // A new table may refer to one that a later migration creates.
    let existed = |object: &str| {
        let is_it = |name: &String| change.renamed.get(name).unwrap_or(name) == object;
        let is_view = |label: &String| label.contains("view \"") && label.contains(&format!("\"{object}\""));
        schema.columns.keys().any(is_it) || schema.objects.keys().any(is_view)
    };
    let is_broken_now = |failed: &&Failed| {
        existed(&failed.trial.object) && !known.iter().any(|known| known.trial.what == failed.trial.what)
    };
    let finding = |failed: &Failed| {
        let message = format!("after {}, {} fails", change.script.path.display(), failed.trial.what);
        let mut details = vec![failed.why.clone()];
        details.extend(failed.columns.as_ref().map(|columns| format!("only an UPDATE of {columns} fails")));
        let is_trigger = |(label, object): &(&String, &Object)| {
            label.starts_with("trigger ") && object.part_of.as_deref() == Some(failed.trial.object.as_str())
        };
        let triggers = after.objects.iter().filter(is_trigger);
        let name = |label: &str| label.split('"').nth(1).unwrap_or(label).to_owned();
        details
            .extend(triggers.map(|(label, _)| format!("\"{}\" has trigger \"{}\"", failed.trial.object, name(label))));
        let help = "change what the error names in the same migration, so that it fits the new schema";
        Finding::new(code, message).with_details(details).with_help(help)
    };
    Ok(failed.iter().filter(is_broken_now).map(finding).collect())
}

/// True if one of these tables has no rows.
async fn has_empty(connection: &mut Connection, tables: &[TableShape]) -> Result<bool, Error> {
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    Ok(!names.is_empty() && with_rows(connection, &names).await?.len() < names.len())
}

/// Generates ordinary rows in the empty tables of a copy.
async fn fill(run: &mut ProofRun<'_>, copy: &mut EarlierCopy) -> Result<(), Error> {
    let steps = run.steps.clone();
    let wanted = Wanted { profile: RowProfile::WithNulls, words_of: None };
    let filled = Seeds::default().fill(run, &mut copy.connection, wanted, &mut Tables::default()).await;
    // These rows are not part of the timeline.
    run.steps = steps;
    filled
}
