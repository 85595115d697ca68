//! What a check found, with the first offenders.

use rehearsal_db::Rows;

/// How many offending rows are kept of each check.
pub const MAX_OFFENDERS: usize = 10;

/// How many rows of a report are kept.
pub(super) const MAX_REPORTED: usize = 200;

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// What it expects.
    Green,
    /// Something else.
    Red {
        /// The first offending rows; none where rows were expected and missing.
        offenders: Rows,
        /// Whether there are more.
        more: bool,
    },
    /// A report, which is neither.
    Report {
        /// The first rows.
        rows: Rows,
        /// Whether there are more.
        more: bool,
    },
    /// Not run, because it compares a fixture with what becomes of it: only a rehearsal has both.
    RehearsalOnly,
    /// Not run, because the database is not at a version for which it is meant.
    OutOfWindow,
}

/// A check and what it found.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckResult {
    /// The check.
    pub name: String,
    /// What it found.
    pub verdict: Verdict,
}

/// True where any of them is red.
#[must_use]
pub fn is_red(results: &[CheckResult]) -> bool {
    results.iter().any(|result| matches!(result.verdict, Verdict::Red { .. }))
}
