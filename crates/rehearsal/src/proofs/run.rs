//! The state of a running proof, [`ProofRun`]: its scratch database, the steps that were performed on it, and the
//! findings so far. [`Data`] passes results from one proof to others with the same fixture.

use super::Rehearsal;
use super::kit::checkpoint::Checkpoints;
use super::kit::offenders::{offenders, remedy};
use super::kit::snapshot::Snapshot;
use super::kit::timeline::Step;
use super::outcome::{Next, Outcome};
use crate::event::Event;
use crate::migration::Migration;
use crate::report::{Failures, Finding, ProofReport, ProofStatus, Reproduce};
use crate::sandbox::{self, Scratch};
use crate::workspace::Fixture;
use crate::{Error, backfill, compare, fixture, migration};
use rehearsal_db::{Connection, Schema};
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio::sync::watch;

/// A fixture, or an empty database, with the results of its proofs so far.
#[derive(Debug)]
pub struct Data<'a> {
    /// The fixture; `None` for an empty database.
    pub fixture: Option<&'a Fixture>,
    /// The proofs that are over: the report, or `None` if the proof does not apply.
    settled: watch::Sender<Vec<(&'static str, Option<ProofReport>)>>,
    /// The database after all migrations and backfills, set by the first proof that gets there.
    end: OnceLock<End>,
}

/// The database after all migrations and backfills.
#[derive(Debug)]
pub struct End {
    /// Its schema and content.
    pub snapshot: Snapshot,
    /// The database itself, which no proof changes any more.
    pub(super) scratch: Arc<Scratch>,
}

impl<'a> Data<'a> {
    /// Returns the data of a fixture, or of an empty database if `None`, before the first proof.
    #[must_use]
    pub fn of(fixture: Option<&'a Fixture>) -> Self {
        Self { fixture, settled: watch::Sender::new(Vec::new()), end: OnceLock::new() }
    }

    /// Records that a proof is over, with its report, or with `None` if it does not apply.
    pub(crate) fn settle(&self, name: &'static str, report: Option<ProofReport>) {
        self.settled.send_modify(|settled| settled.push((name, report)));
    }

    /// True if no proof so far has a finding.
    pub(crate) fn all_passed(&self) -> bool {
        self.settled.borrow().iter().filter_map(|(_, report)| report.as_ref()).all(|report| report.findings == 0)
    }

    /// Returns how the proof with that name ended; `None` if it is not over or does not apply to this data.
    #[must_use]
    pub fn earlier(&self, proof: &str) -> Option<ProofStatus> {
        let settled = self.settled.borrow();
        settled.iter().find(|(name, _)| *name == proof)?.1.as_ref().map(|report| report.status)
    }

    /// Waits until the proof with that name is over, if it precedes the waiting one in the rehearsal.
    pub(crate) async fn wait_for(&self, proof: &str, waiting: &str, rehearsal: &Rehearsal<'_>) {
        let mut earlier = rehearsal.proofs.iter().map(|new| new().name()).take_while(|name| *name != waiting);
        if earlier.any(|name| name == proof) {
            let is_over = |settled: &Vec<(&'static str, _)>| settled.iter().any(|(name, _)| *name == proof);
            drop(self.settled.subscribe().wait_for(is_over).await);
        }
    }

    /// True if *populated* passed and recorded the final state; otherwise most proofs learn nothing from this data.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.end().is_some() && self.earlier("populated") == Some(ProofStatus::Passed)
    }

    /// Returns the database after all migrations and backfills; `None` if no proof got there.
    #[must_use]
    pub fn end(&self) -> Option<&End> {
        self.end.get()
    }

    /// Records the database after all migrations and backfills, unless another proof has done so.
    pub(super) fn set_end(&self, snapshot: Snapshot, scratch: Arc<Scratch>) {
        drop(self.end.set(End { snapshot, scratch }));
    }
}

