//! Changes of a script outside the database in which it runs. Roles, tablespaces and databases belong to the whole
//! server, so two scratch databases on one server would share them. A script that names its database runs only in a
//! database with that name. `Dialect::changes_outside` finds these changes.

/// A change outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideChange {
    /// Its position in the script, in bytes.
    pub at: usize,
    /// Its first words.
    pub words: String,
    /// Its target.
    pub what: Outside,
}

/// The target of a change outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// An object of the whole server.
    Server,
    /// An existing database with this name.
    Database(String),
    /// A database with this name, which the script creates.
    NewDatabase(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;
    use pretty_assertions::assert_eq;

    #[test]
    fn finds_changes_outside_the_database() {
        let check = |sql: &str, expect: &[&str]| {
            let found = Engine::Postgres.changes_outside(sql);
            let found: Vec<String> = found
                .iter()
                .map(|change| match &change.what {
                    Outside::Server => format!("{} {}", change.at, change.words),
                    Outside::Database(name) => format!("{} in {name}", change.at),
                    Outside::NewDatabase(name) => format!("{} new {name}", change.at),
                })
                .collect();
            assert_eq!(found, expect, "{sql}");
        };
        check("CREATE TABLE role (\"user\" int); ALTER TABLE role DROP role; -- CREATE ROLE x", &[]);
        check("CREATE ROLE app LOGIN; DROP USER IF EXISTS x;", &["0 CREATE ROLE app LOGIN", "23 DROP USER IF EXISTS"]);
        check("CREATE USER MAPPING FOR x SERVER y; ALTER USER x SUPERUSER", &["36 ALTER USER x SUPERUSER"]);
        check(
            "ALTER DATABASE Shop SET x = 1; GRANT CONNECT ON DATABASE \"a \"\"b\" TO x;",
            &["0 in shop", "45 in a \"b"],
        );
        check("COMMENT ON DATABASE shop IS 'x'; ALTER SYSTEM SET x = 1;", &["8 in shop", "33 ALTER SYSTEM SET x"]);
        check("CREATE DATABASE shop; DROP DATABASE shop;", &["0 new shop", "22 DROP DATABASE shop"]);
        check("SELECT 1 FROM a JOIN database ON database.id = 1; CREATE INDEX ON database (a);", &[]);
        check("DO $$ BEGIN IF x THEN CREATE ROLE app; END IF; END $$;", &["22 CREATE ROLE app"]);
        check("DO $x$ BEGIN EXECUTE 'CREATE ROLE a'; END $x$", &["22 CREATE ROLE a"]);
        check("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET a = 1', current_database()); END $$;", &[]);
        check("COMMENT ON TABLE x IS 'CREATE ROLE a'; SELECT '$$', $$", &[]);
        assert_eq!(Engine::Sqlite.changes_outside("CREATE ROLE app"), []);
    }
}
