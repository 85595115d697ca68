//! Runs a backfill in two passes ([`watch`]) and copies the tables before, between and after: this tells which
//! tables it wrote ([`Written`]), and which rows belong to the units that the first pass skipped.

use super::Reconciliation;
use crate::Error;
use crate::backfill::{self, AnyBackfill, Effect, Pass, Units};
use crate::compare;
use crate::event::silent;
use crate::proofs::ProofRun;
use crate::proofs::kit::reconciliation;
use crate::sandbox::Scratch;
use rehearsal_db::{Connection, Engine, TableShape};

/// A table that a backfill wrote, and its copies: temporary tables, which exist as long as the connection.
pub(super) struct Written {
    pub(super) engine: Engine,
    pub(super) shape: TableShape,
    /// Copy from before the backfill.
    pub(super) before: String,
    /// Copy from after the first pass, which skips every seventh unit.
    pub(super) skipped: String,
    /// Copy from after the second pass.
    pub(super) after: String,
    /// Name for the temporary table that `Rows` creates.
    pub(super) rows: String,
}

/// A backfill that ran, and the tables that it wrote.
pub(super) struct Ran<'a> {
    pub(super) backfill: &'a dyn AnyBackfill,
    pub(super) tables: Vec<Written>,
    pub(super) reconciliation: Reconciliation,
}

/// Runs a backfill without every seventh unit, then the rest of it, and copies the tables before, between and after.
pub(super) async fn watch<'a>(
    run: &ProofRun<'_>,
    backfill: &'a dyn AnyBackfill,
    number: usize,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<Ran<'a>, Error> {
    let tables = connection.tables().await?;
    let name = |what: &str, at: usize| format!("_rehearsal_{what}_{number}_{at}");
    let engine = connection.engine();
    let keep = async |connection: &mut Connection, table: &TableShape, name: &str| {
        let from = engine.quote_table(&table.name);
        connection.execute(&format!("CREATE TEMP TABLE {name} AS SELECT * FROM {from}"), &[]).await
    };
    let content =
        async |connection: &mut Connection| compare::content(connection, &run.rehearsal.database.volatile).await;
    let at_first = content(connection).await?;
    for (at, table) in tables.iter().enumerate() {
        keep(connection, table, &name("before", at)).await?;
    }
    let counted = backfill.count_source(scratch.target()).await?;
    let pass = |units| Pass { batch: run.batch, units, ..Pass::new(Effect::Execute) };
    let broken = backfill::run(backfill, scratch.target(), &pass(Units::SkipEverySeventh), &silent).await?;
    let is_wrong = |counted| !reconciliation::differences(&broken.counts.reconciliation, &counted).is_empty();
    let reconciliation = if counted.is_some_and(is_wrong) { Reconciliation::Differ } else { Reconciliation::Agree };
    for (at, table) in tables.iter().enumerate() {
        keep(connection, table, &name("skipped", at)).await?;
    }
    backfill::run(backfill, scratch.target(), &pass(Units::All), &silent).await?;
    let behind = content(connection).await?;
    let is_other = |table: &&TableShape| at_first.tables.get(&table.name) != behind.tables.get(&table.name);
    let mut written = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        let (before, skipped, after) = (name("before", at), name("skipped", at), name("after", at));
        if is_other(&table) {
            keep(connection, table, &after).await?;
            let (shape, rows) = (table.clone(), name("rows", at));
            written.push(Written { engine, shape, before, skipped, after, rows });
        } else {
            connection.execute(&format!("DROP TABLE {before}; DROP TABLE {skipped}"), &[]).await?;
        }
    }
    Ok(Ran { backfill, tables: written, reconciliation })
}

impl Written {
    /// Returns the columns of the key as a list, qualified with the alias `of`.
    pub(super) fn key(&self, of: &str) -> String {
        let quoted = self.shape.key.iter().map(|column| format!("{of}.{}", self.engine.quote(column)));
        quoted.collect::<Vec<_>>().join(", ")
    }

    /// Returns the condition that an outer join found no row for the alias `of`.
    pub(super) fn is_missing(&self, of: &str) -> String {
        let first = self.shape.key.first().map(|column| self.engine.quote(column)).unwrap_or_default();
        format!("{of}.{first} IS NULL")
    }

    /// Returns the condition that two rows have the same key.
    pub(super) fn same_key(&self, one: &str, other: &str) -> String {
        let equal = |column: &String| format!("{one}.{0} = {other}.{0}", self.engine.quote(column));
        self.shape.key.iter().map(equal).collect::<Vec<_>>().join(" AND ")
    }

    /// Returns the condition that two rows differ in a column. Values are compared as text, because not every type
    /// can be compared.
    pub(super) fn differs(&self, one: &str, other: &str, column: &str) -> String {
        let of = |table: &str| self.engine.as_text(&format!("{table}.{}", self.engine.quote(column)));
        format!("({} IS DISTINCT FROM {})", of(one), of(other))
    }
}
