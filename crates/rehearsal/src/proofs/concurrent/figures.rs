//! The figures of *concurrent* for one backfill ([`Figures`]): how many writes the app made while it ran, and how
//! long they took.

use super::writer::{Diary, Kind};
use serde_json::json;
use std::fmt;
use std::time::Duration;

/// Writes of the app around one run of a backfill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figures {
    /// Name of the backfill.
    pub(super) backfill: &'static str,
    /// Number of writing connections.
    pub(super) writers: usize,
    /// Number of writes by kind, before, during and after the run.
    pub(super) writes: Vec<(Kind, u64)>,
    /// Number of writes that started while the backfill ran.
    pub(super) during: u64,
    /// Number of retries.
    pub(super) retries: u64,
    /// Duration of the run.
    pub(super) ran: Duration,
    /// 50th percentile of the write latency.
    pub(super) p50: Duration,
    /// 99th percentile of the write latency.
    pub(super) p99: Duration,
    /// Highest write latency.
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
    /// The figures as the report contains them, with the longest wait that is allowed. Times are in milliseconds.
    pub(super) fn to_json(&self, limit: Duration) -> serde_json::Value {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let writes: serde_json::Map<_, _> =
            self.writes.iter().map(|(kind, n)| (kind.name().replace(' ', "_"), json!(n))).collect();
        json!({
            "writers": self.writers,
            "writes": writes,
            "during": self.during,
            "retries": self.retries,
            "ran_ms": ms(self.ran),
            "limit_ms": ms(limit),
            "wait_ms": { "p50": ms(self.p50), "p99": ms(self.p99), "max": ms(self.longest) },
        })
    }
}

/// Percentile of sorted durations; zero if there are none.
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
            1 => "; 1 retry".to_owned(),
            n => format!("; {n} retries"),
        };
        write!(
            f,
            "while {} ran for {} ms, {} connections wrote {} times ({}{again}); latency {p50} ms (p50), {p99} ms (p99), {longest} ms (max)",
            self.backfill,
            whole(self.ran),
            self.writers,
            self.during,
            writes.join(", "),
        )
    }
}

/// Whole milliseconds, rounded up.
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
