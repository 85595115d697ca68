//! The counts of a run: [`Counts`], added up from the counts of its batches.

use super::finding::FindingKind;
use super::reconciliation::Reconciliation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The counts of a batch, a range or a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Units read and transformed.
    pub units: u64,
    /// Rows written, or predicted by a dry run.
    pub writes: u64,
    /// Rows left unchanged: another session filled them concurrently, or undo cannot revert them.
    pub unchanged: u64,
    /// Batches committed.
    pub batches: u64,
    /// Retries of a batch after a conflict with another transaction or a lost connection.
    #[serde(default)]
    pub retries: u64,
    /// Findings, by kind.
    pub findings: BTreeMap<FindingKind, u64>,
    /// The backfill's own counts, by group and label (`rarity` → `common`).
    pub tallies: BTreeMap<String, BTreeMap<String, u64>>,
    /// The outcome of each old value, by key; empty for a backfill that does not reconcile.
    #[serde(default, skip_serializing_if = "Reconciliation::is_empty")]
    pub reconciliation: Reconciliation,
}

impl Counts {
    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        self.units += other.units;
        self.writes += other.writes;
        self.unchanged += other.unchanged;
        self.batches += other.batches;
        self.retries += other.retries;
        for (kind, n) in &other.findings {
            *self.findings.entry(*kind).or_default() += n;
        }
        for (group, labels) in &other.tallies {
            let sums = self.tallies.entry(group.clone()).or_default();
            for (label, n) in labels {
                *sums.entry(label.clone()).or_default() += n;
            }
        }
        self.reconciliation.add(&other.reconciliation);
    }

    /// Rejected units.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.findings.get(&FindingKind::Rejected).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts() -> impl Strategy<Value = Counts> {
        (0..9u64, 0..9u64, prop::collection::btree_map("[ab]", 0..9u64, 0..3)).prop_map(|(units, writes, labels)| {
            Counts {
                units,
                writes,
                tallies: [("t".to_owned(), labels)].into(),
                findings: [(FindingKind::Conflict, writes)].into(),
                ..Counts::default()
            }
        })
    }

    proptest! {
        /// The sum is independent of how units are cut into batches.
        #[test]
        fn adding_is_associative(a in counts(), b in counts(), c in counts()) {
            let sum = |x: &Counts, y: &Counts| { let mut sum = x.clone(); sum.add(y); sum };
            prop_assert_eq!(sum(&sum(&a, &b), &c), sum(&a, &sum(&b, &c)));
            prop_assert_eq!(sum(&a, &b), sum(&b, &a));
        }
    }
}
