//! Trying again what another session is in the way of, with pauses that let those pass who wait behind us.

use super::Error;
use std::time::Duration;

/// The first pause.
const FIRST: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST: Duration = Duration::from_secs(2);

/// The attempts that are left, and the time that was spent on waiting: not that of the work between.
#[derive(Debug)]
pub(crate) struct Retries {
    patience: Duration,
    spent: Duration,
    pause: Duration,
}

impl Retries {
    /// As many as so much waiting allows.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, spent: Duration::ZERO, pause: FIRST }
    }

    /// Waits before the next attempt, after one that waited so long; false where there is no time for one.
    pub(crate) async fn again(&mut self, waited: Duration) -> bool {
        if self.spent + waited + self.pause >= self.patience {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.spent += waited + self.pause;
        self.pause = (self.pause * 2).min(LONGEST);
        true
    }

    /// The error of the last attempt, which waited so long: one about a lock tells of all the waiting.
    pub(crate) fn told(&self, error: Error, last: Duration) -> Error {
        match error {
            Error::Locked { place, holders, .. } => Error::Locked { place, waited: self.spent + last, holders },
            other => other,
        }
    }
}
