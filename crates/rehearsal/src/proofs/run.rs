//! A proof under way: the database that it works on, what was done to it, and what the proof has found so far.

use super::Rehearsal;
use super::kit::checkpoint::Checkpoints;
use super::kit::snapshot::Snapshot;
use super::kit::timeline::Step;
use super::outcome::{Next, Outcome};
use crate::event::Event;
use crate::report::{Failures, Finding, ProofReport, ProofStatus, Reproduce};
use crate::sandbox::{self, Scratch};
use crate::workspace::Fixture;
use crate::{Error, backfill, compare, fixture, migration};
use rehearsal_db::{Connection, Schema};
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// The data of a series of proofs, and what those before have left for those after them.
#[derive(Debug, Default)]
pub struct Data<'a> {
    /// The fixture; none for an empty database.
    pub fixture: Option<&'a Fixture>,
    /// The proofs that were carried out with it.
    earlier: Vec<ProofReport>,
    /// The database after all migrations and backfills, once a proof has come to that.
    pub(super) end: OnceLock<Snapshot>,
}

impl<'a> Data<'a> {
    /// A fixture, or none for an empty database, with which no proof was carried out yet.
    #[must_use]
    pub fn of(fixture: Option<&'a Fixture>) -> Self {
        Self { fixture, ..Self::default() }
    }

    /// Adds the report of a proof that was carried out with it.
    pub(crate) fn add(&mut self, report: ProofReport) {
        self.earlier.push(report);
    }

    /// The proof of that name, where it was carried out with this data before.
    #[must_use]
    pub fn earlier(&self, proof: &str) -> Option<&ProofReport> {
        self.earlier.iter().find(|report| report.name == proof)
    }

    /// True where *populated* passed and came to the end: what fails already can't show anything more.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let populated = self.earlier("populated");
        self.end().is_some() && populated.is_some_and(|report| report.status == ProofStatus::Passed)
    }

    /// The database after all migrations and backfills, where an earlier proof has come to that.
    #[must_use]
    pub fn end(&self) -> Option<&Snapshot> {
        self.end.get()
    }
}

/// A proof under way.
pub struct ProofRun<'a> {
    pub(super) rehearsal: &'a Rehearsal<'a>,
    pub(super) data: &'a Data<'a>,
    pub(super) fixture: Option<&'a Fixture>,
    pub(crate) began: Instant,
    step: String,
    /// What was done to the database that is worked on, since it was copied from its template.
    pub(super) steps: Vec<Step>,
    pub(super) checkpoints: Checkpoints,
    /// How many units a batch of a backfill holds.
    pub(super) batch: NonZeroU32,
    /// The database that is worked on, to be kept when something is found on it.
    pub(super) scratch: Option<Arc<Scratch>>,
    /// The codes with which it reports what fails.
    pub(super) failures: &'static Failures,
    /// What was found so far.
    pub(super) outcome: Outcome,
}

impl<'a> ProofRun<'a> {
    pub(crate) fn new(
        rehearsal: &'a Rehearsal<'a>,
        data: &'a Data<'a>,
        batch: NonZeroU32,
        failures: &'static Failures,
    ) -> Self {
        Self {
            rehearsal,
            data,
            fixture: data.fixture,
            began: Instant::now(),
            step: "make a scratch database".to_owned(),
            steps: Vec::new(),
            checkpoints: Checkpoints::default(),
            batch,
            scratch: None,
            failures,
            outcome: Outcome::default(),
        }
    }

    /// What is rehearsed.
    #[must_use]
    pub fn rehearsal(&self) -> &'a Rehearsal<'a> {
        self.rehearsal
    }

