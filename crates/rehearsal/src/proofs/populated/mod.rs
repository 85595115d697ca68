//! The proof *populated*: the migrations after a fixture's version apply to its rows one by one, and undeclared
//! data loss is reported per migration; then the backfills run and the checks pass. The entry point is
//! [`Populated`].

mod unseen;

use super::kit::aftermath::{self, Before};
use super::kit::checkpoint::EarlierCopy;
use super::kit::losses::report_losses;
use super::kit::moved_columns;
use super::kit::observed::Observed;
use super::kit::round_trip;
use super::kit::snapshot::{Snapshot, is_declared};
use super::outcome::{Next, Outcome};
use super::run::{Data, ProofRun};
use super::{Applies, Proof, Rehearsal};
use crate::Error;
use crate::check::{self, Check, Kind, Preserved};
use crate::failures;
use crate::migration::Migration;
use crate::plural::counted;
use crate::report::{Code, Explanation, Failures, Finding};
use crate::sandbox::Scratch;
use futures_util::future::LocalBoxFuture;
use rehearsal_db::Connection;
use std::sync::Arc;
use unseen::Unseen;

static FAILURES: Failures = failures!("populated");

static DATA_LOST: Code = Code::error(
    "populated/data-lost",
    Explanation {
        meaning: "A migration deletes rows of a fixture, or drops, empties, truncates or changes values, without \
                  declaring it.",
        example: "SQLite: a migration rebuilds a table in a transaction, and DROP TABLE deletes the rows of every \
                  child table.",
        fix: "Rewrite the migration so that it preserves the values; the finding shows up to three rows before and \
              after.",
        allow: "Declare the loss at the top of the file: `-- loses: \"table\".\"column\", reason`.",
    },
);

static AFTERMATH: aftermath::Codes = crate::aftermath_codes!("populated");

/// The proof, with the checks that have read no row so far.
#[derive(Default)]
pub(super) struct Populated {
    unseen: Unseen,
}

impl Proof for Populated {
    fn name(&self) -> &'static str {
        "populated"
    }

    fn question(&self) -> &'static str {
        "Does realistic data survive, and does everything still work afterwards?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        [&DATA_LOST].into_iter().chain(AFTERMATH.all()).collect()
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, _: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(data.fixture.is_some())
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            let mut observed = Observed::default();
            let proved = prove(run, &mut self.unseen, &mut observed).await;
            observed.add_to(run);
            proved.map(|()| run.outcome())
        })
    }

    fn conclude(&mut self, _: &Rehearsal<'_>) -> Outcome {
        Outcome { notes: std::mem::take(&mut self.unseen).notes(), ..Outcome::default() }
    }
}

async fn prove(run: &mut ProofRun<'_>, unseen: &mut Unseen, observed: &mut Observed) -> Result<(), Error> {
    load_fixture(run).await?;
    let scratch = run.start("populated").await?;
    let mut connection = scratch.open().await?;
    connection.record_locks();
    let preserved = remember_before(run, &mut connection).await?;
    observed.draw_before(run, &mut connection).await;
    let (mut done, mut here) = (Vec::new(), None);
    for migration in run.rehearsal.history.after(run.start_version()) {
        for backfill in run.due(Some(migration), &done) {
            observed.backfill(run, backfill, &scratch).await?;
            done.push(backfill.about().name);
        }
        // The state after one migration is the state before the next.
        let before = match here.take().filter(|snapshot: &Snapshot| snapshot.is_of(run)) {
            Some(snapshot) => snapshot,
            None => Snapshot::of(run, &mut connection).await?,
        };
        here = Some(apply_watched(run, migration, (&before, observed), &scratch, &mut connection).await?);
        run.load_later(migration.version, &mut connection).await?;
    }
    for backfill in run.due(None, &done) {
        let outcome = observed.backfill(run, backfill, &scratch).await?;
        run.note(format!("backfill {} wrote {}", outcome.about.name, counted(outcome.counts.writes, "row")));
    }
    observed.draw_after(run, &mut connection).await;
    run.check(&scratch).await?;
    for (check, before) in preserved {
        run.step(format!("compare the rows that {} preserves", check.path.display()));
        let Some(after) = check.queries(connection.engine()).get(1).copied() else { continue };
        let lines = before.compare(&check::remember(&mut connection, check, after).await?);
        if !lines.is_empty() {
            let message = format!("the rows that check {} preserves have changed", check.name);
            let help = "look for the migration or backfill after the fixture's version that changes these rows";
            let finding = Finding::new(&FAILURES.check, message).in_file(&check.path);
            run.find(finding.with_details(lines).with_help(help)).await;
        }
    }
    for table in connection.foreign_tables().await? {
        run.note(format!("the rows of the foreign table \"{table}\" were not compared: they are on another server"));
    }
    let end = Snapshot::of(run, &mut connection).await?;
    let version = run.rehearsal.history.newest().unwrap_or_default();
    unseen.and(unseen::unseen(run, version, end.content()));
    connection.close().await?;
    run.data.set_end(end, scratch);
    Ok(())
}

