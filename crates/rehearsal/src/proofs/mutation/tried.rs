//! The results of *mutation* over all fixtures ([`Tried`]): each mutant that was tried, and whether it was killed.
//! A mutant counts as killed if any fixture kills it. [`Mutants`] are the figures for the report.

use super::mutant::Mutant;
use crate::backfill::About;
use serde_json::json;
use std::collections::BTreeMap;

/// Result of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MutantStatus {
    /// Killed by a check (its name), `a constraint` or `the reconciliation`.
    Killed(String),
    /// Not killed with any fixture so far.
    Survived,
}

/// The mutants of one backfill.
#[derive(Debug, Default)]
pub(super) struct OfBackfill {
    unit: &'static str,
    statuses: BTreeMap<Mutant, (MutantStatus, String)>,
    left: usize,
}

/// The mutants tried so far, by backfill.
#[derive(Debug, Default)]
pub(crate) struct Tried(BTreeMap<&'static str, OfBackfill>);

/// Figures of one backfill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mutants {
    /// Name of the backfill.
    pub(super) backfill: &'static str,
    /// Number of mutants tried.
    pub(super) made: usize,
    /// Number of mutants killed.
    pub(super) killed: usize,
    /// Kills by killer: the name of a check, `a constraint` or `the reconciliation`. Each mutant counts once.
    pub(super) by: BTreeMap<String, usize>,
    /// Mutants that survived.
    pub(super) survivors: Vec<Survivor>,
    /// Number of mutants that were not tried.
    pub(super) left: usize,
}

/// A mutant that survived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Survivor {
    /// Description of the mutant ([`Mutant::sentence`]).
    pub(super) sentence: String,
    /// A check that would kill it, as a file in `checks/`.
    pub(super) check: String,
}

impl Mutants {
    /// Share of mutants killed, from 0 to 1; 1 if there are no mutants.
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    fn share(&self) -> f64 {
        if self.made == 0 { 1.0 } else { self.killed as f64 / self.made as f64 }
    }

    /// The figures as the report contains them.
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
    /// Returns the results of a backfill, empty at first.
    pub(super) fn of(&mut self, about: About) -> &mut OfBackfill {
        let of = self.0.entry(about.name).or_default();
        of.unit = about.unit;
        of
    }

    /// True if the mutant survived with another fixture.
    pub(super) fn has_survived(&self, backfill: &str, mutant: &Mutant) -> bool {
        self.0.get(backfill).is_some_and(|of| matches!(of.statuses.get(mutant), Some((MutantStatus::Survived, _))))
    }

    /// Returns the figures of each backfill.
    pub(crate) fn figures(self) -> Vec<Mutants> {
        self.0.into_iter().map(|(backfill, of)| of.figures(backfill)).collect()
    }
}

impl OfBackfill {
    /// True if the mutant was killed with another fixture.
    pub(super) fn is_killed(&self, mutant: &Mutant) -> bool {
        matches!(self.statuses.get(mutant), Some((MutantStatus::Killed(_), _)))
    }

    /// Records the result of a mutant.
    pub(super) fn add(&mut self, mutant: Mutant, status: MutantStatus) {
        self.add_with(mutant, status, String::new());
    }

    /// Records the result of a mutant with a check that would kill it.
    pub(super) fn add_with(&mut self, mutant: Mutant, status: MutantStatus, check: String) {
        self.statuses.insert(mutant, (status, check));
    }

    /// Records how many mutants were not tried with a fixture; keeps the maximum over all fixtures.
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
