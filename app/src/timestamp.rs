//! Points in time as exact text, so that copying one from row to row loses no precision. See [`Timestamp`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in time in UTC, as PostgreSQL writes `to_json("createdAt" AT TIME ZONE 'UTC')`:
/// `2025-11-03T10:00:00.123`, possibly with the suffix ` BC`, or `infinity` or `-infinity`.
/// [`Display`](fmt::Display) adds the `Z`.
///
/// Timestamps compare chronologically.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, sqlx_macros::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Wraps the text that PostgreSQL wrote, without validating it.
    pub fn new(text: impl Into<String>) -> Timestamp {
        Timestamp(text.into())
    }

    /// The text as PostgreSQL wrote it, without a time zone.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The year, negative if BC, and the rest of the text. The rest has the same width in every year and therefore
    /// sorts as text; omitted trailing digits of the fraction do not affect that order.
    fn key(&self) -> (i64, &str) {
        match self.0.as_str() {
            "infinity" => (i64::MAX, ""),
            "-infinity" => (i64::MIN, ""),
            text => {
                let (date, sign) = text.strip_suffix(" BC").map_or((text, 1), |date| (date, -1));
                let (year, rest) = date.split_once('-').unwrap_or((date, ""));
                (sign * year.parse::<i64>().unwrap_or_default(), rest)
            }
        }
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Timestamp) -> std::cmp::Ordering {
        // Texts that are not points in time may have equal keys: comparing the text makes `Equal` agree with `Eq`.
        self.key().cmp(&other.key()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Timestamp) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.as_str(), self.0.strip_suffix(" BC")) {
            (text @ ("infinity" | "-infinity"), _) => formatter.write_str(text),
            (_, Some(date)) => write!(formatter, "{date}Z BC"),
            (date, None) => write!(formatter, "{date}Z"),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn timestamps_compare_chronologically() {
        let in_order = [
            "-infinity",
            "4713-11-24T00:00:00 BC",
            "0044-03-15T12:00:00 BC",
            "0001-01-01T00:00:00",
            "2025-11-03T10:00:00",
            "2025-11-03T10:00:00.1",
            "2025-11-03T10:00:00.100001",
            "2025-11-03T10:00:00.12",
            "2025-11-03T10:00:01",
            "10000-01-01T00:00:00",
            "infinity",
        ]
        .map(Timestamp::new);
        let mut sorted = in_order.to_vec();
        sorted.reverse();
        sorted.sort();
        assert_eq!(sorted, in_order);
    }

    #[test]
    fn timestamps_are_displayed_as_utc() {
        let check = |text: &str, expected: &str| assert_eq!(Timestamp::new(text).to_string(), expected);
        check("2025-11-03T10:00:00.1", "2025-11-03T10:00:00.1Z");
        check("0044-03-15T12:00:00 BC", "0044-03-15T12:00:00Z BC");
        check("infinity", "infinity");
    }
}
