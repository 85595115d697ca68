//! A batch on its way from the reader to the writer. Each [`Piece`] of it has a bounded size; the last one contains the
//! [`End`] of the batch.

use super::child_counts::Sizes;
use super::definition::Backfill;
use super::findings::{Findings, Found, Reject, UnitReconciliations};
use super::spool::Spool;
use crate::ledger::{Counts, Finding, FindingKind};
use rehearsal_db::Key;

/// A part of a batch, ready to write: the whole batch if units have no child rows, otherwise some of the child rows.
pub(super) struct Piece<B: Backfill> {
    pub(super) outputs: Vec<B::Output>,
    pub(super) counts: Counts,
    pub(super) rejects: Vec<Finding>,
    pub(super) findings: Spool,
    pub(super) lines: Vec<String>,
    /// The end of the batch; `None` if more pieces follow.
    pub(super) end: Option<End<B>>,
}

/// The end of a batch.
pub(super) struct End<B: Backfill> {
    /// The key of the last unit; `None` for a batch of orphans.
    pub(super) last: Option<Key>,
    pub(super) units: Vec<B::Unit>,
    pub(super) sizes: Option<Sizes>,
}

impl<B: Backfill> Piece<B> {
    pub(super) fn empty() -> Self {
        Self {
            outputs: Vec::new(),
            counts: Counts::default(),
            rejects: Vec::new(),
            findings: Spool::default(),
            lines: Vec::new(),
            end: None,
        }
    }

    pub(super) fn reject(&mut self, unit: String, Reject { field, why }: Reject, findings: &mut Findings) {
        findings.record(FindingKind::Rejected, field.as_str(), why.as_str());
        self.rejects.push(Finding::rejected(unit, field, why));
    }

    /// Takes over the findings of a transform and returns the reconciliation of each unit.
    pub(super) fn found(&mut self, Found { spool, tallies, values, reconciliations }: Found) -> UnitReconciliations {
        self.counts.findings.clone_from(spool.counts());
        (self.counts.tallies, self.counts.reconciliation, self.findings) = (tallies, values, spool);
        reconciliations
    }
}
