//! [`Confidence`]: a `real` that is copied from row to row without loss.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A `real` of PostgreSQL. No constraint keeps it between 0 and 1: it may be negative, infinite, or NaN.
///
/// Two values are equal if PostgreSQL writes them as the same text: NaN equals NaN, and `-0` differs from `0`.
#[derive(Debug, Clone, Copy, sqlx_macros::Type)]
#[sqlx(transparent)]
pub struct Confidence(f32);

impl Confidence {
    /// Wraps a number.
    pub const fn new(value: f32) -> Confidence {
        Confidence(value)
    }

    /// The number.
    pub const fn value(self) -> f32 {
        self.0
    }
}

impl PartialEq for Confidence {
    fn eq(&self, other: &Confidence) -> bool {
        self.0.to_bits() == other.0.to_bits() || self.0.is_nan() && other.0.is_nan()
    }
}

impl Eq for Confidence {}

/// Formats the number as PostgreSQL reads it.
impl fmt::Display for Confidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            f32::INFINITY => formatter.write_str("Infinity"),
            f32::NEG_INFINITY => formatter.write_str("-Infinity"),
            // The shortest text that parses to the same number.
            value => write!(formatter, "{value:?}"),
        }
    }
}

/// Serialises to a string, because JSON has only finite numbers.
impl Serialize for Confidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Confidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Confidence, D::Error> {
        String::deserialize(deserializer)?.parse().map(Confidence).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::{assert_eq, assert_ne};

    #[test]
    fn numbers_are_written_as_postgres_reads_them() {
        let check = |value: f32, expected: &str| {
            assert_eq!(Confidence(value).to_string(), expected);
            assert_eq!(serde_json::from_str::<Confidence>(&format!("\"{expected}\"")).unwrap(), Confidence(value));
        };
        check(0.1, "0.1");
        check(-0.0, "-0.0");
        check(1e-45, "1e-45");
        check(f32::MAX, "3.4028235e38");
        check(f32::NAN, "NaN");
        check(f32::INFINITY, "Infinity");
        check(f32::NEG_INFINITY, "-Infinity");
    }

    #[test]
    fn numbers_are_equal_if_written_alike() {
        assert_eq!(Confidence(f32::NAN), Confidence(-f32::NAN));
        assert_ne!(Confidence(0.0), Confidence(-0.0));
        assert_ne!(Confidence(0.1), Confidence(0.1_f32.next_up()));
    }
}
