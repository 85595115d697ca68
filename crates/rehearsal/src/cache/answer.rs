//! What is stored about proofs without findings ([`Answers`]), and how it becomes part of a report again.

use crate::proofs::NewProof;
use crate::report::{DatabaseReport, ProofReport, ProofStatus};
use crate::workspace::Database;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The answers about one database, with the rest of its report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    engine_version: Option<String>,
    migrations: usize,
    backfills: Vec<String>,
    checks: usize,
    incomplete: Option<String>,
    /// The answer of each proof, by name.
    pub proofs: BTreeMap<String, Answer>,
}

/// The answer of one proof, with all fixtures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    reports: Vec<Report>,
    skipped: Vec<Skipped>,
}

impl Answers {
    /// Returns what is stored of a report: these answers, and the facts about the database.
    #[must_use]
    pub fn new(report: &DatabaseReport, proofs: BTreeMap<String, Answer>) -> Self {
        let DatabaseReport { engine_version, migrations, backfills, checks, incomplete, .. } = report.clone();
        Self { engine_version, migrations, backfills, checks, incomplete, proofs }
    }

    /// Returns the report of a database if all of these proofs are unchanged.
    #[must_use]
    pub fn report(&self, database: &Database, proofs: &[NewProof]) -> Option<DatabaseReport> {
        let names: Vec<&'static str> = proofs.iter().map(|new| new().name()).collect();
        let known: Vec<(&'static str, &Answer)> =
            names.into_iter().map(|name| Some((name, self.proofs.get(name)?))).collect::<Option<_>>()?;
        let fixtures = std::iter::once(None).chain(database.fixtures.iter().map(|fixture| Some(fixture.name.as_str())));
        let (mut reports, mut notes) = (Vec::new(), Vec::new());
        for fixture in fixtures {
            for (name, answer) in &known {
                match answer.report(name, fixture) {
                    Ok(report) => reports.push(report),
                    Err(why) => notes.extend(why),
                }
            }
        }
        let Self { engine_version, migrations, backfills, checks, incomplete, .. } = self.clone();
        Some(DatabaseReport {
            engine_version,
            exit: DatabaseReport::exit_of(&[], incomplete.as_deref()),
            migrations,
            backfills,
            checks,
            proofs: reports,
            notes,
            incomplete,
            ..DatabaseReport::new(&database.name, database.engine)
        })
    }
}

/// A fixture to which a proof does not apply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Skipped {
    /// The fixture; `None` for an empty database.
    pub(crate) fixture: Option<String>,
    /// Why the proof does not apply.
    pub(crate) notes: Vec<String>,
}

/// A [`ProofReport`] without a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Report {
    fixture: Option<String>,
    made_at: String,
    duration: Duration,
    notes: Vec<String>,
    warnings: Vec<String>,
    not_covered: Vec<String>,
    figures: serde_json::Map<String, serde_json::Value>,
}

impl Answer {
    /// Returns the answer that these reports of one proof give, made at `now` unless they are unchanged. `None` if one of
    /// them has a finding or is incomplete.
    pub(crate) fn of(reports: &[&ProofReport], skipped: Vec<Skipped>, now: &str) -> Option<Self> {
        let kept = |report: &&ProofReport| {
            let made_at = match report.status {
                ProofStatus::Passed => now.to_owned(),
                ProofStatus::Unchanged => report.made_at.clone()?,
                ProofStatus::Failed | ProofStatus::Incomplete => return None,
            };
            (report.findings == 0).then(|| Report {
                fixture: report.fixture.clone(),
                made_at,
                duration: report.duration,
                notes: report.notes.clone(),
                warnings: report.warnings.clone(),
                not_covered: report.not_covered.clone(),
                figures: report.figures.clone(),
            })
        };
        Some(Self { reports: reports.iter().map(kept).collect::<Option<_>>()?, skipped })
    }

    /// Returns the report with a fixture, or why the proof did not apply to it.
    pub(crate) fn report(&self, name: &'static str, fixture: Option<&str>) -> Result<ProofReport, Vec<String>> {
        let found = self.reports.iter().find(|report| report.fixture.as_deref() == fixture);
        let skipped = self.skipped.iter().filter(|skipped| skipped.fixture.as_deref() == fixture);
        let report =
            found.cloned().ok_or_else(|| skipped.flat_map(|skipped| skipped.notes.clone()).collect::<Vec<_>>())?;
        Ok(ProofReport {
            name,
            fixture: report.fixture,
            status: ProofStatus::Unchanged,
            made_at: Some(report.made_at),
            duration: report.duration,
            findings: 0,
            notes: report.notes,
            warnings: report.warnings,
            not_covered: report.not_covered,
            figures: report.figures,
        })
    }
}
