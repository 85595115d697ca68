//! [`Interim`]: the reports of a running rehearsal, so that an interrupted one shows what was found until then.

use crate::Exit;
use crate::report::{DatabaseReport, Finding, ProofReport, ProofStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why the rehearsal of a database that was interrupted is incomplete, and what to do.
const INTERRUPTED: &str = "it was interrupted\nrun the command again";

/// The reports so far, in the order of the databases.
#[derive(Debug, Default)]
pub struct Interim(Mutex<Vec<Entry>>);

#[derive(Debug, Clone)]
struct Entry {
    report: DatabaseReport,
    is_finished: bool,
}

impl Interim {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        // If another thread panicked with the lock, that thread reports the panic; the reports are still valid.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts with the reports of databases of which nothing is known yet.
    pub(crate) fn begin(&self, reports: impl IntoIterator<Item = DatabaseReport>) {
        *self.entries() = reports.into_iter().map(|report| Entry { report, is_finished: false }).collect();
    }

    /// Adds the result of a proof.
    pub(crate) fn add(&self, database: &str, proof: &ProofReport, findings: &[Finding]) {
        for entry in self.entries().iter_mut().filter(|entry| entry.report.name == database) {
            entry.report.proofs.push(proof.clone());
            entry.report.findings.extend_from_slice(findings);
        }
    }

    /// Replaces the report of a database with the final one.
    pub(crate) fn finish(&self, report: &DatabaseReport) {
        for entry in self.entries().iter_mut().filter(|entry| entry.report.name == report.name) {
            *entry = Entry { report: report.clone(), is_finished: true };
        }
    }

    /// Returns the reports of an interrupted rehearsal. Those of unfinished databases are incomplete.
    #[must_use]
    pub fn reports(&self) -> Vec<DatabaseReport> {
        let interrupted = |entry: &Entry| match entry.is_finished {
            true => entry.report.clone(),
            false => DatabaseReport {
                exit: Exit::Incomplete,
                incomplete: Some(INTERRUPTED.to_owned()),
                ..entry.report.clone()
            },
        };
        self.entries().iter().map(interrupted).collect()
    }

    /// Returns the databases whose reports are not final.
    #[must_use]
    pub fn unfinished(&self) -> Vec<String> {
        self.entries().iter().filter(|entry| !entry.is_finished).map(|entry| entry.report.name.clone()).collect()
    }

    /// True if a proof has failed so far.
    pub(crate) fn has_failed(&self) -> bool {
        self.entries().iter().any(|entry| entry.report.proofs.iter().any(|proof| proof.status == ProofStatus::Failed))
    }
}
