//! [`BackfillRun`]: what one pass of a backfill did, with a bounded sample of its findings and a bounded series of its
//! batches. An [`Observer`] collects it from the events of the pass.

use crate::backfill::{About, Effect, Ending, Outcome};
use crate::event::{Event, ResumePoint};
use crate::ledger::{Counts, Finding, FindingKind, Logged, RangeProgress};
use crate::quoted::reason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The most findings of a kind in the sample.
const SAMPLE: usize = 10;
/// The most different fields or reasons of a kind that are counted apart.
const LABELS: usize = 50;
/// The most points in the series of batches.
const POINTS: usize = 240;
/// The label under which further fields and reasons are counted.
const OTHERS: &str = "(others)";

/// One pass of a backfill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackfillRun {
    /// The backfill.
    pub backfill: String,
    /// The noun for one unit: `pet`.
    pub unit: String,
    /// The kind of pass.
    pub mode: PassMode,
    /// How it ended.
    pub state: PassState,
    /// The error, if it failed.
    pub error: Option<String>,
    /// When this process began: UTC, to the second.
    pub started_at: String,
    /// How long this process worked, in milliseconds.
    pub duration_ms: f64,
    /// The counts of the whole run, including earlier processes.
    pub counts: Counts,
    /// The number of units that earlier processes had done.
    pub resumed_units: Option<u64>,
    /// The key after which this process resumed the run.
    pub resumed_after: Option<String>,
    /// Units that are still pending.
    pub left: u64,
    /// Units that were done before, if nothing was left to do.
    pub already_done: Option<u64>,
    /// The batches of this process in order; several in one point if there were many.
    pub batches: Vec<BatchPoint>,
    /// The number of findings by kind and field.
    pub fields: BTreeMap<FindingKind, BTreeMap<String, u64>>,
    /// The number of skipped values and rows by reason; `…` stands for values of the row.
    pub skipped: BTreeMap<String, u64>,
    /// The first findings of each kind.
    pub sample: Vec<Finding>,
    /// The ranges of a resumable run.
    #[serde(default)]
    pub ranges: Vec<RangeProgress>,
    /// The transitions of the run, oldest first; empty without a ledger.
    #[serde(default)]
    pub log: Vec<Logged>,
    /// The command that undoes what was written.
    pub undo: Option<String>,
    /// The file with all findings of the pass.
    pub record: Option<String>,
}

/// A kind of pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassMode {
    /// Predict what an execution would do.
    DryRun,
    /// Write.
    Execute,
    /// Revert what was written.
    Undo,
    /// Predict what undoing would do.
    UndoDryRun,
}

/// How a pass of a backfill ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassState {
    /// No unit was left.
    Finished,
    /// It was interrupted, and resumes when it is run again.
    Stopped,
    /// It ended with an error; committed batches stay.
    Failed,
}

/// Consecutive batches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BatchPoint {
    /// When the last of them was committed, in milliseconds since the start.
    pub at_ms: f64,
    /// How many batches they are.
    pub batches: u64,
    /// The units in them.
    pub units: u64,
    /// The duration of the longest one, including the pause before it, in milliseconds.
    pub longest_ms: f64,
}

impl From<Effect> for PassMode {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Predict => Self::DryRun,
            Effect::Execute | Effect::Again => Self::Execute,
            Effect::Undo => Self::Undo,
            Effect::PredictUndo => Self::UndoDryRun,
        }
    }
}

impl BackfillRun {
    /// Returns the units that this process did per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let units = self.counts.units.saturating_sub(self.resumed_units.unwrap_or_default());
        // Far below 2^52 units.
        #[allow(clippy::cast_precision_loss)]
        let units = units as f64;
        if self.duration_ms > 0.0 { units * 1000.0 / self.duration_ms } else { 0.0 }
    }
}

/// Collects a [`BackfillRun`] from the events of a pass.
#[derive(Debug)]
pub struct Observer {
    began: Instant,
    started_at: jiff::Timestamp,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    counts: Counts,
    /// The units that this process is to do, and those that were done before it.
    units: u64,
    before: u64,
    resumed: Option<ResumePoint>,
    last: Instant,
    points: Vec<BatchPoint>,
    /// How many batches a point has before the next one is begun.
    per_point: u64,
    fields: BTreeMap<FindingKind, BTreeMap<String, u64>>,
    skipped: BTreeMap<String, u64>,
    sample: Vec<Finding>,
}

impl Default for Observer {
    fn default() -> Self {
        let now = Instant::now();
        let seen = Seen {
            counts: Counts::default(),
            units: 0,
            before: 0,
            resumed: None,
            last: now,
            points: Vec::new(),
            per_point: 1,
            fields: BTreeMap::new(),
            skipped: BTreeMap::new(),
            sample: Vec::new(),
        };
        Self { began: now, started_at: jiff::Timestamp::now(), seen: Mutex::new(seen) }
    }
}

