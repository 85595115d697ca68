//! The input of the proofs, [`Rehearsal`]: the history, checks and backfills of one database, the proofs to carry
//! out, and the sandbox that creates throwaway databases.

use super::{AnyTraffic, NewProof, Program};
use crate::backfill::AnyBackfill;
use crate::baseline::Baseline;
use crate::check::{AnyRowCheck, Check};
use crate::event::Events;
use crate::gallery::Gallery;
use crate::migration::History;
use crate::sandbox::Sandbox;
use crate::workspace::Database;
use std::num::NonZeroU32;

/// The batch size of rehearsals, in units: small, so that even a small fixture has several batches and faults
/// between two batches show.
pub const REHEARSAL_BATCH: NonZeroU32 = match NonZeroU32::new(25) {
    Some(units) => units,
    None => NonZeroU32::MIN,
};

/// How many of the possible cases a proof tries if there are many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// A sample, which is the same in every run.
    Sample,
    /// All cases.
    Exhaustive,
}

/// The rehearsal of one database.
pub struct Rehearsal<'a> {
    /// The database.
    pub database: &'a Database,
    /// Its migrations.
    pub history: &'a History,
    /// Its checks in SQL.
    pub checks: &'a [Check],
    /// Its checks in Rust.
    pub row_checks: Vec<&'a dyn AnyRowCheck>,
    /// Its backfills, in the order in which they run.
    pub backfills: Vec<&'a dyn AnyBackfill>,
    /// The app's writes during a backfill, for *concurrent*; `None` if the project does not define them.
    pub traffic: Option<&'a dyn AnyTraffic>,
    /// Draws units for a person to compare; `None` if the project does not define it.
    pub gallery: Option<&'a dyn Gallery>,
    /// The proofs, in the order in which they are carried out.
    pub proofs: Vec<NewProof>,
    /// The names of the proofs that the user left out.
    pub left_out: Vec<&'static str>,
    /// Which findings count.
    pub baseline: &'a Baseline,
    /// How many mutants of a backfill and how many kills of a process are tried.
    pub depth: Depth,
    /// This program, which *crash* starts and kills; if `None`, *crash* is not carried out.
    pub program: Option<Program>,
    /// Creates throwaway databases.
    pub sandbox: &'a Sandbox,
    /// Receives progress events.
    pub events: Events<'a>,
}

impl Rehearsal<'_> {
    /// Returns the command that rehearses the database again, as a person types it.
    #[must_use]
    pub fn command(&self) -> String {
        match self.depth {
            Depth::Sample => self.database.rehearse(),
            Depth::Exhaustive => format!("{} --exhaustive", self.database.rehearse()),
        }
    }
}
