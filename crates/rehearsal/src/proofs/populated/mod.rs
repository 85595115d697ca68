//! *Populated*: a fixture takes the migrations after its version one by one, and whatever a migration deletes, empties or
//! changes without declaring it is named; then the backfills fill it and the checks pass.

mod unseen;

use super::kit::losses::report_losses;
use super::kit::moved_columns;
use super::kit::snapshot::{Snapshot, is_declared};
use super::outcome::{Next, Outcome};
use super::run::{Data, ProofRun};
use super::{Applies, Proof, Rehearsal};
use crate::Error;
use crate::check::{self, Check, Kind, Preserved};
use crate::failures;
use crate::migration::Migration;
use crate::report::{Code, Explanation, Failures, Finding};
use crate::sandbox::Scratch;
use futures_util::future::LocalBoxFuture;
use rehearsal_db::Connection;
use unseen::Unseen;

static FAILURES: Failures = failures!("populated");

static DATA_LOST: Code = Code::error(
    "populated/data-lost",
    Explanation {
        meaning: "A migration deletes rows, or drops, empties, cuts or changes values of realistic data, without declaring it.",
        example: "SQLite: a table is rebuilt inside a transaction, and DROP TABLE deletes the rows of every child table.",
        fix: "Rewrite the migration so that the values stay; the finding shows three rows before and after.",
        allow: "Declare it at the top of the file: `-- loses: \"table\".\"column\", reason`.",
    },
);

/// The proof, with the checks that have not seen a row yet.
#[derive(Default)]
pub(super) struct Populated {
    unseen: Unseen,
}

impl Proof for Populated {
    fn name(&self) -> &'static str {
        "populated"
    }

    fn question(&self) -> &'static str {
        "Does realistic data survive?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&DATA_LOST]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, _: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(data.fixture.is_some())
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run, &mut self.unseen).await?;
            Ok(run.outcome())
        })
    }

    fn conclude(&mut self, _: &Rehearsal<'_>) -> Outcome {
        Outcome { notes: std::mem::take(&mut self.unseen).notes(), ..Outcome::default() }
    }
}

async fn prove(run: &mut ProofRun<'_>, unseen: &mut Unseen) -> Result<(), Error> {
    load_fixture(run).await?;
    let scratch = run.start("populated").await?;
    let mut connection = scratch.open().await?;
    let preserved = remember_before(run, &mut connection).await?;
    let (mut done, mut here) = (Vec::new(), None);
    for migration in run.rehearsal.history.after(run.start_version()) {
        run.run_due(&scratch, Some(migration), &mut done).await?;
        // What is there after one migration is what is there before the next.
        let before = match here.take().filter(|snapshot: &Snapshot| snapshot.is_of(run)) {
            Some(snapshot) => snapshot,
            None => Snapshot::of(run, &mut connection).await?,
        };
        here = Some(apply_watched(run, migration, &before, &scratch, &mut connection).await?);
        run.load_later(migration.version, &mut connection).await?;
    }
    for backfill in run.due(None, &done) {
        let outcome = run.backfill(backfill, &scratch, crate::backfill::Effect::Execute).await?;
        run.note(format!("{} wrote {} rows", outcome.about.name, outcome.counts.writes));
    }
    run.check(&scratch).await?;
    for (check, before) in preserved {
        run.step(format!("compare what {} says is preserved", check.path.display()));
        let Some(after) = check.queries(connection.engine()).get(1).copied() else { continue };
        let lines = before.compare(&check::remember(&mut connection, check, after).await?);
        if !lines.is_empty() {
            let message = format!("the rows that check {} preserves are not the same afterwards", check.name);
            let help = "look at what the migrations and backfills after the fixture's version do to these rows";
            let finding = Finding::new(&FAILURES.check, message).in_file(&check.path);
            run.find(finding.with_details(lines).with_help(help)).await;
        }
    }
    for table in connection.foreign_tables().await? {
        run.note(format!("the rows of the foreign table \"{table}\" are another server's, and were not looked at"));
    }
    let end = Snapshot::of(run, &mut connection).await?;
    let version = run.rehearsal.history.newest().unwrap_or_default();
    unseen.and(unseen::unseen(run, version, end.content()));
    // Only the first proof that comes to the end says what that is.
    let _ = run.data.end.set(end);
    connection.close().await?;
    Ok(())
}

/// Loads the fixture into a database of its own, where a failure has a place. Every other proof with it would fail in the same way.
async fn load_fixture(run: &mut ProofRun<'_>) -> Result<(), Error> {
    run.step("load the fixture");
    let rehearsal = run.rehearsal;
    let loaded = rehearsal.sandbox.try_out(rehearsal.database, rehearsal.history, run.fixture).await;
    if loaded.is_err() {
        run.outcome.next = Next::SkipData;
    }
    Ok(loaded?)
}

/// The rows of the checks of what is preserved, as they are at the fixture's version; of those whose window opens later.
pub(super) async fn remember_before<'c>(
    run: &mut ProofRun<'c>,
    connection: &mut Connection,
) -> Result<Vec<(&'c Check, Preserved)>, Error> {
    let mut remembered = Vec::new();
    let (checks, version) = (run.rehearsal.checks, run.start_version());
    let opens_later = |check: &&Check| check.kind == Kind::Preserved && check.from.is_none_or(|from| from > version);
    for check in checks.iter().filter(opens_later) {
        run.step(format!("remember what {} says is preserved", check.path.display()));
        if let Some(before) = check.queries(connection.engine()).first() {
            remembered.push((check, check::remember(connection, check, before).await?));
        }
    }
    Ok(remembered)
}

async fn apply_watched(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    before: &Snapshot,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<Snapshot, Error> {
    run.up(migration, scratch, connection).await?;
    let after = Snapshot::of(run, connection).await?;
    let compared = before.differences(&after, run, connection).await?;
    let contents = (before.content(), after.content());
    let mut found = moved_columns::without_moved(run, migration, contents, compared.content, connection).await?;
    for loss in &migration.loses {
        if !found.iter().any(|difference| is_declared(difference, std::slice::from_ref(loss))) {
            let column = loss.column.as_ref().map(|column| format!(".\"{column}\"")).unwrap_or_default();
            run.note(format!(
                "{} declares to lose \"{}\"{column}, and lost nothing of it",
                migration.label(),
                loss.table
            ));
        }
    }
    found.extend(moved_columns::by_chance(run, migration, contents, connection).await?);
    report_losses(run, &DATA_LOST, migration, &found, connection).await?;
    Ok(after)
}
