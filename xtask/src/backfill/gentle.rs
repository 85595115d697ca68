//! Being gentle: between two batches a pass rests as long as it was told to, and until what goes first at the server is done.

use super::Backfill;
use super::crew::Crew;
use crate::engine::{Driver, Pressure, Target};
use crate::event::Event;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often the server is asked what goes first.
const EVERY: Duration = Duration::from_millis(100);

/// What goes first.
#[derive(Debug, Default)]
pub(super) struct Gentle {
    /// The sessions that write for us.
    writers: Mutex<Vec<i64>>,
    /// What was seen when the server was asked last.
    pressure: Mutex<Vec<Pressure>>,
}

/// What a worker has to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// Nothing.
    GoOn,
    /// Batches are to be shorter: somebody had to wait for the last one.
    Shorter,
}

impl Gentle {
    /// Notes a session that writes for us.
    pub(super) fn writes(&self, session: Option<i64>) {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).extend(session);
    }

    /// What goes first, as it was seen last. That somebody waited for us is told once.
    fn seen(&self) -> Vec<Pressure> {
        let mut pressure = self.pressure.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = pressure.clone();
        pressure.retain(|pressure| !matches!(pressure, Pressure::Waits(_)));
        seen
    }

    /// Looks at the server again and again, for as long as this is waited for.
    pub(super) async fn watch(&self, target: &Target) {
        loop {
            // Whoever can't look is not in the way of the work: it has its own connections, and tells what is wrong with them.
            if let Ok(mut connection) = target.open_to_read().await {
                loop {
                    let writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    let Ok(pressure) = connection.pressure(&writers).await else { break };
                    *self.pressure.lock().unwrap_or_else(PoisonError::into_inner) = pressure;
                    tokio::time::sleep(EVERY).await;
                }
            }
            self.pressure.lock().unwrap_or_else(PoisonError::into_inner).clear();
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// Where an engine has one writer at a time, others wait by polling: without a gap between two batches they would never get
/// their turn. It is this part of the time of a batch.
const GAP: u32 = 10;

/// Rests between two batches, of which the last took so long.
pub(super) async fn rest<B: Backfill>(crew: &Crew<'_, B>, took: Duration) -> Advice {
    let gap = if crew.has_company && B::Db::ENGINE.has_one_writer() { took / GAP } else { Duration::ZERO };
    sleep(crew, crew.pass.rest.max(gap)).await;
    let mut advice = Advice::GoOn;
    let mut is_told = false;
    loop {
        let seen = crew.gentle.seen();
        if seen.iter().any(|pressure| matches!(pressure, Pressure::Waits(_))) {
            advice = Advice::Shorter;
        }
        let goes_first = seen.iter().find(|pressure| !matches!(pressure, Pressure::Waits(_)));
        let Some(pressure) = goes_first.filter(|_| !crew.is_to_stop()) else { break };
        if !is_told {
            crew.tell(Event::BackingOff { why: pressure.to_string() });
            is_told = true;
        }
        tokio::time::sleep(EVERY).await;
    }
    if is_told {
        crew.tell(Event::GoingOn);
    }
    if advice == Advice::Shorter {
        // They had to wait for that long: now they have as long for themselves.
        sleep(crew, took).await;
    }
    advice
}

/// Sleeps for that long, or until nothing more is to be begun.
async fn sleep<B: Backfill>(crew: &Crew<'_, B>, time: Duration) {
    let mut left = time;
    while !left.is_zero() && !crew.is_to_stop() {
        let step = left.min(EVERY);
        tokio::time::sleep(step).await;
        left -= step;
    }
}