/// Loads the fixture into a separate database, so that an error has a location in the file. If that fails, the
/// other proofs with the fixture are skipped, because they would fail in the same way.
async fn load_fixture(run: &mut ProofRun<'_>) -> Result<(), Error> {
    run.step("load the fixture");
    let rehearsal = run.rehearsal;
    let loaded = rehearsal.sandbox.try_out(rehearsal.database, rehearsal.history, run.fixture).await;
    if loaded.is_err() {
        run.outcome.next = Next::SkipData;
    }
    Ok(loaded?)
}

/// Records the rows of the `preserved` checks at the fixture's version, for the checks that apply from a later
/// version.
pub(super) async fn remember_before<'c>(
    run: &mut ProofRun<'c>,
    connection: &mut Connection,
) -> Result<Vec<(&'c Check, Preserved)>, Error> {
    let mut remembered = Vec::new();
    let (checks, version) = (run.rehearsal.checks, run.start_version());
    let opens_later = |check: &&Check| check.kind == Kind::Preserved && check.from.is_none_or(|from| from > version);
    for check in checks.iter().filter(opens_later) {
        run.step(format!("record the rows that {} preserves", check.path.display()));
        if let Some(before) = check.queries(connection.engine()).first() {
            remembered.push((check, check::remember(connection, check, before).await?));
        }
    }
    Ok(remembered)
}

/// Applies a migration, reports undeclared data loss, and returns the state after it.
async fn apply_watched(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    (before, observed): (&Snapshot, &mut Observed),
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<Snapshot, Error> {
    let earlier = Before::of(migration, Arc::clone(&before.schema), connection).await?;
    let took = run.up(migration, scratch, connection).await?;
    let after = Snapshot::of(run, connection).await?;
    observed.migration(run, migration, took, Some((before.content(), after.content())), connection);
    let compared = before.differences(&after, run, connection).await?;
    let contents = (before.content(), after.content());
    let mut found = moved_columns::without_moved(run, migration, contents, compared.content, connection).await?;
    for loss in &migration.loses {
        if !found.iter().any(|difference| is_declared(difference, std::slice::from_ref(loss))) {
            let column = loss.column.as_ref().map(|column| format!(".\"{column}\"")).unwrap_or_default();
            let (what, not) = match loss.moved_to {
                Some(_) => ("declares `-- moves:` for", "but does not drop that column"),
                None => ("declares the loss of", "but loses none of its data"),
            };
            run.note(format!("{} {what} \"{}\"{column}, {not}", migration.label(), loss.table));
        }
    }
    found.extend(moved_columns::by_chance(run, migration, contents, connection).await?);
    let copy = async |run: &ProofRun<'_>| EarlierCopy::of(run.at(before.steps()).await?).await;
    let counters = aftermath::counters(&migration.up, connection).await?;
    found.retain(|difference| !aftermath::is_of_a_counter(difference, &counters));
    let code = &AFTERMATH.rows_written;
    let written = aftermath::without_written(run, code, migration, &before.schema, contents, found, copy).await?;
    let (found, findings) = written;
    for finding in findings {
        run.find(finding).await;
    }
    let found = round_trip::without_restored(run, migration, (before, &after), found).await?;
    report_losses(run, &DATA_LOST, migration, &found, copy, connection).await?;
    if let Some(earlier) = earlier {
        aftermath::examine(run, &AFTERMATH, migration, &earlier, &after.schema, copy, connection).await?;
    }
    Ok(after)
}
