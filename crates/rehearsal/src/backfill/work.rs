//! What the reader and the writer of a range share.

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
    /// No unit of it is left.
    Finished,
    /// It was interrupted behind a batch.
    Stopped,
    /// The run stands so that no further batch may be begun.
    StateChanged(RunState),
    /// Another worker has the range, for this one gave no sign of life.
    Lost,
}

/// What is done about rows that belong to no unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Orphans {
    /// They are recorded.
    Record,
    /// They were, or are none of our business.
    Leave,
}

/// What a worker works on a range with.
pub(super) struct Work<'a, B> {
    pub(super) backfill: &'a B,
    pub(super) pool: &'a WorkerPool<'a, B>,
    pub(super) about: About,
    pub(super) pass: &'a Pass,
    /// Held while a page is read and while a batch is committed: without a write-ahead log the one makes the other wait,
    /// and SQLite waits by polling.
    turn: Mutex<()>,
    /// What was learned of the ranges before this one holds for it, too.
    sizer: &'a std::sync::Mutex<BatchSizer>,
    /// Whether the batch in hand is taken though somebody was faster with some of it.
    pub(super) takes_overtaken: AtomicBool,
}

/// What is done with the first batch where somebody was faster with some of its rows, and reconciliations are kept that would be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overtaken {
    /// It is read anew, as each behind it is.
    Again,
    /// It was read anew, and that didn't help: it is taken as it is.
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

    /// Keeps a reader and a committing writer apart where they would wait for each other by polling.
    pub(super) async fn take_turn(&self) -> Option<MutexGuard<'_, ()>> {
        if B::Db::ENGINE.commits_wait_for_readers() { Some(self.turn.lock().await) } else { None }
    }

    /// How many rows these outputs should be.
    pub(super) fn rows(&self, outputs: &[B::Output]) -> u64 {
        outputs.iter().map(|output| self.backfill.rows(output)).sum()
    }
}
