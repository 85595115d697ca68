//! What is rehearsed of one database, as values: its history, checks and backfills, the proofs, and where throwaway databases
//! come from.

use super::{AnyTraffic, NewProof, Program};
use crate::backfill::AnyBackfill;
use crate::check::{AnyRowCheck, Check};
use crate::event::Events;
use crate::migration::History;
use crate::sandbox::Sandbox;
use crate::workspace::Database;
use std::num::NonZeroU32;

/// The batch size of rehearsals: small, so that a small fixture has several batches, and what goes wrong between two of them
/// shows.
pub const REHEARSAL_BATCH: NonZeroU32 = match NonZeroU32::new(25) {
    Some(units) => units,
    None => NonZeroU32::MIN,
};

/// How much is tried where there are very many things to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Some of them, the same each time.
    Sample,
    /// All.
    Exhaustive,
}

/// Everything that is rehearsed of one database.
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
    /// What the app does with its units, where somebody wrote that.
    pub traffic: Option<&'a dyn AnyTraffic>,
    /// The proofs, in the order in which they are carried out.
    pub proofs: Vec<NewProof>,
    /// How many mutants of a backfill, and how many commits to kill a process at, are tried.
    pub depth: Depth,
    /// This program, to be killed; where there is none, *crash* is not carried out.
    pub program: Option<Program>,
    /// Where throwaway databases come from.
    pub sandbox: &'a Sandbox,
    /// Receives what happens.
    pub events: Events<'a>,
}

impl Rehearsal<'_> {
    /// The command that rehearses the database again, as a person types it.
    #[must_use]
    pub fn command(&self) -> String {
        match self.depth {
            Depth::Sample => self.database.rehearse(),
            Depth::Exhaustive => format!("{} --exhaustive", self.database.rehearse()),
        }
    }
}
