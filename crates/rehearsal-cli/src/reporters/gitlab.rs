//! GitLab's code quality report: an array with an object for each finding
//! (`https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format`).

use super::fingerprint::fingerprint;
use crate::terminal::visible;
use rehearsal::report::{Finding, RehearsalReport, Reporter, Severity};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use std::io::{Error, Write};

/// The format `gitlab`.
pub struct Gitlab;

impl Reporter for Gitlab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> Result<(), Error> {
        let mut serializer = serde_json::Serializer::new(&mut *to);
        let mut all = serializer.serialize_seq(None)?;
        for database in &report.databases {
            for finding in database.findings.iter().filter(|finding| finding.is_reported()) {
                all.serialize_element(&Issue::of(report, &database.name, finding))?;
            }
        }
        SerializeSeq::end(all)?;
        writeln!(to)
    }
}

#[derive(Serialize)]
struct Issue<'f> {
    description: String,
    check_name: &'f str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

impl<'f> Issue<'f> {
    fn of(report: &RehearsalReport, database: &str, finding: &'f Finding) -> Self {
        Self {
            description: visible(&finding.message),
            check_name: finding.code.name,
            fingerprint: fingerprint(database, finding),
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
            },
            // GitLab refuses an issue without a path.
            location: Location {
                path: report.in_repository(finding.file.as_deref().unwrap_or("rehearsal.toml")),
                lines: Lines { begin: finding.line.unwrap_or(1) },
            },
        }
    }
}
