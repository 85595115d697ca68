//! What of a difference is meant to be one: values that the database gave by a default, and those of which a migration says
//! itself that it takes them from the clock or from chance, are noted. The rest is a finding.

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

/// Something that is other in other circumstances.
struct Found {
    place: Place,
    /// What is told of it, examples included.
    lines: Vec<String>,
    /// The step after which it was first seen.
    step: Option<Step>,
    /// Whether it is another each time, in the same circumstances, too.
    is_chance: bool,
}

/// Sorts what differs, and what is a time, into notes and a finding.
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

    // Chance may have shown something the first time only.
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
    // The clock may have shown the same second both times, so that nothing differs.
    for (table, column) in moments {
        let place = (table.clone(), Some(column.clone()));
        let step = two.step(&place);
        match excuse(excused, table, column) {
            Some(default) if !matches!(step, Some(Step::Backfill(..))) => drop(notes.insert(note(default))),
            // What it holds only looks like the snapshot.
            None if step.as_ref().is_some_and(|step| !run.may_ask(step)) => {}
            _ => {
                let lines = vec![format!("\"{table}\".\"{column}\" holds the moment at which it was written")];
                problems.push(Found { place, lines, step, is_chance: true });
            }
        }
    }

    // Whoever wrote a migration that says so can see that.
    let says_so = |found: &Found| if found.is_chance { run.asks_for_chance(found.step.as_ref()?) } else { None };
    let declared: Vec<String> = problems
        .extract_if(.., |found| says_so(found).is_some())
        .filter_map(|found| {
            let label = says_so(&found)?;
            let what = match &found.place {
                (table, Some(column)) => format!("\"{table}\".\"{column}\""),
                (table, None) => format!("the rows of \"{table}\""),
            };
            Some(format!("{what}: {label} says itself that it takes this from the clock or from chance"))
        })
        .collect();
    run.outcome.notes.extend(notes.into_iter().chain(declared));
    if problems.is_empty() {
        return Ok(());
    }
    tell(run, usual, problems).await
}

/// What is to be noted where no backfill ran and nothing differs but columns with a default that gives another value each time:
/// then nobody needs to know since when.
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

/// Reports the finding, with what each difference follows from.
async fn tell(run: &mut ProofRun<'_>, usual: &Snapshot, problems: Vec<Found>) -> Result<(), Error> {
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
        let causes: Vec<&str> = if found.is_chance { vec!["the clock, or chance"] } else { alone };
        if !causes.is_empty() {
            lines.push(format!("  follows from {}", causes.join(" and ")));
        }
        if let Some(step) = found.step {
            lines.push(format!("  first seen after: {}", step.sentence(run.rehearsal)));
        }
        if let (table, Some(column)) = &found.place {
            columns.push(format!("'\"{table}\".\"{column}\"'"));
        }
    }
    let mut help = "let it follow from the row alone (ORDER BY a key, UTC, an id made of another id)".to_owned();
    if !columns.is_empty() {
        let toml = run.rehearsal.database.folder.join(CONFIGURATION);
        help.push_str(&format!(
            "; if it is meant, declare it in {}:\nvolatile = [{}]",
            toml.display(),
            columns.join(", ")
        ));
    }
    let message = "other batches, another order of rows, another time zone and a later time make other rows";
    run.find(Finding::new(&DIFFERS, message).with_details(lines).with_help(help)).await;
    Ok(())
}

/// What defaults a difference may be due to: that of its column; where rows differ, those of the key, or of any column where
/// there is no key.
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
    format!("\"{table}\".\"{column}\" is another each time: its default is {expression}")
}

impl ProofRun<'_> {
    /// False for a migration of a history that has not asked for the clock or chance so far.
    fn may_ask(&self, step: &Step) -> bool {
        let Step::Up(version) = step else { return true };
        let mut until = self.rehearsal.history.migrations.iter().filter(|one| one.version <= *version);
        until.any(|one| self.rehearsal.database.engine.asks_for_chance(&one.up.sql))
    }

    /// The migration, or the fixture, that says itself that it takes values from the clock or from chance.
    fn asks_for_chance(&self, step: &Step) -> Option<String> {
        match step {
            Step::Up(version) => {
                let engine = self.rehearsal.database.engine;
                let until = self.rehearsal.history.migrations.iter().rev().filter(|one| one.version <= *version);
                // Itself, or by a function or a trigger that was made before.
                let mut saying = until.filter(|one| match one.version == *version {
                    true => engine.asks_for_chance(&one.up.sql),
                    false => engine.makes_what_asks_for_chance(&one.up.sql),
                });
                saying.next().map(Migration::label)
            }
            // It is not the rehearsal.
            Step::Rows(_) => self.fixture.map(|fixture| format!("fixture {}", fixture.name)),
            _ => None,
        }
    }
}
