//! Load on the server that takes priority over a backfill. `PressureWatch::watch` queries the server ten times a
//! second while workers write; `throttle.rs` acts on the result.

use crate::ledger::{self, RunState};
use rehearsal_db::{self as db, Connection, Pressure, Target};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Interval at which the server is queried.
pub(super) const EVERY: Duration = Duration::from_millis(100);

/// The latest load with priority, and how often other sessions waited.
#[derive(Debug, Default)]
pub(super) struct PressureWatch {
    /// The sessions of this process's workers.
    writers: Mutex<Vec<i64>>,
    /// The load that the last query found. No batch starts until it is over.
    goes_first: Mutex<Option<Pressure>>,
    /// How often a session was seen waiting for a lock of a worker. Counted, because the wait ends with the batch.
    waits: AtomicU64,
}

impl PressureWatch {
    /// Adds the session of a worker.
    pub(super) fn writes(&self, session: Option<i64>) {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).extend(session);
    }

    /// How often a session was seen waiting for a worker.
    pub(super) fn waits(&self) -> u64 {
        self.waits.load(Ordering::Relaxed)
    }

    pub(super) fn goes_first(&self) -> MutexGuard<'_, Option<Pressure>> {
        self.goes_first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queries the server repeatedly until the future is dropped.
    pub(super) async fn watch(&self, target: &Target, run: i64) {
        loop {
            // A failed query does not stop the workers, which report errors of their own connections.
            if let Ok(mut connection) = target.open_to_read().await {
                while self.look(&mut connection, run).await.is_ok() {
                    tokio::time::sleep(EVERY).await;
                }
            }
            *self.goes_first() = None;
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Queries the server once, so that the first batch also waits for load with priority.
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
        // Workers that wait do not read the ledger, so a requested pause or stop ends their wait.
        if first.is_some() && ledger::state(connection, run).await? != RunState::Running {
            first = None;
        }
        *self.goes_first() = first;
        Ok(())
    }
}
