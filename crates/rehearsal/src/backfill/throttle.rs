//! Throttling: between two batches a worker rests as long as its pass says, and until whatever goes first at the server is done.

use super::definition::Backfill;
use super::pressure::EVERY;
use super::worker_pool::WorkerPool;
use crate::event::Event;
use rehearsal_db::Driver;
use std::time::Duration;

/// What a worker has to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// Nothing.
    GoOn,
    /// Batches are to be shorter: somebody had to wait for the last one.
    Shorter,
}

/// Where an engine has one writer at a time, others wait by polling: without a gap between two batches they would never get
/// their turn. It is this part of the time of a batch.
const GAP: u32 = 10;

/// Rests between two batches, of which the last took so long. `noticed` is how often somebody was seen waiting before it.
pub(super) async fn rest<B: Backfill>(pool: &WorkerPool<'_, B>, took: Duration, noticed: &mut u64) -> Advice {
    let gap = if pool.has_company && B::Db::ENGINE.has_one_writer() { took / GAP } else { Duration::ZERO };
    sleep(pool, pool.pass.rest.max(gap)).await;
    give_way(pool).await;
    let advice = if pool.pressure.waits() > *noticed { Advice::Shorter } else { Advice::GoOn };
    if advice == Advice::Shorter {
        // They had to wait for that long: now they have as long for themselves.
        sleep(pool, took).await;
    }
    *noticed = pool.pressure.waits();
    advice
}

/// Waits until nothing goes first.
pub(super) async fn give_way<B: Backfill>(pool: &WorkerPool<'_, B>) {
    let mut is_told = false;
    while !pool.is_to_stop() {
        let Some(why) = pool.pressure.goes_first().as_ref().map(ToString::to_string) else { break };
        if !is_told {
            pool.wait(Event::Throttled { why });
            is_told = true;
        }
        tokio::time::sleep(EVERY).await;
    }
    if is_told {
        pool.go_on();
    }
}

/// Sleeps for that long, or until nothing more is to be begun.
async fn sleep<B: Backfill>(pool: &WorkerPool<'_, B>, time: Duration) {
    let mut left = time;
    while !left.is_zero() && !pool.is_to_stop() {
        let step = left.min(EVERY);
        tokio::time::sleep(step).await;
        left -= step;
    }
}
