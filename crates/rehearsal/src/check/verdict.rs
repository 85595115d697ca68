//! The result of a check: [`Verdict`], with the first offending rows.

use rehearsal_db::Rows;

/// Maximum offending rows kept per check.
pub const MAX_OFFENDERS: usize = 10;

/// Maximum rows kept per report.
pub(super) const MAX_REPORTED: usize = 200;

/// The result of a check.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The result is as expected.
    Green,
    /// The result is not as expected.
    Red {
        /// The first offending rows; empty if the check expected rows and found none.
        offenders: Rows,
        /// Whether there are more rows.
        more: bool,
    },
    /// A report, which cannot fail.
    Report {
        /// The first rows.
        rows: Rows,
        /// Whether there are more rows.
        more: bool,
    },
    /// Not run, because the check compares a fixture before and after migrations, which only a rehearsal can do.
    RehearsalOnly,
    /// Not run, because the check does not apply to the version of the database.
    OutOfWindow,
}

/// A check and its result.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckResult {
    /// The name of the check.
    pub name: String,
    /// Its result.
    pub verdict: Verdict,
}

impl CheckResult {
    /// Returns the result without the values of its rows; their number stays.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        let hidden = |rows: &Rows| Rows { columns: Vec::new(), rows: vec![Vec::new(); rows.rows.len()] };
        let verdict = match &self.verdict {
            Verdict::Red { offenders, more } => Verdict::Red { offenders: hidden(offenders), more: *more },
            Verdict::Report { .. } => Verdict::Report { rows: Rows::default(), more: false },
            other => other.clone(),
        };
        Self { name: self.name.clone(), verdict }
    }
}

/// True if any check failed.
#[must_use]
pub fn is_red(results: &[CheckResult]) -> bool {
    results.iter().any(|result| matches!(result.verdict, Verdict::Red { .. }))
}
