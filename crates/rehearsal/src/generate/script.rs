//! [`Script`]: SQL text that is written row by row. The size of each statement is limited, because a statement is
//! kept in memory and sent to the database as a whole.

use rehearsal_db::{Engine, Value};
use std::io::{self, Write};

/// The most rows in a statement.
const ROWS: usize = 200;
/// The size from which no more rows are added to a statement, in bytes.
const BYTES: usize = 64 * 1024;
/// The width of a comment line, in characters.
const WIDTH: usize = 120;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A value.
    Value(Value),
    /// An SQL expression, for values that would be too long as a literal.
    Sql(String),
}

impl<T: Into<Value>> From<T> for Cell {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

/// A writer of SQL scripts.
pub struct Script<'a> {
    engine: Engine,
    out: &'a mut dyn Write,
    /// The separator before the next part.
    gap: &'static str,
}

impl<'a> Script<'a> {
    /// Starts a script for that engine.
    pub fn new(engine: Engine, out: &'a mut dyn Write) -> Self {
        Self { engine, out, gap: "" }
    }

    /// Writes a comment, wrapped into lines.
    ///
    /// # Errors
    /// Fails if writing fails.
    pub fn comment(&mut self, text: &str) -> io::Result<()> {
        let mut line = format!("{}--", std::mem::take(&mut self.gap));
        for word in text.split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > WIDTH {
                writeln!(self.out, "{line}")?;
                line = "--".to_owned();
            }
            line = line + " " + word;
        }
        writeln!(self.out, "{line}")
    }

    /// Writes statements that insert the rows; nothing if there are none.
    ///
    /// # Errors
    /// Fails if writing fails.
    pub fn insert<const N: usize>(
        &mut self,
        table: &str,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [Cell; N]>,
    ) -> io::Result<()> {
        let columns = columns.map(|column| self.engine.quote(column)).join(", ");
        let insert = format!("INSERT INTO {} ({columns}) VALUES", self.engine.quote_table(table));
        let mut statement = Vec::new();
        let mut inside = 0;
        for row in rows {
            match inside {
                0 => write!(statement, "{}{insert}", std::mem::take(&mut self.gap))?,
                _ => statement.push(b','),
            }
            let cells = row.map(|cell| match cell {
                Cell::Value(value) => self.engine.literal(&value),
                Cell::Sql(sql) => sql,
            });
            write!(statement, "\n    ({})", cells.join(", "))?;
            inside += 1;
            if inside == ROWS || statement.len() >= BYTES {
                self.end(&mut statement)?;
                inside = 0;
            }
        }
        if inside > 0 {
            self.end(&mut statement)?;
        }
        self.gap = "\n";
        Ok(())
    }

    fn end(&mut self, statement: &mut Vec<u8>) -> io::Result<()> {
        statement.extend_from_slice(b";\n");
        self.out.write_all(statement)?;
        statement.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn script(write: impl FnOnce(&mut Script<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Script::new(Engine::Sqlite, &mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn script_is_readable() {
        let text = script(|script| {
            script.comment("All of it.")?;
            script.insert(
                "a \"b\"",
                ["c", "d"],
                [["it's".into(), 1.into()], [Cell::Sql("1 + 1".to_owned()), None::<i64>.into()]],
            )?;
            script.insert("empty", ["c"], [])?;
            script.comment(&"word ".repeat(30))?;
            script.insert("t", ["c"], [[2.into()]])
        });
        let words = |n| vec!["word"; n].join(" ");
        let expect = format!(
            "-- All of it.\nINSERT INTO \"a \"\"b\"\"\" (\"c\", \"d\") VALUES\n    ('it''s', 1),\n    (1 + 1, NULL);\n\n\
             -- {}\n-- {}\nINSERT INTO \"t\" (\"c\") VALUES\n    (2);\n",
            words(23),
            words(7)
        );
        assert_eq!(text, expect);
    }

    #[test]
    fn statements_are_bounded() {
        let check = |rows: usize, cell: &str, expect: usize| {
            let text = script(|script| script.insert("t", ["c"], (0..rows).map(|_| [cell.into()])));
            assert_eq!(text.matches("INSERT").count(), expect);
            assert_eq!(text.matches("\n    (").count(), rows);
            assert_eq!(text.matches(";\n").count(), expect);
        };
        check(0, "x", 0);
        check(1, "x", 1);
        check(ROWS, "x", 1);
        check(ROWS + 1, "x", 2);
        check(3, &"x".repeat(BYTES), 3);
    }
}
