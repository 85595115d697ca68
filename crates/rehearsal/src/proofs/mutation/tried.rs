//! The ways to break backfills that were tried, with all fixtures, and what became of each.

use super::mutant::Mutant;
use crate::backfill::About;
use serde_json::json;
use std::collections::BTreeMap;

/// What became of a way to break a backfill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// This noticed it: a check, by its name, `a constraint`, or `the books`.
    Caught(String),
    /// Nobody noticed.
    Survived,
}

/// What was tried with one backfill.
#[derive(Debug, Default)]
pub(super) struct OfBackfill {
    unit: &'static str,
    fates: BTreeMap<Mutant, (Fate, String)>,
    left: usize,
}

/// What was tried so far, by backfill.
#[derive(Debug, Default)]
pub(crate) struct Tried(BTreeMap<&'static str, OfBackfill>);

/// How many ways to break a backfill were tried, and how many were noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutants {
    /// The backfill.
    pub backfill: &'static str,
    /// How many ways to break it were tried.
    pub made: usize,
    /// How many of them somebody noticed.
    pub caught: usize,
    /// Who noticed, and how many of them first: checks by their names, `a constraint`, `the books`.
    pub by: BTreeMap<String, usize>,
    /// Those that nobody noticed.
    pub survivors: Vec<Survivor>,
    /// How many more there are, which were not tried.
    pub left: usize,
}

/// A way to break a backfill that nobody noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// What was done, as a sentence.
    pub sentence: String,
    /// A check that would have noticed, as a file in `checks/` holds it.
    pub check: String,
}

impl Mutants {
    /// The share that was killed, between 0 and 1; 1 where nothing could be broken.
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    fn share(&self) -> f64 {
        if self.made == 0 { 1.0 } else { self.caught as f64 / self.made as f64 }
    }

    /// As the report has them.
    pub(super) fn to_json(&self) -> serde_json::Value {
        let survivor = |survivor: &Survivor| json!({ "mutant": survivor.sentence, "check": survivor.check });
        json!({
            "mutants": self.made,
            "killed": self.caught,
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
        self.0.get(backfill).is_some_and(|of| matches!(of.fates.get(mutant), Some((Fate::Survived, _))))
    }

    /// What came of it.
    pub(crate) fn figures(self) -> Vec<Mutants> {
        self.0.into_iter().map(|(backfill, of)| of.figures(backfill)).collect()
    }
}

impl OfBackfill {
    /// True where it was noticed with another fixture.
    pub(super) fn is_caught(&self, mutant: &Mutant) -> bool {
        matches!(self.fates.get(mutant), Some((Fate::Caught(_), _)))
    }

    pub(super) fn add(&mut self, mutant: Mutant, fate: Fate) {
        self.add_with(mutant, fate, String::new());
    }

    /// The same, with a check that would notice it.
    pub(super) fn add_with(&mut self, mutant: Mutant, fate: Fate, check: String) {
        self.fates.insert(mutant, (fate, check));
    }

    /// Notes that so many were not tried with a fixture.
    pub(super) fn left_out(&mut self, left: usize) {
        self.left = self.left.max(left);
    }

    fn figures(self, backfill: &'static str) -> Mutants {
        let made = self.fates.len();
        let (mut by, mut survivors) = (BTreeMap::new(), Vec::new());
        for (mutant, (fate, check)) in self.fates {
            match fate {
                Fate::Caught(by_whom) => *by.entry(by_whom).or_default() += 1,
                Fate::Survived => survivors.push(Survivor { sentence: mutant.sentence(self.unit), check }),
            }
        }
        Mutants { backfill, made, caught: made - survivors.len(), by, survivors, left: self.left }
    }
}
