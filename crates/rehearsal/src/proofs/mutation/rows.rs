//! The rows that a backfill wrote to one table ([`Rows`]), facts about each column, and the statements that mutate
//! the rows. A new kind of mutant needs its statements here and its variant in `mutant`.

use super::Unsettled;
use super::written::Written;
use crate::Error;
use rehearsal_db::{ColumnShape, Connection, Value};

/// The rows that a backfill wrote to a table, in a temporary table: numbered, with a flag for each column that it
/// wrote and that no later backfill has changed.
pub(super) struct Rows {
    written: Written,
    /// All columns except generated ones.
    columns: Vec<ColumnShape>,
    /// Facts about each of the columns, in the same order.
    facts: Vec<Facts>,
    /// Number of rows that the backfill inserted.
    pub(super) new: i64,
    /// Number of rows that belong to skipped units.
    skipped: i64,
}

/// Facts about what a backfill wrote to a column.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Why the column has no expected value; `None` if the backfill decides its value.
    unsettled: Option<String>,
    /// Number of rows in which the column was written.
    rows: i64,
    /// Number of written values that are not NULL.
    pub(super) filled: i64,
    /// Number of distinct written values; NULL counts as one.
    pub(super) different: i64,
}

impl Rows {
    /// Determines which rows the backfill wrote, and the facts about each column. Columns in `unsettled` have no
    /// expected value.
    pub(super) async fn of(
        written: Written,
        unsettled: &[Unsettled],
        connection: &mut Connection,
    ) -> Result<Self, Error> {
        let table = written.shape.name.clone();
        let why = |column: &String| {
            let it = unsettled.iter().find(|it| it.table == table && it.column == *column);
            it.map(|it| it.why.clone())
        };
        let mut columns = connection.columns(&table).await?;
        columns.retain(|column| !column.is_generated);
        let mut rows = Self { written, columns, facts: Vec::new(), new: 0, skipped: 0 };
        connection.execute(&rows.collect(), &[]).await?;
        let counted = connection.query(&rows.count(), &[], 1).await?.rows.into_iter().next().unwrap_or_default();
        let number = |at: usize| counted.get(at).and_then(Value::as_int).unwrap_or_default();
        (rows.new, rows.skipped) = (number(0), number(1));
        let facts = rows.columns.iter().enumerate().map(|(at, column)| Facts {
            unsettled: why(&column.name),
            rows: number(2 + 3 * at),
            filled: number(3 + 3 * at),
            different: number(4 + 3 * at),
        });
        rows.facts = facts.collect();
        Ok(rows)
    }

    /// Returns the statement that creates the table of rows.
    fn collect(&self) -> String {
        let Self { written, columns, .. } = self;
        let is_new = written.is_missing("before");
        let is_written: Vec<String> = columns
            .iter()
            .map(|column| {
                let is_changed = written.differs("after", "before", &column.name);
                format!("(({is_new} OR {is_changed}) AND NOT {})", written.differs("stored", "after", &column.name))
            })
            .collect();
        let flags = is_written.iter().enumerate().map(|(at, is_it)| format!(", {is_it} AS _rehearsal_is_{at}"));
        format!(
            "CREATE TEMP TABLE {} AS SELECT stored.*, row_number() OVER (ORDER BY {}) AS _rehearsal_number, \
             {is_new} AS _rehearsal_new{} FROM {} AS stored JOIN {} AS after ON {} LEFT JOIN {} AS before ON {} \
             WHERE {}",
            written.rows,
            written.key("stored"),
            flags.collect::<String>(),
            self.table(),
            written.after,
            written.same_key("stored", "after"),
            written.before,
            written.same_key("stored", "before"),
            is_written.join(" OR "),
        )
    }

    /// Returns the query that counts the rows and the values of each column.
    fn count(&self) -> String {
        let engine = self.written.engine;
        let facts = self.columns.iter().enumerate().map(|(at, column)| {
            let (name, flag) = (engine.quote(&column.name), format!("_rehearsal_is_{at}"));
            format!(
                ", count(*) FILTER (WHERE {flag}), count({name}) FILTER (WHERE {flag}), count(DISTINCT {}) FILTER (WHERE {flag}) \
                 + CASE WHEN count(*) FILTER (WHERE {flag} AND {name} IS NULL) > 0 THEN 1 ELSE 0 END",
                engine.as_text(&name)
            )
        });
        format!(
            "SELECT count(*) FILTER (WHERE _rehearsal_new), (SELECT count(*) FROM ({}) AS of_skipped){} FROM {}",
            self.of_skipped(),
            facts.collect::<String>(),
            self.written.rows
        )
    }

