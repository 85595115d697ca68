//! Examines the state after a migration ([`examine`]): objects of the schema that it took along without naming them, objects that
//! no longer work, counters that will give a number twice, derived data that is out of date, and rows that are hidden. Proofs
//! with rows call it after each migration.

mod broken;
mod codes;
mod counters;
mod hidden_rows;
mod reverted;
mod schema_lost;
mod stale;
mod trials;
mod written;

use crate::Error;
use crate::migration::{Migration, Script};
use crate::proofs::ProofRun;
use crate::proofs::kit::checkpoint::EarlierCopy;
pub use codes::Codes;
pub use counters::{counters, is_of_a_counter};
use rehearsal_db::{Connection, Counter, Engine, Schema, SeenRows};
pub use reverted::Marks;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
pub use written::without_written;

/// The state before a migration, as far as it matters.
pub struct Before {
    schema: Arc<Schema>,
    counters: Vec<Counter>,
    unusable: Vec<String>,
    frozen: BTreeSet<String>,
    seen: Vec<SeenRows>,
    stale: BTreeSet<String>,
}

impl Before {
    /// The schema before the migration.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Reads the state before a migration, and brings derived data in step with its rows. `None` if the migration only creates
    /// objects, and so leaves the others as they are.
    ///
    /// # Errors
    /// Fails if a query fails.
    pub async fn of(
        migration: &Migration,
        schema: Arc<Schema>,
        connection: &mut Connection,
    ) -> Result<Option<Self>, Error> {
        if !is_of_interest(migration, connection.engine()) {
            return Ok(None);
        }
        Ok(Some(Self {
            schema,
            counters: counters(&migration.up, connection).await?,
            unusable: connection.unusable().await?,
            frozen: connection.frozen_rows().await?.into_iter().map(|frozen| frozen.constraint).collect(),
            seen: connection.seen_rows().await?,
            stale: stale::settle(&migration.up, connection).await?,
        }))
    }
}

/// A script that ran, with the state before it and the schema after it.
struct Change<'a> {
    migration: &'a Migration,
    script: &'a Script,
    before: &'a Before,
    after: &'a Arc<Schema>,
    renamed: BTreeMap<String, String>,
}

/// Reports what a migration leaves behind. `earlier` returns a copy of the state before it, which may be
/// changed: on it, what fails afterwards is tried, too.
///
/// # Errors
/// Fails if the database fails.
pub async fn examine(
    run: &mut ProofRun<'_>,
    codes: &'static Codes,
    migration: &Migration,
    before: &Before,
    after: &Arc<Schema>,
    mut earlier: impl AsyncFnMut(&ProofRun<'_>) -> Result<EarlierCopy, Error>,
    connection: &mut Connection,
) -> Result<(), Error> {
    let (engine, script) = (run.rehearsal.database.engine, &migration.up);
    let change = &Change { migration, script, before, after, renamed: engine.renamed_tables(&script.sql) };
    let mut findings = schema_lost::findings(engine, &codes.schema_lost, change);
    findings
        .extend(counters::behind(&codes.sequence_behind, script, &before.counters, &change.renamed, connection).await?);
    findings.extend(hidden_rows::hidden(&codes.rows_hidden, change, connection).await?);
    findings.extend(hidden_rows::unmatched(run, &codes.rows_hidden, change, &mut earlier).await?);
    findings.extend(stale::stale(run, &codes.derived_stale, change, &mut earlier, connection).await?);
    findings.extend(broken::broken(run, &codes.object_broken, change, &mut earlier, connection).await?);
    for finding in findings {
        run.find(finding.in_file(&script.path).of_migration(migration.version)).await;
    }
    Ok(())
}

/// False for a migration that only creates objects, of which a concurrent build may leave an invalid index.
pub fn is_of_interest(migration: &Migration, engine: Engine) -> bool {
    let sql = migration.up.sql.as_str();
    !engine.only_creates(sql) || engine.builds_concurrently(sql)
}
