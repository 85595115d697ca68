//! The proof *idempotent*: after all migrations and backfills, a second `migrate` does nothing, and each backfill
//! writes nothing when it runs again from its first unit, whatever the ledger says. The entry point is
//! [`Idempotent`].

use super::kit::repeat::again;
use super::kit::snapshot::Snapshot;
use super::kit::unchanged::unchanged;
use super::outcome::Outcome;
use super::run::{Data, ProofRun};
use super::{Applies, Proof, Rehearsal};
use crate::Error;
use crate::event::silent;
use crate::failures;
use crate::migration::{self, Goal};
use crate::report::{Code, Explanation, Failures, Finding};
use crate::sandbox::Scratch;
use futures_util::future::LocalBoxFuture;
use std::sync::Arc;

static FAILURES: Failures = failures!("idempotent");

/// A second run changes the database.
pub(super) static CHANGED: Code = Code::error(
    "idempotent/changed",
    Explanation {
        meaning: "Migrating again, or running a finished backfill again from its first unit, changes the database.",
        example: "UPDATE toy SET price = price * 100 in a backfill whose `write` has no guard",
        fix: "Let `write` change only rows that are not filled yet, for example `… AND toy.label IS NULL`.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: a resumed run would apply a change twice.",
    },
);

/// The proof.
pub(super) struct Idempotent;

impl Proof for Idempotent {
    fn name(&self) -> &'static str {
        "idempotent"
    }

    fn question(&self) -> &'static str {
        "Does a second run change nothing?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&CHANGED]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, _: &Rehearsal<'_>, _: &Data<'_>) -> Applies {
        Applies::Yes
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run).await?;
            Ok(run.outcome())
        })
    }
}

/// Returns a database after all migrations and backfills: a copy of the one of *populated*, if there is one.
async fn at_the_end(run: &mut ProofRun<'_>) -> Result<Arc<Scratch>, Error> {
    if let Some(end) = run.data.end()
        && let Some(copy) = run.rehearsal.sandbox.fork(&end.scratch, "idempotent").await?
    {
        run.steps = end.snapshot.steps().to_vec();
        return Ok(run.work_on(copy));
    }
    let scratch = run.start("idempotent").await?;
    let mut connection = scratch.open().await?;
    let walked = run.walk(&scratch, &mut connection).await;
    connection.close_with(walked).await?;
    Ok(scratch)
}

async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let scratch = at_the_end(run).await?;
    let mut connection = scratch.open().await?;
    run.step("migrate again");
    let before = Snapshot::of(run, &mut connection).await?;
    let (target, rehearsal) = (scratch.target(), run.rehearsal);
    let help =
        "one of the migrations changes _sqlx_migrations, the record of applied migrations; remove that statement";
    match migration::run(target, Goal::Newest, rehearsal.history, &rehearsal.backfills, &silent).await {
        // The history had no fault before, so a migration has changed the record of applied migrations.
        Err(error @ Error::Migration(migration::Error::Faults { .. })) => {
            let mut finding = Finding::of_error(&CHANGED, &error).with_help(help);
            "after the first run, _sqlx_migrations does not match the migration files".clone_into(&mut finding.message);
            run.find(finding).await;
            return Ok(connection.close().await?);
        }
        migrated => migrated?,
    };
    let finding = Finding::new(&CHANGED, "migrating again changes the database").with_help(help);
    unchanged(run, &before, &mut connection, finding).await?;

    for backfill in run.due(None, &[]) {
        if backfill.about().until.is_none_or(|until| run.rehearsal.history.get(until).is_none()) {
            let note = again(run, &CHANGED, backfill, &scratch, &mut connection).await?;
            run.outcome.notes.extend(note.map(|note| format!("{}: {note}", backfill.about().name)));
        }
    }
    connection.close().await?;
    Ok(())
}
