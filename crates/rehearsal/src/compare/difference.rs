//! The differences between two states of a database and their text: [`ContentDifference`] and [`SchemaDifference`].

use super::changes::Changes;
use crate::plural::counted;
use std::fmt;

/// A row that shows a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The row's key, as `id = …`; the whole row if the table has no key.
    pub row: String,
    /// The value before. `None` for a new row.
    pub before: Option<String>,
    /// The value after. `None` for a missing row.
    pub after: Option<String>,
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{}: {before} → {after}", self.row),
            (Some(before), None) if !before.is_empty() => write!(f, "{}: {before}", self.row),
            (Some(_), None) => write!(f, "{}: missing", self.row),
            (None, Some(_)) => write!(f, "{}: new", self.row),
            (None, None) => write!(f, "{}", self.row),
        }
    }
}

/// A difference between the contents of two databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentDifference {
    /// A table is missing.
    TableGone {
        /// The table.
        table: String,
        /// Number of rows it had.
        rows: u64,
        /// Some of the rows, if rows were read.
        examples: Vec<Example>,
    },
    /// A table is new.
    TableNew {
        /// The table.
        table: String,
        /// Number of rows.
        rows: u64,
    },
    /// A column is missing.
    ColumnGone {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Number of rows with a value in it. `None` if rows were not read.
        rows: Option<u64>,
        /// Some of the rows, if rows were read.
        examples: Vec<Example>,
    },
    /// A column is new.
    ColumnNew {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Rows were inserted or deleted.
    Rows {
        /// The table.
        table: String,
        /// Number of rows before.
        before: u64,
        /// Number of rows after.
        after: u64,
        /// Number of missing rows; a minimum derived from the counts if rows were not read.
        gone: u64,
        /// Number of new rows; a minimum derived from the counts if rows were not read.
        new: u64,
        /// Number of rows with another value in some column, which are differences of their own. 0 if rows were not read.
        changed: u64,
        /// Some of the rows, if rows were read.
        examples: Vec<Example>,
    },
    /// The values of a column differ.
    Values {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Number of rows by kind of change. `None` if rows were not read.
        changes: Option<Changes>,
        /// Some of the rows, if rows were read.
        examples: Vec<Example>,
    },
    /// A sequence will return numbers that it has already returned.
    SequenceBack {
        /// The sequence.
        sequence: String,
        /// The table that the sequence belongs to; the sequence itself if it belongs to none.
        table: String,
        /// The next number before.
        before: i128,
        /// The next number after.
        after: i128,
    },
}

impl ContentDifference {
    /// Returns the rows that show the difference.
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        match self {
            Self::Rows { examples, .. }
            | Self::Values { examples, .. }
            | Self::TableGone { examples, .. }
            | Self::ColumnGone { examples, .. } => examples,
            _ => &[],
        }
    }

    /// Returns true if existing data was deleted or overwritten, which a migration has to declare.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        match self {
            Self::TableNew { .. } | Self::ColumnNew { .. } => false,
            Self::TableGone { rows, .. } => *rows > 0,
            Self::Rows { gone, .. } => *gone > 0,
            Self::ColumnGone { rows, .. } => *rows != Some(0),
            Self::Values { changes, .. } => changes.as_ref().is_none_or(Changes::is_loss),
            Self::SequenceBack { .. } => true,
        }
    }

    /// Returns the table, and the column if the difference concerns only one.
    #[must_use]
    pub fn subject(&self) -> (&str, Option<&str>) {
        match self {
            Self::TableGone { table, .. }
            | Self::TableNew { table, .. }
            | Self::Rows { table, .. }
            | Self::SequenceBack { table, .. } => (table, None),
            Self::ColumnGone { table, column, .. }
            | Self::ColumnNew { table, column }
            | Self::Values { table, column, .. } => (table, Some(column)),
        }
    }
}

