//! The data that a revert deletes, as a table.

use crate::terminal::{columns, count};
use rehearsal::migration::Lost;
use rehearsal_db::Dropped;

/// Formats what each migration deletes, with the number of rows.
#[must_use]
pub fn lost_table(losses: &[Lost]) -> String {
    let row = |lost: &Lost| {
        let rows = count(lost.rows.unwrap_or_default(), "row");
        let what = match &lost.what {
            Dropped::Table(table) => format!("table \"{table}\" with {rows}"),
            Dropped::Column(table, column) => format!("column \"{table}\".\"{column}\", which has a value in {rows}"),
            Dropped::Replaced(table) => format!("what the copy of table \"{table}\" with {rows} leaves out"),
            Dropped::Perhaps(words) => format!("what `{words} …` overwrites or drops; its rows are not counted"),
            Dropped::Rows(table) => format!("some or all of the {rows} of table \"{table}\""),
        };
        (lost.migration.clone(), what)
    };
    columns(&losses.iter().map(row).collect::<Vec<_>>())
}
