//! The only code that writes for people or machines. Each file renders one kind of thing into text or JSON; [`Terminal`]
//! is where text comes out. Knows the data types of the others and none of their work.

mod backfill;
mod backfill_json;
mod checks;
mod diagnostic;
mod duration;
mod matrix;
mod paint;
mod progress;
mod reconciliation;
mod runs;
mod status;
mod steps;
mod terminal;

pub use backfill::backfill_summary;
pub use backfill_json::{BackfillReport, REPORT_VERSION, ReportPath};
pub use checks::{checks_json, checks_table};
pub use diagnostic::diagnostic;
pub use duration::duration;
pub use matrix::{answers_json, failures, matrix, not_done};
pub use paint::Paint;
pub use progress::Progress;
pub use reconciliation::reconciliation_table;
pub use runs::{BackfillStatus, asked_text, run_status_text, runs_json, runs_table, timeline_text};
pub use status::{Standpoint, StatusRow, status_json, status_table};
pub use steps::Steps;
pub use terminal::{Terminal, say, urgent};

/// `1 pet`, `92 pets`, `1,000,000 pets`.
#[must_use]
pub fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(n))
}

/// A number with its thousands set apart by commas.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Two columns, the first as wide as its widest cell, each line indented by two spaces.
#[must_use]
pub(crate) fn columns(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or_default();
    rows.iter().map(|(left, right)| format!("  {left:<width$}  {right}").trim_end().to_owned() + "\n").collect()
}
