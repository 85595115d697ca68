//! The timeline of a database from a fixture's version to the newest: the migrations one by one, each backfill
//! before the migration that requires it or ends its window, and the other backfills at the end. [`ProofRun::walk`]
//! performs all steps; each [`Step`] is recorded, so that the state can be rebuilt.

use crate::Error;
use crate::backfill::{self, AnyBackfill, Effect, Outcome, Pass};
use crate::check::{self, CheckResult, Checked};
use crate::event::{Direction, Events, silent};
use crate::fixture;
use crate::generate::rows::Insert;
use crate::migration::{self, Migration};
use crate::proofs::kit::reconciliation;
use crate::proofs::{ProofRun, Rehearsal};
use crate::report::{Finding, Reproduce};
use crate::sandbox::Scratch;
use crate::source;
use rehearsal_db::Connection;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// A step that was performed on a scratch database.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The migration with that version was applied.
    Up(i64),
    /// The migration with that version was reverted.
    Down(i64),
    /// The rows of the fixture for that version were inserted.
    Rows(i64),
    /// The backfill with that name made a pass.
    Backfill(&'static str, Effect),
    /// A generated row was inserted.
    Insert(Arc<Insert>),
    /// A counter was moved past the numbers of generated rows, by this statement.
    CatchUp(Arc<str>),
}

impl Step {
    /// Performs the step on another scratch database with the same data, with that batch size.
    pub async fn perform(
        &self,
        run: &ProofRun<'_>,
        batch: NonZeroU32,
        scratch: &Scratch,
        connection: &mut Connection,
    ) -> Result<(), Error> {
        let rehearsal = run.rehearsal;
        match self {
            Self::Up(version) | Self::Down(version) => {
                let direction = if matches!(self, Self::Up(_)) { Direction::Up } else { Direction::Down };
                if let Some(migration) = rehearsal.history.get(*version) {
                    migration::step(connection, migration, direction).await?;
                }
            }
            Self::Rows(version) => {
                if let Some(fixture) = run.fixture {
                    // Load rows in the usual time zone: only the sessions of migrations and backfills vary.
                    let mut here = scratch.open_here().await?;
                    let loaded = fixture::load_later(&mut here, fixture, *version).await;
                    here.close_with(loaded).await?;
                }
            }
            Self::Backfill(name, effect) => {
                let pass = Pass { batch, ..Pass::new(*effect) };
                for backfill in rehearsal.backfills.iter().filter(|backfill| backfill.about().name == *name) {
                    backfill::run(*backfill, scratch.target(), &pass, &silent).await?;
                }
            }
            Self::Insert(insert) => drop(connection.execute(&insert.sql, &insert.values).await?),
            Self::CatchUp(statement) => drop(connection.query(statement, &[], 1).await?),
        }
        Ok(())
    }

    /// True if later steps could differ in a new session, because the step changes the state of its session.
    pub fn changes_session_state(&self, rehearsal: &Rehearsal<'_>) -> bool {
        let script = match self {
            Self::Up(version) => rehearsal.history.get(*version).map(|migration| &migration.up),
            Self::Down(version) => rehearsal.history.get(*version).and_then(|migration| migration.down.as_ref()),
            // These steps leave no state in the session.
            Self::Rows(_) | Self::Backfill(..) | Self::Insert(_) | Self::CatchUp(_) => None,
        };
        script.is_some_and(|script| rehearsal.database.engine.changes_session_state(&script.sql))
    }

    /// Describes the step in the imperative, for progress and findings.
    pub fn sentence(&self, rehearsal: &Rehearsal<'_>) -> String {
        let label =
            |version: &i64| rehearsal.history.get(*version).map_or_else(|| version.to_string(), Migration::label);
        match self {
            Self::Up(version) => format!("apply {}", label(version)),
            Self::Down(version) => format!("revert {}", label(version)),
            Self::Rows(version) => format!("insert the fixture's rows for {}", label(version)),
            Self::Backfill(name, Effect::Predict) => format!("run backfill {name} as a dry run"),
            Self::Backfill(name, Effect::Execute) => format!("run backfill {name}"),
            Self::Backfill(name, Effect::Again) => format!("run backfill {name} again, from the first unit"),
            Self::Backfill(name, Effect::Undo) => format!("undo backfill {name}"),
            Self::Backfill(name, Effect::PredictUndo) => format!("undo backfill {name} as a dry run"),
            Self::Insert(insert) => format!("insert a generated row: {}", insert.sql),
            Self::CatchUp(statement) => format!("move a counter past the generated rows: {statement}"),
        }
    }
}

