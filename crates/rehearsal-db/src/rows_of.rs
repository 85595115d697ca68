//! The rows of tables, as they are read in a FROM.

use crate::{Engine, Extent, TableShape};

impl Engine {
    /// A table as it stands behind FROM: its own rows, or those of its partitions, or of several tables.
    pub fn rows_of(self, table: &TableShape) -> String {
        let name = self.quote_table(&table.name);
        match &table.extent {
            Extent::Together(tables) => self.rows_of_all(tables),
            Extent::Own => self.own_rows(&name),
            Extent::Partitions(_) => name,
        }
    }

    /// The rows of tables of the same columns; values of a column that is not of one type in all of them are texts.
    fn rows_of_all(self, tables: &[TableShape]) -> String {
        let column = |name: &String| {
            let quoted = self.quote(name);
            let is_of_one_type = tables.windows(2).all(|pair| pair[0].types.get(name) == pair[1].types.get(name));
            if is_of_one_type { quoted } else { format!("{} AS {quoted}", self.as_text(&quoted)) }
        };
        let columns = tables.first().map(|table| table.columns.iter().map(column).collect::<Vec<_>>().join(", "));
        let columns = columns.unwrap_or_default();
        let rows = tables.iter().map(|table| format!("SELECT {columns} FROM {}", self.rows_of(table)));
        format!("({}) AS together", rows.collect::<Vec<_>>().join(" UNION ALL "))
    }
}
