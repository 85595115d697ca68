//! The proof *generated-rows*: before each migration, rows are generated for all tables, whatever a fixture contains.
//! This finds migrations that work only on empty tables and migrations that lose data. If a migration fails on
//! generated rows, it is tried on ordinary rows, which decide between a finding and a note. The proof then
//! continues with the rows that pass, or without generated rows, so that it finds all such migrations and not only the
//! first. The entry point is [`GeneratedRows`].

mod covered;
mod failure;
mod passing;
mod replay_copy;
mod seeded_database;
mod verdict;
mod watch;

use crate::Error;
use crate::failures;
use crate::generate::rows::RowProfile;
use crate::migration::{self, Migration};
use crate::proofs::kit::aftermath;
use crate::proofs::kit::seeds::{Tables, Wanted, Words};
use crate::proofs::outcome::Outcome;
use crate::proofs::{Applies, Data, Proof, ProofRun, Rehearsal};
use crate::report::{Code, Explanation, Failures};
use covered::covered;
use failure::{Attempt, FailsOn, brief, report};
use futures_util::future::LocalBoxFuture;
use rehearsal_db::Broken;
use seeded_database::{EmptyTwin, Refused, SeededDatabase};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use verdict::Verdict;
use watch::Watch;

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
    let mut tables = Tables::default();
    let mut seeded = SeededDatabase::empty(run).await?;
    let mut twin: Option<EmptyTwin> = None;
    let mut watch = Watch::default();
    let mut in_fixtures = None;
    let wanted = Wanted { profile: RowProfile::Everything, words: Words::Nothing };
    for (at, migration) in run.rehearsal.history.migrations.iter().enumerate() {
        run.step(format!("generate rows before {}", migration.label()));
        seeded.fill(run, wanted, &mut tables).await?;
        if let Err(refused) = seeded.run_due(run, migration).await {
            if refused.error.is_transient() {
                return Err(refused.error);
            }
            watch.forget();
            let Some(ordinary) = ordinary_for_backfills(run, &mut twin, at, &refused).await? else {
                let why = format!("backfill {} fails on them: {}", refused.backfill, refused.error);
                seeded = past(run, seeded, &mut twin, at, &why).await?;
                continue;
            };
            std::mem::replace(&mut seeded, ordinary).connection.close().await?;
        }
        seeded.seeds.fill_literals(run, &mut seeded.connection, migration).await?;
        match watch.apply(run, &mut seeded, migration).await? {
            Ok(()) => {}
            Err(Error::Migration(migration::Error::RequiresBackfill { backfill, .. })) => {
                let why = format!("backfill {backfill} leaves some of them pending");
                seeded = past(run, seeded, &mut twin, at, &why).await?;
            }
            Err(error) if error.is_transient() || seeded.seeds.made.is_empty() => return Err(error),
            Err(error) => {
                // Most histories need no list of the tables in fixtures.
                let there = match in_fixtures.take() {
                    Some(there) => there,
                    None => covered(run).await?,
                };
                let covered = &*in_fixtures.insert(there);
                seeded = failed(run, seeded, &mut twin, (&mut watch, covered), at, error).await?;
            }
        }
    }
    seeded.connection.close().await?;
    conclude(run, &tables);
    Ok(())
}

