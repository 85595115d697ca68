//! The data that a revert deletes, as a table.

use crate::terminal::{columns, count};
use rehearsal::migration::Lost;
use rehearsal_db::Dropped;

/// Formats what each migration deletes, with the number of rows.
#[must_use]
pub fn lost_table(losses: &[Lost]) -> String {
    let row = |lost: &Lost| {
        let rows = count(lost.rows, "row");
        let what = match &lost.what {
            Dropped::Table(table) => format!("table \"{table}\" with {rows}"),
            Dropped::Column(table, column) => format!("column \"{table}\".\"{column}\", which has a value in {rows}"),
            Dropped::Rows(table) => format!("some or all of the {rows} of table \"{table}\""),
        };
        (lost.migration.clone(), what)
    };
    columns(&losses.iter().map(row).collect::<Vec<_>>())
}
