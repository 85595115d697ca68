//! What came of a pass.

use super::definition::About;
use super::pass::Effect;
use crate::event::ResumePoint;
use crate::ledger::Counts;
use std::time::Duration;

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// No unit was left.
    Finished,
    /// No unit was left, and another process of the same run ended it: its report has all findings.
    FinishedElsewhere,
    /// Interrupted; the next run goes on from there.
    Stopped,
}

/// What came of a pass.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The backfill.
    pub about: About,
    /// What it did.
    pub effect: Effect,
    /// The counts of the whole run, those of earlier processes included.
    pub counts: Counts,
    /// Where an earlier process had stopped.
    pub resumed: Option<ResumePoint>,
    /// How it ended.
    pub ending: Ending,
    /// How many units were to be done in the end: others came again and again, or the backfill does not do them.
    pub left: u64,
    /// How many units in scope were done already, counted where there was nothing to do.
    pub already_done: Option<u64>,
    /// The sum over the findings that this process reported, whatever their order ([`FindingsChecksum`]).
    ///
    /// [`FindingsChecksum`]: crate::ledger::FindingsChecksum
    pub findings: u64,
    /// The time of this process.
    pub took: Duration,
}

/// What one traversal of the units came to: what [`Outcome`] has beyond the names and the time.
#[derive(Debug, Clone)]
pub struct Traversal {
    /// As [`Outcome::counts`].
    pub counts: Counts,
    /// As [`Outcome::resumed`].
    pub resumed: Option<ResumePoint>,
    /// As [`Outcome::ending`].
    pub ending: Ending,
    /// As [`Outcome::left`].
    pub left: u64,
    /// As [`Outcome::already_done`].
    pub already_done: Option<u64>,
}
