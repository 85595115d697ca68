//! The tables for which fixtures have rows, by migration: if a migration fails on generated rows of such a table only, the
//! author knows rows with which it works. The entry point is [`covered`].

use crate::Error;
use crate::backfill::{self, Pass};
use crate::event::{Direction, silent};
use crate::fixture;
use crate::migration::{self, Migration};
use crate::proofs::ProofRun;
use crate::proofs::kit::seeds::with_rows;
use crate::workspace::Fixture;
use rehearsal_db::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// Returns, for the version of each migration, the tables that have rows before it in a fixture on which it works.
pub(super) async fn covered(run: &mut ProofRun<'_>) -> Result<BTreeMap<i64, BTreeSet<String>>, Error> {
    let mut covered: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    let rehearsal = run.rehearsal;
    for fixture in &rehearsal.database.fixtures {
        run.step(format!("list the tables that fixture {} fills", fixture.name));
        // *Populated* reports a fixture that cannot be loaded or on which a migration fails.
        drop(walk(run, fixture, &mut covered).await);
    }
    Ok(covered)
}

/// Applies the history to a fixture and adds the tables with rows before each migration to `covered`.
async fn walk(
    run: &ProofRun<'_>,
    fixture: &Fixture,
    covered: &mut BTreeMap<i64, BTreeSet<String>>,
) -> Result<(), Error> {
    let rehearsal = run.rehearsal;
    let pending = rehearsal.history.after(fixture.version);
    if pending.is_empty() {
        return Ok(());
    }
    let template = rehearsal.sandbox.template(rehearsal.database, rehearsal.history, Some(fixture)).await?;
    let scratch = rehearsal.sandbox.scratch(&template, "covered").await?;
    let mut connection = scratch.open().await?;
    let mut done = Vec::new();
    let mut walked = Ok(());
    for migration in pending {
        for backfill in run.due(Some(migration), &done) {
            let pass = Pass { batch: run.batch, ..Pass::new(crate::backfill::Effect::Execute) };
            if walked.is_ok() {
                walked = backfill::run(backfill, scratch.target(), &pass, &silent).await.map(drop).map_err(Error::from);
            }
            done.push(backfill.about().name);
        }
        let names: Vec<String> = connection.tables().await?.into_iter().map(|table| table.name).collect();
        let filled = with_rows(&mut connection, &names).await?;
        if walked.is_ok() {
            walked = step(&mut connection, migration, fixture).await;
        }
        if walked.is_err() {
            break;
        }
        covered.entry(migration.version).or_default().extend(filled);
    }
    connection.close().await?;
    walked
}

/// Applies a migration and inserts the rows of the fixture for its version.
async fn step(connection: &mut Connection, migration: &Migration, fixture: &Fixture) -> Result<(), Error> {
    migration::step(connection, migration, Direction::Up).await?;
    Ok(fixture::load_later(connection, fixture, migration.version).await?)
}