impl<'a> ProofRun<'a> {
    /// Creates a scratch database and performs all steps on it, without a checkpoint.
    pub async fn repeat(&self, steps: &[Step]) -> Result<Scratch, Error> {
        let scratch = self.copy("restored").await?;
        self.replay(steps, &scratch).await?;
        Ok(scratch)
    }

    /// Performs the steps on a scratch database, in one new session.
    pub async fn replay(&self, steps: &[Step], scratch: &Scratch) -> Result<(), Error> {
        let mut connection = scratch.open().await?;
        let replayed = self.replay_in(steps, scratch, &mut connection).await;
        connection.close_with(replayed).await
    }

    /// Performs the steps on a scratch database, in that session.
    pub async fn replay_in(&self, steps: &[Step], scratch: &Scratch, connection: &mut Connection) -> Result<(), Error> {
        for step in steps {
            step.perform(self, self.batch, scratch, connection).await?;
        }
        Ok(())
    }

    /// Creates a scratch database with the data of this proof; the current one stays current.
    pub async fn copy(&self, name: &str) -> Result<Scratch, Error> {
        let rehearsal = self.rehearsal;
        let template = rehearsal.sandbox.template(rehearsal.database, rehearsal.history, self.fixture).await?;
        Ok(rehearsal.sandbox.scratch(&template, name).await?)
    }

