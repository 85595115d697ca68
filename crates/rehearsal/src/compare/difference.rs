//! Differences between two states of a database, as a person would describe them.

use super::changes::Changes;
use super::counted::rows;
use std::fmt;

/// A row that shows a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The row's key, as `id = …`; the whole row where the table has no key.
    pub row: String,
    /// What was there before; none for a row that is new.
    pub before: Option<String>,
    /// What is there now; none for a row that is gone.
    pub after: Option<String>,
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{}: {before} → {after}", self.row),
            (Some(before), None) if !before.is_empty() => write!(f, "{}: {before}", self.row),
            (Some(_), None) => write!(f, "{}: gone", self.row),
            (None, Some(_)) => write!(f, "{}: new", self.row),
            (None, None) => write!(f, "{}", self.row),
        }
    }
}

/// A difference between the contents of two databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentDifference {
    /// A table is gone.
    TableGone {
        /// The table.
        table: String,
        /// How many rows it had.
        rows: u64,
        /// Some of the rows, where they were looked for.
        examples: Vec<Example>,
    },
    /// A table is new.
    TableNew {
        /// The table.
        table: String,
        /// How many rows it has.
        rows: u64,
    },
    /// A column is gone.
    ColumnGone {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// How many rows had a value in it, where they were counted.
        rows: Option<u64>,
        /// Some of the rows, where they were looked for.
        examples: Vec<Example>,
    },
    /// A column is new.
    ColumnNew {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Rows came or went.
    Rows {
        /// The table.
        table: String,
        /// How many rows there were.
        before: u64,
        /// How many there are.
        after: u64,
        /// How many of those before are gone; as far as the counts tell, where the rows were not looked at.
        gone: u64,
        /// How many of those after are new; likewise.
        new: u64,
        /// Some of the rows, where they were looked for.
        examples: Vec<Example>,
    },
    /// A column holds other values than before.
    Values {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What became of them in how many rows, where they were looked at.
        changes: Option<Changes>,
        /// Some of the rows, where they were looked for.
        examples: Vec<Example>,
    },
    /// A sequence will give numbers that it has given already.
    SequenceBack {
        /// The sequence.
        sequence: String,
        /// The table that it belongs to; itself where it belongs to none.
        table: String,
        /// The number that it would have given next.
        before: i128,
        /// The one that it gives next.
        after: i128,
    },
}

impl ContentDifference {
    /// The rows that show it.
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

    /// True where data that was there is there no more, or is another: what a migration has to declare.
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

    /// What it is about: the table, and the column where it is about one.
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
            Self::TableGone { table, rows: n, .. } => write!(f, "table \"{table}\" is gone, with {}", rows(*n)),
            Self::TableNew { table, rows: n } => write!(f, "table \"{table}\" is new, with {}", rows(*n)),
            Self::ColumnGone { table, column, rows: None | Some(0), .. } => {
                write!(f, "\"{table}\".\"{column}\" is gone")
            }
            Self::ColumnGone { table, column, rows: Some(n), .. } => {
                write!(f, "\"{table}\".\"{column}\" is gone, with values in {}", rows(*n))
            }
            Self::ColumnNew { table, column } => write!(f, "\"{table}\".\"{column}\" is new"),
            Self::Rows { table, before, after: 0, .. } if *before > 0 => {
                write!(f, "\"{table}\" was emptied: it had {}", rows(*before))
            }
            Self::Rows { table, before, after, gone, new: 0, .. } => {
                write!(f, "\"{table}\" lost {}: {before} before, {after} after", rows(*gone))
            }
            Self::Rows { table, before, after, gone: 0, new, .. } => {
                write!(f, "\"{table}\" gained {}: {before} before, {after} after", rows(*new))
            }
            Self::Rows { table, before, after, gone, new, .. } => {
                write!(f, "\"{table}\" lost {} and gained {new}: {before} before, {after} after", rows(*gone))
            }
            Self::Values { table, column, changes: Some(changes), .. } => {
                write!(f, "\"{table}\".\"{column}\" {changes}")
            }
            Self::SequenceBack { sequence, before, after, .. } => {
                write!(f, "sequence \"{sequence}\" went back: it gives {after} next, and had come to {before}")
            }
            Self::Values { table, column, changes: None, .. } => {
                write!(f, "\"{table}\".\"{column}\" holds other values")
            }
        }
    }
}

/// A difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaDifference {
    /// An object is gone.
    Gone {
        /// What it is, as `table "Pet"`.
        object: String,
        /// The statement that made it.
        ddl: String,
    },
    /// An object is new.
    New {
        /// What it is.
        object: String,
        /// The statement that makes it.
        ddl: String,
    },
    /// An object is defined otherwise.
    Changed {
        /// What it is.
        object: String,
        /// The statement that made it before.
        before: String,
        /// The statement that makes it now.
        after: String,
    },
    /// The columns of a table stand in another order. Statements that name columns don't notice.
    ColumnOrder {
        /// The table.
        table: String,
        /// The order before.
        before: Vec<String>,
        /// The order now.
        after: Vec<String>,
    },
}

/// As statements: `-` before what is there no more, `+` before what was not there. Of a long one only the lines that differ.
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
                    "the columns of \"{table}\" stand in another order: {}; it was {}",
                    after.join(", "),
                    before.join(", ")
                )
            }
        }
    }
}

/// Each line behind a mark.
fn marked<'a>(mark: char, lines: impl Iterator<Item = &'a str>) -> String {
    lines.filter(|line| !line.trim().is_empty()).map(|line| format!("{mark} {line}")).collect::<Vec<_>>().join("\n")
}
