//! The proof *generated-rows*: before each migration, rows are generated for the tables that no fixture covers.
//! This finds migrations that work only on empty tables and migrations that lose data. If a migration fails on
//! generated rows, it is tried on ordinary rows, which decide between a finding and a note. The proof then
//! continues after it, without generated rows if necessary, so that it finds all such migrations and not only the
//! first. The entry point is [`GeneratedRows`].

mod covered;
mod failure;
mod replay_copy;
mod seeded_database;
mod verdict;

use crate::compare::{self, Changes, Content, ContentDifference};
use crate::failures;
use crate::generate::rows::RowProfile;
use crate::migration::{self, Migration};
use crate::proofs::kit::aftermath::{self, Before};
use crate::proofs::kit::losses::report_losses;
use crate::proofs::kit::moved_columns;
use crate::proofs::kit::snapshot::explain;
use crate::proofs::kit::snapshot::is_declared;
use crate::proofs::kit::timeline::Step;
use crate::proofs::outcome::Outcome;
use crate::proofs::{Applies, Data, Proof, ProofRun, Rehearsal};
use crate::report::{Code, Explanation, Failures};
use crate::workspace::Origin;
use crate::{Error, backfill};
use covered::covered;
use failure::{Seen, brief, report};
use futures_util::future::LocalBoxFuture;
use rehearsal_db::Broken;
use replay_copy::ReplayCopy;
use seeded_database::{EmptyTwin, SeededDatabase, Tables, Wanted};
use std::collections::BTreeSet;
use std::sync::Arc;

static FAILURES: Failures = failures!("generated-rows");

static DATA_LOST: Code = Code::error(
    "generated-rows/data-lost",
    Explanation {
        meaning: "A migration deletes generated rows, or drops, empties or changes their values, without declaring it.",
        example: "ALTER TABLE \"Toy\" DROP COLUMN size",
        fix: "Rewrite the migration so that it preserves the values.",
        allow: "Declare the loss at the top of the file: `-- loses: \"table\".\"column\", reason`.",
    },
);

static AFTERMATH: aftermath::Codes = crate::aftermath_codes!("generated-rows");

/// The proof.
pub(super) struct GeneratedRows;

impl Proof for GeneratedRows {
    fn name(&self) -> &'static str {
        "generated-rows"
    }

    fn question(&self) -> &'static str {
        "Does every migration work on any rows that its previous schema allows?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        [&DATA_LOST].into_iter().chain(AFTERMATH.all()).collect()
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, _: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(data.fixture.is_none())
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run).await?;
            Ok(run.outcome())
        })
    }
}

async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let covered = covered(run).await?;
    let none = BTreeSet::new();
    let mut tables = Tables::default();
    let mut seeded = SeededDatabase::empty(run).await?;
    let mut twin: Option<EmptyTwin> = None;
    let mut before: Option<Content> = None;
    let mut schema = None;
    let mut replay_copy = ReplayCopy::default();
    for (at, migration) in run.rehearsal.history.migrations.iter().enumerate() {
        let covered = covered.get(&migration.version).unwrap_or(&none);
        run.step(format!("generate rows before {}", migration.label()));
        let wanted = Wanted { covered, profile: RowProfile::Everything, words_of: None };
        seeded.fill(run, &wanted, &mut tables).await?;
        if let Err(refused) = seeded.run_due(run, migration).await {
            let why = format!("backfill {} fails on them: {}", refused.backfill, refused.error);
            seeded = past(run, seeded, &mut twin, at, &why).await?;
            (before, schema) = (None, None);
            continue;
        }
        let engine = run.rehearsal.database.engine;
        let only_adds = engine.only_adds(&migration.up.sql);
        if only_adds {
            before = None;
        } else if std::mem::take(&mut seeded.is_new) || before.is_none() {
            before = Some(compare::content(&mut seeded.connection, &run.rehearsal.database.volatile).await?);
        }
        let earlier = match run.is_examined_elsewhere(migration) || !aftermath::is_of_interest(migration, engine) {
            true => None,
            false => {
                seeded.advance_counters(migration).await?;
                let schema = match schema.take() {
                    Some(schema) => schema,
                    None => compare::schema(&mut seeded.connection).await?,
                };
                Before::of(migration, schema, &mut seeded.connection).await?
            }
        };
        if earlier.is_none() {
            schema = None;
        }
        let steps = run.steps.clone();
        let scratch = Arc::clone(&seeded.scratch);
        match run.up(migration, &scratch, &mut seeded.connection).await {
            Ok(()) => {
                if let Some(earlier) = earlier {
                    let after = compare::schema(&mut seeded.connection).await?;
                    let copy = async |run: &ProofRun<'_>| replay_copy.after(run, &steps).await;
                    let connection = &mut seeded.connection;
                    aftermath::examine(run, &AFTERMATH, migration, &earlier, &after, copy, connection).await?;
                    // The next migration starts with it: rows do not change it.
                    schema = Some(after);
                }
                if let Some(earlier) = before.take() {
                    let now = compare::content(&mut seeded.connection, &run.rehearsal.database.volatile).await?;
                    let lost = lost(run, migration, (&earlier, &now), (&mut replay_copy, &steps), &mut seeded).await?;
                    let lost = without_intended(run, migration, lost);
                    report_losses(run, &DATA_LOST, migration, &lost, &mut seeded.connection).await?;
                    before = Some(now);
                }
            }
            Err(Error::Migration(migration::Error::RequiresBackfill { backfill, .. })) => {
                let why = format!("backfill {backfill} leaves some of them pending");
                seeded = past(run, seeded, &mut twin, at, &why).await?;
                (before, schema) = (None, None);
            }
            Err(error) if is_transient(&error) || seeded.made.is_empty() => return Err(error),
            Err(error) => {
                seeded = failed(run, seeded, &mut twin, at, covered, error).await?;
                (before, schema) = (None, None);
            }
        }
    }
    seeded.connection.close().await?;
    conclude(run, &tables);
    Ok(())
}

