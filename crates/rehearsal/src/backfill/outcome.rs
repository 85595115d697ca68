//! The result of a pass: [`Outcome`], and how the pass ended.

use super::definition::About;
use super::pass::Effect;
use crate::event::ResumePoint;
use crate::ledger::Counts;
use std::time::Duration;

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// No unit is left.
    Finished,
    /// No unit is left, and another process of this run finished it. That process reports all findings.
    FinishedElsewhere,
    /// Interrupted; the next run resumes there.
    Stopped,
}

/// The result of a pass.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The backfill.
    pub about: About,
    /// The effect of the pass on the units.
    pub effect: Effect,
    /// The counts of the whole run, including earlier processes.
    pub counts: Counts,
    /// Where an earlier process stopped; `None` for a new run.
    pub resumed: Option<ResumePoint>,
    /// How the pass ended.
    pub ending: Ending,
    /// Units still pending at the end: new ones kept arriving, or the backfill does not process them.
    pub left: u64,
    /// Units in scope that were done before; counted only if no unit was left to process.
    pub already_done: Option<u64>,
    /// Checksum of the findings that this process reported, independent of their order ([`FindingsChecksum`]).
    ///
    /// [`FindingsChecksum`]: crate::ledger::FindingsChecksum
    pub findings: u64,
    /// Duration of this process's part.
    pub took: Duration,
}

/// The result of one traversal of the units: [`Outcome`] without names and duration.
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
