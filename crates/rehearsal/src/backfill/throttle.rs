//! Throttling: between two batches, [`rest`] pauses a worker for as long as its pass says, and until no load on the
//! server has priority.

use super::definition::Backfill;
use super::pressure::EVERY;
use super::worker_pool::WorkerPool;
use crate::event::Event;
use rehearsal_db::Driver;
use std::time::Duration;

/// How a worker adjusts its batch size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// Keep the size.
    GoOn,
    /// Use smaller batches, because another session had to wait for the last one.
    Shorter,
}

/// On an engine with one writer at a time, other sessions wait by polling and would never get their turn without a
/// gap between two batches. The gap is the duration of a batch divided by this number.
const GAP: u32 = 10;

/// Rests after a batch that took `took`. `noticed` is the number of waits of other sessions that were seen before it.
pub(super) async fn rest<B: Backfill>(pool: &WorkerPool<'_, B>, took: Duration, noticed: &mut u64) -> Advice {
    let gap = if pool.has_company && B::Db::ENGINE.has_one_writer() { took / GAP } else { Duration::ZERO };
    sleep(pool, pool.pass.rest.max(gap)).await;
    give_way(pool).await;
    let advice = if pool.pressure.waits() > *noticed { Advice::Shorter } else { Advice::GoOn };
    if advice == Advice::Shorter {
        // Sessions that had to wait for the batch get as much time for themselves.
        sleep(pool, took).await;
    }
    *noticed = pool.pressure.waits();
    advice
}

/// Waits until no load on the server has priority.
pub(super) async fn give_way<B: Backfill>(pool: &WorkerPool<'_, B>) {
    let mut is_reported = false;
    while !pool.is_to_stop() {
        let Some(why) = pool.pressure.goes_first().as_ref().map(ToString::to_string) else { break };
        if !is_reported {
            pool.wait(Event::Throttled { why });
            is_reported = true;
        }
        tokio::time::sleep(EVERY).await;
    }
    if is_reported {
        pool.go_on();
    }
}

/// Sleeps for `time`, or until the workers are to stop.
async fn sleep<B: Backfill>(pool: &WorkerPool<'_, B>, time: Duration) {
    let mut left = time;
    while !left.is_zero() && !pool.is_to_stop() {
        let step = left.min(EVERY);
        tokio::time::sleep(step).await;
        left -= step;
    }
}
