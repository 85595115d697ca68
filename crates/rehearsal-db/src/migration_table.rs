//! [`MigrationTable`]: the table in which sqlx records the applied migrations of a project, and the schemas that sqlx
//! creates before it. A project's `sqlx.toml` may name another table than `_sqlx_migrations`.

use super::{Engine, SQLX_TABLE};

/// The table in which sqlx records applied migrations.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MigrationTable {
    /// Its name, with the schema if the project names one, unquoted.
    name: String,
    /// Its name as an SQL identifier.
    sql: String,
    /// The schemas to create before the table, as SQL identifiers.
    schemas: Vec<String>,
}

impl Default for MigrationTable {
    fn default() -> Self {
        Self { name: SQLX_TABLE.to_owned(), sql: SQLX_TABLE.to_owned(), schemas: Vec::new() }
    }
}

impl MigrationTable {
    /// Returns the table that a project names, as the engine would read the name: sqlx puts it into its statements
    /// unchanged. `None` if it is not the name of a table, with at most one schema before it.
    #[must_use]
    pub fn named(engine: Engine, name: &str) -> Option<Self> {
        let mut parts = parts(name)?;
        for (part, is_quoted) in &mut parts {
            if !*is_quoted {
                *part = engine.fold(part);
            }
        }
        let name = match parts.as_slice() {
            [(table, _)] => table.clone(),
            [(schema, _), (table, _)] if engine.has_schemas() => format!("{schema}.{table}"),
            // The only schema of a SQLite file that migrations can rely on.
            [(schema, _), (table, _)] if schema.eq_ignore_ascii_case("main") => table.clone(),
            _ => return None,
        };
        if name == SQLX_TABLE {
            return Some(Self::default());
        }
        Some(Self { sql: engine.quote_table(&name), name, schemas: Vec::new() })
    }

    /// Adds the schemas that sqlx creates before the table, as SQL identifiers.
    #[must_use]
    pub fn after_schemas(self, schemas: Vec<String>) -> Self {
        Self { schemas, ..self }
    }

    /// Its name, with the schema if the project names one, unquoted.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name as an SQL identifier.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The schemas to create before the table, as SQL identifiers.
    #[must_use]
    pub fn schemas(&self) -> &[String] {
        &self.schemas
    }

    /// True for sqlx's default table.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.name == SQLX_TABLE
    }
}

/// Returns a schema that a project names as an SQL identifier, as the engine would read the name. `None` if it is not the
/// name of a schema.
#[must_use]
pub fn schema_named(engine: Engine, name: &str) -> Option<String> {
    match parts(name)?.as_slice() {
        [(schema, true)] => Some(engine.quote(schema)),
        [(schema, false)] => Some(engine.quote(&engine.fold(schema))),
        _ => None,
    }
}

/// Splits `schema."Table"` into its parts, each with whether it was quoted. `None` if a part is not an identifier.
fn parts(name: &str) -> Option<Vec<(String, bool)>> {
    let (mut parts, mut rest) = (Vec::new(), name.trim());
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"')?;
                ((quoted[..end].to_owned(), true), &quoted[end + 1..])
            }
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                let plain = &rest[..end];
                let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
                let starts_well = plain.starts_with(|c: char| c.is_alphabetic() || c == '_');
                (plain.chars().all(is_word) && starts_well).then_some(((plain.to_owned(), false), &rest[end..]))?
            }
        };
        // A point in a quoted name cannot be told from the one after a schema.
        if part.0.is_empty() || part.0.contains('.') {
            return None;
        }
        parts.push(part);
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn names() {
        let check = |engine, name: &str, expect: Option<(&str, &str)>| {
            let table = MigrationTable::named(engine, name);
            assert_eq!(table.as_ref().map(|table| (table.name(), table.sql())), expect, "{name}");
        };
        check(Engine::Postgres, "_sqlx_migrations", Some(("_sqlx_migrations", "_sqlx_migrations")));
        check(Engine::Postgres, "App.Books", Some(("app.books", "\"app\".\"books\"")));
        check(Engine::Postgres, "app.\"Books\"", Some(("app.Books", "\"app\".\"Books\"")));
        check(Engine::Postgres, "\"a b\"", Some(("a b", "\"a b\"")));
        check(Engine::Postgres, "a.b.c", None);
        check(Engine::Postgres, "a b", None);
        check(Engine::Postgres, "a; DROP TABLE b", None);
        check(Engine::Postgres, "\"a", None);
        check(Engine::Postgres, "a.", None);
        check(Engine::Postgres, "", None);
        check(Engine::Sqlite, "Books", Some(("Books", "\"Books\"")));
        check(Engine::Sqlite, "main.books", Some(("books", "\"books\"")));
        check(Engine::Sqlite, "app.books", None);
    }
}