/// Continues after the migration at position `at`, which is applied without generated rows because of `why`.
async fn past(
    run: &mut ProofRun<'_>,
    seeded: SeededDatabase,
    twin: &mut Option<EmptyTwin>,
    at: usize,
    why: &str,
) -> Result<SeededDatabase, Error> {
    let label = run.rehearsal.history.migrations[at].label();
    run.not_covered(format!("{label} was applied without generated rows because {why}"));
    let twin = ahead(run, twin, at + 1).await?;
    replaced(run, seeded, twin).await
}

/// Judges and reports the failure of the migration at position `at`, then continues after it: with ordinary rows if
/// the migration works on them, otherwise without generated rows.
async fn failed(
    run: &mut ProofRun<'_>,
    mut seeded: SeededDatabase,
    twin: &mut Option<EmptyTwin>,
    at: usize,
    covered: &BTreeSet<String>,
    error: Error,
) -> Result<SeededDatabase, Error> {
    let migration = &run.rehearsal.history.migrations[at];
    let seen = Seen::of(&mut seeded, &error, migration, covered).await?;
    let twin = ahead(run, twin, at).await?;
    let mut on_nulls = false;
    if seen.refusal.as_ref().is_some_and(|refusal| refusal.broken == Broken::NotNull) {
        let (with_nulls, fails) = try_on(run, twin, migration, covered, RowProfile::WithNulls).await?;
        with_nulls.connection.close().await?;
        on_nulls = fails;
    }
    let (mut ordinary, on_ordinary_rows) = try_on(run, twin, migration, covered, RowProfile::Ordinary).await?;
    let steps = run.steps.clone();
    // If the migration fails even without rows, *fresh* reports it, and later migrations cannot be tried.
    run.step(format!("apply {}", migration.label()));
    twin.advance(run, at + 1).await?;
    report(run, &seeded, migration, error, &seen, on_ordinary_rows, on_nulls).await;
    if on_ordinary_rows {
        ordinary.connection.close().await?;
        return replaced(run, seeded, twin).await;
    }
    seeded.connection.close().await?;
    ordinary.wants_more();
    run.steps = steps;
    run.scratch = Some(Arc::clone(&ordinary.scratch));
    Ok(ordinary)
}

/// True if the database failed, so that the rows are not at fault.
fn is_transient(error: &Error) -> bool {
    match error {
        Error::Migration(migration::Error::Sql { cause, .. } | migration::Error::Engine(cause))
        | Error::Engine(cause)
        | Error::Backfill(backfill::Error::Engine(cause)) => cause.is_transient(),
        _ => false,
    }
}

/// Notes the tables with generated rows and those without.
fn conclude(run: &mut ProofRun<'_>, tables: &Tables) {
    let names =
        |names: &BTreeSet<String>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    if !tables.made.is_empty() {
        run.note(format!("generated rows for {}", names(&tables.made)));
    }
    let (database, history) = (run.rehearsal.database, run.rehearsal.history);
    let fills = |table: &&String| {
        !tables.made.contains(*table)
            && history.migrations.iter().any(|migration| database.engine.fills(&migration.up.sql, table))
    };
    let seeded: BTreeSet<String> = tables.full.iter().filter(fills).cloned().collect();
    if !seeded.is_empty() {
        run.note(format!("no rows were generated for {}: a migration inserts rows there", names(&seeded)));
    }
    run.outcome.figure("tables", &tables.made);
    for (table, (why, ..)) in &tables.unfilled {
        run.not_covered(format!("could not generate rows for \"{table}\": {}", brief(why)));
    }
}

/// Returns the database without generated rows after the first `to` migrations.
async fn ahead<'b>(run: &ProofRun<'_>, twin: &'b mut Option<EmptyTwin>, to: usize) -> Result<&'b mut EmptyTwin, Error> {
    let there = match twin.take() {
        Some(there) => there,
        None => EmptyTwin::empty(run).await?,
    };
    let there = twin.insert(there);
    there.advance(run, to).await?;
    Ok(there)
}

