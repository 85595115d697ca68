//! Events that the library emits while it works. The library never prints: the caller passes an [`Events`] callback and
//! decides how to show each [`Event`].

use crate::ledger::{Counts, Finding};
use std::time::Duration;

/// A step of the work.
#[derive(Debug, Clone)]
pub enum Event {
    /// Another process holds the lock of the database; this process waits for it.
    Waiting {
        /// The address of the database.
        database: String,
        /// The process that holds the lock.
        holder: String,
    },
    /// The first of several migrations is about to be applied or reverted.
    Migrating {
        /// Number of migrations.
        steps: usize,
    },
    /// A migration was applied or reverted.
    Migrated {
        /// `20250915090000_add_pet_visual_traits`.
        migration: String,
        /// Up or down.
        direction: Direction,
        /// How long the migration took.
        took: Duration,
    },
    /// A backfill starts to process its units.
    BackfillStarted {
        /// The backfill.
        backfill: &'static str,
        /// Number of units to process.
        units: u64,
        /// Where an interrupted run resumes. `None` if the run is new.
        resumed: Option<ResumePoint>,
        /// The counts of the earlier processes of the same run.
        counts: Counts,
    },
    /// The backfill processed one unit.
    Unit {
        /// The backfill's line about the unit.
        line: String,
    },
    /// A transient error occurred; the run retries from the last committed batch.
    Retrying {
        /// The error.
        why: String,
        /// The delay before the retry.
        pause: Duration,
    },
    /// A finding was committed, or would have been in a dry run. Emitted immediately, for live output.
    FindingCommitted(Finding),
    /// A finding of the run. A resumable run emits its findings at its end, including those of other processes.
    FindingReported(Finding),
    /// The run yields to other load on the server; it writes nothing until that load has passed.
    Throttled {
        /// The load.
        why: String,
    },
    /// A user paused the run; it writes nothing until a user resumes it.
    Paused {
        /// The backfill.
        backfill: &'static str,
    },
    /// The run resumes after [`Event::Paused`] or [`Event::Throttled`].
    Resumed,
    /// A batch was committed, or would have been in a dry run.
    Batch {
        /// The counts of the run so far.
        counts: Counts,
    },
    /// A proof starts.
    ProofStarted {
        /// The database.
        database: String,
        /// The proof.
        proof: &'static str,
        /// Its fixture. `None` for an empty database.
        fixture: Option<String>,
        /// Number of proofs of the database that are over, with each fixture counted separately.
        done: usize,
        /// Number of all of them.
        of: usize,
    },
    /// A step of a proof starts.
    Step {
        /// The database.
        database: String,
        /// A description of the step, without a full stop.
        step: String,
    },
}

/// Where an interrupted run resumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumePoint {
    /// The last committed key.
    pub after: String,
    /// Number of units that are already committed.
    pub units: u64,
}

/// The direction of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The up file.
    Up,
    /// The down file.
    Down,
}

/// A callback that receives every event.
pub type Events<'a> = &'a (dyn Fn(Event) + Sync);

/// Ignores every event.
pub fn silent(_: Event) {}
