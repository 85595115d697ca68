//! Compares an interrupted and resumed step with an uninterrupted one ([`Usual`]): the content of the database
//! ([`Usual::content`]) and the report ([`Usual::report`]).

use super::process::{Blow, Point};
use super::words::Done;
use crate::Error;
use crate::compare::ContentDifference;
use crate::ledger::Counts;
use crate::proofs::ProofRun;
use crate::proofs::deterministic::{excused, is_due_to_a_default};
use crate::proofs::kit::nondeterminism::Nondeterministic;
use crate::proofs::kit::snapshot::{Snapshot, leave_out, may_pass};
use crate::sandbox::Scratch;
use rehearsal_db::{Commit, CommitPhase, VolatileDefault};
use std::fmt::Debug;

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

    /// Returns how the content of a scratch database differs from the uninterrupted result. Rows are read only if
    /// the checksums differ.
    pub(super) async fn content(&mut self, run: &mut ProofRun<'_>, scratch: &Scratch) -> Result<Vec<String>, Error> {
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
        if compared.lines().is_empty() {
            connection.close().await?;
            return Ok(Vec::new());
        }
        let mut told = self.snapshot.differences(&now, run, &mut connection).await?;
        connection.close().await?;
        let is_left =
            |found: &mut ContentDifference| compared.content.iter().any(|left| left.subject() == found.subject());
        told.content.retain_mut(is_left);
        Ok(told.lines())
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

fn differing<T: PartialEq + Debug>(what: &str, usual: T, now: T) -> Option<String> {
    (usual != now).then(|| format!("the report counts {what}: {now:?}, expected {usual:?}"))
}
