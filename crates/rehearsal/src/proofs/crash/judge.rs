//! What came of a step that was interrupted, held against what comes of it in one go: the content, and the report.

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

/// What a step makes and says in one go.
pub(super) struct Usual {
    pub(super) commits: Vec<Commit>,
    done: Done,
    snapshot: Snapshot,
    excused: Vec<VolatileDefault>,
    /// What is another whenever the step is done; none where nobody had to know so far.
    nondeterministic: Option<Nondeterministic>,
}

impl Usual {
    /// Once the step is on the run's path; the scratch database is what it made.
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

    /// How the content of a scratch database is another. Where the sums say that it is none, no row is looked at.
    pub(super) async fn content(&mut self, run: &mut ProofRun<'_>, scratch: &Scratch) -> Result<Vec<String>, Error> {
        let mut connection = scratch.open().await?;
        let now = Snapshot::of(run, &mut connection).await?;
        let mut compared = self.snapshot.sums(&now);
        // Numbers that a transaction drew before it was rolled back are not drawn again.
        let (snapshot, excused) = (&self.snapshot, &self.excused);
        let is_excused = |found: &ContentDifference| may_pass(found) && is_due_to_a_default(found, snapshot, excused);
        compared.content.retain(|found| !is_excused(found));
        for knows in [self.nondeterministic.is_some(), false] {
            if compared.content.is_empty() {
                break;
            }
            // Sooner or later: a clock that goes by seconds may have shown the same one.
            if !knows {
                self.nondeterministic = Some(self.snapshot.nondeterministic(run).await?);
            }
            // The proofs before have noted what that is.
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

    /// What of a report does not add up, of a step that was struck like that at last.
    pub(super) fn report(&self, done: &Done, (blow, point): (Blow, Point)) -> Vec<String> {
        let (Done::Backfill { counts: usual, found }, Done::Backfill { counts: now, found: found_now }) =
            (&self.done, done)
        else {
            return Vec::new();
        };
        if blow == Blow::Kill && point.side == CommitPhase::After && point.number == self.commits.len() {
            // The run was finished: this is another one, which finds nothing to do.
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
            format!("the report counts old values: {now}, and in one go {usual}")
        });
        let other = (usual.findings == now.findings && found != found_now)
            .then(|| "the report tells other findings than in one go".to_owned());
        pairs.into_iter().flatten().chain(values).chain(other).collect()
    }
}

fn differing<T: PartialEq + Debug>(what: &str, usual: T, now: T) -> Option<String> {
    (usual != now).then(|| format!("the report counts {what}: {now:?}, and in one go {usual:?}"))
}
