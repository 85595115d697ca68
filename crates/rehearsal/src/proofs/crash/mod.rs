//! The proof *crash*: each migration and each backfill runs in a separate process, which is killed just before and
//! just after each of its commits in turn. A new process resumes, and the content and the reported counts must
//! equal those of an uninterrupted run. On PostgreSQL, a backfill also has its sessions terminated and its server
//! crashed; a SQLite file is left with a hot journal and with a write-ahead log in turn.
//!
//! Processes take time, and a history can have very many commits, so a sample is tried within a time budget, or all
//! of them on request. Steps that are not tried run in this process, so that later steps find their data. [`Crash`]
//! is the entry point, [`Trial`] does the work.

mod chain;
mod figures;
mod interrupted_build;
mod judge;
mod process;
mod sample;
mod server_crash;
mod trial;
mod wording;
mod words;

use figures::Crashes;
pub use process::Program;
pub use words::{Done, Said};

use crate::Error;
use crate::failures;
use crate::migration::Migration;
use crate::proofs::outcome::Outcome;
use crate::proofs::{Applies, Data, Depth, Proof, ProofRun, Rehearsal};
use crate::report::{Code, Explanation, Failures};
use crate::sandbox::Scratch;
use crate::workspace::Fixture;
use futures_util::future::LocalBoxFuture;
use process::Work;
use sample::{BUDGET, Time};
use server_crash::ServerCrash;
use trial::Trial;

static FAILURES: Failures = failures!("crash");

static NOT_RESUMABLE: Code = Code::error(
    "crash/not-resumable",
    Explanation {
        meaning: "A step that was interrupted cannot be resumed: the next process fails.",
        example: "A migration without a transaction is killed after its CREATE TABLE, and the next process fails because the table exists.",
        fix: "Write each statement so that it can run twice (`IF NOT EXISTS`, `ON CONFLICT DO NOTHING`), or use a transaction.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: an interrupted deployment would need manual repair.",
    },
);

static LOST: Code = Code::error(
    "crash/lost",
    Explanation {
        meaning: "After an interruption, the resumed step leaves the database different from an uninterrupted one.",
        example: "A backfill commits its cursor before its rows, and the rows of one batch are never written.",
        fix: "Commit the rows and the progress of a batch in one transaction.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: data would be lost or only partly changed.",
    },
);

static REPEATED: Code = Code::error(
    "crash/repeated",
    Explanation {
        meaning: "After an interruption, the resumed step repeats work, or reports different counts than an uninterrupted one.",
        example: "A backfill commits its rows before its cursor, and a batch is counted twice.",
        fix: "Commit the rows and the progress of a batch in one transaction, and guard `write`.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: a change may be applied twice.",
    },
);

static NOTHING_PROVED: Code = Code::error(
    "crash/nothing-proved",
    Explanation {
        meaning: "Processes were killed in the middle of a transaction and none left a journal, so the proof shows nothing.",
        example: "The file system does not keep the journal of a killed process.",
        fix: "Rehearse on another file system.",
        allow: "It cannot be allowed: without a result of the proof, the rehearsal is incomplete.",
    },
);

/// The proof.
pub(super) struct Crash;

impl Proof for Crash {
    fn name(&self) -> &'static str {
        "crash"
    }

    fn question(&self) -> &'static str {
        "Killed at any point, does it resume?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&NOT_RESUMABLE, &LOST, &REPEATED, &NOTHING_PROVED]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, rehearsal: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(rehearsal.program.is_some() && (data.fixture.is_none() || data.end().is_some()))
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run).await?;
            Ok(run.outcome())
        })
    }
}

async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let rehearsal = run.rehearsal;
    let Some(program) = &rehearsal.program else { return Ok(()) };
    let migrations = migrations(run);
    let chosen = sample::chosen(migrations, rehearsal.depth);
    // An empty database has no rows for a backfill.
    let backfills = if run.fixture.is_some() { run.due(None, &[]).len() } else { 0 };
    let time = Time::new(rehearsal.depth, chosen.len() + backfills);
    let budget = (rehearsal.depth == Depth::Sample).then_some(BUDGET);
    let figures = Crashes { budget, ..Crashes::default() };
    let server = if is_largest(run) { ServerCrash::Tried } else { ServerCrash::LeftToAnotherFixture };
    let (journals_due, all_resumed, gave_up) = (0, true, String::new());
    let mut trial = Trial { program, time, figures, journals_due, all_resumed, server, gave_up };
    let mut here = run.copy("crash").await?;
    let mut done = Vec::new();
    for next in migrations.iter().map(Some).chain([None]) {
        if run.fixture.is_some() {
            for backfill in run.due(next, &done) {
                here = trial.step(run, here, Work::Backfill(backfill)).await?;
                done.push(backfill.about().name);
            }
        }
        let Some(migration) = next else { break };
        let work = Work::Migration(migration);
        here = if chosen.contains(&migration.version) && !trial.time.is_up() {
            trial.step(run, here, work).await?
        } else {
            trial.figures.left += 1;
            walk(run, here, work).await?
        };
        let mut connection = here.open().await?;
        let loaded = run.load_later(migration.version, &mut connection).await;
        connection.close_with(loaded).await?;
    }
    trial.tell(run).await;
    run.outcome.figures = trial.figures.to_json();
    Ok(())
}

/// True if no other fixture of the database has larger files. All fixtures count as the largest if every case is tried.
fn is_largest(run: &ProofRun<'_>) -> bool {
    let size = |fixture: &Fixture| -> u64 {
        fixture.rows().filter_map(|rows| std::fs::metadata(&rows.path).ok()).map(|file| file.len()).sum()
    };
    let fixtures = &run.rehearsal.database.fixtures;
    let largest = fixtures.iter().map(size).max().unwrap_or_default();
    run.rehearsal.depth == Depth::Exhaustive || run.fixture.is_some_and(|fixture| size(fixture) == largest)
}

/// Returns the migrations to try with this data. On an empty database, these end at the first fixture's version:
/// the fixture tries the later ones.
fn migrations<'a>(run: &ProofRun<'a>) -> &'a [Migration] {
    let (rehearsal, after) = (run.rehearsal, run.rehearsal.history.after(run.start_version()));
    let first = rehearsal.database.fixtures.iter().map(|fixture| fixture.version).min();
    match (run.fixture, first) {
        (None, Some(first)) => rehearsal.history.through(first),
        _ => after,
    }
}

/// Runs a step in this process.
async fn walk(run: &mut ProofRun<'_>, scratch: Scratch, work: Work<'_>) -> Result<Scratch, Error> {
    let step = work.step();
    run.step(step.sentence(run.rehearsal));
    let mut connection = scratch.open().await?;
    let made = step.perform(run, run.batch, &scratch, &mut connection).await;
    connection.close_with(made).await?;
    run.steps.push(step);
    Ok(scratch)
}
