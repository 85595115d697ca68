//! What is odd about a history without being wrong.

use super::fault::Fault;
use jiff::civil::DateTime;
use std::fmt;

/// An oddity.
#[derive(Debug)]
pub enum Warning {
    /// Fewer or more digits than the others, so that the files sort otherwise than they run.
    Unpadded {
        /// `9_add_colour`.
        migration: String,
        /// The digits that the others have.
        width: usize,
    },
    /// Fourteen digits that are no time.
    ImpossibleTime {
        /// `20251399000000_add_colour`.
        migration: String,
    },
    /// What sqlx passes over, in a history that keeps its rules only.
    Passed(Fault),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unpadded { migration, width } => {
                write!(
                    f,
                    "{migration}: the versions around it have {width} digits, so files are listed in another order than they run"
                )
            }
            Self::Passed(fault) => fault.fmt(f),
            Self::ImpossibleTime { migration } => {
                write!(f, "{migration}: the version looks like a UTC time (YYYYMMDDHHMMSS) and is none")
            }
        }
    }
}

/// How many digits a UTC time has as a version.
const TIME_DIGITS: usize = 14;

/// The oddities of versions, which are given as `(digits as written, label)`.
pub(super) fn warnings(versions: &[(String, String)]) -> Vec<Warning> {
    let count = |width| versions.iter().filter(|(digits, _)| digits.len() == width).count();
    let mut widths: Vec<usize> = versions.iter().map(|(digits, _)| digits.len()).collect();
    widths.sort_by_key(|width| (count(*width), *width));
    let Some(&width) = widths.last() else { return Vec::new() };
    let mut found = Vec::new();
    for (digits, migration) in versions {
        if digits.len() != width {
            found.push(Warning::Unpadded { migration: migration.clone(), width });
        }
        if digits.len() == TIME_DIGITS && !is_time(digits) {
            found.push(Warning::ImpossibleTime { migration: migration.clone() });
        }
    }
    found
}

fn is_time(digits: &str) -> bool {
    DateTime::strptime("%Y%m%d%H%M%S", digits).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn odd_versions() {
        let check = |versions: &[&str], expect: &[&str]| {
            let versions: Vec<_> = versions.iter().map(|v| ((*v).to_owned(), format!("{v}_a"))).collect();
            let found: Vec<_> = warnings(&versions)
                .iter()
                .map(|warning| match warning {
                    Warning::Unpadded { migration, width } => format!("{migration} not {width}"),
                    Warning::ImpossibleTime { migration } => format!("{migration} no time"),
                    Warning::Passed(fault) => fault.to_string(),
                })
                .collect();
            assert_eq!(found, expect);
        };
        check(&[], &[]);
        check(&["1", "2"], &[]);
        check(&["0001", "0002", "3"], &["3_a not 4"]);
        check(&["20250101000000", "20250102000000"], &[]);
        check(&["20250101000000", "20251301000000"], &["20251301000000_a no time"]);
        check(&["20250101000000", "20250102000000", "2025010300000"], &["2025010300000_a not 14"]);
        check(&["20240230000000"], &["20240230000000_a no time"]);
    }
}
