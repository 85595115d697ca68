//! The state that the reader and the writer of a range share: [`Work`], whose methods are in `pipeline.rs`, `read.rs`,
//! `write.rs` and `blame.rs`.

use super::batch_size::BatchSizer;
use super::definition::{About, Backfill};
use super::pass::Pass;
use super::worker_pool::WorkerPool;
use crate::ledger::RunState;
use rehearsal_db::Driver;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use tokio::sync::{Mutex, MutexGuard};

/// Why the work on a range ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// No unit of the range is left.
    Finished,
    /// Interrupted after a batch.
    Stopped,
    /// The run is in a state in which no batch may start.
    StateChanged(RunState),
    /// Another worker has the range, because this worker's lease ended.
    Lost,
}

/// How to treat rows that belong to no unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Orphans {
    /// Record them as findings.
    Record,
    /// Ignore them, because they are already recorded or outside this pass.
    Leave,
}

/// The work of one worker on one range.
pub(super) struct Work<'a, B> {
    pub(super) backfill: &'a B,
    pub(super) pool: &'a WorkerPool<'a, B>,
    pub(super) about: About,
    pub(super) pass: &'a Pass,
    /// Held while a page is read and while a batch is committed. Without a write-ahead log the two block each other,
    /// and SQLite waits by polling.
    turn: Mutex<()>,
    /// Shared with the worker's earlier ranges, whose batch sizes suit this one too.
    sizer: &'a std::sync::Mutex<BatchSizer>,
    /// Whether the current batch is accepted although another session filled some of its rows first.
    pub(super) takes_overtaken: AtomicBool,
}

/// How to treat the first batch if another session filled some of its rows, which makes its reconciliation wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overtaken {
    /// Read the batch again, like every later batch.
    Again,
    /// Accept the batch, because reading it again did not help.
    Take,
}

impl<'a, B: Backfill> Work<'a, B> {
    pub(super) fn new(
        pool: &'a WorkerPool<'a, B>,
        sizer: &'a std::sync::Mutex<BatchSizer>,
        overtaken: Overtaken,
    ) -> Self {
        let takes_overtaken = AtomicBool::new(overtaken == Overtaken::Take);
        let (backfill, about, pass) = (pool.backfill, pool.about, pool.pass);
        Self { backfill, pool, about, pass, turn: Mutex::new(()), sizer, takes_overtaken }
    }

    pub(super) fn sizer<T>(&self, learn: impl FnOnce(&mut BatchSizer) -> T) -> T {
        learn(&mut self.sizer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps a reader and a committing writer apart on an engine where they block each other.
    pub(super) async fn take_turn(&self) -> Option<MutexGuard<'_, ()>> {
        if B::Db::ENGINE.commits_wait_for_readers() { Some(self.turn.lock().await) } else { None }
    }

    /// The number of rows expected for these outputs.
    pub(super) fn rows(&self, outputs: &[B::Output]) -> u64 {
        outputs.iter().map(|output| self.backfill.rows(output)).sum()
    }
}