impl Observer {
    /// Takes note of an event of the pass.
    pub fn event(&self, event: &Event) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::BackfillStarted { units, resumed, counts, .. } => {
                (seen.units, seen.before) = (*units, counts.units);
                seen.resumed.clone_from(resumed);
                seen.counts = counts.clone();
                seen.last = Instant::now();
            }
            Event::Batch { counts } => seen.batch(counts, self.began),
            Event::FindingReported(finding) => seen.finding(finding),
            _ => {}
        }
    }

    /// Returns the pass, which ended like this.
    #[must_use]
    pub fn run(self, about: &About, effect: Effect, ended: Result<&Outcome, &str>) -> BackfillRun {
        let took = self.began.elapsed();
        let seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let state = match ended {
            Ok(outcome) if outcome.ending == Ending::Stopped => PassState::Stopped,
            Ok(_) => PassState::Finished,
            Err(_) => PassState::Failed,
        };
        let counts = ended.map_or(seen.counts, |outcome| outcome.counts.clone());
        BackfillRun {
            backfill: about.name.to_owned(),
            unit: about.unit.to_owned(),
            mode: effect.into(),
            state,
            error: ended.err().map(ToOwned::to_owned),
            started_at: self.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            duration_ms: took.as_secs_f64() * 1000.0,
            counts: counts.clone(),
            resumed_units: seen.resumed.as_ref().map(|resumed| resumed.units),
            resumed_after: seen.resumed.map(|resumed| resumed.after),
            left: match ended {
                Ok(outcome) if outcome.ending != Ending::Stopped => outcome.left,
                // Nothing has counted what is left of a run that did not finish.
                _ => seen.units.saturating_sub(counts.units.saturating_sub(seen.before)),
            },
            already_done: ended.ok().and_then(|outcome| outcome.already_done),
            batches: seen.points,
            fields: seen.fields,
            skipped: seen.skipped,
            sample: seen.sample,
            ranges: Vec::new(),
            log: Vec::new(),
            undo: None,
            record: None,
        }
    }
}

impl Seen {
    /// Adds a batch to the series; joins points in pairs if there are too many.
    fn batch(&mut self, counts: &Counts, began: Instant) {
        let (now, units) = (Instant::now(), counts.units.saturating_sub(self.counts.units));
        let took = now.duration_since(self.last).as_secs_f64() * 1000.0;
        let at_ms = now.duration_since(began).as_secs_f64() * 1000.0;
        (self.last, self.counts) = (now, counts.clone());
        match self.points.last_mut().filter(|point| point.batches < self.per_point) {
            Some(point) => {
                point.batches += 1;
                point.units += units;
                point.longest_ms = point.longest_ms.max(took);
                point.at_ms = at_ms;
            }
            None => self.points.push(BatchPoint { at_ms, batches: 1, units, longest_ms: took }),
        }
        if self.points.len() > POINTS {
            self.per_point *= 2;
            let pair = |pair: &[BatchPoint]| BatchPoint {
                at_ms: pair.last().map_or(0.0, |point| point.at_ms),
                batches: pair.iter().map(|point| point.batches).sum(),
                units: pair.iter().map(|point| point.units).sum(),
                longest_ms: pair.iter().map(|point| point.longest_ms).fold(0.0, f64::max),
            };
            self.points = self.points.chunks(2).map(pair).collect();
        }
    }

    fn finding(&mut self, finding: &Finding) {
        // The reconciliation of a unit is in the counts.
        if finding.kind == FindingKind::Reconciled {
            return;
        }
        count(self.fields.entry(finding.kind).or_default(), &finding.field);
        if finding.kind == FindingKind::Skipped {
            count(&mut self.skipped, &reason(&finding.detail));
        }
        if self.sample.iter().filter(|known| known.kind == finding.kind).count() < SAMPLE {
            self.sample.push(finding.clone());
        }
    }
}

/// Counts a label; under one name if there are too many different ones.
fn count(labels: &mut BTreeMap<String, u64>, label: &str) {
    let is_known = labels.contains_key(label) || labels.len() < LABELS;
    *labels.entry(if is_known { label } else { OTHERS }.to_owned()).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn memory_is_bounded() {
        let observer = Observer::default();
        for n in 1..=10_000_u64 {
            let counts = Counts { units: n * 3, batches: n, ..Counts::default() };
            observer.event(&Event::Batch { counts });
            let letters = |n: u64| n.to_string().bytes().map(|digit| char::from(digit + 49)).collect::<String>();
            let (detail, field) = (letters(n), format!("field {}", n % 7));
            let finding =
                Finding { kind: FindingKind::Skipped, unit: n.to_string(), field, detail, ..Finding::default() };
            observer.event(&Event::FindingReported(finding));
        }
        let seen = observer.seen.into_inner().unwrap();
        assert!(seen.points.len() <= POINTS, "{}", seen.points.len());
        let sums =
            seen.points.iter().fold((0, 0), |(batches, units), point| (batches + point.batches, units + point.units));
        assert_eq!(sums, (10_000, 30_000));
        assert_eq!(seen.sample.len(), SAMPLE);
        assert_eq!((seen.skipped.len(), seen.skipped.values().sum::<u64>()), (LABELS + 1, 10_000));
        assert_eq!(seen.fields[&FindingKind::Skipped].len(), 7);
    }
}
