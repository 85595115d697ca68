//! Findings and rejects, which a transform reports besides its output: it calls the methods of [`Findings`], or
//! returns a [`Reject`].

use super::spool::Spool;
use crate::ledger::{Finding, FindingKind, Json, Reconciliation, Sighting};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::mem;

/// Why a unit cannot be transformed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The field at fault, as a path.
    pub field: String,
    /// The fault of the field.
    pub why: String,
}

impl Reject {
    /// Rejects a unit because of `field`.
    #[must_use]
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

type Tallies = BTreeMap<&'static str, BTreeMap<Cow<'static, str>, u64>>;

/// Collects the findings of a transform for a batch of units.
#[derive(Debug, Default)]
pub struct Findings {
    /// The id of the current unit.
    unit: String,
    spool: Spool,
    tallies: Tallies,
    values: Reconciliation,
    /// The reconciliation of each unit, if they are kept apart; `values` is then that of the current unit.
    reconciliations: Option<UnitReconciliations>,
}

/// Reconciliations of units, by id.
pub(super) type UnitReconciliations = HashMap<String, Reconciliation>;

/// The collected findings.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) spool: Spool,
    pub(super) tallies: BTreeMap<String, BTreeMap<String, u64>>,
    pub(super) values: Reconciliation,
    pub(super) reconciliations: UnitReconciliations,
}

impl Findings {
    /// Collects findings of child rows, with a separate reconciliation for each unit.
    pub(super) fn of_rows() -> Self {
        Self { reconciliations: Some(UnitReconciliations::new()), ..Self::default() }
    }

    /// Records that a field has several values, and which of them was chosen.
    pub fn conflict(&mut self, field: impl Into<String>, values: Vec<Sighting>, chosen: Json) {
        self.push(Finding {
            kind: FindingKind::Conflict,
            field: field.into(),
            values,
            chosen: Some(chosen),
            ..Finding::default()
        });
    }

    /// Records values of a field that the new schema cannot store.
    pub fn unmapped(&mut self, field: impl Into<String>, values: Vec<Sighting>) {
        self.push(Finding { kind: FindingKind::Unmapped, field: field.into(), values, ..Finding::default() });
    }

    /// Records any other finding about the current unit, as text.
    pub fn record(&mut self, kind: FindingKind, field: impl Into<String>, detail: impl Into<String>) {
        self.push(Finding { kind, field: field.into(), detail: detail.into(), ..Finding::default() });
    }

    /// Counts the current unit under a label of a group (`rarity`, `common`).
    pub fn tally(&mut self, group: &'static str, label: impl Into<Cow<'static, str>>) {
        *self.tallies.entry(group).or_default().entry(label.into()).or_default() += 1;
    }

    /// The reconciliation to which the transform adds the outcome of each old value.
    pub fn reconciliation(&mut self) -> &mut Reconciliation {
        &mut self.values
    }

    /// Starts a unit: later findings belong to it.
    pub(super) fn unit(&mut self, id: String) {
        if self.unit != id {
            self.add_values();
            self.unit = id;
        }
    }

    /// Records the reconciliation of all rows of a unit.
    pub(super) fn reconciled(&mut self, unit: String, reconciliation: &Reconciliation) {
        self.spool.push(Finding::reconciled(unit, reconciliation));
    }

    /// Adds `values` to the reconciliation of the current unit, if units are kept apart.
    fn add_values(&mut self) {
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
        self.add_values();
        let (mut values, reconciliations) = (self.values, self.reconciliations.unwrap_or_default());
        reconciliations.values().for_each(|reconciliation| values.add(reconciliation));
        let owned = |labels: BTreeMap<Cow<'static, str>, u64>| {
            labels.into_iter().map(|(label, n)| (label.into_owned(), n)).collect()
        };
        let tallies = self.tallies.into_iter().map(|(group, labels)| (group.to_owned(), owned(labels))).collect();
        Found { spool: self.spool, tallies, values, reconciliations }
    }
}
