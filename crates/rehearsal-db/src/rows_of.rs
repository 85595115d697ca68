//! The rows of a table, in FROM: [`Engine::rows_of`].

use crate::{Engine, Extent, TableShape};

impl Engine {
    /// A table in FROM: its own rows, those of its partitions, or those of several tables.
    pub fn rows_of(self, table: &TableShape) -> String {
        let name = self.quote_table(&table.name);
        match &table.extent {
            Extent::Together(tables) => self.rows_of_all(tables),
            Extent::Own => self.own_rows(&name),
            Extent::Partitions(_) => name,
        }
    }

    /// The rows of tables with the same columns. A column whose type differs between them is cast to text.
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
