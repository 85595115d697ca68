//! Trying again what another session is in the way of, with pauses that let those pass who wait behind us.

use std::time::{Duration, Instant};

/// The first pause.
const FIRST: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST: Duration = Duration::from_secs(2);

/// The attempts that are left.
#[derive(Debug)]
pub(crate) struct Retries {
    until: Instant,
    pause: Duration,
}

impl Retries {
    /// As many as there is time for.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { until: Instant::now() + patience, pause: FIRST }
    }

    /// Waits before the next attempt; false where there is no time for one.
    pub(crate) async fn again(&mut self) -> bool {
        if Instant::now() + self.pause >= self.until {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST);
        true
    }
}
