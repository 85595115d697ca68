//! What a revert deletes from a database: [`losses`] reads the down files and counts the rows that they drop.

use super::error::Error;
use super::plan::Step;
use crate::event::Direction;
use rehearsal_db::{Connection, Dropped, Engine, Target, Value};

/// Data that a step deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The migration, as version and name.
    pub migration: String,
    /// What its down file drops.
    pub what: Dropped,
    /// Number of rows; for a column, of rows with a value in it. `None` if the text of the file does not say which.
    pub rows: Option<u64>,
}

/// Returns what the down files of these steps drop, with the numbers of rows that are there now. Leaves out what the
/// database does not have.
///
/// # Errors
/// Fails if a query fails.
pub async fn losses(target: &Target, steps: &[Step]) -> Result<Vec<Lost>, Error> {
    let engine = target.address.engine();
    let dropped: Vec<(String, Dropped)> = steps
        .iter()
        .filter(|step| step.direction == Direction::Down)
        .filter_map(|step| Some((step.migration.label(), step.migration.down.as_ref()?)))
        .flat_map(|(label, down)| engine.dropped(&down.sql).into_iter().map(move |what| (label.clone(), what)))
        .collect();
    if dropped.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = target.open_to_read().await?;
    let counted = count_all(&mut connection, dropped).await;
    connection.close_with(counted).await
}

async fn count_all(connection: &mut Connection, dropped: Vec<(String, Dropped)>) -> Result<Vec<Lost>, Error> {
    let tables = connection.tables().await?;
    let engine = connection.engine();
    let mut losses = Vec::new();
    for (migration, what) in dropped {
        let Some(name) = what.table() else {
            losses.push(Lost { migration, what, rows: None });
            continue;
        };
        let Some(table) = tables.iter().find(|table| is_same(engine, &table.name, name)) else { continue };
        let counted = match &what {
            Dropped::Column(_, column) => match table.columns.iter().find(|one| is_same(engine, one, column)) {
                Some(column) => engine.quote(column),
                None => continue,
            },
            _ => "*".to_owned(),
        };
        let sql = format!("SELECT count({counted}) FROM {}", engine.quote_table(&table.name));
        let rows = connection.query(&sql, &[], 1).await?;
        let rows = rows.scalar().and_then(Value::as_int).and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
        losses.push(Lost { migration, what, rows: Some(rows) });
    }
    Ok(losses)
}

/// True if a name in a file is that of the catalog. SQLite ignores the case of names.
fn is_same(engine: Engine, catalog: &str, file: &str) -> bool {
    if engine.has_schemas() { catalog == file } else { catalog.eq_ignore_ascii_case(file) }
}
