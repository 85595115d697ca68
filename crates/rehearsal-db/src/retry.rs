//! [`Retries`]: repeated attempts while another session is in the way, with pauses that let sessions in the lock queue
//! proceed.

use super::Error;
use std::time::Duration;

/// The first pause.
const FIRST: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST: Duration = Duration::from_secs(2);

/// The remaining attempts and the time spent waiting, without the time of the work between.
#[derive(Debug)]
pub struct Retries {
    patience: Duration,
    spent: Duration,
    pause: Duration,
}

impl Retries {
    /// Allows attempts while the total wait is shorter than `patience`.
    pub fn new(patience: Duration) -> Self {
        Self { patience, spent: Duration::ZERO, pause: FIRST }
    }

    /// The pause before the next attempt, after one that waited for `waited`; `None` if no time is left.
    pub fn next(&mut self, waited: Duration) -> Option<Duration> {
        let pause = self.pause;
        if self.spent + waited + pause >= self.patience {
            return None;
        }
        self.spent += waited + pause;
        self.pause = (pause * 2).min(LONGEST);
        Some(pause)
    }

    /// Pauses before the next attempt, after one that waited for `waited`; false if no time is left.
    pub async fn again(&mut self, waited: Duration) -> bool {
        let pause = self.next(waited);
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
        pause.is_some()
    }

    /// Adds the total wait to a lock error of the last attempt, which waited for `last`.
    pub fn told(&self, error: Error, last: Duration) -> Error {
        match error {
            Error::Locked { place, holders, .. } => Error::Locked { place, waited: self.spent + last, holders },
            other => other,
        }
    }
}