impl fmt::Display for ContentDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TableGone { table, rows: n, .. } => {
                write!(f, "table \"{table}\" is missing; it had {}", counted(*n, "row"))
            }
            Self::TableNew { table, rows: n } => write!(f, "table \"{table}\" is new ({})", counted(*n, "row")),
            Self::ColumnGone { table, column, rows: None | Some(0), .. } => {
                write!(f, "\"{table}\".\"{column}\" is missing")
            }
            Self::ColumnGone { table, column, rows: Some(n), .. } => {
                write!(f, "\"{table}\".\"{column}\" is missing, with values in {}", counted(*n, "row"))
            }
            Self::ColumnNew { table, column } => write!(f, "\"{table}\".\"{column}\" is new"),
            Self::Rows { table, before, after: 0, .. } if *before > 0 => {
                write!(f, "\"{table}\" was emptied: it had {}", counted(*before, "row"))
            }
            Self::Rows { table, before, after, gone, new, changed: changed @ 1.., .. } => {
                let counts = [(*gone, "deleted"), (*new, "new"), (*changed, "changed")];
                let counts = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
                let counts = counts.collect::<Vec<_>>().join(", ");
                write!(f, "rows of \"{table}\": {counts}; {before} before, {after} after")
            }
            Self::Rows { table, before, after, gone, new: 0, .. } => {
                write!(f, "\"{table}\" lost {}: {before} before, {after} after", counted(*gone, "row"))
            }
            Self::Rows { table, before, after, gone: 0, new, .. } => {
                write!(f, "\"{table}\" gained {}: {before} before, {after} after", counted(*new, "row"))
            }
            Self::Rows { table, before, after, gone, new, .. } => {
                write!(f, "\"{table}\" lost {} and gained {new}: {before} before, {after} after", counted(*gone, "row"))
            }
            Self::Values { table, column, changes: Some(changes), .. } => {
                write!(f, "\"{table}\".\"{column}\" {changes}")
            }
            Self::SequenceBack { sequence, before, after, .. } => {
                write!(f, "the next value of sequence \"{sequence}\" moved back from {before} to {after}")
            }
            Self::Values { table, column, changes: None, .. } => {
                write!(f, "\"{table}\".\"{column}\" has different values")
            }
        }
    }
}

/// A difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaDifference {
    /// An object is missing.
    Gone {
        /// The kind and the name, such as `table "Pet"`.
        object: String,
        /// The statement that creates it.
        ddl: String,
    },
    /// An object is new.
    New {
        /// The kind and the name.
        object: String,
        /// The statement that creates it.
        ddl: String,
    },
    /// An object has a different definition.
    Changed {
        /// The kind and the name.
        object: String,
        /// The statement that created it before.
        before: String,
        /// The statement that creates it now.
        after: String,
    },
    /// The columns of a table are in a different order, which affects only statements that do not name columns.
    ColumnOrder {
        /// The table.
        table: String,
        /// The order before.
        before: Vec<String>,
        /// The order now.
        after: Vec<String>,
    },
}

/// Writes statements: lines with `-` exist only before, lines with `+` only after. A changed statement is reduced to
/// the lines that differ.
impl fmt::Display for SchemaDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone { ddl, .. } => f.write_str(&marked('-', ddl.lines())),
            Self::New { ddl, .. } => f.write_str(&marked('+', ddl.lines())),
            Self::Changed { before, after, .. } => {
                let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
                let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
                let rest = old[same..].iter().rev().zip(new[same..].iter().rev());
                let same_end = rest.take_while(|(old, new)| old == new).count();
                if same > 0 {
                    writeln!(f, "  {}", old[0])?;
                }
                let (old, new) = (&old[same..old.len() - same_end], &new[same..new.len() - same_end]);
                let lines = [marked('-', old.iter().copied()), marked('+', new.iter().copied())];
                f.write_str(&lines.into_iter().filter(|lines| !lines.is_empty()).collect::<Vec<_>>().join("\n"))
            }
            Self::ColumnOrder { table, before, after } => {
                write!(
                    f,
                    "the columns of \"{table}\" are in a different order: {}; before: {}",
                    after.join(", "),
                    before.join(", ")
                )
            }
        }
    }
}

/// Prefixes each line with a mark.
fn marked<'a>(mark: char, lines: impl Iterator<Item = &'a str>) -> String {
    lines.filter(|line| !line.trim().is_empty()).map(|line| format!("{mark} {line}")).collect::<Vec<_>>().join("\n")
}
