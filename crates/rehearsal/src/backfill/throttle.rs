//! Being throttle: between two batches a pass rests as long as it was told to, and until what goes first at the server is done.

use super::Backfill;
use super::worker_pool::WorkerPool;
use crate::event::Event;
use crate::ledger::{self, RunState};
use rehearsal_db::{self as db, Connection, Driver, Pressure, Target};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the server is asked what goes first.
const EVERY: Duration = Duration::from_millis(100);

/// What goes first.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    /// The sessions that write for us.
    writers: Mutex<Vec<i64>>,
    /// What was seen when the server was asked last, and has to be over before anything else is written.
    goes_first: Mutex<Option<Pressure>>,
    /// How often somebody was seen who waits for a lock of ours: by the time that a batch is over, that is, too.
    waits: AtomicU64,
}

/// What a worker has to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// Nothing.
    GoOn,
    /// Batches are to be shorter: somebody had to wait for the last one.
    Shorter,
}

impl Throttle {
    /// Notes a session that writes for us.
    pub(super) fn writes(&self, session: Option<i64>) {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).extend(session);
    }

    /// How often somebody was seen who waits.
    pub(super) fn waits(&self) -> u64 {
        self.waits.load(Ordering::Relaxed)
    }

    fn goes_first(&self) -> MutexGuard<'_, Option<Pressure>> {
        self.goes_first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the server again and again, for as long as this is waited for.
    pub(super) async fn watch(&self, target: &Target, run: i64) {
        loop {
            // Whoever can't look is not in the way of the work: it has its own connections, and tells what is wrong with them.
            if let Ok(mut connection) = target.open_to_read().await {
                while self.look(&mut connection, run).await.is_ok() {
                    tokio::time::sleep(EVERY).await;
                }
            }
            *self.goes_first() = None;
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Looks once, so that not even the first batch is begun where something goes first.
    pub(super) async fn look_first(&self, target: &Target, run: i64) {
        if let Ok(mut connection) = target.open_to_read().await {
            let looked = self.look(&mut connection, run).await;
            drop(connection.close_with(looked).await);
        }
    }

    async fn look(&self, connection: &mut Connection, run: i64) -> Result<(), db::Error> {
        let writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let pressure = connection.pressure(&writers).await?;
        if pressure.iter().any(|pressure| matches!(pressure, Pressure::Waits(_))) {
            self.waits.fetch_add(1, Ordering::Relaxed);
        }
        let mut first = pressure.into_iter().find(|pressure| !matches!(pressure, Pressure::Waits(_)));
        // Whoever backs off reads nothing in the ledger: a pause or a stop is to be heard all the same.
        if first.is_some() && ledger::state(connection, run).await? != RunState::Running {
            first = None;
        }
        *self.goes_first() = first;
        Ok(())
    }
}

/// Where an engine has one writer at a time, others wait by polling: without a gap between two batches they would never get
/// their turn. It is this part of the time of a batch.
const GAP: u32 = 10;

/// Rests between two batches, of which the last took so long. `noticed` is how often somebody was seen waiting before it.
pub(super) async fn rest<B: Backfill>(pool: &WorkerPool<'_, B>, took: Duration, noticed: &mut u64) -> Advice {
    let gap = if pool.has_company && B::Db::ENGINE.has_one_writer() { took / GAP } else { Duration::ZERO };
    sleep(pool, pool.pass.rest.max(gap)).await;
    give_way(pool).await;
    let advice = if pool.throttle.waits() > *noticed { Advice::Shorter } else { Advice::GoOn };
    if advice == Advice::Shorter {
        // They had to wait for that long: now they have as long for themselves.
        sleep(pool, took).await;
    }
    *noticed = pool.throttle.waits();
    advice
}

/// Waits until nothing goes first.
pub(super) async fn give_way<B: Backfill>(pool: &WorkerPool<'_, B>) {
    let mut is_told = false;
    while !pool.is_to_stop() {
        let Some(why) = pool.throttle.goes_first().as_ref().map(ToString::to_string) else { break };
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