/// Replaces the database by a copy of the one without generated rows.
async fn replaced(run: &mut ProofRun<'_>, seeded: SeededDatabase, twin: &EmptyTwin) -> Result<SeededDatabase, Error> {
    seeded.connection.close().await?;
    SeededDatabase::fork(run, twin).await
}

/// Tries a migration on rows of another profile. Returns the database and true if the migration or a backfill
/// before it fails.
async fn try_on(
    run: &mut ProofRun<'_>,
    twin: &EmptyTwin,
    migration: &Migration,
    covered: &BTreeSet<String>,
    profile: RowProfile,
) -> Result<(SeededDatabase, bool), Error> {
    let mut seeded = SeededDatabase::fork(run, twin).await?;
    run.step(format!("apply {} to ordinary generated rows", migration.label()));
    let wanted = Wanted { covered, profile, words_of: Some(migration) };
    seeded.fill(run, &wanted, &mut Tables::default()).await?;
    if seeded.run_due(run, migration).await.is_err() {
        return Ok((seeded, true));
    }
    let scratch = Arc::clone(&seeded.scratch);
    let fails = run.up(migration, &scratch, &mut seeded.connection).await.is_err();
    Ok((seeded, fails))
}

/// Returns the undeclared losses of generated rows.
async fn lost(
    run: &ProofRun<'_>,
    migration: &Migration,
    (before, now): (&Content, &Content),
    (replay_copy, steps): (&mut ReplayCopy, &[Step]),
    seeded: &mut SeededDatabase,
) -> Result<Vec<ContentDifference>, Error> {
    // The history may change the rows that it inserted, and values of generated columns are computed again.
    let counters = aftermath::counters(migration, &mut seeded.connection).await?;
    let counts = |difference: &ContentDifference| {
        let (table, column) = difference.subject();
        let is_made = seeded.made.get(table).is_some_and(|fields| {
            column.is_none_or(|column| fields.is_empty() || fields.iter().any(|field| field.name == column))
        });
        let is_counter = aftermath::is_of_a_counter(difference, &counters);
        difference.is_loss() && is_made && !is_counter && !is_declared(difference, &migration.loses)
    };
    let mut found: Vec<ContentDifference> = before.compare(now).into_iter().filter(counts).collect();
    found = moved_columns::without_moved(run, migration, (before, now), found, &mut seeded.connection).await?;
    let of_rows = |difference: &ContentDifference| {
        matches!(difference, ContentDifference::Rows { .. } | ContentDifference::Values { .. })
    };
    if found.iter().any(of_rows) {
        let mut earlier = replay_copy.after(run, steps).await?;
        found = explain(run, &mut earlier, (now, &mut seeded.connection), found).await?;
        earlier.close().await?;
        found.retain(|difference| counts(difference) && !was_empty(difference));
        // Reading the rows may have added differences of other columns of the table.
        found = moved_columns::without_moved(run, migration, (before, now), found, &mut seeded.connection).await?;
    }
    Ok(found)
}

/// Removes the losses that a file states openly, by dropping or updating something, and notes them. This applies
/// only to histories outside a workspace: they do not use `-- loses:`, and an applied file cannot be changed to
/// declare a loss. Side effects (deleted rows, truncated values) remain findings.
fn without_intended(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    mut lost: Vec<ContentDifference>,
) -> Vec<ContentDifference> {
    if run.rehearsal.database.origin == Origin::Workspace {
        return lost;
    }
    let (engine, sql) = (run.rehearsal.database.engine, migration.up.sql.as_str());
    let is_dropped = |difference: &mut ContentDifference| {
        matches!(difference, ContentDifference::TableGone { .. } | ContentDifference::ColumnGone { .. })
    };
    let is_updated = |difference: &mut ContentDifference| match difference {
        ContentDifference::Values { column, changes, .. } => {
            changes.as_ref().is_some_and(Changes::are_of_meaning) && engine.computes(sql, column)
        }
        _ => false,
    };
    let updated: Vec<String> = lost.extract_if(.., is_updated).map(|difference| name(&difference)).collect();
    if !updated.is_empty() {
        run.note(format!("{} changes the values of {}", migration.label(), updated.join(", ")));
    }
    let dropped: Vec<String> = lost.extract_if(.., is_dropped).map(|difference| name(&difference)).collect();
    if !dropped.is_empty() {
        run.note(format!("{} drops {} and its data", migration.label(), dropped.join(", ")));
    }
    lost
}

/// Returns the table or column of a difference.
fn name(difference: &ContentDifference) -> String {
    match difference.subject() {
        (table, Some(column)) => format!("\"{table}\".\"{column}\""),
        (table, None) => format!("\"{table}\""),
    }
}

/// True if only NULL was overwritten.
fn was_empty(difference: &ContentDifference) -> bool {
    match difference {
        ContentDifference::Values { examples, .. } => {
            !examples.is_empty() && examples.iter().all(|example| example.before.as_deref() == Some("NULL"))
        }
        _ => false,
    }
}
