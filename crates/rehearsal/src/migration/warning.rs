//! Warnings about a history: file names and comments that work but probably not as intended. `warnings` checks the
//! versions.

use super::fault::Fault;
use crate::layout::Tool;
use jiff::civil::DateTime;
use std::fmt;

/// A warning about a history.
#[derive(Debug)]
pub enum Warning {
    /// Versions with fewer or more digits than the others, so that the files sort in a different order than they run.
    Unpadded {
        /// The labels, such as `9_add_colour`; at least one.
        migrations: Vec<String>,
        /// Number of digits of the other versions.
        width: usize,
    },
    /// Versions of fourteen digits that are not a valid time.
    ImpossibleTime {
        /// The labels, such as `20251399000000_add_colour`; at least one.
        migrations: Vec<String>,
    },
    /// Migrations of another tool that are programs, which only the tool can run.
    Programs {
        /// The names of the files; at least one.
        files: Vec<String>,
        /// The tool.
        tool: Tool,
    },
    /// A fault that sqlx ignores, in a history to which only sqlx's rules apply.
    Passed(Fault),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unpadded { migrations, width } => {
                write!(
                    f,
                    "{}: the other versions have {width} digits, so the files sort in a different order than they run",
                    some(migrations)
                )
            }
            Self::Programs { files, tool } => {
                write!(f, "{}: not rehearsed, because only {tool} can run migrations that are programs", some(files))
            }
            Self::Passed(fault) => fault.fmt(f),
            Self::ImpossibleTime { migrations } => {
                write!(f, "{}: the version looks like a UTC time (YYYYMMDDHHMMSS) but is not valid", some(migrations))
            }
        }
    }
}

/// Lists up to three labels; of more, names the first and counts the others.
fn some(migrations: &[String]) -> String {
    match migrations {
        [first, _, _, _, ..] => format!("{first} and {} more", migrations.len() - 1),
        few => few.join(", "),
    }
}

/// Number of digits of a version that is a UTC time.
const TIME_DIGITS: usize = 14;

/// Returns the warnings about versions, which are given as `(digits as written, label)`.
pub(super) fn warnings(versions: &[(String, String)]) -> Vec<Warning> {
    let count = |width| versions.iter().filter(|(digits, _)| digits.len() == width).count();
    let mut widths: Vec<usize> = versions.iter().map(|(digits, _)| digits.len()).collect();
    widths.sort_by_key(|width| (count(*width), *width));
    let Some(&width) = widths.last() else { return Vec::new() };
    let of = |is_unusual: &dyn Fn(&str) -> bool| -> Vec<String> {
        versions.iter().filter(|(digits, _)| is_unusual(digits)).map(|(_, migration)| migration.clone()).collect()
    };
    let unpadded = of(&|digits| digits.len() != width);
    let no_times = of(&|digits| digits.len() == TIME_DIGITS && !is_time(digits));
    let mut found = Vec::new();
    if !unpadded.is_empty() {
        found.push(Warning::Unpadded { migrations: unpadded, width });
    }
    if !no_times.is_empty() {
        found.push(Warning::ImpossibleTime { migrations: no_times });
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
    fn unusual_versions() {
        let check = |versions: &[&str], expect: &[&str]| {
            let versions: Vec<_> = versions.iter().map(|v| ((*v).to_owned(), format!("{v}_a"))).collect();
            let found: Vec<_> = warnings(&versions).iter().map(ToString::to_string).collect();
            assert_eq!(found, expect);
        };
        const DIGITS: &str = "digits, so the files sort in a different order than they run";
        const INVALID_TIME: &str = "the version looks like a UTC time (YYYYMMDDHHMMSS) but is not valid";
        check(&[], &[]);
        check(&["1", "2"], &[]);
        check(&["0001", "0002", "3"], &[&format!("3_a: the other versions have 4 {DIGITS}")]);
        check(
            &["1", "2", "3", "4", "10", "11", "12", "13", "14"],
            &[&format!("1_a and 3 more: the other versions have 2 {DIGITS}")],
        );
        check(&["20250101000000", "20250102000000"], &[]);
        check(&["20250101000000", "20251301000000"], &[&format!("20251301000000_a: {INVALID_TIME}")]);
        check(
            &["20250101000000", "20250102000000", "2025010300000"],
            &[&format!("2025010300000_a: the other versions have 14 {DIGITS}")],
        );
        check(&["20240230000000", "20240231000000"], &[&format!("20240230000000_a, 20240231000000_a: {INVALID_TIME}")]);
    }
}