/// Returns a database before the migration at position `at`, with ordinary rows on which the backfills succeed. `None` if they
/// fail on these, too.
async fn ordinary_for_backfills(
    run: &mut ProofRun<'_>,
    twin: &mut Option<EmptyTwin>,
    at: usize,
    refused: &Refused,
) -> Result<Option<SeededDatabase>, Error> {
    let migration = &run.rehearsal.history.migrations[at];
    let twin = ahead(run, twin, at).await?;
    let mut ordinary = SeededDatabase::fork(run, twin).await?;
    let wanted = Wanted { profile: RowProfile::Ordinary, words: Words::Everything(migration) };
    ordinary.fill(run, wanted, &mut Tables::default()).await?;
    match ordinary.run_due(run, migration).await {
        Ok(()) => {}
        Err(refused) if refused.error.is_transient() => return Err(refused.error),
        Err(_) => {
            ordinary.connection.close().await?;
            return Ok(None);
        }
    }
    let (name, why) = (refused.backfill, refused.error.to_string());
    run.note(format!("backfill {name} ran only on ordinary generated rows; it fails on others: {}", brief(&why)));
    ordinary.seeds.wants_more();
    Ok(Some(ordinary))
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

/// Judges and reports the failure of the migration at position `at`, then continues after it: with the rows on which
/// the migration works, otherwise without generated rows.
async fn failed(
    run: &mut ProofRun<'_>,
    mut seeded: SeededDatabase,
    twin: &mut Option<EmptyTwin>,
    (watch, covered): (&mut Watch, &BTreeMap<i64, BTreeSet<String>>),
    at: usize,
    error: Error,
) -> Result<SeededDatabase, Error> {
    watch.forget();
    let migration = &run.rehearsal.history.migrations[at];
    let engine = run.rehearsal.database.engine;
    let attempt = Attempt::of(&mut seeded, error, migration).await?;
    seeded.connection.close().await?;
    let twin = ahead(run, twin, at).await?;
    let is_null = attempt.seen.refusal.as_ref().is_some_and(|refusal| refusal.broken == Broken::NotNull);
    let words = |profile| Wanted { profile, words: Words::Everything(migration) };
    let nulls = is_null && attempt_on(run, twin, migration, words(RowProfile::WithNulls)).await?.is_some();
    let ordinary = attempt_on(run, twin, migration, words(RowProfile::Ordinary)).await?;
    let is_taken = attempt.seen.refusal.as_ref().is_some_and(|refusal| refusal.broken == Broken::Unique);
    let everything = Wanted { profile: RowProfile::Everything, words: Words::Nothing };
    let only_literals = is_taken && attempt_on(run, twin, migration, everything).await?.is_none();
    let mut passing = passing::with_passing_rows(run, twin, migration).await?;
    let steps = run.steps.clone();
    // If the migration fails even without rows, *fresh* reports it, and later migrations cannot be tried.
    run.step(format!("apply {}", migration.label()));
    twin.advance(run, at + 1).await?;

    let fails_on = FailsOn { ordinary_rows: ordinary.is_some(), nulls, only_literals };
    let verdict = |attempt: &Attempt| attempt.verdict(engine, migration, fails_on);
    // Unusual rows may be unfit where ordinary ones show a fault.
    let is_finding = |attempt: &&Attempt| verdict(attempt) != Verdict::Unfit;
    let shown = std::iter::once(&attempt).chain(&ordinary).find(is_finding).unwrap_or(&attempt);
    let none = BTreeSet::new();
    let covered = covered.get(&migration.version).unwrap_or(&none);
    report(run, migration, shown, verdict(shown), (fails_on, covered)).await;

    run.steps = steps;
    run.scratch = Some(Arc::clone(&passing.scratch));
    if passing.seeds.made.is_empty() || watch.apply(run, &mut passing, migration).await?.is_err() {
        watch.forget();
        passing.connection.close().await?;
        return SeededDatabase::fork(run, twin).await;
    }
    passing.seeds.wants_more();
    Ok(passing)
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

/// Tries a migration on rows of a profile. Returns the attempt if it fails, or a backfill before it.
async fn attempt_on(
    run: &mut ProofRun<'_>,
    twin: &EmptyTwin,
    migration: &Migration,
    wanted: Wanted<'_>,
) -> Result<Option<Attempt>, Error> {
    let mut seeded = SeededDatabase::fork(run, twin).await?;
    run.step(format!("apply {} to other generated rows", migration.label()));
    seeded.fill(run, wanted, &mut Tables::default()).await?;
    let scratch = Arc::clone(&seeded.scratch);
    let done = match seeded.run_due(run, migration).await {
        Ok(()) => run.up(migration, &scratch, &mut seeded.connection).await,
        Err(refused) => Err(refused.error),
    };
    let attempt = match done {
        Ok(_) => None,
        Err(error) if error.is_transient() => return Err(error),
        Err(error) => Some(Attempt::of(&mut seeded, error, migration).await?),
    };
    seeded.connection.close().await?;
    Ok(attempt)
}
