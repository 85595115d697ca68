//! Separates intended differences from findings: values from a default, and values that a migration visibly takes
//! from the clock or from chance, become notes; all other differences become a finding. The entry point is
//! [`judge`].

use super::side_by_side::{SideBySide, causes};
use super::{DIFFERS, excuse};
use crate::Error;
use crate::compare::ContentDifference;
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::proofs::kit::nondeterminism::{Nondeterministic, Place, place};
use crate::proofs::kit::snapshot::{Snapshot, content_lines};
use crate::proofs::kit::timeline::Step;
use crate::report::Finding;
use crate::workspace::CONFIGURATION;
use rehearsal_db::VolatileDefault;
use std::collections::BTreeSet;

/// A difference under varied conditions.
struct Found {
    place: Place,
    /// The lines of the finding, including examples.
    lines: Vec<String>,
    /// The step after which the difference was first seen.
    step: Option<Step>,
    /// True if the value differs even under the same conditions.
    is_chance: bool,
}

/// Turns the differences and the columns that contain the current time into notes and at most one finding.
pub(super) async fn judge(
    run: &mut ProofRun<'_>,
    usual: &Snapshot,
    differences: &[ContentDifference],
    moments: &[(String, String)],
    excused: &[VolatileDefault],
) -> Result<(), Error> {
    if let Some(notes) = only_defaults(usual, differences, moments, excused) {
        run.outcome.notes.extend(notes);
        return Ok(());
    }
    let two = SideBySide::walk(run, usual.steps(), excused, moments).await?;
    let nondeterministic = Nondeterministic::between(usual.content(), &two.usual, moments);
    let sums = [differences, &two.sums].concat();
    let is_keyless = |table: &str| usual.content().tables.get(table).is_some_and(|digest| digest.key.is_empty());
    let is_moment = |place: &Place| moments.iter().any(|(t, c)| place.0 == *t && place.1.as_ref() == Some(c));
    let mut problems = Vec::new();
    let mut notes = BTreeSet::new();

    // A random difference may have shown only the first time.
    let is_seen = |found: &&ContentDifference| {
        let is_it = |other: &ContentDifference| {
            place(other) == place(found) || is_keyless(other.subject().0) && other.subject().0 == found.subject().0
        };
        !two.all.iter().any(is_it)
    };
    let once = differences.iter().filter(is_seen);
    let by_values = two.all.iter().chain(&two.hidden).chain(once).filter(|found| !is_moment(&place(found)));
    let mut told = BTreeSet::new();
    for found in by_values {
        let place = place(found);
        if !told.insert(place.clone()) {
            continue;
        }
        let is_hidden = two.hidden.iter().any(|other| self::place(other) == place);
        let step = two.step(&place);
        if !is_hidden && !matches!(step, Some(Step::Backfill(..))) && two.all.contains(found) {
            notes.extend(defaults(found, usual, excused));
            continue;
        }
        let (lines, is_chance) = (content_lines(std::iter::once(found)), nondeterministic.has(&place, &sums));
        problems.push(Found { place, lines, step, is_chance });
    }
    // Both runs may have read the same second from the clock, so that nothing differs.
    for (table, column) in moments {
        let place = (table.clone(), Some(column.clone()));
        let step = two.step(&place);
        match excuse(excused, table, column) {
            Some(default) if !matches!(step, Some(Step::Backfill(..))) => drop(notes.insert(note(default))),
            // The value only looks like the current time.
            None if step.as_ref().is_some_and(|step| !run.may_ask(step)) => {}
            _ => {
                let lines = vec![format!("\"{table}\".\"{column}\" contains the time at which it was written")];
                problems.push(Found { place, lines, step, is_chance: true });
            }
        }
    }

    // The author of a migration that calls the clock or chance can see that in the file.
    let says_so = |found: &Found| if found.is_chance { run.uses_nondeterminism(found.step.as_ref()?) } else { None };
    let declared: Vec<String> = problems
        .extract_if(.., |found| says_so(found).is_some())
        .filter_map(|found| {
            let label = says_so(&found)?;
            let what = match &found.place {
                (table, Some(column)) => format!("\"{table}\".\"{column}\""),
                (table, None) => format!("the rows of \"{table}\""),
            };
            Some(format!("{what}: {label} takes the values from the clock or from chance"))
        })
        .collect();
    run.outcome.notes.extend(notes.into_iter().chain(declared));
    if problems.is_empty() {
        return Ok(());
    }
    report(run, usual, problems).await
}

