//! What a process that is to be killed tells the rehearsal that started it: a line of JSON each, on its standard output. At a
//! commit it goes on when a line comes back, and ends when none can come any more.

use crate::ledger::Counts;
use rehearsal_db::{Commit, CommitPhase};
use serde::{Deserialize, Serialize};

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// It stands at a commit, and waits.
    At {
        /// On which side of it.
        side: CommitPhase,
        /// What is committed.
        commit: Commit,
    },
    /// It is done.
    Done(Done),
    /// It failed.
    Failed {
        /// Why.
        why: String,
    },
}

/// What it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Done {
    /// It applied so many migrations.
    Migrations(usize),
    /// It ran a backfill.
    Backfill {
        /// What the run counted, in all of its processes.
        counts: Box<Counts>,
        /// All that was found, added up to a number that is another where any finding is.
        found: u64,
    },
}
