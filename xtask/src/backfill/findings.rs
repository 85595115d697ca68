//! What a transform tells beside its output.

use crate::ledger::{Finding, FindingKind};
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
    found: Vec<Finding>,
    tallies: Tallies,
}

impl Findings {
    /// Records a finding of the unit at hand. The engine fills in which unit that is.
    pub fn record(&mut self, kind: FindingKind, field: impl Into<String>, detail: impl Into<String>) {
        self.found.push(Finding { kind, unit: String::new(), field: field.into(), detail: detail.into() });
    }

    /// Counts the unit at hand under a label of a group (`rarity`, `common`).
    pub fn tally(&mut self, group: &'static str, label: impl Into<Cow<'static, str>>) {
        *self.tallies.entry(group).or_default().entry(label.into()).or_default() += 1;
    }

    pub(super) fn take(&mut self) -> (Vec<Finding>, BTreeMap<String, BTreeMap<String, u64>>) {
        let tallies = std::mem::take(&mut self.tallies);
        let owned = |labels: BTreeMap<Cow<'static, str>, u64>| {
            labels.into_iter().map(|(label, n)| (label.into_owned(), n)).collect()
        };
        (
            std::mem::take(&mut self.found),
            tallies.into_iter().map(|(group, labels)| (group.to_owned(), owned(labels))).collect(),
        )
    }

    /// Names the unit in the findings from `first` on.
    pub(super) fn name(&mut self, first: usize, unit: impl FnOnce() -> String) {
        if self.found.len() > first {
            let unit = unit();
            self.found[first..].iter_mut().for_each(|finding| finding.unit.clone_from(&unit));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.found.len()
    }
}
