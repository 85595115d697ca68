//! What a transform tells beside its output.

use super::spool::Spool;
use crate::ledger::{Accounts, Finding, FindingKind, Json, Sighting};
use std::borrow::Cow;
use std::collections::BTreeMap;

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
    values: Accounts,
}

/// What was collected.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) spool: Spool,
    pub(super) tallies: BTreeMap<String, BTreeMap<String, u64>>,
    pub(super) values: Accounts,
}

impl Findings {
    /// Records that there are several values for one place, and which of them was chosen.
    pub fn conflict(&mut self, field: impl Into<String>, values: Vec<Sighting>, chosen: Json) {
        self.push(Finding {
            kind: FindingKind::Conflict,
            unit: String::new(),
            field: field.into(),
            values,
            chosen: Some(chosen),
            detail: String::new(),
        });
    }

    /// Records values of a field that have no place in the new form.
    pub fn unmapped(&mut self, field: impl Into<String>, values: Vec<Sighting>) {
        self.push(Finding {
            kind: FindingKind::Unmapped,
            unit: String::new(),
            field: field.into(),
            values,
            chosen: None,
            detail: String::new(),
        });
    }

    /// Records anything else that is to be known of the unit at hand, in words.
    pub fn record(&mut self, kind: FindingKind, field: impl Into<String>, detail: impl Into<String>) {
        let (unit, field, detail) = (String::new(), field.into(), detail.into());
        self.push(Finding { kind, unit, field, values: Vec::new(), chosen: None, detail });
    }

    /// Counts the unit at hand under a label of a group (`rarity`, `common`).
    pub fn tally(&mut self, group: &'static str, label: impl Into<Cow<'static, str>>) {
        *self.tallies.entry(group).or_default().entry(label.into()).or_default() += 1;
    }

    /// The books of what becomes of old values.
    pub fn values(&mut self) -> &mut Accounts {
        &mut self.values
    }

    /// What follows is about that unit.
    pub(super) fn unit(&mut self, id: String) {
        self.unit = id;
    }

    fn push(&mut self, finding: Finding) {
        self.spool.push(Finding { unit: self.unit.clone(), ..finding });
    }

    pub(super) fn take(self) -> Found {
        let owned = |labels: BTreeMap<Cow<'static, str>, u64>| {
            labels.into_iter().map(|(label, n)| (label.into_owned(), n)).collect()
        };
        let tallies = self.tallies.into_iter().map(|(group, labels)| (group.to_owned(), owned(labels))).collect();
        Found { spool: self.spool, tallies, values: self.values }
    }
}
