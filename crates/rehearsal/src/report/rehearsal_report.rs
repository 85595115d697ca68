//! The report of a rehearsal: the proofs of each database and their findings. [`RehearsalReport`] is serialised
//! without conversion; `docs/report.md` documents the result.

use super::backfill_run::BackfillRun;
use super::finding::{Finding, Status};
use super::migration_run::MigrationRun;
use crate::Exit;
use rehearsal_db::Engine;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use std::path::Path;
use std::time::Duration;

/// The version of the report format.
pub const VERSION: u32 = 2;

/// The result of a rehearsal.
#[derive(Debug, Clone, Serialize)]
pub struct RehearsalReport {
    /// The version of the report format.
    pub version: u32,
    /// The name and version of the tool: `rehearsal 0.1.0`.
    pub tool: String,
    /// What was done.
    pub command: Command,
    /// The folder of the project in its repository, with a slash at its end; empty if the repository begins there, or if there is
    /// none. Paths of findings start in the project.
    pub folder: String,
    /// The exit code, derived from the databases.
    #[serde(serialize_with = "exit_code")]
    pub exit: Exit,
    /// The start of the rehearsal: UTC, to the second.
    pub started_at: String,
    /// The duration of the rehearsal.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// The revision with which the migrations are compared; `None` if the user turned the comparison off.
    pub base: Option<Base>,
    /// The databases, sorted by name.
    pub databases: Vec<DatabaseReport>,
}

/// The revision with which the migrations are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Base {
    /// A commit.
    Found {
        /// Its hash.
        revision: String,
    },
    /// There is none, so every finding counts.
    Unknown {
        /// Why there is none, and what would help.
        reason: String,
    },
}

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// A rehearsal on throwaway databases.
    Rehearsal,
    /// Backfills on a real database.
    Backfill,
    /// The checks on a real database.
    Verify,
}

/// The result for one database.
#[derive(Debug, Clone, Serialize)]
pub struct DatabaseReport {
    /// The name of the database.
    pub name: String,
    /// Its engine.
    pub engine: Engine,
    /// The version of the engine; `None` if the rehearsal could not start.
    pub engine_version: Option<String>,
    /// The exit code, derived from the findings and from `incomplete`.
    #[serde(serialize_with = "exit_code")]
    pub exit: Exit,
    /// The duration of its rehearsal.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// The number of its migrations.
    pub migrations: usize,
    /// Its backfills, in the order in which they run.
    pub backfills: Vec<String>,
    /// The number of its checks.
    pub checks: usize,
    /// The proofs, in the order in which they were carried out.
    pub proofs: Vec<ProofReport>,
    /// The names of the proofs that the user left out.
    pub left_out: Vec<&'static str>,
    /// The findings, in the order in which they were found.
    pub findings: Vec<Finding>,
    /// The address of the real database, without secrets; `None` for a rehearsal on throwaway databases.
    pub target: Option<String>,
    /// The runs of backfills on the real database.
    pub runs: Vec<BackfillRun>,
    /// The versions of the migrations that are unchanged since the base revision; the others are new.
    pub unchanged: Vec<i64>,
    /// Notes that belong to no proof.
    pub notes: Vec<String>,
    /// Why the rehearsal is incomplete and what would complete it; `None` if it is complete.
    pub incomplete: Option<String>,
}

/// How a proof ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProofStatus {
    /// The proof has no finding that counts.
    Passed,
    /// The proof has a finding that counts.
    Failed,
    /// The proof could not be carried out because something that it needs is missing.
    Incomplete,
    /// Nothing that the proof depends on has changed since an earlier rehearsal, in which it passed.
    Unchanged,
}

