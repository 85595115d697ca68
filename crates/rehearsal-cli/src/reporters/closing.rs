//! The last line of a rehearsal of several databases: how many passed, and which did not.

use crate::terminal::{Paint, count, duration};
use rehearsal::Exit;
use rehearsal::report::{DatabaseReport, RehearsalReport};

/// Formats the last line. `None` for a single database, whose own summary is the last line.
pub(super) fn closing(report: &RehearsalReport, paint: Paint) -> Option<String> {
    if report.databases.len() < 2 {
        return None;
    }
    let with = |exits: &[Exit]| {
        let databases = report.databases.iter().filter(|database| exits.contains(&database.exit));
        databases.map(|database| database.name.as_str()).collect::<Vec<_>>()
    };
    let (passed, failed) = (with(&[Exit::Ok]), with(&[Exit::Failed, Exit::Usage]));
    let incomplete = with(&[Exit::Incomplete]);
    let findings: usize = report.databases.iter().map(DatabaseReport::failures).sum();
    let mut parts = Vec::new();
    if !failed.is_empty() {
        let found = paint.bad(format!("{} failed", failed.len()));
        parts.push(format!("{found} ({}; {})", failed.join(", "), count(findings as u64, "finding")));
    }
    if !incomplete.is_empty() {
        parts.push(paint.warning(format!("{} incomplete ({})", incomplete.len(), incomplete.join(", "))));
    }
    if !passed.is_empty() {
        parts.push(paint.good(format!("{} passed", passed.len())));
    }
    let databases = count(report.databases.len() as u64, "database");
    Some(format!("{databases} in {}: {}", duration(report.duration), parts.join(", ")))
}