/// Returns the notes if no backfill ran and only columns with a nondeterministic default differ; `None` otherwise.
/// In this case the steps need not be performed again, because the step that caused the difference is not reported.
fn only_defaults(
    usual: &Snapshot,
    differences: &[ContentDifference],
    moments: &[(String, String)],
    excused: &[VolatileDefault],
) -> Option<BTreeSet<String>> {
    if usual.steps().iter().any(|step| matches!(step, Step::Backfill(..))) {
        return None;
    }
    let of_values = differences.iter().map(|found| match found {
        ContentDifference::Values { table, column, .. } => excuse(excused, table, column),
        _ => None,
    });
    let of_moments = moments.iter().map(|(table, column)| excuse(excused, table, column));
    of_values.chain(of_moments).map(|default| default.map(note)).collect()
}

/// Reports the finding with the causes of each difference.
async fn report(run: &mut ProofRun<'_>, usual: &Snapshot, problems: Vec<Found>) -> Result<(), Error> {
    let causes = causes(run, usual.content(), usual.steps()).await?;
    let (mut lines, mut columns) = (Vec::new(), Vec::new());
    for found in problems {
        lines.extend(found.lines);
        let is_it = |place: &Place| *place == found.place || found.place.1.is_none() && place.0 == found.place.0;
        let of_it = causes.iter().filter(|(place, _)| is_it(place)).flat_map(|(_, causes)| causes);
        let mut alone: Vec<&str> = Vec::new();
        for name in of_it.map(|vary| vary.name()) {
            if !alone.contains(&name) {
                alone.push(name);
            }
        }
        let causes: Vec<&str> = if found.is_chance { vec!["the clock or chance"] } else { alone };
        if !causes.is_empty() {
            lines.push(format!("  depends on {}", causes.join(" and ")));
        }
        if let Some(step) = found.step {
            lines.push(format!("  first seen after: {}", step.sentence(run.rehearsal)));
        }
        if let (table, Some(column)) = &found.place {
            columns.push(format!("'\"{table}\".\"{column}\"'"));
        }
    }
    let mut help =
        "derive each value from its row alone (ORDER BY a key, use UTC, derive ids from other ids)".to_owned();
    if !columns.is_empty() {
        let toml = run.rehearsal.database.folder.join(CONFIGURATION);
        help.push_str(&format!(
            "; if the difference is intended, declare it in {}:\nvolatile = [{}]",
            toml.display(),
            columns.join(", ")
        ));
    }
    let message = "the rows depend on the batch size, the row order, the time zone or the time of the run";
    run.find(Finding::new(&DIFFERS, message).with_details(lines).with_help(help)).await;
    Ok(())
}

/// Returns a note for each default that may have caused a difference: the default of its column or, if whole rows
/// differ, those of the key. In a table without a key, any default may be the cause.
pub(super) fn defaults(found: &ContentDifference, usual: &Snapshot, excused: &[VolatileDefault]) -> Vec<String> {
    let (table, column) = found.subject();
    let key = usual.content().tables.get(table).map(|digest| digest.key.as_slice()).unwrap_or_default();
    let is_due = |default: &&VolatileDefault| {
        default.table == table
            && match column {
                Some(column) => default.column == column,
                None => key.is_empty() || key.contains(&default.column),
            }
    };
    excused.iter().filter(is_due).map(note).collect()
}

fn note(default: &VolatileDefault) -> String {
    let VolatileDefault { table, column, expression, .. } = default;
    format!("\"{table}\".\"{column}\" differs in each run: its default is {expression}")
}

impl ProofRun<'_> {
    /// False for a migration if no file up to it uses the clock or chance.
    fn may_ask(&self, step: &Step) -> bool {
        let Step::Up(version) = step else { return true };
        let mut until = self.rehearsal.history.migrations.iter().filter(|one| one.version <= *version);
        until.any(|one| self.rehearsal.database.engine.uses_nondeterminism(&one.up.sql))
    }

    /// Returns the migration or fixture whose file takes the step's values from the clock or from chance.
    fn uses_nondeterminism(&self, step: &Step) -> Option<String> {
        match step {
            Step::Up(version) => {
                let engine = self.rehearsal.database.engine;
                let until = self.rehearsal.history.migrations.iter().rev().filter(|one| one.version <= *version);
                // Directly, or through a function or trigger that an earlier migration created.
                let mut saying = until.filter(|one| match one.version == *version {
                    true => engine.uses_nondeterminism(&one.up.sql),
                    false => engine.creates_nondeterministic_objects(&one.up.sql),
                });
                saying.next().map(Migration::label)
            }
            // The rehearsal itself adds no nondeterministic values to a fixture.
            Step::Rows(_) => self.fixture.map(|fixture| format!("fixture {}", fixture.name)),
            _ => None,
        }
    }
}
