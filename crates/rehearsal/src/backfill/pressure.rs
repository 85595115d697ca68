//! What goes before a backfill at the server: asked ten times a second while workers write.

use crate::ledger::{self, RunState};
use rehearsal_db::{self as db, Connection, Pressure, Target};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the server is asked what goes first.
pub(super) const EVERY: Duration = Duration::from_millis(100);

/// What goes first.
#[derive(Debug, Default)]
pub(super) struct PressureWatch {
    /// The sessions that write for us.
    writers: Mutex<Vec<i64>>,
    /// What was seen when the server was asked last, and has to be over before anything else is written.
    goes_first: Mutex<Option<Pressure>>,
    /// How often somebody was seen who waits for a lock of ours: by the time that a batch is over, that is, too.
    waits: AtomicU64,
}

impl PressureWatch {
    /// Notes a session that writes for us.
    pub(super) fn writes(&self, session: Option<i64>) {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).extend(session);
    }

    /// How often somebody was seen who waits.
    pub(super) fn waits(&self) -> u64 {
        self.waits.load(Ordering::Relaxed)
    }

    pub(super) fn goes_first(&self) -> MutexGuard<'_, Option<Pressure>> {
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
