//! Compares an interrupted and resumed step with an uninterrupted one ([`Usual`]): the content of the database
//! ([`Usual::content`]) and the report ([`Usual::report`]).

use super::process::{Blow, End, Point, Work};
use super::words::Done;
use super::{LOST, NOT_RESUMABLE, REPEATED};
use crate::Error;
use crate::compare::{Changes, ContentDifference};
use crate::ledger::Counts;
use crate::plural::counted;
use crate::proofs::ProofRun;
use crate::proofs::deterministic::{excused, is_due_to_a_default};
use crate::proofs::kit::nondeterminism::Nondeterministic;
use crate::proofs::kit::snapshot::{Compared, Snapshot, leave_out, may_pass};
use crate::report::Code;
use crate::sandbox::Scratch;
use rehearsal_db::{Commit, CommitPhase, VolatileDefault};
use std::fmt::Debug;

/// How the result of an interrupted step differs from an uninterrupted one.
pub(super) struct Differs {
    pub(super) code: &'static Code,
    pub(super) lines: Vec<String>,
    pub(super) what: &'static str,
}

/// Result of an uninterrupted step.
pub(super) struct Usual {
    pub(super) commits: Vec<Commit>,
    done: Done,
    snapshot: Snapshot,
    excused: Vec<VolatileDefault>,
    /// Nondeterministic values of the step; `None` until a comparison needs them.
    nondeterministic: Option<Nondeterministic>,
}

impl Usual {
    /// Records the result in `scratch`. The step must already be in the steps of the proof.
    pub(super) async fn of(
        run: &ProofRun<'_>,
        scratch: &Scratch,
        commits: Vec<Commit>,
        done: Done,
    ) -> Result<Self, Error> {
        let mut connection = scratch.open().await?;
        let snapshot = Snapshot::of(run, &mut connection).await?;
        let excused = excused(&mut connection).await?;
        connection.close().await?;
        Ok(Self { commits, done, snapshot, excused, nondeterministic: None })
    }

    /// Compares the result of the last process with an uninterrupted run; `None` if they are equal.
    pub(super) async fn judge(
        &mut self,
        run: &mut ProofRun<'_>,
        work: Work<'_>,
        scratch: &Scratch,
        end: End,
        last: (Blow, Point),
    ) -> Result<Option<Differs>, Error> {
        let (code, lines, what) = match end {
            End::Done(done) => {
                let (report, content) = (self.report(&done, last), self.content(run, scratch).await?);
                let content_lines = content.lines();
                let code = if content_lines.is_empty() || was_repeated(work, &content) { &REPEATED } else { &LOST };
                (code, [report, content_lines].concat(), "resumes with a different result")
            }
            End::Failed(why) => (&NOT_RESUMABLE, vec![format!("the next process failed: {why}")], "does not resume"),
            End::Killed(_) => return Ok(None),
        };
        Ok((!lines.is_empty()).then_some(Differs { code, lines, what }))
    }

    /// Returns how the content of a scratch database differs from the uninterrupted result. Rows are read only if
    /// the checksums differ.
    pub(super) async fn content(&mut self, run: &mut ProofRun<'_>, scratch: &Scratch) -> Result<Compared, Error> {
        let mut connection = scratch.open().await?;
        let now = Snapshot::of(run, &mut connection).await?;
        let mut compared = self.snapshot.sums(&now);
        // A counter does not return a number again that a rolled-back transaction has drawn.
        let (snapshot, excused) = (&self.snapshot, &self.excused);
        let is_excused = |found: &ContentDifference| may_pass(found) && is_due_to_a_default(found, snapshot, excused);
        compared.content.retain(|found| !is_excused(found));
        for knows in [self.nondeterministic.is_some(), false] {
            if compared.content.is_empty() {
                break;
            }
            // If known values do not explain the difference, look again: a clock that counts seconds may have shown one
            // second twice.
            if !knows {
                self.nondeterministic = Some(self.snapshot.nondeterministic(run).await?);
            }
            // Earlier proofs have added notes about these values.
            if let Some(nondeterministic) = &self.nondeterministic {
                drop(leave_out(&mut compared, nondeterministic));
            }
        }
        let told = self.snapshot.explain(compared, &now, run, &mut connection).await;
        connection.close_with(told).await
    }

    /// Returns a line for each table that an uninterrupted step has and a scratch database has not.
    pub(super) async fn missing_tables(&self, scratch: &Scratch) -> Result<Vec<String>, Error> {
        let mut connection = scratch.open().await?;
        let tables = connection.tables().await?;
        connection.close().await?;
        let is_missing = |name: &str| !tables.iter().any(|table| table.name == name);
        let missing = self.snapshot.content().tables.iter().filter(|(name, _)| is_missing(name));
        Ok(missing
            .map(|(name, table)| format!("table \"{name}\" is gone, with {}", counted(table.rows, "row")))
            .collect())
    }

    /// Returns how the report of a resumed step differs from the uninterrupted one, after this last interruption.
    pub(super) fn report(&self, done: &Done, (blow, point): (Blow, Point)) -> Vec<String> {
        let (Done::Backfill { counts: usual, found }, Done::Backfill { counts: now, found: found_now }) =
            (&self.done, done)
        else {
            return Vec::new();
        };
        if blow == Blow::Kill && point.side == CommitPhase::After && point.number == self.commits.len() {
            // The killed process had finished the run. The next process starts a new one, which has nothing to do.
            let none = Counts::default();
            return differing("units", none.units, now.units)
                .into_iter()
                .chain(differing("rows written", none.writes, now.writes))
                .collect();
        }
        let pairs = [
            differing("units", usual.units, now.units),
            differing("rows written", usual.writes, now.writes),
            differing("rows unchanged", usual.unchanged, now.unchanged),
            differing("batches", usual.batches, now.batches),
            differing("findings", &usual.findings, &now.findings),
            differing("tallies", &usual.tallies, &now.tallies),
        ];
        let values = (usual.reconciliation != now.reconciliation).then(|| {
            let (usual, now) = (usual.reconciliation.total(), now.reconciliation.total());
            format!("the report counts old values: {now}, expected {usual}")
        });
        let other = (usual.findings == now.findings && found != found_now)
            .then(|| "the report contains different findings than that of an uninterrupted run".to_owned());
        pairs.into_iter().flatten().chain(values).chain(other).collect()
    }
}

/// True if a migration has nothing less than an uninterrupted one, but other values or more rows: it did something twice.
fn was_repeated(work: Work<'_>, compared: &Compared) -> bool {
    let is_more = |difference: &ContentDifference| match difference {
        ContentDifference::Values { changes, .. } => changes.as_ref().is_some_and(Changes::are_of_meaning),
        ContentDifference::Rows { gone, .. } => *gone == 0,
        _ => false,
    };
    matches!(work, Work::Migration(_)) && compared.schema.is_empty() && compared.content.iter().all(is_more)
}

fn differing<T: PartialEq + Debug>(what: &str, usual: T, now: T) -> Option<String> {
    (usual != now).then(|| format!("the report counts {what}: {now:?}, expected {usual:?}"))
}
