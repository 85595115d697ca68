//! The protocol between a rehearsal and the process that it may kill: the process writes lines of JSON ([`Said`])
//! to its standard output. At a commit it waits for a line on its standard input, and exits if that is closed.

use crate::ledger::Counts;
use rehearsal_db::{Commit, CommitPhase};
use serde::{Deserialize, Serialize};

/// A line of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// The process waits at a commit.
    At {
        /// Before or after the commit.
        side: CommitPhase,
        /// The commit.
        commit: Commit,
    },
    /// The step has finished.
    Done(Done),
    /// The step failed.
    Failed {
        /// Error message, in one line.
        why: String,
    },
}

/// Result of a finished step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Done {
    /// Number of migrations applied.
    Migrations(usize),
    /// A backfill ran to its end.
    Backfill {
        /// Counts of the run, over all of its processes.
        counts: Box<Counts>,
        /// Checksum of all findings of the run.
        found: u64,
    },
}