    /// Name of the table.
    pub(super) fn name(&self) -> &str {
        &self.written.shape.name
    }

    /// Columns of the key.
    pub(super) fn key(&self) -> &[String] {
        &self.written.shape.key
    }

    /// All columns except generated ones.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The content of a row: the columns with an expected value, without the key.
    pub(super) fn content(&self) -> impl Iterator<Item = &str> {
        self.settled().map(|(column, _)| column)
    }

    /// Name of the temporary table with the written rows.
    pub(super) fn rows(&self) -> &str {
        &self.written.rows
    }

    /// True if there are rows that belong to skipped units.
    pub(super) fn has_skipped(&self) -> bool {
        self.skipped > 0
    }

    /// True if the backfill wrote this column and never wrote NULL.
    pub(super) fn is_filled_always(&self, column: &str) -> bool {
        let facts = self.columns().zip(&self.facts).find(|(name, _)| *name == column);
        facts.is_some_and(|(_, facts)| facts.filled > 0 && facts.filled == facts.rows)
    }

    /// The columns with an expected value, without the key, that were filled.
    pub(super) fn outputs(&self) -> Vec<String> {
        self.settled().filter(|(_, facts)| facts.filled > 0).map(|(column, _)| column.to_owned()).collect()
    }

    /// The columns with an expected value, without the key.
    pub(super) fn settled(&self) -> impl Iterator<Item = (&str, &Facts)> {
        let is_settled = |(column, facts): &(&str, &Facts)| facts.unsettled.is_none() && !self.is_of_key(column);
        self.columns().zip(&self.facts).filter(is_settled)
    }

    fn is_of_key(&self, column: &str) -> bool {
        self.key().iter().any(|key| key == column)
    }

    /// The first column of the key that has no expected value, and the reason.
    pub(super) fn unsettled_key(&self) -> Option<(&str, &str)> {
        let of_key = self.columns().zip(&self.facts).filter(|(column, _)| self.is_of_key(column));
        of_key.filter_map(|(column, facts)| Some((column, facts.unsettled.as_deref()?))).next()
    }

    /// True if at least two columns have different values, so that exchanging the content of rows differs from
    /// swapping a column.
    pub(super) fn has_different_rows(&self) -> bool {
        self.settled().filter(|(_, facts)| facts.different > 1).count() > 1
    }

    /// Returns notes about what was written but is not mutated, with the reason.
    pub(super) fn notes(&self) -> Vec<String> {
        let table = self.name();
        let mut notes = Vec::new();
        if let Some((column, why)) = self.unsettled_key()
            && self.has_different_rows()
        {
            notes.push(format!(
                "the content of rows of \"{table}\" was not exchanged, because its key \"{column}\" {why}"
            ));
        }
        for (column, facts) in self.columns().zip(&self.facts).filter(|(column, _)| !self.is_of_key(column)) {
            if let Some(why) = facts.unsettled.as_ref().filter(|_| facts.filled > 0) {
                notes.push(format!("\"{table}\".\"{column}\" was not mutated, because it {why}"));
            }
        }
        notes
    }

    /// Returns an expression for a key that no other row has. `None` if the key has several columns or an
    /// unsupported type.
    pub(super) fn another_key(&self) -> Option<String> {
        let [key] = self.key() else { return None };
        let shape = self.columns.iter().find(|column| column.name == *key)?;
        self.written.engine.another(shape.kind, &self.written.engine.quote(key), self.rows())
    }

    fn table(&self) -> String {
        self.written.engine.quote_table(self.name())
    }

    fn flag(&self, column: &str) -> String {
        self.columns().position(|name| name == column).map_or_else(String::new, |at| format!("_rehearsal_is_{at}"))
    }

    /// Sets a column to NULL in the rows in which it was written.
    pub(super) fn empty(&self, column: &str) -> Vec<String> {
        let same = self.written.same_key("stored", "rows");
        vec![format!(
            "UPDATE {} AS stored SET {} = NULL WHERE EXISTS (SELECT 1 FROM {} AS rows WHERE {same} AND rows.{})",
            self.table(),
            self.written.engine.quote(column),
            self.rows(),
            self.flag(column)
        )]
    }

    /// Gives each row the next row's value of one column.
    pub(super) fn swap(&self, column: &str) -> Vec<String> {
        self.rotate(&self.flag(column), &|name| name == column)
    }

