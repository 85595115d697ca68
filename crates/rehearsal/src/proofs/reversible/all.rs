//! Reverts all migrations ([`revert_all`]), which must leave nothing, and applies them again.

use super::judge::{Wording, judge};
use super::place::Place;
use super::{Applied, DOWN_FAILED, LEFTOVERS, REAPPLY_FAILED, RoundTrip, of_migration};
use crate::Error;
use crate::compare::SchemaDifference;
use crate::migration::Migration;
use crate::proofs::kit::snapshot::{Compared, Snapshot};
use crate::proofs::run::ProofRun;
use crate::report::Finding;
use rehearsal_db::Schema;
use std::collections::BTreeMap;
use std::sync::Arc;

const HELP: &str = "drop each object in the down file of the migration that creates it";

/// Reverts all migrations down to the last one without a down file, skipping those whose down migration is known to
/// fail, and applies them again.
pub(super) async fn revert_all(
    run: &mut ProofRun<'_>,
    steps: &BTreeMap<i64, Applied>,
    place: &mut Place,
) -> Result<(), Error> {
    let migrations = &run.rehearsal.history.migrations;
    let Some(newest) = migrations.last() else { return Ok(()) };
    let top = Snapshot::of(run, &mut place.connection).await?.schema;
    let floor = migrations.iter().rposition(|migration| migration.down.is_none());
    let walked = &migrations[floor.map_or(0, |floor| floor + 1)..];
    let mut has_left = false;
    for migration in walked.iter().rev() {
        let step = steps.get(&migration.version);
        let is_usable = step.is_none_or(|step| step.round_trip != RoundTrip::Unusable);
        if is_usable {
            let Err(error) = run.down(migration, &mut place.connection).await else { continue };
            run.find(of_migration(&DOWN_FAILED, migration, &error)).await;
        }
        // Skip it: continue with the state before it.
        let Some(step) = step else { return Ok(()) };
        run.step(format!("continue with the state before {}", migration.label()));
        let lines = left_over(&step.after, &Snapshot::of(run, &mut place.connection).await?);
        if !lines.is_empty() {
            let message = format!("objects remain after reverting down to {}", migration.label());
            run.find(Finding::new(&LEFTOVERS, message).with_details(lines).with_help(HELP)).await;
            has_left = true;
        }
        place.go(run, &step.before).await?;
    }
    let ground = match floor.map(|floor| &migrations[floor]) {
        None => {
            run.step("look for objects that remain after reverting all migrations");
            Some((run.ground().await?, "objects remain after reverting all migrations".to_owned()))
        }
        Some(floor) => {
            run.step(format!("look for objects that remain after reverting down to {}", floor.label()));
            if floor.version != newest.version {
                run.note(format!("all migrations were reverted down to {}, which has no down file", floor.label()));
            }
            let message = format!("objects remain after reverting down to {}", floor.label());
            steps.get(&floor.version).map(|step| (Arc::clone(&step.after), message))
        }
    };
    let bottom = Snapshot::of(run, &mut place.connection).await?;
    if let Some((schema, message)) = ground {
        let left = Compared::of_schemas(&schema, &bottom.schema).schema_lines();
        if !left.is_empty() {
            run.find(Finding::new(&LEFTOVERS, message).with_details(left).with_help(HELP)).await;
            has_left = true;
        }
        if has_left {
            // The objects that remain may prevent applying the migrations again.
            return Ok(());
        }
    }
    if steps.values().any(|step| step.round_trip == RoundTrip::NotReapplied) {
        return Ok(());
    }
    up_again(run, walked, &top, place).await
}

/// Returns the objects that are not in `schema`: the reverted migrations have left them.
fn left_over(schema: &Schema, now: &Snapshot) -> Vec<String> {
    let mut compared = Compared::of_schemas(schema, &now.schema);
    compared.schema.retain(|difference| matches!(difference, SchemaDifference::New { .. }));
    compared.schema_lines()
}

/// Applies the reverted migrations again and compares the schema with `top`.
async fn up_again(
    run: &mut ProofRun<'_>,
    migrations: &[Migration],
    top: &Schema,
    place: &mut Place,
) -> Result<(), Error> {
    let mut done = Vec::new();
    for migration in migrations {
        run.run_due(&place.scratch, Some(migration), &mut done).await?;
        if let Err(error) = run.up(migration, &place.scratch, &mut place.connection).await {
            run.find(of_migration(&REAPPLY_FAILED, migration, &error)).await;
            return Ok(());
        }
    }
    let again = Snapshot::of(run, &mut place.connection).await?;
    let again = Compared::of_schemas(top, &again.schema);
    let wording = Wording {
        migration: None,
        message: |what: &str| format!("reverting all migrations and applying them again does not restore the {what}"),
        help: &|_| "look at the down files: one of them does not revert every change of its up file".to_owned(),
    };
    judge(run, &again, &wording).await;
    Ok(())
}
