//! The verification of one backfill with one fixture, for `backfill --verify`: a dry run predicts the result of an
//! execution, a second run from the first unit changes nothing, undo restores the data, concurrent runs produce the
//! result of a single run, and the checks pass. The entry point is [`VerifyBackfill`].

use super::concurrent::same_backfill;
use super::kit::repeat::{again, undo};
use super::kit::snapshot::Snapshot;
use super::outcome::Outcome;
use super::run::{Data, ProofRun};
use super::{Applies, Proof, Rehearsal, idempotent, reversible};
use crate::Error;
use crate::backfill::{AnyBackfill, Effect};
use crate::failures;
use crate::ledger::Counts;
use crate::plural::counted;
use crate::report::{Code, Failures, Finding, Reproduce};
use futures_util::future::LocalBoxFuture;

static FAILURES: Failures = failures!("verify");

/// The proof.
pub(crate) struct VerifyBackfill<'b> {
    /// The backfill to verify.
    pub(crate) backfill: &'b dyn AnyBackfill,
}

impl Proof for VerifyBackfill<'_> {
    fn name(&self) -> &'static str {
        "verify"
    }

    fn question(&self) -> &'static str {
        "Does this backfill do what its dry run predicts, only once and reversibly?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        Vec::new()
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, _: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(data.fixture.is_some())
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run, self.backfill).await?;
            Ok(run.outcome())
        })
    }
}

/// Returns the codes that only this verification reports.
pub(super) fn codes() -> Vec<&'static Code> {
    FAILURES.all()
}

async fn prove(run: &mut ProofRun<'_>, backfill: &dyn AnyBackfill) -> Result<(), Error> {
    let about = backfill.about();
    let scratch = run.start("verify").await?;
    let mut connection = scratch.open().await?;
    let last = about.until.unwrap_or(i64::MAX);
    // The backfill under test is run below, not here.
    let mut done = vec![about.name];
    let history = run.rehearsal.history;
    for migration in history.after(run.start_version()).iter().take_while(|migration| migration.version < last) {
        run.run_due(&scratch, Some(migration), &mut done).await?;
        run.up(migration, &scratch, &mut connection).await?;
    }
    // Run the backfills that precede it, so that it reads the data of a real run.
    let names = run.rehearsal.backfills.iter().map(|backfill| backfill.about().name);
    let later: Vec<&str> = names.skip_while(|name| *name != about.name).filter(|name| !done.contains(name)).collect();
    done.extend(&later);
    run.run_due(&scratch, None, &mut done).await?;
    let before = Snapshot::of(run, &mut connection).await?;

    let (predicted, would_find) = run.pass(backfill, &scratch, Effect::Predict).await?;
    let (outcome, found) = run.pass(backfill, &scratch, Effect::Execute).await?;
    let (foreseen, counts) = (&predicted.counts, &outcome.counts);
    let finding = |message: String, help: &str| {
        Finding::new(&FAILURES.backfill, message).with_help(help).again_with(Reproduce::Backfill(about.name))
    };
    if (foreseen.units, foreseen.writes) != (counts.units, counts.writes) {
        let message = format!(
            "the dry run of {} predicted {} for {}; the execution wrote {} for {}",
            about.name,
            counted(foreseen.writes, "row"),
            counted(foreseen.units, about.unit),
            counted(counts.writes, "row"),
            counted(counts.units, about.unit)
        );
        run.find(finding(message, "let `rows` return the number of rows that `write` writes")).await;
    }
    let rest = |counts: &Counts| (counts.tallies.clone(), counts.findings.clone(), counts.reconciliation.clone());
    if rest(foreseen) != rest(counts) || would_find != found {
        let message = format!("the findings and counts of {} differ between dry run and execution", about.name);
        run.find(finding(message, "let the result of `transform` depend only on its unit")).await;
    }
    run.note(format!("wrote {} for {}", counted(counts.writes, "row"), counted(counts.units, about.unit)));
    if !counts.findings.is_empty() {
        let kinds: Vec<String> = counts.findings.iter().map(|(kind, n)| format!("{kind} {}", n)).collect();
        run.note(format!("findings match the dry run: {}", kinds.join(", ")));
    }
    if !counts.reconciliation.is_empty() {
        let total = counts.reconciliation.total();
        let caveat = if backfill.has_source_counts() { "" } else { " (not compared with the database)" };
        run.note(format!("reconciliation of old values: {total}{caveat}"));
    }
    let note = again(run, &idempotent::CHANGED, backfill, &scratch, &mut connection).await?;
    run.outcome.notes.extend(note);
    let after = Snapshot::of(run, &mut connection).await?;
    let executed = outcome.counts.units;
    undo(run, &reversible::CONTENT_DIFFERS, backfill, (&before, executed), &scratch, &mut connection).await?;
    same_backfill::prove(run, backfill, &before, &after).await?;
    // The checks expect a completely filled database.
    run.backfill(backfill, &scratch, Effect::Execute).await?;
    done.retain(|name| !later.contains(name));
    run.run_due(&scratch, None, &mut done).await?;
    run.check(&scratch).await?;
    connection.close().await?;
    Ok(())
}
