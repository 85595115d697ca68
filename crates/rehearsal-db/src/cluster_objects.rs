//! What a script changes beyond the database in which it runs. Roles, tablespaces and databases belong to a whole server, so
//! that two throwaway databases on one server would see each other's; and a script that names its database can only run in
//! one of that name.

/// Something beyond the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideChange {
    /// Where it stands in the script, in bytes.
    pub at: usize,
    /// The first words of it.
    pub words: String,
    /// What it is.
    pub what: Outside,
}

/// What is reached beyond the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// Something that belongs to the whole server.
    Server,
    /// A database of that name, which is meant to be there.
    Database(String),
    /// A database of that name, which the script makes.
    NewDatabase(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;
    use pretty_assertions::assert_eq;

    #[test]
    fn what_is_beyond() {
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
