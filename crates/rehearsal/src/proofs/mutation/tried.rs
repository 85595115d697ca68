//! The ways to break backfills that were tried, with all fixtures, and what became of each.

use super::mutant::Mutant;
use crate::backfill::About;
use serde_json::json;
use std::collections::BTreeMap;

/// What became of a way to break a backfill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MutantStatus {
    /// This noticed it: a check, by its name, `a constraint`, or `the reconciliation`.
    Killed(String),
    /// Nobody noticed.
    Survived,
}

/// What was tried with one backfill.
#[derive(Debug, Default)]
pub(super) struct OfBackfill {
    unit: &'static str,
    statuses: BTreeMap<Mutant, (MutantStatus, String)>,
    left: usize,
}

/// What was tried so far, by backfill.
#[derive(Debug, Default)]
pub(crate) struct Tried(BTreeMap<&'static str, OfBackfill>);

/// How many ways to break a backfill were tried, and how many were noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mutants {
    /// The backfill.
    pub(super) backfill: &'static str,
    /// How many ways to break it were tried.
    pub(super) made: usize,
    /// How many of them somebody noticed.
    pub(super) killed: usize,
    /// Who noticed, and how many of them first: checks by their names, `a constraint`, `the reconciliation`.
    pub(super) by: BTreeMap<String, usize>,
    /// Those that nobody noticed.
    pub(super) survivors: Vec<Survivor>,
    /// How many more there are, which were not tried.
    pub(super) left: usize,
}

/// A way to break a backfill that nobody noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Survivor {
    /// What was done, as a sentence.
    pub(super) sentence: String,
    /// A check that would have noticed, as a file in `checks/` holds it.
    pub(super) check: String,
}

impl Mutants {
    /// The share that was killed, between 0 and 1; 1 where nothing could be broken.
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    fn share(&self) -> f64 {
        if self.made == 0 { 1.0 } else { self.killed as f64 / self.made as f64 }
    }

    /// As the report has them.
    pub(super) fn to_json(&self) -> serde_json::Value {
        let survivor = |survivor: &Survivor| json!({ "mutant": survivor.sentence, "check": survivor.check });
        json!({
            "mutants": self.made,
            "killed": self.killed,
            "share": self.share(),
            "by": self.by,
            "survivors": self.survivors.iter().map(survivor).collect::<Vec<_>>(),
            "left": self.left,
        })
    }
}

impl Tried {
    pub(super) fn of(&mut self, about: About) -> &mut OfBackfill {
        let of = self.0.entry(about.name).or_default();
        of.unit = about.unit;
        of
    }

    /// True where nobody noticed it with another fixture.
    pub(super) fn has_survived(&self, backfill: &str, mutant: &Mutant) -> bool {
        self.0.get(backfill).is_some_and(|of| matches!(of.statuses.get(mutant), Some((MutantStatus::Survived, _))))
    }

    /// What came of it.
    pub(crate) fn figures(self) -> Vec<Mutants> {
        self.0.into_iter().map(|(backfill, of)| of.figures(backfill)).collect()
    }
}

impl OfBackfill {
    /// True where it was noticed with another fixture.
    pub(super) fn is_killed(&self, mutant: &Mutant) -> bool {
        matches!(self.statuses.get(mutant), Some((MutantStatus::Killed(_), _)))
    }

    pub(super) fn add(&mut self, mutant: Mutant, status: MutantStatus) {
        self.add_with(mutant, status, String::new());
    }

    /// The same, with a check that would notice it.
    pub(super) fn add_with(&mut self, mutant: Mutant, status: MutantStatus, check: String) {
        self.statuses.insert(mutant, (status, check));
    }

    /// Notes that so many were not tried with a fixture.
    pub(super) fn left_out(&mut self, left: usize) {
        self.left = self.left.max(left);
    }

    fn figures(self, backfill: &'static str) -> Mutants {
        let made = self.statuses.len();
        let (mut by, mut survivors) = (BTreeMap::new(), Vec::new());
        for (mutant, (status, check)) in self.statuses {
            match status {
                MutantStatus::Killed(killer) => *by.entry(killer).or_default() += 1,
                MutantStatus::Survived => survivors.push(Survivor { sentence: mutant.sentence(self.unit), check }),
            }
        }
        Mutants { backfill, made, killed: made - survivors.len(), by, survivors, left: self.left }
    }
}
