//! Trying again what another session is in the way of, with pauses that let those pass who wait behind us.

use super::Error;
use std::time::Duration;

/// The first pause.
const FIRST: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST: Duration = Duration::from_secs(2);

/// The attempts that are left, and the time that was spent on waiting: not that of the work between.
#[derive(Debug)]
pub struct Retries {
    patience: Duration,
    spent: Duration,
    pause: Duration,
}

impl Retries {
    /// As many as so much waiting allows.
    pub fn new(patience: Duration) -> Self {
        Self { patience, spent: Duration::ZERO, pause: FIRST }
    }

    /// The pause before the next attempt, after one that waited so long; none where there is no time for one.
    pub fn next(&mut self, waited: Duration) -> Option<Duration> {
        let pause = self.pause;
        if self.spent + waited + pause >= self.patience {
            return None;
        }
        self.spent += waited + pause;
        self.pause = (pause * 2).min(LONGEST);
        Some(pause)
    }

    /// Waits before the next attempt, after one that waited so long; false where there is no time for one.
    pub async fn again(&mut self, waited: Duration) -> bool {
        let pause = self.next(waited);
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
        pause.is_some()
    }

    /// The error of the last attempt, which waited so long: one about a lock tells of all the waiting.
    pub fn told(&self, error: Error, last: Duration) -> Error {
        match error {
            Error::Locked { place, holders, .. } => Error::Locked { place, waited: self.spent + last, holders },
            other => other,
        }
    }
}
