//! The settings of one pass of a backfill over its units: what to do ([`Effect`]), with which units ([`Scope`]), and
//! how ([`Pass`]).

use crate::ledger::{By, Work};
use crate::threads::Threads;
use rehearsal_db::Which;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The effect of a pass on the units that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Transforms the pending units and writes nothing.
    Predict,
    /// Transforms and writes the pending units.
    Execute,
    /// Transforms and writes all units again from the first, without the ledger.
    Again,
    /// Undoes the finished units.
    Undo,
    /// Counts the units that an undo would process, and writes nothing.
    PredictUndo,
}

impl Effect {
    pub(super) fn which(self) -> Which {
        match self {
            Self::Predict | Self::Execute => Which::Pending,
            Self::Again => Which::All,
            Self::Undo | Self::PredictUndo => Which::Finished,
        }
    }

    /// The kind of work in the ledger; `None` if the ledger does not record the pass.
    pub(super) fn work(self) -> Option<Work> {
        match self {
            Self::Predict | Self::Again | Self::PredictUndo => None,
            Self::Execute => Some(Work::Execute),
            Self::Undo => Some(Work::Undo),
        }
    }
}

/// The units that a pass is limited to, as columns and values. Empty for all units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(pub Vec<(String, String)>);

impl Scope {
    /// The scope as the ledger stores it: a JSON object, `{}` for all units.
    #[must_use]
    pub fn key(&self) -> String {
        let map: std::collections::BTreeMap<&str, &str> =
            self.0.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        serde_json::json!(map).to_string()
    }
}

/// How many log lines about single units to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// At most this number of lines.
    First(u64),
    /// All lines.
    All,
}

impl Lines {
    pub(super) fn wants(self, so_far: u64) -> bool {
        match self {
            Self::First(n) => so_far < n,
            Self::All => true,
        }
    }
}

/// A request to stop after the current batch. Clones share the request.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Requests the stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once a stop is requested.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The settings of a pass.
#[derive(Debug, Clone)]
pub struct Pass {
    /// The effect on the units.
    pub effect: Effect,
    /// The units to process.
    pub scope: Scope,
    /// Maximum units per batch.
    pub batch: NonZeroU32,
    /// Target duration of a batch, which limits its number of units. `None` for no limit.
    pub aim: Option<Duration>,
    /// Pause between two batches.
    pub rest: Duration,
    /// Number of concurrent workers, each with its own connections.
    pub workers: NonZeroU32,
    /// The threads of the workers: two for each worker, one to read and transform and one to write, or that of the caller.
    pub threads: Threads,
    /// Who runs the pass with which version of the code, for the ledger.
    pub by: By,
    /// How many log lines about single units to report.
    pub lines: Lines,
    /// Interrupts the pass.
    pub stop: Stop,
    /// Whether units are skipped on purpose.
    pub units: Units,
    /// A fault that is injected on purpose.
    pub fault: Fault,
}

/// Whether a pass processes all of its units. A pass that skips units is broken on purpose, to test the proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// All units.
    All,
    /// Skips the first unit and every seventh unit after it.
    SkipEverySeventh,
}

impl Units {
    /// Whether the pass processes the unit with this number, counted from 0.
    pub(super) fn includes(self, number: u64) -> bool {
        self == Self::All || !number.is_multiple_of(7)
    }
}

/// A fault injected into the backfill runner. A proof that does not detect it proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No fault.
    None,
    /// Commits the rows of a batch first, and its cursor and counts in a second transaction.
    CursorApart,
}

/// Default batch size. Measured: smaller batches cost more commits, larger ones only more memory.
pub const DEFAULT_BATCH: NonZeroU32 = match NonZeroU32::new(5_000) {
    Some(units) => units,
    None => NonZeroU32::MIN,
};

/// Default target duration of a batch. It limits how long another session waits for the locks of a batch.
pub const DEFAULT_AIM: Duration = Duration::from_millis(200);

impl Pass {
    /// A pass over all units, with the default batch size.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self {
            effect,
            scope: Scope::default(),
            batch: DEFAULT_BATCH,
            aim: None,
            rest: Duration::ZERO,
            workers: NonZeroU32::MIN,
            threads: Threads::Caller,
            by: By { who: "a rehearsal".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            lines: Lines::First(0),
            stop: Stop::default(),
            units: Units::All,
            fault: Fault::None,
        }
    }
}
