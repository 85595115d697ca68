//! The figures of *crash*: how many steps ran in processes of their own, and what happened to these.

use std::time::Duration;

/// What was tried with a fixture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Crashes {
    /// How many migrations and backfills ran in processes of their own.
    pub(super) steps: usize,
    /// How many did not, for there was no time.
    pub(super) left: usize,
    /// How many commits those have.
    pub(super) points: usize,
    /// At how many of them a process was killed.
    pub(super) tried: usize,
    /// How many processes were killed.
    pub(super) kills: usize,
    /// How many of them left a hot journal behind.
    pub(super) journals: usize,
    /// How many of them left a write-ahead log behind.
    pub(super) logs: usize,
    /// How many were killed while another one worked on the same run, and went on without them.
    pub(super) killed_beside: usize,
    /// How often all sessions of a process were ended.
    pub(super) sessions_ended: usize,
    /// How often a server was stopped.
    pub(super) servers_stopped: usize,
    /// How many of the processes to which that happened did not go on by themselves, but another one did.
    pub(super) given_up: usize,
    /// The time that was given; none where all commits were tried.
    pub(super) budget: Option<Duration>,
}

impl Crashes {
    /// As the report has them, the budget in milliseconds.
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
        json
    }
}
