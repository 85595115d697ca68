//! Which tables, columns and rows a script drops, from its text alone: what a person has to know before a revert.
//! [`Engine::dropped`] is the entry point. Statements in functions and `DO` blocks are not read, but mentioned.

use crate::Engine;
use crate::lex::{Kind, Token, statements, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// Something with data that a script drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dropped {
    /// A table.
    Table(String),
    /// A column, as table and column.
    Column(String, String),
    /// A table, in whose place the script creates another one, usually with the rows of the first.
    Replaced(String),
    /// Rows of a table, which remains.
    Rows(String),
    /// Whatever a statement with these first words changes: its text alone does not say it.
    Perhaps(String),
}

impl Dropped {
    /// The table; `None` if the text does not name it.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        match self {
            Self::Table(table) | Self::Column(table, _) | Self::Replaced(table) | Self::Rows(table) => Some(table),
            Self::Perhaps(_) => None,
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

/// The tables of a script under the names that they had before it.
#[derive(Default)]
struct Names {
    /// The tables that the script renamed: the present name, and the one before.
    before: BTreeMap<String, String>,
    /// The tables that the script created, by their present names.
    new: BTreeSet<String>,
}

impl Names {
    /// Drops a table. Returns its name before the script; `None` if the script created it.
    fn drop(&mut self, table: String) -> Option<String> {
        if self.new.remove(&table) { None } else { Some(self.before.remove(&table).unwrap_or(table)) }
    }

    fn rename(&mut self, table: String, to: String) {
        match self.drop(table) {
            Some(before) => drop(self.before.insert(to, before)),
            None => drop(self.new.insert(to)),
        }
    }
}

impl Engine {
    /// What a script drops, in its order, under the names before the script.
    #[must_use]
    pub fn dropped(self, sql: &str) -> Vec<Dropped> {
        let (mut dropped, names) = self.followed(sql);
        let is_there = |table: &String| names.new.contains(table) || names.before.contains_key(table);
        for one in &mut dropped {
            if let Dropped::Table(table) = one
                && is_there(table)
            {
                *one = Dropped::Replaced(std::mem::take(table));
            }
        }
        dropped
    }

    /// The tables that a script renames: the name before it, and the name after it.
    #[must_use]
    pub fn renamed_tables(self, sql: &str) -> BTreeMap<String, String> {
        self.followed(sql).1.before.into_iter().map(|(now, before)| (before, now)).collect()
    }

    /// Reads the statements of a script in order: what they drop, and how they name tables.
    fn followed(self, sql: &str) -> (Vec<Dropped>, Names) {
        let (mut dropped, mut names) = (Vec::new(), Names::default());
        for statement in statements(sql, self) {
            let all = tokens(statement.text, self);
            let all: Vec<Token<'_>> = all.into_iter().filter(|token| token.kind != Kind::Comment).collect();
            let mut words = Words { engine: self, rest: &all };
            if words.skip(&["DROP", "TABLE"]) {
                words.skip(&["IF", "EXISTS"]);
                let tables = words.names().into_iter().filter_map(|table| names.drop(table));
                dropped.extend(tables.map(Dropped::Table));
            } else if words.skip(&["CREATE", "TABLE"]) {
                words.skip(&["IF", "NOT", "EXISTS"]);
                names.new.extend(words.name());
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
                    if let Some(to) = words.name() {
                        names.rename(table, to);
                    }
                    continue;
                }
                let of = names.before.get(&table).unwrap_or(&table).clone();
                dropped.extend(columns(&mut words).into_iter().map(|column| Dropped::Column(of.clone(), column)));
            } else if is_opaque(&all) {
                dropped.push(Dropped::Perhaps(beginning(&all)));
            }
        }
        (dropped, names)
    }
}

/// The first words of a statement.
fn beginning(words: &[Token<'_>]) -> String {
    let words = words.iter().take_while(|token| matches!(token.kind, Kind::Word | Kind::Quoted)).take(3);
    words.map(|token| token.text).collect::<Vec<_>>().join(" ")
}

/// True for a statement that may change rows without naming them: it overwrites values, runs code, or drops dependents.
fn is_opaque(words: &[Token<'_>]) -> bool {
    let starts =
        |phrase: &[&str]| phrase.iter().enumerate().all(|(at, word)| words.get(at).is_some_and(|token| token.is(word)));
    let drops = ["SCHEMA", "TYPE", "DOMAIN", "EXTENSION"].iter().any(|what| starts(&["DROP", what]));
    let cascades = words.iter().any(|token| token.is("CASCADE"));
    starts(&["UPDATE"]) || starts(&["DO"]) || starts(&["CALL"]) || (drops && cascades)
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
                Dropped::Replaced(table) => format!("copied {table}"),
                Dropped::Perhaps(words) => format!("perhaps {words}"),
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
            &["copied old"],
        );
        check(Sqlite, "ALTER TABLE a RENAME TO b; CREATE TABLE a (c); DROP TABLE b", &["copied a"]);
        check(Sqlite, "ALTER TABLE a RENAME TO b; DROP TABLE b", &["table a"]);
        check(Sqlite, "CREATE TABLE a (b); DROP TABLE a", &[]);
        check(
            Postgres,
            "DO $$ BEGIN DROP TABLE a; END $$; UPDATE b SET c = 1; DROP SCHEMA d CASCADE; DROP TYPE e",
            &["perhaps DO", "perhaps UPDATE b SET", "perhaps DROP SCHEMA d"],
        );
        check(
            Postgres,
            "DROP VIEW a; DROP INDEX b; CREATE TABLE c (d int); -- DROP TABLE e\n SELECT 'DROP TABLE f'",
            &[],
        );
    }

    #[test]
    fn renamed_tables() {
        let check = |sql: &str, expect: &[(&str, &str)]| {
            let renamed = Engine::Sqlite.renamed_tables(sql);
            let renamed: Vec<(&str, &str)> = renamed.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
            assert_eq!(renamed, expect, "{sql}");
        };
        check("ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME TO c", &[("a", "c")]);
        check("CREATE TABLE n (x); DROP TABLE a; ALTER TABLE n RENAME TO a", &[]);
        check("ALTER TABLE a RENAME TO old; CREATE TABLE a (x); DROP TABLE old", &[]);
        check("ALTER TABLE a RENAME COLUMN b TO c", &[]);
    }
}
