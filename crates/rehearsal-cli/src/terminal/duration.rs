//! Formats durations.

use std::time::Duration;

/// Formats a duration: `340 µs`, `12 ms`, `1.24 s`, `3 min 20 s`, `2 h 05 min`.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match time.as_micros() {
        0..1_000 => format!("{} µs", time.as_micros()),
        1_000..1_000_000 => format!("{} ms", time.as_millis()),
        1_000_000..60_000_000 => format!("{:.2} s", time.as_secs_f64()),
        _ if seconds < 3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn units() {
        let check = |micros: u64, expect: &str| assert_eq!(duration(Duration::from_micros(micros)), expect);
        check(0, "0 µs");
        check(999, "999 µs");
        check(12_345, "12 ms");
        check(1_240_000, "1.24 s");
        check(200_000_000, "3 min 20 s");
        check(7_500_000_000, "2 h 05 min");
    }
}
