//! The report of a rehearsal: per database the proofs and what they found. It is serialised as it stands; `docs/report.md`
//! documents it.

use super::finding::Finding;
use crate::Exit;
use rehearsal_db::Engine;
use serde::{Serialize, Serializer};
use std::path::Path;
use std::time::Duration;

/// The version of the report's shape.
pub const VERSION: u32 = 2;

/// What a rehearsal found.
#[derive(Debug, Clone, Serialize)]
pub struct RehearsalReport {
    /// The version of this shape.
    pub version: u32,
    /// The name and version of the tool: `rehearsal 0.1.0`.
    pub tool: String,
    /// The exit code, which follows from the databases.
    #[serde(serialize_with = "exit_code")]
    pub exit: Exit,
    /// When the rehearsal began: UTC, to the second.
    pub started_at: String,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// What the findings are compared with; none where every finding counts.
    pub base: Option<Base>,
    /// Each database, in the order of their names.
    pub databases: Vec<DatabaseReport>,
}

/// A revision that findings are compared with.
#[derive(Debug, Clone, Serialize)]
pub struct Base {
    /// The revision.
    pub revision: String,
    /// Whether it was found.
    pub status: String,
}

/// What was found with one database.
#[derive(Debug, Clone, Serialize)]
pub struct DatabaseReport {
    /// The database.
    pub name: String,
    /// Its engine.
    pub engine: Engine,
    /// The version of the engine; none where the rehearsal could not begin.
    pub engine_version: Option<String>,
    /// The exit code that follows from its findings and from what was not covered.
    #[serde(serialize_with = "exit_code")]
    pub exit: Exit,
    /// How long its rehearsal took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// How many migrations it has.
    pub migrations: usize,
    /// Its backfills, in the order in which they run.
    pub backfills: Vec<String>,
    /// How many checks it has.
    pub checks: usize,
    /// The proofs, in the order in which they were carried out.
    pub proofs: Vec<ProofReport>,
    /// What is wrong, in the order in which it was found.
    pub findings: Vec<Finding>,
    /// What a person should know that belongs to no proof.
    pub notes: Vec<String>,
    /// Why the rehearsal is incomplete, and what would complete it; none where it is complete.
    pub incomplete: Option<String>,
}

/// How a proof ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProofStatus {
    /// Nothing is wrong.
    Passed,
    /// A finding counts.
    Failed,
    /// It could not be carried out, for something that it needs is missing.
    Incomplete,
    /// It was not carried out, for nothing that it depends on has changed.
    Unchanged,
}

/// One proof with one fixture.
#[derive(Debug, Clone, Serialize)]
pub struct ProofReport {
    /// The proof.
    pub name: &'static str,
    /// The fixture; none for an empty database.
    pub fixture: Option<String>,
    /// How it ended.
    pub status: ProofStatus,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// How many findings it has.
    pub findings: usize,
    /// What a person may want to know.
    pub notes: Vec<String>,
    /// What a person should look at, though it is not wrong.
    pub warnings: Vec<String>,
    /// What was not covered, and why.
    pub not_covered: Vec<String>,
    /// Figures of this proof.
    pub figures: serde_json::Map<String, serde_json::Value>,
}

impl RehearsalReport {
    /// With the files of findings as paths from the root of the project, wherever the command was typed.
    #[must_use]
    pub fn relative_to(mut self, root: &Path) -> Self {
        let findings = self.databases.iter_mut().flat_map(|database| &mut database.findings);
        let files = findings.flat_map(|finding| {
            let of_source = finding.source.as_mut().map(|place| &mut place.file);
            finding.file.as_mut().into_iter().chain(of_source)
        });
        for file in files {
            if let Ok(below) = Path::new(&*file).strip_prefix(root) {
                *file = below.display().to_string();
            }
        }
        self
    }

    /// The exit code of several databases.
    #[must_use]
    pub fn exit_of(databases: &[DatabaseReport]) -> Exit {
        databases.iter().fold(Exit::Ok, |exit, database| exit.and(database.exit))
    }
}

impl DatabaseReport {
    /// The exit code that follows from what was found and from what is missing.
    #[must_use]
    pub fn exit_of(findings: &[Finding], incomplete: Option<&str>) -> Exit {
        let found = findings.iter().filter(|finding| finding.counts());
        let found = found.fold(Exit::Ok, |exit, finding| exit.and(finding.code.exit));
        if incomplete.is_some() { found.and(Exit::Incomplete) } else { found }
    }

    /// The findings of a proof with a fixture.
    pub fn findings_of(&self, proof: &ProofReport) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.proof == Some(proof.name) && finding.fixture == proof.fixture)
    }

    /// How many findings count.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.findings.iter().filter(|finding| finding.counts()).count()
    }
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn exit_code<S: Serializer>(exit: &Exit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(*exit as u8)
}
