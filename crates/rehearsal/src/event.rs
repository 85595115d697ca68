//! What the engine tells while it works. It never prints: whoever calls it decides what becomes of an event.

use crate::ledger::{Counts, Finding};
use std::time::Duration;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Another process holds the database; we wait for it.
    Waiting {
        /// What is waited for.
        database: String,
        /// Who holds it.
        holder: String,
    },
    /// The first of several migrations is about to be applied or reverted.
    Migrating {
        /// How many there are.
        steps: usize,
    },
    /// A migration was applied or reverted.
    Migrated {
        /// `20250915090000_add_pet_visual_traits`.
        migration: String,
        /// Which way.
        direction: Direction,
        /// How long it took.
        took: Duration,
    },
    /// A backfill begins to work on its units.
    BackfillStarted {
        /// The backfill.
        backfill: &'static str,
        /// How many units there are to do.
        units: u64,
        /// The units that earlier processes of the same run have done.
        resumed: Option<ResumePoint>,
        /// What they counted.
        counts: Counts,
    },
    /// What happened to one unit.
    Unit {
        /// The line that the backfill wrote about it.
        line: String,
    },
    /// Something is in the way that may pass: it is tried again from the last batch that was committed.
    Retrying {
        /// What happened.
        why: String,
        /// How long it waits before.
        pause: Duration,
    },
    /// A finding was committed just now, or would have been: for whoever watches.
    FindingCommitted(Finding),
    /// A finding of the run. Those of a run that the ledger keeps come at its end, those of other processes among them.
    FindingReported(Finding),
    /// Something else on the server goes first: nothing is written until it is done.
    Throttled {
        /// What it is.
        why: String,
    },
    /// Somebody asked for a pause; nothing is written until somebody lets the run go on.
    Paused {
        /// The backfill.
        backfill: &'static str,
    },
    /// It goes on, after a pause or behind what went first.
    Resumed,
    /// A batch was committed, or would have been.
    Batch {
        /// The counts of the run so far.
        counts: Counts,
    },
    /// A step of a proof begins.
    Step {
        /// The database.
        database: String,
        /// What is done, as a sentence without a full stop.
        step: String,
    },
}

/// Where an interrupted run is taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumePoint {
    /// The last key that was committed.
    pub after: String,
    /// How many units were committed before.
    pub units: u64,
}

/// Which way a migration goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The up file.
    Up,
    /// The down file.
    Down,
}

/// Whoever listens.
pub type Events<'a> = &'a (dyn Fn(Event) + Sync);

/// Listens to nothing.
pub fn silent(_: Event) {}