/// A running proof.
pub struct ProofRun<'a> {
    pub(super) rehearsal: &'a Rehearsal<'a>,
    pub(super) data: &'a Data<'a>,
    pub(super) fixture: Option<&'a Fixture>,
    pub(crate) began: Instant,
    /// A description of the current step, for findings.
    step: String,
    /// The steps performed on the current scratch database since it was copied from its template. [`Self::start`] and
    /// [`Self::work_on`] do not reset them; [`Snapshot::restore`] and [`Snapshot::by`] replace them. A proof that
    /// changes to another database in any other way sets them itself.
    pub(super) steps: Vec<Step>,
    pub(super) checkpoints: Checkpoints,
    /// The batch size of backfills, in units.
    pub(super) batch: NonZeroU32,
    /// The current scratch database. [`Self::find`] keeps it for inspection.
    pub(super) scratch: Option<Arc<Scratch>>,
    /// The codes with which failures are reported.
    pub(super) failures: &'static Failures,
    /// The outcome so far.
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
            step: "create a scratch database".to_owned(),
            steps: Vec::new(),
            checkpoints: Checkpoints::default(),
            batch,
            scratch: None,
            failures,
            outcome: Outcome::default(),
        }
    }

    /// Returns the rehearsal of which this proof is a part.
    #[must_use]
    pub fn rehearsal(&self) -> &'a Rehearsal<'a> {
        self.rehearsal
    }

    /// Returns the fixture of the proof; `None` for an empty database.
    #[must_use]
    pub fn fixture(&self) -> Option<&'a Fixture> {
        self.fixture
    }

    /// Reports the next step as an event; later findings name it.
    pub fn step(&mut self, step: impl Into<String>) {
        self.step = step.into();
        (self.rehearsal.events)(Event::Step {
            database: self.rehearsal.database.name.clone(),
            step: self.step.clone(),
        });
    }

    /// Adds a note to the report of the proof: a fact that is neither a finding nor a warning, such as the number of
    /// rows that a backfill wrote.
    pub fn note(&mut self, note: impl Into<String>) {
        self.outcome.notes.push(note.into());
    }

    /// Adds a case that was not covered, with the reason.
    pub fn not_covered(&mut self, what: impl Into<String>) {
        self.outcome.not_covered.push(what.into());
    }

    /// Records a finding of the current step and keeps the scratch database for inspection
    /// ([`Sandbox::keep`](sandbox::Sandbox::keep)).
    pub async fn find(&mut self, mut finding: Finding) {
        let kept = match &self.scratch {
            // If keeping fails, the finding is reported without a database: it still says what is wrong.
            Some(scratch) => self.rehearsal.sandbox.keep(scratch).await.ok(),
            None => None,
        };
        finding.reproducible(self.rehearsal.database, self.rehearsal.command(), kept.as_ref());
        finding.step = Some(self.step.as_str().into());
        self.outcome.findings.push(finding);
    }

    /// Takes the outcome so far and leaves an empty one.
    #[must_use]
    pub fn outcome(&mut self) -> Outcome {
        std::mem::take(&mut self.outcome)
    }

    /// Records the error that ended the proof as a finding. If the fixture cannot be loaded, the other proofs with it
    /// are skipped.
    pub async fn failed(&mut self, error: &Error) {
        let failures = self.failures;
        let code = match error {
            Error::Migration(_) => &failures.migration,
            Error::Backfill(_) => &failures.backfill,
            Error::Check(_) => &failures.check,
            // The sandbox loads the first rows of a fixture, and proofs insert its later ones. The other proofs need
            // both and would fail in the same way.
            Error::Fixture(_) | Error::Sandbox(sandbox::Error::Fixture(_)) => {
                self.outcome.next = Next::SkipData;
                &failures.fixture
            }
            Error::Workspace(_) | Error::Engine(_) | Error::Registry(_) | Error::Sandbox(_) => &failures.database,
        };
        let mut finding = Finding::of_error(code, error);
        match error {
            Error::Migration(cause @ migration::Error::Sql { migration, .. }) => {
                finding.migration = self
                    .rehearsal
                    .history
                    .migrations
                    .iter()
                    .find(|one| one.label() == *migration)
                    .map(|one| one.version);
                if let Some(scratch) = &self.scratch
                    && let Some(rows) = offenders(cause, scratch).await
                {
                    finding = finding.with_rows(&rows);
                    if let Some(refusal) = self.rehearsal.database.engine.refusal(&cause.to_string()) {
                        finding = finding.with_help(remedy(refusal.broken));
                    }
                }
            }
            Error::Backfill(
                backfill::Error::Rejected { backfill, .. } | backfill::Error::Statement { backfill, .. },
            ) => finding = finding.again_with(Reproduce::Backfill(backfill)),
            _ => {}
        }
        self.find(finding).await;
    }

    /// Creates a scratch database with the data of this proof and makes it the current one.
    ///
    /// # Errors
    /// Fails if the sandbox cannot create the database.
    pub async fn start(&mut self, name: &str) -> Result<Arc<Scratch>, Error> {
        let scratch = self.copy(name).await?;
        Ok(self.work_on(scratch))
    }

    /// Makes another scratch database the current one.
    pub(super) fn work_on(&mut self, scratch: Scratch) -> Arc<Scratch> {
        let scratch = Arc::new(scratch);
        self.scratch = Some(Arc::clone(&scratch));
        scratch
    }

    /// Returns the version of the database before the first step: that of the fixture, or the one before all
    /// migrations.
    #[must_use]
    pub fn start_version(&self) -> i64 {
        self.fixture.map_or(migration::BEFORE_ALL, |fixture| fixture.version)
    }

    /// True if a fixture has rows before the migration, so that *populated* examines what it leaves behind.
    pub(super) fn is_examined_elsewhere(&self, migration: &Migration) -> bool {
        self.rehearsal.database.fixtures.iter().any(|fixture| fixture.version < migration.version)
    }

    /// Inserts the rows that the fixture has for the version that was just applied, if any.
    pub(super) async fn load_later(&mut self, version: i64, connection: &mut Connection) -> Result<(), Error> {
        let Some(fixture) = self.fixture else { return Ok(()) };
        if fixture.later.iter().any(|rows| rows.version == version) {
            self.step(format!("insert the rows of fixture {} for version {version}", fixture.name));
            fixture::load_later(connection, fixture, version).await?;
            self.steps.push(Step::Rows(version));
        }
        Ok(())
    }

    /// Returns the schema before the first migration: empty, or the objects of the setup SQL.
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
