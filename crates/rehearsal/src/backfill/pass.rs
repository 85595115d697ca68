//! One pass of a backfill over its units: what it is to do.

use crate::ledger::{By, Work};
use rehearsal_db::Which;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a pass does with the units that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Transforms the pending ones and writes nothing.
    Predict,
    /// Transforms the pending ones and writes them.
    Execute,
    /// Transforms all of them, from the first, and writes them again: a second run that trusts no ledger.
    Again,
    /// Takes back the finished ones.
    Undo,
}

impl Effect {
    pub(super) fn which(self) -> Which {
        match self {
            Self::Predict | Self::Execute => Which::Pending,
            Self::Again => Which::All,
            Self::Undo => Which::Finished,
        }
    }

    /// The work under which the ledger keeps it; none where it keeps nothing.
    pub(super) fn work(self) -> Option<Work> {
        match self {
            Self::Predict | Self::Again => None,
            Self::Execute => Some(Work::Execute),
            Self::Undo => Some(Work::Undo),
        }
    }
}

/// The units that a pass is narrowed to: columns and their values. All of them where it is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(pub Vec<(String, String)>);

impl Scope {
    /// The scope as the ledger compares it: a JSON object, `{}` for all units.
    #[must_use]
    pub fn key(&self) -> String {
        let map: std::collections::BTreeMap<&str, &str> =
            self.0.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        serde_json::json!(map).to_string()
    }
}

/// How many lines of log about single units are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// The first so many.
    First(u64),
    /// Every one.
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

/// A request to stop after the batch in hand; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once somebody asked.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a pass is to do.
#[derive(Debug, Clone)]
pub struct Pass {
    /// With the units.
    pub effect: Effect,
    /// Which units.
    pub scope: Scope,
    /// How many units a batch at most.
    pub batch: NonZeroU32,
    /// The time that a batch should take: it has fewer units where it would take longer. Whatever it takes, where there is none.
    pub aim: Option<Duration>,
    /// How long it rests between two batches.
    pub rest: Duration,
    /// How many batches are worked on at a time, each on connections of its own.
    pub workers: NonZeroU32,
    /// Who runs it, with which code: the ledger remembers.
    pub by: By,
    /// How much to tell of single units.
    pub lines: Lines,
    /// Whoever may interrupt it.
    pub stop: Stop,
    /// Whether units are passed over.
    pub units: Units,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Whether a pass does all of its units. One that does not is broken, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// It does.
    All,
    /// It passes over the first and every seventh behind it, as if they were not there.
    SkipEverySeventh,
}

impl Units {
    /// Whether it does the unit of that number, counted from 0.
    pub(super) fn includes(self, number: u64) -> bool {
        self == Self::All || !number.is_multiple_of(7)
    }
}

/// A fault of the engine itself, put in on purpose: a proof that does not find it proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is none.
    None,
    /// A batch's rows are committed first, its cursor and counts in a transaction behind that.
    CursorApart,
}

/// The batch size where nobody gives one. Measured: smaller ones pay more for commits, larger ones only for memory.
pub const DEFAULT_BATCH: NonZeroU32 = match NonZeroU32::new(5_000) {
    Some(units) => units,
    None => NonZeroU32::MIN,
};

/// The time that a batch should take where nobody gives one: whoever waits for its locks does not wait longer.
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
            by: By { who: "a rehearsal".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            lines: Lines::First(0),
            stop: Stop::default(),
            units: Units::All,
            fault: Fault::None,
        }
    }
}
