//! The two databases that follow the history: [`SeededDatabase`] with generated rows, and [`EmptyTwin`] without
//! any, from which the proof continues if a migration fails on generated rows.

use crate::Error;
use crate::backfill::{self, Effect, Pass};
use crate::event::{Direction, silent};
use crate::migration::{self, Migration};
use crate::proofs::ProofRun;
use crate::proofs::kit::seeds::{Seeds, Tables, Wanted};
use crate::proofs::kit::timeline::Step;
use crate::sandbox::Scratch;
use rehearsal_db::Connection;
use std::sync::Arc;

/// A database with generated rows.
pub(super) struct SeededDatabase {
    pub(super) scratch: Arc<Scratch>,
    pub(super) connection: Connection,
    /// The backfills that have run.
    done: Vec<&'static str>,
    pub(super) seeds: Seeds,
}

impl SeededDatabase {
    /// Creates the database before the first migration.
    pub(super) async fn empty(run: &mut ProofRun<'_>) -> Result<Self, Error> {
        let scratch = run.start("rows").await?;
        Self::on(scratch, Vec::new()).await
    }

    /// Creates a copy of the database without generated rows.
    pub(super) async fn fork(run: &mut ProofRun<'_>, twin: &EmptyTwin) -> Result<Self, Error> {
        let scratch = match run.rehearsal.sandbox.fork(&twin.scratch, "rows").await? {
            Some(scratch) => scratch,
            None => run.repeat(&twin.steps).await?,
        };
        run.steps.clone_from(&twin.steps);
        let scratch = run.work_on(scratch);
        Self::on(scratch, twin.done.clone()).await
    }

    async fn on(scratch: Arc<Scratch>, done: Vec<&'static str>) -> Result<Self, Error> {
        let connection = scratch.open().await?;
        Ok(Self { scratch, connection, done, seeds: Seeds::default() })
    }

    /// Generates rows for the tables that need some.
    pub(super) async fn fill(
        &mut self,
        run: &mut ProofRun<'_>,
        wanted: Wanted<'_>,
        tables: &mut Tables,
    ) -> Result<(), Error> {
        self.seeds.fill(run, &mut self.connection, wanted, tables).await
    }

    /// Runs the backfills that are due before a migration.
    ///
    /// # Errors
    /// [`Refused`] if a backfill fails, which is the fault of the generated rows.
    pub(super) async fn run_due(&mut self, run: &mut ProofRun<'_>, migration: &Migration) -> Result<(), Refused> {
        for backfill in run.due(Some(migration), &self.done) {
            let name = backfill.about().name;
            run.step(format!("run backfill {name} on generated rows"));
            let pass = Pass { batch: run.batch, ..Pass::new(Effect::Execute) };
            let ran = backfill::run(backfill, self.scratch.target(), &pass, &silent).await;
            ran.map_err(|error| Refused { backfill: name, error: error.into() })?;
            run.steps.push(Step::Backfill(name, Effect::Execute));
            self.done.push(name);
            self.seeds.is_new = true;
        }
        Ok(())
    }
}

/// A backfill that fails on generated rows.
pub(super) struct Refused {
    pub(super) backfill: &'static str,
    pub(super) error: Error,
}

/// The database without generated rows, advanced only as far as needed.
pub(super) struct EmptyTwin {
    scratch: Scratch,
    steps: Vec<Step>,
    done: Vec<&'static str>,
    /// The number of applied migrations.
    at: usize,
}

impl EmptyTwin {
    /// The steps that led to its state.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The backfills that have run.
    pub(super) fn done(&self) -> &[&'static str] {
        &self.done
    }

    pub(super) async fn empty(run: &ProofRun<'_>) -> Result<Self, Error> {
        let rehearsal = run.rehearsal;
        let template = rehearsal.sandbox.template(rehearsal.database, rehearsal.history, None).await?;
        let scratch = rehearsal.sandbox.scratch(&template, "twin").await?;
        Ok(Self { scratch, steps: Vec::new(), done: Vec::new(), at: 0 })
    }

    /// Applies the first `to` migrations, and runs the backfills that are due before them.
    pub(super) async fn advance(&mut self, run: &ProofRun<'_>, to: usize) -> Result<(), Error> {
        let mut connection = self.scratch.open().await?;
        let went = self.advance_on(run, to, &mut connection).await;
        connection.close_with(went).await
    }

    async fn advance_on(&mut self, run: &ProofRun<'_>, to: usize, connection: &mut Connection) -> Result<(), Error> {
        while let Some(migration) = run.rehearsal.history.migrations.get(self.at).filter(|_| self.at < to) {
            for backfill in run.due(Some(migration), &self.done) {
                let pass = Pass { batch: run.batch, ..Pass::new(Effect::Execute) };
                backfill::run(backfill, self.scratch.target(), &pass, &silent).await?;
                self.steps.push(Step::Backfill(backfill.about().name, Effect::Execute));
                self.done.push(backfill.about().name);
            }
            migration::step(connection, migration, Direction::Up).await?;
            self.steps.push(Step::Up(migration.version));
            self.at += 1;
        }
        Ok(())
    }
}