    /// Gives each row the content of the next row; the keys stay.
    pub(super) fn give(&self) -> Vec<String> {
        let flag = if self.new > 0 { "_rehearsal_new" } else { "NOT _rehearsal_new" };
        let is_written = |name: &str| self.settled().any(|(column, facts)| column == name && facts.different > 1);
        self.rotate(flag, &is_written)
    }

    /// Deletes the rows with this flag, and inserts them with the chosen columns rotated by one row.
    fn rotate(&self, flag: &str, is_rotated: &dyn Fn(&str) -> bool) -> Vec<String> {
        let (table, rows) = (self.table(), self.rows());
        let same = self.written.same_key("stored", "rows");
        let quote = |name: &str| self.written.engine.quote(name);
        let value = |name: &str| match is_rotated(name) {
            true => format!(
                "CASE WHEN lead(_rehearsal_number) OVER w IS NULL THEN first_value({0}) OVER w ELSE lead({0}) OVER w END",
                quote(name)
            ),
            false => quote(name),
        };
        vec![
            format!(
                "DELETE FROM {table} AS stored WHERE EXISTS (SELECT 1 FROM {rows} AS rows WHERE {same} AND {flag})"
            ),
            format!(
                "INSERT INTO {table} ({}) {} SELECT {} FROM {rows} AS rows WHERE {flag} WINDOW w AS (ORDER BY _rehearsal_number)",
                self.columns().map(quote).collect::<Vec<_>>().join(", "),
                self.written.engine.overriding(),
                self.columns().map(value).collect::<Vec<_>>().join(", ")
            ),
        ]
    }

    /// Inserts the new rows again, under another key.
    pub(super) fn twice(&self) -> Vec<String> {
        let Some(another) = self.another_key() else { return Vec::new() };
        let quote = |name: &str| self.written.engine.quote(name);
        let value = |name: &str| if self.is_of_key(name) { another.clone() } else { quote(name) };
        vec![format!(
            "INSERT INTO {} ({}) {} SELECT {} FROM {} AS rows WHERE _rehearsal_new",
            self.table(),
            self.columns().map(quote).collect::<Vec<_>>().join(", "),
            self.written.engine.overriding(),
            self.columns().map(value).collect::<Vec<_>>().join(", "),
            self.rows()
        )]
    }

    /// Returns a query of the keys of the written rows that belong to skipped units.
    fn of_skipped(&self) -> String {
        let Self { written, .. } = self;
        format!(
            "SELECT {} FROM {} AS rows JOIN {} AS after ON {} LEFT JOIN {} AS skipped ON {} WHERE {} OR {}",
            written.key("rows"),
            self.rows(),
            written.after,
            written.same_key("rows", "after"),
            written.skipped,
            written.same_key("rows", "skipped"),
            written.is_missing("skipped"),
            self.is_any_skipped()
        )
    }

    /// Returns the condition that the first pass, which skips units, did not write the value of a column.
    fn is_skipped(&self, column: &str) -> String {
        format!("(rows.{} AND {})", self.flag(column), self.written.differs("after", "skipped", column))
    }

    /// Returns the condition that the first pass did not write the value of some column.
    fn is_any_skipped(&self) -> String {
        self.columns().map(|column| self.is_skipped(column)).collect::<Vec<_>>().join(" OR ")
    }

    /// Restores the state after the first pass for the rows of skipped units, without what later backfills wrote.
    pub(super) fn skip(&self) -> Vec<String> {
        let Self { written, .. } = self;
        let quoted: Vec<String> = self.columns().map(|name| written.engine.quote(name)).collect();
        let value = |name: &str| {
            let quoted = written.engine.quote(name);
            let is_restored = format!("{} OR {}", written.is_missing("rows"), self.is_skipped(name));
            format!("CASE WHEN {is_restored} THEN skipped.{quoted} ELSE rows.{quoted} END")
        };
        vec![
            format!(
                "DELETE FROM {} AS stored WHERE EXISTS (SELECT 1 FROM ({}) AS gone WHERE {})",
                self.table(),
                self.of_skipped(),
                written.same_key("stored", "gone")
            ),
            format!(
                "INSERT INTO {} ({}) {} SELECT {} FROM {} AS skipped LEFT JOIN {} AS after ON {} LEFT JOIN {} AS rows ON {} \
                 WHERE {} OR {}",
                self.table(),
                quoted.join(", "),
                written.engine.overriding(),
                self.columns().map(value).collect::<Vec<_>>().join(", "),
                written.skipped,
                written.after,
                written.same_key("skipped", "after"),
                self.rows(),
                written.same_key("skipped", "rows"),
                written.is_missing("after"),
                self.is_any_skipped()
            ),
        ]
    }
}
