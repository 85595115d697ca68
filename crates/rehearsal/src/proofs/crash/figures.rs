//! The figures of *crash* ([`Crashes`]): how many steps ran in separate processes, and how often these were killed
//! or lost their sessions or their server.

use super::process::{Blow, Point};
use super::wording::{blow_name, side_name};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// Counts for one fixture, or for the empty database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Crashes {
    /// Migrations and backfills that ran in separate processes.
    pub(super) steps: usize,
    /// Migrations that did not, for lack of time.
    pub(super) left: usize,
    /// Commits of the steps that ran in separate processes.
    pub(super) points: usize,
    /// Commits at which a process was killed.
    pub(super) tried: usize,
    /// Processes killed.
    pub(super) kills: usize,
    /// Killed processes that left a hot journal.
    pub(super) journals: usize,
    /// Killed processes that left a write-ahead log.
    pub(super) logs: usize,
    /// Processes killed while a concurrent process worked on the same run.
    pub(super) killed_beside: usize,
    /// How often all sessions of a process were terminated.
    pub(super) sessions_ended: usize,
    /// How often a server was crashed.
    pub(super) servers_stopped: usize,
    /// Processes that failed after losing their sessions or their server, so that a new process had to resume.
    pub(super) given_up: usize,
    /// Time budget; `None` if all commits are tried.
    pub(super) budget: Option<Duration>,
    /// The commits of each step, and where it was interrupted.
    pub(super) interrupted: Vec<Interrupted>,
}

/// A step that ran in separate processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Interrupted {
    /// The migration or backfill.
    pub(super) step: String,
    /// The number of its commits.
    pub(super) commits: usize,
    /// Where it was interrupted, without repetitions.
    pub(super) at: BTreeSet<Interruption>,
}

/// An interruption at a commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Interruption {
    /// The number of the commit, from 1.
    pub(super) commit: usize,
    /// `before` or `after` it.
    pub(super) side: &'static str,
    /// What happened: `a kill`, `a server crash`.
    pub(super) what: &'static str,
}

impl Interruption {
    pub(super) fn new(blow: Blow, point: Point) -> Self {
        Self { commit: point.number, side: side_name(point.side), what: blow_name(blow) }
    }
}

impl Crashes {
    /// The figures as the report contains them. The budget is in milliseconds.
    pub(super) fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        let counts = [
            ("steps", self.steps),
            ("steps_left", self.left),
            ("commits", self.points),
            ("commits_tried", self.tried),
            ("kills", self.kills),
            ("killed_beside", self.killed_beside),
            ("hot_journals", self.journals),
            ("write_ahead_logs", self.logs),
            ("sessions_ended", self.sessions_ended),
            ("servers_stopped", self.servers_stopped),
            ("given_up", self.given_up),
        ];
        let mut json: serde_json::Map<_, _> = counts.map(|(name, n)| (name.to_owned(), n.into())).into_iter().collect();
        let budget = self.budget.map(|budget| u64::try_from(budget.as_millis()).unwrap_or(u64::MAX));
        json.insert("budget_ms".to_owned(), budget.into());
        json.insert("interrupted".to_owned(), serde_json::to_value(&self.interrupted).unwrap_or_default());
        json
    }
}
