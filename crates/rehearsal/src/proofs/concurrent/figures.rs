//! How much was written while a backfill ran, and how long the app waited for it.

use super::writer::{Diary, Kind};
use serde_json::json;
use std::fmt;
use std::time::Duration;

/// What the app did while a backfill ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figures {
    /// The backfill.
    pub(super) backfill: &'static str,
    /// How many connections wrote.
    pub(super) writers: usize,
    /// How many writes of each kind there were.
    pub(super) writes: Vec<(Kind, u64)>,
    /// How many of them began while the backfill ran.
    pub(super) during: u64,
    /// How often a write was tried again.
    pub(super) retries: u64,
    /// For how long the backfill ran.
    pub(super) ran: Duration,
    /// How long half of the writes took at most.
    pub(super) p50: Duration,
    /// How long all but one in a hundred took at most.
    pub(super) p99: Duration,
    /// How long the one took that took longest.
    pub(super) longest: Duration,
}

impl Figures {
    pub(super) fn new(backfill: &'static str, writers: usize, diary: &Diary, ran: Duration) -> Self {
        let mut waits = diary.waits.clone();
        waits.sort_unstable();
        Self {
            backfill,
            writers,
            writes: diary.writes.iter().map(|(kind, n)| (*kind, *n)).collect(),
            during: diary.during,
            retries: diary.retries,
            ran,
            p50: percentile(&waits, 50),
            p99: percentile(&waits, 99),
            longest: percentile(&waits, 100),
        }
    }
}

impl Figures {
    /// As the report has them, times in milliseconds.
    pub(super) fn to_json(&self) -> serde_json::Value {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let writes: serde_json::Map<_, _> =
            self.writes.iter().map(|(kind, n)| (kind.name().replace(' ', "_"), json!(n))).collect();
        json!({
            "writers": self.writers,
            "writes": writes,
            "during": self.during,
            "retries": self.retries,
            "ran_ms": ms(self.ran),
            "wait_ms": { "p50": ms(self.p50), "p99": ms(self.p99), "max": ms(self.longest) },
        })
    }
}

/// The least that so many of a hundred are no longer than.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writes: Vec<String> = self.writes.iter().map(|(kind, n)| format!("{n} {}", kind.name())).collect();
        let [p50, p99, longest] = [self.p50, self.p99, self.longest].map(whole);
        let again = match self.retries {
            0 => String::new(),
            n => format!(", {n} of them tried again"),
        };
        write!(
            f,
            "while {} ran for {} ms, {} connections wrote {} times ({}{again}), and waited {p50} ms (p50), {p99} ms (p99), {longest} ms (max)",
            self.backfill,
            whole(self.ran),
            self.writers,
            self.during,
            writes.join(", "),
        )
    }
}

/// In milliseconds, rounded up.
pub(super) fn whole(time: Duration) -> u128 {
    time.as_micros().div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn percentiles() {
        let check = |waits: &[u64], expect: [u64; 3]| {
            let waits: Vec<Duration> = waits.iter().copied().map(Duration::from_millis).collect();
            assert_eq!([50, 99, 100].map(|percent| percentile(&waits, percent)), expect.map(Duration::from_millis));
        };
        check(&[], [0, 0, 0]);
        check(&[7], [7, 7, 7]);
        check(&[1, 2], [1, 2, 2]);
        check(&[1, 2, 3], [2, 3, 3]);
        check(&(1..=100).collect::<Vec<_>>(), [50, 99, 100]);
        check(&(1..=1000).collect::<Vec<_>>(), [500, 990, 1000]);
    }
}
