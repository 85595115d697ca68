//! Formats rows as a table, with each column as wide as its widest value.

use comfy_table::{LineStyle, Table, TableStyle};
use rehearsal::report::FindingRow;
use rehearsal_db::Value;

/// Formats rows below the names of their columns, each line indented by two spaces.
pub(crate) fn table(rows: &[FindingRow]) -> String {
    let columns = rows.first().map(|row| row.0.iter().map(|(column, _)| column.clone()).collect());
    let cells = rows.iter().map(|row| row.0.iter().map(|(_, value)| cell(value)).collect());
    lines(columns.unwrap_or_default(), cells)
}

/// Formats rows of text as [`table`] does.
pub(crate) fn lines(columns: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─')));
    table.set_header(columns);
    for row in rows {
        table.add_row(row);
    }
    table.lines().map(|line| format!("  {}\n", line.trim_end())).collect()
}

fn cell(value: &serde_json::Value) -> String {
    match value {
        // Formatted like a value from a query: with escaped control characters, and truncated to one line.
        serde_json::Value::String(text) => Value::Text(text.clone()).to_string(),
        serde_json::Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    }
}
