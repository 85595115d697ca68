//! JUnit XML: a suite for each database, a case for each proof and fixture. A CI server shows it beside its tests.

use super::finding::{Style, finding};
use super::matrix::EMPTY;
use crate::args::Detail;
use crate::terminal::{Paint, count, one_line, visible};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use rehearsal::report::{
    BackfillRun, DatabaseReport, Finding, PassState, ProofReport, ProofStatus, RehearsalReport, Reporter,
};
use std::io::{Error, Write};
use std::time::Duration;

/// How the text of a failure is rendered.
const STYLE: Style = Style { detail: Detail::Full, paint: Paint::Plain, width: 120 };
/// The most findings of a case whose text is written.
const FINDINGS: usize = 100;

/// The format `junit`.
pub struct Junit;

impl Reporter for Junit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> Result<(), Error> {
        let mut junit = Report::new("rehearsal");
        junit.set_time(report.duration);
        junit.add_test_suites(report.databases.iter().map(suite));
        junit.serialize(to).map_err(Error::other)
    }
}

fn suite(database: &DatabaseReport) -> TestSuite {
    let mut suite = TestSuite::new(&database.name);
    suite.set_time(database.duration);
    suite.add_property(("engine", database.engine.to_string().as_str()));
    suite.add_property(("migrations", database.migrations.to_string().as_str()));
    suite.add_property(("backfills", database.backfills.join(", ").as_str()));
    suite.add_property(("checks", database.checks.to_string().as_str()));
    if let Some(version) = &database.engine_version {
        suite.add_property(("engine_version", version.as_str()));
    }
    // Faults of the history, and reasons why the rehearsal could not start.
    let others: Vec<&Finding> = database.findings.iter().filter(|finding| finding.proof.is_none()).collect();
    if !others.is_empty() {
        // On a real database, they are those of backfills.
        let name = if database.target.is_some() { "backfills" } else { "history" };
        suite.add_test_case(TestCase::new(name, status(database, &others, NonSuccessKind::Failure)));
    }
    suite.add_test_cases(database.proofs.iter().map(|proof| case(database, proof)));
    suite.add_test_cases(database.runs.iter().map(|run| case_of_run(database, run)));
    if let Some(why) = &database.incomplete {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(one_line(why.lines().next().unwrap_or_default())).set_description(visible(why));
        suite.add_test_case(TestCase::new("incomplete", status));
    }
    suite
}

fn case(database: &DatabaseReport, proof: &ProofReport) -> TestCase {
    let findings: Vec<&Finding> = database.findings_of(proof).collect();
    let status = match proof.status {
        ProofStatus::Passed | ProofStatus::Unchanged => TestCaseStatus::success(),
        ProofStatus::Failed => status(database, &findings, NonSuccessKind::Failure),
        ProofStatus::Incomplete if findings.iter().any(|finding| finding.counts()) => {
            status(database, &findings, NonSuccessKind::Error)
        }
        // A case that did not run is no success.
        ProofStatus::Incomplete => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(one_line(&proof.not_covered.join("; ")));
            status
        }
    };
    let name = match (&proof.fixture, &database.target) {
        (Some(fixture), _) => format!("{} / {}", proof.name, one_line(fixture)),
        // A real database is not empty.
        (None, Some(_)) => proof.name.to_owned(),
        (None, None) => format!("{} / {EMPTY}", proof.name),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(&database.name).set_time(proof.duration);
    if let Some(made_at) = &proof.made_at {
        case.add_property(("made_at", made_at.as_str()));
    }
    let notes: Vec<&str> =
        [&proof.notes, &proof.warnings, &proof.not_covered].into_iter().flatten().map(String::as_str).collect();
    if !notes.is_empty() {
        case.set_system_out(visible(&notes.join("\n")));
    }
    case
}

/// The case of a backfill on a real database. Its findings are in the case `backfills`.
fn case_of_run(database: &DatabaseReport, run: &BackfillRun) -> TestCase {
    let status = match run.state {
        PassState::Finished => TestCaseStatus::success(),
        PassState::Stopped | PassState::Failed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(one_line(run.error.as_deref().unwrap_or("interrupted")));
            status
        }
    };
    let mut case = TestCase::new(one_line(&run.backfill), status);
    case.set_classname(&database.name);
    case.set_time(Duration::try_from_secs_f64(run.duration_ms / 1000.0).unwrap_or_default());
    case
}

/// The status of a case with findings, of which those that count come first.
fn status(database: &DatabaseReport, findings: &[&Finding], kind: NonSuccessKind) -> TestCaseStatus {
    let Some(first) = findings.iter().find(|finding| finding.counts()) else {
        return TestCaseStatus::success();
    };
    let mut status = TestCaseStatus::non_success(kind);
    let text = |found: &&&Finding| finding(&database.name, found, &[], STYLE);
    let mut counting = findings.iter().filter(|finding| finding.counts());
    let mut texts: String = counting.by_ref().take(FINDINGS).map(|found| text(&found)).collect();
    let more = counting.count();
    if more > 0 {
        texts.push_str(&format!("\n{} more\n", count(more as u64, "finding")));
    }
    status.set_message(one_line(&first.message)).set_type(first.code.name).set_description(texts.trim_start());
    status
}
