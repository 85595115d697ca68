//! [`Watch`] applies migrations to a database with generated rows and reports what they lose and leave behind. The state after
//! one migration is the state before the next, so it is read once.

use super::replay_copy::ReplayCopy;
use super::seeded_database::SeededDatabase;
use super::{AFTERMATH, DATA_LOST};
use crate::Error;
use crate::compare::{self, Content, ContentDifference};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::proofs::kit::aftermath::{self, Before};
use crate::proofs::kit::intended::without_intended;
use crate::proofs::kit::losses::report_losses;
use crate::proofs::kit::moved_columns;
use crate::proofs::kit::snapshot::{explain, is_declared};
use crate::proofs::kit::timeline::Step;
use rehearsal_db::{Schema, TableShape};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is known of the state before the next migration.
#[derive(Default)]
pub(super) struct Watch {
    content: Option<Content>,
    schema: Option<Arc<Schema>>,
    replay_copy: ReplayCopy,
}

impl Watch {
    /// Has to be called if another database takes the place of the last one.
    pub(super) fn forget(&mut self) {
        (self.content, self.schema) = (None, None);
    }

    /// Applies a migration and reports its findings. The inner error is that of the migration.
    pub(super) async fn apply(
        &mut self,
        run: &mut ProofRun<'_>,
        seeded: &mut SeededDatabase,
        migration: &Migration,
    ) -> Result<Result<(), Error>, Error> {
        let engine = run.rehearsal.database.engine;
        if engine.only_adds(&migration.up.sql) {
            self.content = None;
        } else if std::mem::take(&mut seeded.seeds.is_new) || self.content.is_none() {
            self.content = Some(compare::content(&mut seeded.connection, &run.rehearsal.database.volatile).await?);
        }
        let earlier = self.before(run, seeded, migration).await?;
        if earlier.is_none() {
            self.schema = None;
        }
        let schema = earlier.as_ref().map(|earlier| Arc::clone(earlier.schema()));
        let steps = run.steps.clone();
        let scratch = Arc::clone(&seeded.scratch);
        if let Err(error) = run.up(migration, &scratch, &mut seeded.connection).await {
            self.forget();
            return Ok(Err(error));
        }
        if let Some(earlier) = earlier {
            let after = compare::schema(&mut seeded.connection).await?;
            let copy = async |run: &ProofRun<'_>| self.replay_copy.fork(run, &steps).await;
            let connection = &mut seeded.connection;
            aftermath::examine(run, &AFTERMATH, migration, &earlier, &after, copy, connection).await?;
            // The next migration starts with it: rows do not change it.
            self.schema = Some(after);
        }
        if let Some(earlier) = self.content.take() {
            let now = compare::content(&mut seeded.connection, &run.rehearsal.database.volatile).await?;
            let lost = lost(run, migration, (&earlier, &now), (&mut self.replay_copy, &steps), seeded).await?;
            let lost = self.without_written(run, migration, schema, (&earlier, &now), lost, &steps).await?;
            let lost = without_intended(run, migration, lost);
            let copy = async |run: &ProofRun<'_>| self.replay_copy.fork(run, &steps).await;
            report_losses(run, &DATA_LOST, migration, &lost, copy, &mut seeded.connection).await?;
            self.content = Some(now);
        }
        Ok(Ok(()))
    }

    /// Removes what triggers write from the losses. `schema` is that before the migration; *populated* reports what triggers
    /// write if there is none.
    async fn without_written(
        &mut self,
        run: &mut ProofRun<'_>,
        migration: &Migration,
        schema: Option<Arc<Schema>>,
        contents: (&Content, &Content),
        lost: Vec<ContentDifference>,
        steps: &[Step],
    ) -> Result<Vec<ContentDifference>, Error> {
        let is_reported = schema.is_some();
        let schema = match schema {
            Some(schema) => schema,
            None if lost.is_empty() => return Ok(lost),
            None => {
                let mut copy = self.replay_copy.after(run, steps).await?;
                let schema = compare::schema(&mut copy).await;
                copy.close_with(schema).await?
            }
        };
        let copy = async |run: &ProofRun<'_>| self.replay_copy.fork(run, steps).await;
        let code = &AFTERMATH.rows_written;
        let (lost, findings) = aftermath::without_written(run, code, migration, &schema, contents, lost, copy).await?;
        for finding in findings.into_iter().filter(|_| is_reported) {
            run.find(finding).await;
        }
        Ok(lost)
    }

    /// Reads the state before a migration with which [`aftermath`] compares; `None` for one that is not examined.
    async fn before(
        &mut self,
        run: &ProofRun<'_>,
        seeded: &mut SeededDatabase,
        migration: &Migration,
    ) -> Result<Option<Before>, Error> {
        let engine = run.rehearsal.database.engine;
        if run.is_examined_elsewhere(migration) || !aftermath::is_of_interest(migration, engine) {
            return Ok(None);
        }
        let schema = match self.schema.take() {
            Some(schema) => schema,
            None => compare::schema(&mut seeded.connection).await?,
        };
        Before::of(migration, schema, &mut seeded.connection).await
    }
}

/// Returns the undeclared losses of all rows, also of those that the history inserted.
async fn lost(
    run: &ProofRun<'_>,
    migration: &Migration,
    (before, now): (&Content, &Content),
    (replay_copy, steps): (&mut ReplayCopy, &[Step]),
    seeded: &mut SeededDatabase,
) -> Result<Vec<ContentDifference>, Error> {
    let counters = aftermath::counters(&migration.up, &mut seeded.connection).await?;
    // Values of generated columns are computed again.
    let shapes = seeded.connection.tables().await?;
    let of_table = |shape: &TableShape| {
        shape.generated.iter().map(|column| (shape.name.clone(), column.clone())).collect::<Vec<_>>()
    };
    let generated: BTreeSet<(String, String)> = shapes.iter().flat_map(of_table).collect();
    let counts = |difference: &ContentDifference| {
        let (table, column) = difference.subject();
        let is_generated = column.is_some_and(|column| generated.contains(&(table.to_owned(), column.to_owned())));
        let is_counter = aftermath::is_of_a_counter(difference, &counters);
        difference.is_loss() && !is_generated && !is_counter && !is_declared(difference, &migration.loses)
    };
    let mut found: Vec<ContentDifference> = before.compare(now).into_iter().filter(counts).collect();
    found = moved_columns::without_moved(run, migration, (before, now), found, &mut seeded.connection).await?;
    let of_rows = |difference: &ContentDifference| {
        matches!(difference, ContentDifference::Rows { .. } | ContentDifference::Values { .. })
    };
    if found.iter().any(of_rows) {
        let mut earlier = replay_copy.after(run, steps).await?;
        found = explain(run, &mut earlier, (now, &mut seeded.connection), found).await?;
        earlier.close().await?;
        found.retain(|difference| counts(difference) && !was_empty(difference));
        // Reading the rows may have added differences of other columns of the table.
        found = moved_columns::without_moved(run, migration, (before, now), found, &mut seeded.connection).await?;
    }
    Ok(found)
}

/// True if only NULL was overwritten.
fn was_empty(difference: &ContentDifference) -> bool {
    match difference {
        ContentDifference::Values { examples, .. } => {
            !examples.is_empty() && examples.iter().all(|example| example.before.as_deref() == Some("NULL"))
        }
        _ => false,
    }
}
