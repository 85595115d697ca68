//! Formats rows as a table, with each column as wide as its widest value; or, where there is no room for that, each value on a
//! line of its own.

use super::visible::one_line;
use comfy_table::{LineStyle, Table, TableStyle};
use rehearsal::report::FindingRow;
use rehearsal_db::Value;
use textwrap::core::display_width;

/// Formats rows below the names of their columns. Rows that need more than `width` columns are formatted one below the other.
pub(crate) fn table(rows: &[FindingRow], width: usize) -> String {
    let columns: Vec<String> =
        rows.iter().take(1).flat_map(|row| row.0.iter().map(|(column, _)| one_line(column))).collect();
    let cells: Vec<Vec<String>> = rows.iter().map(|row| row.0.iter().map(|(_, value)| cell(value)).collect()).collect();
    let table = lines(columns.clone(), cells.iter().cloned());
    if table.lines().all(|line| display_width(line) <= width) {
        return table;
    }
    let label = columns.iter().map(|column| display_width(column)).max().unwrap_or_default();
    let row = |cells: &Vec<String>| {
        let line = |(column, cell): (&String, &String)| format!("  {column:<label$}  {cell}\n");
        columns.iter().zip(cells).map(line).collect::<String>()
    };
    cells.iter().map(row).collect::<Vec<_>>().join("\n")
}

/// Formats rows of text below the names of their columns, each line indented by two spaces.
pub(crate) fn lines(columns: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─')));
    table.set_header(columns);
    for row in rows {
        table.add_row(row.iter().map(|cell| one_line(cell)));
    }
    table.lines().map(|line| format!("  {}\n", line.trim_end())).collect()
}

fn cell(value: &serde_json::Value) -> String {
    match value {
        // Formatted like a value from a query: with escaped control characters, and truncated to one line.
        serde_json::Value::String(text) => one_line(&Value::Text(text.clone()).to_string()),
        serde_json::Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn fits() {
        let row =
            |id: i64, name: &str| FindingRow(vec![("id".to_owned(), id.into()), ("the name".to_owned(), name.into())]);
        let rows = [row(1, "Momo"), row(23, "a longer name")];
        let check = |width, expect: &str| assert_eq!(table(&rows, width), expect);
        let wide = "    id   the name\n  ──────────────────────\n    1    Momo\n    23   a longer name\n";
        check(80, wide);
        check(20, "  id        1\n  the name  Momo\n\n  id        23\n  the name  a longer name\n");
    }
}