/// One proof with one fixture.
#[derive(Debug, Clone, Serialize)]
pub struct ProofReport {
    /// The name of the proof.
    pub name: &'static str,
    /// The fixture; `None` for an empty database.
    pub fixture: Option<String>,
    /// How the proof ended.
    pub status: ProofStatus,
    /// When the proof was made, if it is unchanged: UTC, to the second.
    pub made_at: Option<String>,
    /// The duration of the proof.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// The number of its findings.
    pub findings: usize,
    /// Facts that a person may want to know.
    pub notes: Vec<String>,
    /// Facts that a person should look at, although they are no findings.
    pub warnings: Vec<String>,
    /// The cases that were not covered, with the reason.
    pub not_covered: Vec<String>,
    /// Figures of this proof, by name.
    pub figures: serde_json::Map<String, serde_json::Value>,
}

impl ProofReport {
    /// Returns the runs of backfills in the figures of *populated*; empty for other proofs.
    #[must_use]
    pub fn backfills(&self) -> Vec<BackfillRun> {
        self.figure("backfills")
    }

    /// Returns the migrations in the figures of *fresh* and *populated*; empty for other proofs.
    #[must_use]
    pub fn migrations(&self) -> Vec<MigrationRun> {
        self.figure("migrations")
    }

    /// Reads a list; empty if there is none, or if a proof of the program has a figure of another shape under this name.
    fn figure<T: DeserializeOwned>(&self, name: &str) -> Vec<T> {
        self.figures.get(name).and_then(|figure| Vec::deserialize(figure).ok()).unwrap_or_default()
    }
}

impl RehearsalReport {
    /// Returns the path of a file of the project in its repository.
    #[must_use]
    pub fn in_repository(&self, file: &str) -> String {
        format!("{}{file}", self.folder)
    }

    /// Makes the paths of findings relative to the root of the project, whichever folder the command ran in.
    #[must_use]
    pub fn relative_to(self, root: &Path) -> Self {
        Self { databases: self.databases.into_iter().map(|database| database.relative_to(root)).collect(), ..self }
    }

    /// Returns the exit code for several databases.
    #[must_use]
    pub fn exit_of(databases: &[DatabaseReport]) -> Exit {
        databases.iter().fold(Exit::Ok, |exit, database| exit.and(database.exit))
    }
}

impl DatabaseReport {
    /// Returns the report of a database of which nothing is known but its name and engine.
    #[must_use]
    pub fn new(name: impl Into<String>, engine: Engine) -> Self {
        Self {
            name: name.into(),
            engine,
            engine_version: None,
            exit: Exit::Ok,
            duration: Duration::ZERO,
            migrations: 0,
            backfills: Vec::new(),
            checks: 0,
            proofs: Vec::new(),
            left_out: Vec::new(),
            findings: Vec::new(),
            target: None,
            runs: Vec::new(),
            unchanged: Vec::new(),
            notes: Vec::new(),
            incomplete: None,
        }
    }

    /// Makes the paths of findings relative to the root of the project, whichever folder the command ran in.
    #[must_use]
    pub fn relative_to(mut self, root: &Path) -> Self {
        let files = self.findings.iter_mut().flat_map(|finding| {
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

    /// Returns the exit code for these findings; `incomplete` is the reason if the rehearsal is incomplete.
    #[must_use]
    pub fn exit_of(findings: &[Finding], incomplete: Option<&str>) -> Exit {
        let found = findings.iter().filter(|finding| finding.counts());
        let found = found.fold(Exit::Ok, |exit, finding| exit.and(finding.code.exit));
        if incomplete.is_some() { found.and(Exit::Incomplete) } else { found }
    }

    /// Returns the findings of a proof with its fixture.
    pub fn findings_of(&self, proof: &ProofReport) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| {
            finding.proof == Some(proof.name) && finding.fixture.as_deref() == proof.fixture.as_deref()
        })
    }

    /// Returns the number of findings that count.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.findings.iter().filter(|finding| finding.counts()).count()
    }

    /// Returns the number of findings with a status.
    #[must_use]
    pub fn with_status(&self, status: Status) -> usize {
        self.findings.iter().filter(|finding| finding.status == status).count()
    }
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn exit_code<S: Serializer>(exit: &Exit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(*exit as u8)
}
