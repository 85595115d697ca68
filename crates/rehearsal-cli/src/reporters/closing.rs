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

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use rehearsal::Began;
    use rehearsal::report::{Finding, history};
    use rehearsal_db::Engine;
    use std::time::Duration;

    #[test]
    fn counts_databases() {
        let database = |(name, exit, findings): &(&str, Exit, usize)| DatabaseReport {
            exit: *exit,
            findings: vec![Finding::new(&history::EDITED, "edited"); *findings],
            ..DatabaseReport::new(*name, Engine::ALL[0])
        };
        let check = |databases: &[(&str, Exit, usize)], expect: Option<&str>| {
            let report = RehearsalReport {
                duration: Duration::from_millis(2_500),
                ..Began::now().report(databases.iter().map(database).collect())
            };
            assert_eq!(closing(&report, Paint::Plain).as_deref(), expect);
        };
        check(&[("pets", Exit::Failed, 1)], None);
        check(&[("pets", Exit::Ok, 0), ("logs", Exit::Ok, 0)], Some("2 databases in 2.50 s: 2 passed"));
        check(
            &[("pets", Exit::Failed, 2), ("logs", Exit::Ok, 0), ("parts", Exit::Incomplete, 0), ("x", Exit::Usage, 1)],
            Some("4 databases in 2.50 s: 2 failed (pets, x; 3 findings), 1 incomplete (parts), 1 passed"),
        );
    }
}
