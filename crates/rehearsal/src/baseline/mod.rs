//! Decides which findings of a rehearsal count ([`Baseline`]): a finding of a migration that is
//! unchanged since the base revision is *existing*, one that `[[allow]]` in `rehearsal.toml` names is *allowed*, and any
//! other is *new*. [`Changes`] compares the migration files with those of the base revision.

mod allow;
mod changes;

pub use allow::{accepts, entries};
pub use changes::Changes;

use crate::report::{DatabaseReport, Finding, Status};
use crate::workspace::Allow;
use rehearsal_db::command::command;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The findings that do not count.
#[derive(Debug, Default)]
pub struct Baseline {
    changes: Changes,
    allows: Vec<Allow>,
    /// The positions in `allows` of the entries that accepted a finding.
    used: Mutex<BTreeSet<usize>>,
}

impl Baseline {
    /// Creates a baseline from the changes since the base revision and the entries of `rehearsal.toml`.
    #[must_use]
    pub fn new(changes: Changes, allows: Vec<Allow>) -> Self {
        Self { changes, allows, used: Mutex::default() }
    }

    /// Returns whether a finding counts. What makes a rehearsal incomplete always does.
    pub(crate) fn status(&self, finding: &Finding) -> Status {
        if !finding.is_acceptable() {
            return Status::New;
        }
        if let Some(at) = self.allows.iter().position(|allow| allow::accepts(allow, finding)) {
            self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(at);
            return Status::Allowed;
        }
        match finding.migration {
            Some(version) if self.changes.unchanged.contains(&version) => Status::Existing,
            _ => Status::New,
        }
    }

    /// Adds the findings about changes since the base revision and about entries of `rehearsal.toml` that accept nothing,
    /// and computes the exit code again.
    pub fn conclude(&self, report: &mut DatabaseReport) {
        // Only a complete rehearsal shows that a finding is gone.
        let is_whole = report.left_out.is_empty() && report.incomplete.is_none() && report.failures() == 0;
        let mut found = self.changes.findings.clone();
        for finding in &mut found {
            finding.status = self.status(finding);
        }
        // The status of these findings marks the entries that accept them.
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = self.allows.iter().enumerate().filter(|(at, _)| is_whole && !used.contains(at));
        found.extend(unused.map(|(_, allow)| allow::unused(allow)));
        for finding in &mut found {
            if finding.reproduce.is_none() {
                finding.reproduce = Some(command("ci").into());
            }
        }
        report.unchanged = self.changes.unchanged.iter().copied().collect();
        report.findings.splice(0..0, found);
        report.exit = DatabaseReport::exit_of(&report.findings, report.incomplete.as_deref());
    }
}
