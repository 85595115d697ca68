//! Which tables, columns and rows a script drops, from its text alone: what a person has to know before a revert.
//! [`Engine::dropped`] is the entry point. Statements in functions and `DO` blocks are not read.

use crate::Engine;
use crate::lex::{Kind, Token, statements, tokens};

/// Something with data that a script drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dropped {
    /// A table.
    Table(String),
    /// A column, as table and column.
    Column(String, String),
    /// Rows of a table, which remains.
    Rows(String),
}

impl Dropped {
    /// The table.
    #[must_use]
    pub fn table(&self) -> &str {
        match self {
            Self::Table(table) | Self::Column(table, _) | Self::Rows(table) => table,
        }
    }
}

/// The words of a statement, read from the front.
struct Words<'t> {
    engine: Engine,
    rest: &'t [Token<'t>],
}

impl Words<'_> {
    /// Skips these words if they come next.
    fn skip(&mut self, words: &[&str]) -> bool {
        let is_next = words.iter().enumerate().all(|(at, word)| self.rest.get(at).is_some_and(|token| token.is(word)));
        if is_next {
            self.rest = &self.rest[words.len()..];
        }
        is_next
    }

    /// Reads a name, with at most one schema, in the form of the catalog. `None` if no name comes next.
    fn name(&mut self) -> Option<String> {
        let mut parts = vec![self.word()?];
        while self.skip(&["."]) {
            parts.push(self.word()?);
        }
        let usual = if self.engine.has_schemas() { "public" } else { "main" };
        if parts.len() == 2 && parts[0] == usual {
            parts.remove(0);
        }
        Some(parts.join("."))
    }

    fn word(&mut self) -> Option<String> {
        let (first, rest) = self.rest.split_first()?;
        let word = match first.kind {
            Kind::Word => self.engine.fold(first.text),
            Kind::Quoted => first.unquoted(),
            Kind::String | Kind::Comment | Kind::Punct => return None,
        };
        self.rest = rest;
        Some(word)
    }

    /// Reads names separated by commas.
    fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            self.skip(&["ONLY"]);
            names.extend(self.name());
            if !self.skip(&[","]) {
                return names;
            }
        }
    }
}

impl Engine {
    /// The tables, columns and rows that a script drops, in its order. A table that the script replaces under its old name
    /// is not dropped.
    #[must_use]
    pub fn dropped(self, sql: &str) -> Vec<Dropped> {
        let (mut dropped, mut replaced) = (Vec::new(), Vec::new());
        for statement in statements(sql, self) {
            let all = tokens(statement.text, self);
            let all: Vec<Token<'_>> = all.into_iter().filter(|token| token.kind != Kind::Comment).collect();
            let mut words = Words { engine: self, rest: &all };
            if words.skip(&["DROP", "TABLE"]) {
                words.skip(&["IF", "EXISTS"]);
                dropped.extend(words.names().into_iter().map(Dropped::Table));
            } else if words.skip(&["TRUNCATE"]) {
                words.skip(&["TABLE"]);
                dropped.extend(words.names().into_iter().map(Dropped::Rows));
            } else if words.skip(&["DELETE", "FROM"]) {
                words.skip(&["ONLY"]);
                dropped.extend(words.name().map(Dropped::Rows));
            } else if words.skip(&["ALTER", "TABLE"]) {
                words.skip(&["IF", "EXISTS"]);
                words.skip(&["ONLY"]);
                let Some(table) = words.name() else { continue };
                if words.skip(&["RENAME", "TO"]) {
                    replaced.extend(words.name());
                    continue;
                }
                dropped.extend(columns(&mut words).into_iter().map(|column| Dropped::Column(table.clone(), column)));
            }
        }
        dropped.retain(|one| !matches!(one, Dropped::Table(table) if replaced.contains(table)));
        dropped
    }
}

/// Reads the columns that the actions of an ALTER TABLE drop.
fn columns(words: &mut Words<'_>) -> Vec<String> {
    /// What else follows DROP.
    const OTHERS: [&[&str]; 5] = [&["CONSTRAINT"], &["DEFAULT"], &["NOT", "NULL"], &["EXPRESSION"], &["IDENTITY"]];
    let mut columns = Vec::new();
    while !words.rest.is_empty() {
        if !words.skip(&["DROP"]) {
            words.rest = &words.rest[1..];
            continue;
        }
        let is_other = OTHERS.iter().any(|other| words.skip(other));
        words.skip(&["COLUMN"]);
        words.skip(&["IF", "EXISTS"]);
        if !is_other {
            columns.extend(words.name());
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn what_a_script_drops() {
        let check = |engine: Engine, sql: &str, expect: &[&str]| {
            let text = |dropped: &Dropped| match dropped {
                Dropped::Table(table) => format!("table {table}"),
                Dropped::Column(table, column) => format!("column {table}.{column}"),
                Dropped::Rows(table) => format!("rows of {table}"),
            };
            assert_eq!(engine.dropped(sql).iter().map(text).collect::<Vec<_>>(), expect, "{sql}");
        };
        use Engine::{Postgres, Sqlite};
        check(
            Postgres,
            "DROP TABLE a; drop table if exists B, \"C\", app.d, public.e CASCADE;",
            &["table a", "table b", "table C", "table app.d", "table e"],
        );
        check(
            Sqlite,
            "DROP TABLE \"Pet\"; DROP TABLE main.toy; DROP TABLE [hat]",
            &["table Pet", "table toy", "table hat"],
        );
        check(
            Postgres,
            "ALTER TABLE IF EXISTS ONLY a DROP COLUMN b, DROP IF EXISTS c CASCADE, ADD d int",
            &["column a.b", "column a.c"],
        );
        check(Postgres, "ALTER TABLE a ALTER COLUMN b DROP NOT NULL, ALTER c DROP DEFAULT, DROP CONSTRAINT d", &[]);
        check(Sqlite, "ALTER TABLE \"Pet\" DROP COLUMN \"traits\"", &["column Pet.traits"]);
        check(Postgres, "TRUNCATE a, ONLY b; DELETE FROM c WHERE id = 1", &["rows of a", "rows of b", "rows of c"]);
        check(
            Sqlite,
            "CREATE TABLE new (a); INSERT INTO new SELECT a FROM old; DROP TABLE old; ALTER TABLE new RENAME TO old;",
            &[],
        );
        check(
            Postgres,
            "DROP VIEW a; DROP INDEX b; CREATE TABLE c (d int); -- DROP TABLE e\n SELECT 'DROP TABLE f'",
            &[],
        );
    }
}
