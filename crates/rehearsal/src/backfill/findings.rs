//! What a transform tells beside its output.

use super::spool::Spool;
use crate::ledger::{Finding, FindingKind, Json, Reconciliation, Sighting};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::mem;

/// Why a unit can't be transformed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The field at fault, as a path.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
}

impl Reject {
    /// A rejection for that field.
    #[must_use]
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

type Tallies = BTreeMap<&'static str, BTreeMap<Cow<'static, str>, u64>>;

/// Collects what a transform finds, for a batch of units.
#[derive(Debug, Default)]
pub struct Findings {
    /// The id of the unit at hand.
    unit: String,
    spool: Spool,
    tallies: Tallies,
    values: Reconciliation,
    /// The reconciliations of each unit, where they are wanted; then `values` has those of the unit at hand.
    reconciliations: Option<UnitReconciliations>,
}

/// What became of the old values of units, by their ids.
pub(super) type UnitReconciliations = HashMap<String, Reconciliation>;

/// What was collected.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) spool: Spool,
    pub(super) tallies: BTreeMap<String, BTreeMap<String, u64>>,
    pub(super) values: Reconciliation,
    pub(super) reconciliations: UnitReconciliations,
}

impl Findings {
    /// Those of rows: each unit has reconciliations of its own.
    pub(super) fn of_rows() -> Self {
        Self { reconciliations: Some(UnitReconciliations::new()), ..Self::default() }
    }

    /// Records that there are several values for one place, and which of them was chosen.
    pub fn conflict(&mut self, field: impl Into<String>, values: Vec<Sighting>, chosen: Json) {
        self.push(Finding {
            kind: FindingKind::Conflict,
            field: field.into(),
            values,
            chosen: Some(chosen),
            ..Finding::default()
        });
    }

    /// Records values of a field that have no place in the new form.
    pub fn unmapped(&mut self, field: impl Into<String>, values: Vec<Sighting>) {
        self.push(Finding { kind: FindingKind::Unmapped, field: field.into(), values, ..Finding::default() });
    }

    /// Records anything else that is to be known of the unit at hand, in words.
    pub fn record(&mut self, kind: FindingKind, field: impl Into<String>, detail: impl Into<String>) {
        self.push(Finding { kind, field: field.into(), detail: detail.into(), ..Finding::default() });
    }

    /// Counts the unit at hand under a label of a group (`rarity`, `common`).
    pub fn tally(&mut self, group: &'static str, label: impl Into<Cow<'static, str>>) {
        *self.tallies.entry(group).or_default().entry(label.into()).or_default() += 1;
    }

    /// The reconciliations of what becomes of old values.
    pub fn reconciliation(&mut self) -> &mut Reconciliation {
        &mut self.values
    }

    /// What follows is about that unit.
    pub(super) fn unit(&mut self, id: String) {
        if self.unit != id {
            self.book();
            self.unit = id;
        }
    }

    /// Records what became of all rows of a unit.
    pub(super) fn reconciled(&mut self, unit: String, reconciliation: &Reconciliation) {
        self.spool.push(Finding::reconciled(unit, reconciliation));
    }

    /// Enters the values of the unit at hand in its reconciliations, where each has some.
    fn book(&mut self) {
        if let Some(reconciliations) = &mut self.reconciliations
            && !self.values.is_empty()
        {
            reconciliations.entry(self.unit.clone()).or_default().add(&mem::take(&mut self.values));
        }
    }

    fn push(&mut self, finding: Finding) {
        self.spool.push(Finding { unit: self.unit.clone(), ..finding });
    }

    pub(super) fn take(mut self) -> Found {
        self.book();
        let (mut values, reconciliations) = (self.values, self.reconciliations.unwrap_or_default());
        reconciliations.values().for_each(|reconciliation| values.add(reconciliation));
        let owned = |labels: BTreeMap<Cow<'static, str>, u64>| {
            labels.into_iter().map(|(label, n)| (label.into_owned(), n)).collect()
        };
        let tallies = self.tallies.into_iter().map(|(group, labels)| (group.to_owned(), owned(labels))).collect();
        Found { spool: self.spool, tallies, values, reconciliations }
    }
}
