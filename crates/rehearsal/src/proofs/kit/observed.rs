//! Measurements of a history on one database ([`Observed`]): duration, rows and locks of each migration, the run of each
//! backfill, and pictures that the app draws.

use crate::Error;
use crate::backfill::{AnyBackfill, Effect, Outcome};
use crate::compare::Content;
use crate::gallery::{Picture, SAMPLE, pairs};
use crate::ledger;
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::report::{BackfillRun, MigrationRun, Observer};
use crate::sandbox::Scratch;
use rehearsal_db::{Connection, TableLock, is_bookkeeping};
use std::collections::BTreeSet;
use std::time::Duration;

/// The measurements, up to the last finished step.
#[derive(Debug, Default)]
pub struct Observed {
    migrations: Vec<MigrationRun>,
    backfills: Vec<BackfillRun>,
    before: Vec<Picture>,
    after: Vec<Picture>,
}

impl Observed {
    /// Takes note of a migration that took that long; `connection` applied it and records locks. `contents` are the digests of
    /// the rows before and after it; `None` if there are no rows.
    pub fn migration(
        &mut self,
        run: &ProofRun<'_>,
        migration: &Migration,
        took: Duration,
        contents: Option<(&Content, &Content)>,
        connection: &mut Connection,
    ) {
        let engine = run.rehearsal.database.engine;
        let sql = &migration.up.sql;
        let rows = contents.map_or(0, |(before, after)| {
            let all: BTreeSet<&String> = before.tables.keys().chain(after.tables.keys()).collect();
            let named: Vec<&String> = all.into_iter().filter(|table| engine.names_table(sql, table)).collect();
            let rows_of = |content: &Content| {
                named.iter().filter_map(|table| content.tables.get(*table)).map(|digest| digest.rows).sum::<u64>()
            };
            rows_of(before).max(rows_of(after))
        });
        // The library's own tables are no tables of the app, and nothing else can use a table before the transaction that creates it
        // has ended.
        let is_in_the_way = |TableLock { table, .. }: &TableLock| match (table.as_deref(), contents) {
            (Some(table), _) if is_bookkeeping(table) => false,
            (Some(table), Some((before, _))) => before.tables.contains_key(table),
            (Some(table), None) => {
                !engine.mentions(sql, &["CREATE", "TABLE", table.rsplit('.').next().unwrap_or(table)])
            }
            (None, _) => true,
        };
        let locks = connection.take_locks().map(|locks| locks.into_iter().filter(is_in_the_way).collect());
        self.migrations.push(MigrationRun {
            version: migration.version,
            name: migration.label(),
            duration_ms: took.as_secs_f64() * 1000.0,
            rows,
            locks,
        });
    }

    /// Executes a backfill and takes note of its run.
    ///
    /// # Errors
    /// As [`ProofRun::pass`].
    pub async fn backfill(
        &mut self,
        run: &mut ProofRun<'_>,
        backfill: &dyn AnyBackfill,
        scratch: &Scratch,
    ) -> Result<Outcome, Error> {
        let observer = Observer::default();
        let ran = run.pass_with(backfill, scratch, Effect::Execute, &|event| observer.event(&event)).await;
        let why = ran.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let ended = ran.as_ref().map(|(outcome, _)| outcome).map_err(|_| why.as_str());
        let about = backfill.about();
        let mut observed = observer.run(&about, Effect::Execute, ended);
        if ran.is_ok() {
            let mut connection = scratch.target().open_to_read().await?;
            let newest = ledger::newest_run(&mut connection, about.name).await.unwrap_or_default();
            connection.close().await?;
            observed.ranges = newest.map(|(_, ranges)| ranges).unwrap_or_default();
        }
        self.backfills.push(observed);
        ran.map(|(outcome, _)| outcome)
    }

    /// Lets the app draw units as they are before the change.
    pub async fn draw_before(&mut self, run: &mut ProofRun<'_>, connection: &mut Connection) {
        self.before = draw(run, connection).await;
    }

    /// Lets the app draw units as they are after the change.
    pub async fn draw_after(&mut self, run: &mut ProofRun<'_>, connection: &mut Connection) {
        self.after = draw(run, connection).await;
    }

    /// Adds what was seen to the figures of the proof.
    pub fn add_to(self, run: &mut ProofRun<'_>) {
        run.outcome.figure("migrations", self.migrations);
        if !self.backfills.is_empty() {
            run.outcome.figure("backfills", self.backfills);
        }
        let pairs = pairs(self.before, self.after);
        if !pairs.is_empty() {
            run.outcome.figure("gallery", pairs);
        }
    }
}

async fn draw(run: &mut ProofRun<'_>, connection: &mut Connection) -> Vec<Picture> {
    let Some(gallery) = run.rehearsal.gallery else { return Vec::new() };
    match gallery.draw(connection, SAMPLE).await {
        Ok(pictures) => pictures,
        Err(why) => {
            run.not_covered(format!("the app could not draw a sample of its units: {why}"));
            Vec::new()
        }
    }
}