    /// Returns the backfills that have to run before `next`; at the end of the history (`None`), those that remain.
    /// `done` are the names of backfills that already ran.
    pub fn due(&self, next: Option<&Migration>, done: &[&str]) -> Vec<&'a dyn AnyBackfill> {
        let is_due = |backfill: &&dyn AnyBackfill| {
            let about = backfill.about();
            let now = match next {
                Some(next) => {
                    about.from < next.version
                        && (about.until == Some(next.version) || next.requires.iter().any(|name| name == about.name))
                }
                None => true,
            };
            now && !done.contains(&about.name) && about.until.is_none_or(|until| until > self.start_version())
        };
        self.rehearsal.backfills.iter().copied().filter(is_due).collect()
    }

    /// Executes the backfills that are due before `next` and adds their names to `done`.
    pub async fn run_due(
        &mut self,
        scratch: &Scratch,
        next: Option<&Migration>,
        done: &mut Vec<&'static str>,
    ) -> Result<(), Error> {
        for backfill in self.due(next, done) {
            self.backfill(backfill, scratch, Effect::Execute).await?;
            done.push(backfill.about().name);
        }
        Ok(())
    }

    /// Makes a pass of a backfill over the scratch database. Also returns a checksum of its findings, and reports a
    /// finding if the reconciliation differs from the database.
    pub async fn pass(
        &mut self,
        backfill: &dyn AnyBackfill,
        scratch: &Scratch,
        effect: Effect,
    ) -> Result<(Outcome, u64), Error> {
        self.pass_with(backfill, scratch, effect, &silent).await
    }

    /// Makes a pass like [`pass`](Self::pass) that emits its events.
    pub async fn pass_with(
        &mut self,
        backfill: &dyn AnyBackfill,
        scratch: &Scratch,
        effect: Effect,
        events: Events<'_>,
    ) -> Result<(Outcome, u64), Error> {
        let name = backfill.about().name;
        self.step(Step::Backfill(name, effect).sentence(self.rehearsal));
        let counted = match effect {
            Effect::Execute => backfill.count_source(scratch.target()).await?,
            _ => None,
        };
        let pass = Pass { batch: self.batch, ..Pass::new(effect) };
        let outcome = backfill::run(backfill, scratch.target(), &pass, events).await?;
        if effect != Effect::Predict {
            self.steps.push(Step::Backfill(name, effect));
        }
        // A pass without units has counted nothing.
        if let Some(counted) = counted.filter(|_| outcome.counts.units > 0) {
            let lines = reconciliation::differences(&outcome.counts.reconciliation, &counted);
            if !lines.is_empty() {
                let message = format!("the reconciliation of {name} does not count each old value exactly once");
                let help = format!(
                    "correct the counts that {} adds to `findings.reconciliation()`, or its query `source_counts`",
                    source::backfill(name)
                );
                let finding = Finding::new(&self.failures.backfill, message).again_with(Reproduce::Backfill(name));
                self.find(finding.with_details(lines).with_help(help)).await;
            }
        }
        let found = outcome.findings;
        Ok((outcome, found))
    }

    /// Makes a pass like [`pass`](Self::pass), without the checksum of the findings.
    pub async fn backfill(
        &mut self,
        backfill: &dyn AnyBackfill,
        scratch: &Scratch,
        effect: Effect,
    ) -> Result<Outcome, Error> {
        self.pass(backfill, scratch, effect).await.map(|(outcome, _)| outcome)
    }

    /// Applies all migrations after the fixture's version and runs all backfills, without comparing states in
    /// between.
    pub async fn walk(&mut self, scratch: &Scratch, connection: &mut Connection) -> Result<(), Error> {
        let mut done = Vec::new();
        for migration in self.rehearsal.history.after(self.start_version()) {
            self.run_due(scratch, Some(migration), &mut done).await?;
            self.up(migration, scratch, connection).await?;
            self.load_later(migration.version, connection).await?;
        }
        self.run_due(scratch, None, &mut done).await
    }

    /// Applies a migration if the backfills that it requires are finished. Returns its duration.
    ///
    /// # Errors
    /// Fails if a statement fails or a required backfill has pending units.
    pub async fn up(
        &mut self,
        migration: &Migration,
        scratch: &Scratch,
        connection: &mut Connection,
    ) -> Result<Duration, Error> {
        self.step(format!("apply {}", migration.label()));
        let step = migration::Step { migration: migration.clone(), direction: Direction::Up };
        let took = migration::advance(connection, scratch.target(), &step, &self.rehearsal.backfills, &silent).await?;
        self.steps.push(Step::Up(migration.version));
        Ok(took)
    }

    /// Applies a migration again after it was reverted.
    ///
    /// # Errors
    /// Fails if a statement fails.
    pub async fn up_again(&mut self, migration: &Migration, connection: &mut Connection) -> Result<(), Error> {
        self.step(format!("apply {} again, after it was reverted", migration.label()));
        migration::step(connection, migration, Direction::Up).await?;
        self.steps.push(Step::Up(migration.version));
        Ok(())
    }

    /// Reverts a migration.
    ///
    /// # Errors
    /// Fails if a statement fails.
    pub async fn down(&mut self, migration: &Migration, connection: &mut Connection) -> Result<(), Error> {
        self.step(format!("revert {}", migration.label()));
        migration::step(connection, migration, Direction::Down).await?;
        self.steps.push(Step::Down(migration.version));
        Ok(())
    }

    /// Runs the checks that apply to the version of the database and reports those that fail.
    pub async fn check(&mut self, scratch: &Scratch) -> Result<(), Error> {
        self.step("run the checks");
        for (_, finding) in self.red_checks(scratch).await? {
            self.find(finding).await;
        }
        Ok(())
    }

    /// Runs the checks that apply to the version of the database. Returns the name of each that fails, and a finding.
    pub async fn red_checks(&self, scratch: &Scratch) -> Result<Vec<(String, Finding)>, Error> {
        let rehearsal = self.rehearsal;
        let Checked { results, .. } = check::run(scratch.target(), rehearsal.checks, &rehearsal.row_checks).await?;
        let red = results.into_iter().filter(|result| matches!(result.verdict, check::Verdict::Red { .. }));
        let finding = |result: CheckResult| {
            let mut finding = Finding::of_check(&self.failures.check, &result);
            if let Some(check) = rehearsal.checks.iter().find(|check| check.name == result.name) {
                finding = finding.in_file(&check.path);
            }
            (result.name, finding)
        };
        Ok(red.map(finding).collect())
    }
}