    /// The fixture that the proof is made with; none for an empty database.
    #[must_use]
    pub fn fixture(&self) -> Option<&'a Fixture> {
        self.fixture
    }

    /// Says what is done next.
    pub fn step(&mut self, step: impl Into<String>) {
        self.step = step.into();
        (self.rehearsal.events)(Event::Step {
            database: self.rehearsal.database.name.clone(),
            step: self.step.clone(),
        });
    }

    /// Adds what a person may want to know.
    pub fn note(&mut self, note: impl Into<String>) {
        self.outcome.notes.push(note.into());
    }

    /// Adds what was not covered, and why.
    pub fn not_covered(&mut self, what: impl Into<String>) {
        self.outcome.not_covered.push(what.into());
    }

    /// Records a finding of the step at hand, and keeps the database on which it shows.
    pub async fn find(&mut self, mut finding: Finding) {
        let kept = match &self.scratch {
            Some(scratch) => self.rehearsal.sandbox.keep(scratch).await.ok(),
            None => None,
        };
        finding.reproducible(self.rehearsal.database, self.rehearsal.command(), kept.as_ref());
        finding.step = Some(self.step.clone());
        self.outcome.findings.push(finding);
    }

    /// What was found so far, as the proof's outcome.
    #[must_use]
    pub fn outcome(&mut self) -> Outcome {
        std::mem::take(&mut self.outcome)
    }

    /// Records that the proof could not be carried out. A fixture that can't be loaded fails every proof with it.
    pub async fn failed(&mut self, error: &Error) {
        let failures = self.failures;
        let code = match error {
            Error::Migration(_) => &failures.migration,
            Error::Backfill(_) => &failures.backfill,
            Error::Check(_) => &failures.check,
            Error::Fixture(_) | Error::Sandbox(sandbox::Error::Fixture(_)) => &failures.fixture,
            Error::Workspace(_) | Error::Engine(_) | Error::Registry(_) | Error::Sandbox(_) => &failures.database,
        };
        if matches!(error, Error::Fixture(_)) {
            self.outcome.next = Next::SkipData;
        }
        let mut finding = Finding::of_error(code, error);
        match error {
            Error::Migration(migration::Error::Sql { migration, .. }) => {
                finding.migration = self
                    .rehearsal
                    .history
                    .migrations
                    .iter()
                    .find(|one| one.label() == *migration)
                    .map(|one| one.version);
            }
            Error::Backfill(
                backfill::Error::Rejected { backfill, .. } | backfill::Error::Statement { backfill, .. },
            ) => finding = finding.again_with(Reproduce::Backfill(backfill)),
            _ => {}
        }
        self.find(finding).await;
    }

    /// A scratch database with the data of this proof.
    ///
    /// # Errors
    /// What the sandbox says.
    pub async fn start(&mut self, name: &str) -> Result<Arc<Scratch>, Error> {
        let scratch = self.copy(name).await?;
        Ok(self.work_on(scratch))
    }

    /// Continues with another scratch database.
    pub(super) fn work_on(&mut self, scratch: Scratch) -> Arc<Scratch> {
        let scratch = Arc::new(scratch);
        self.scratch = Some(Arc::clone(&scratch));
        scratch
    }

    /// The version at which the data starts.
    #[must_use]
    pub fn start_version(&self) -> i64 {
        self.fixture.map_or(migration::BEFORE_ALL, |fixture| fixture.version)
    }

    /// Inserts what the fixture has for the version that was just reached.
    pub(super) async fn load_later(&mut self, version: i64, connection: &mut Connection) -> Result<(), Error> {
        let Some(fixture) = self.fixture else { return Ok(()) };
        if fixture.later.iter().any(|rows| rows.version == version) {
            self.step(format!("insert the rows of {} for version {version}", fixture.name));
            fixture::load_later(connection, fixture, version).await?;
            self.steps.push(Step::Rows(version));
        }
        Ok(())
    }

    /// The schema before the first migration: nothing, or what is run before the history.
    pub(super) async fn ground(&self) -> Result<Arc<Schema>, Error> {
        let rehearsal = self.rehearsal;
        if rehearsal.database.setup.is_empty() {
            return Ok(Arc::default());
        }
        let template = rehearsal.sandbox.template(rehearsal.database, rehearsal.history, None).await?;
        let scratch = rehearsal.sandbox.scratch(&template, "ground").await?;
        let mut connection = scratch.open().await?;
        let schema = compare::schema(&mut connection).await;
        Ok(connection.close_with(schema).await?)
    }
}
