//! Measures `cargo xtask ci` on a history of 270 migrations, which create tables, columns, indexes, types, views,
//! functions and triggers, each with a down migration.

use super::Result;
use rehearsal::db::Engine;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");
const MIGRATIONS: u32 = 270;
/// The number of migrations for each table.
const EACH: u32 = 5;

/// Rehearses the history in a workspace below `folder`, which also contains the databases that the registry refers to.
pub(crate) fn rehearse(engine: Engine, folder: &Path) -> Result<Duration> {
    let root = folder.join(engine.scheme());
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for part in ["migrations", "fixtures", "xtask/src/backfills"] {
        copy(&repository.join(part), &root.join(part))?;
    }
    let history = root.join("migrations/long");
    fs::create_dir_all(&history)?;
    fs::write(history.join("rehearsal.toml"), format!("engine = \"{}\"\n", engine.scheme()))?;
    for number in 0..MIGRATIONS {
        let (up, down) = migration(engine, number);
        let label = format!("{}_step", 1 + number);
        fs::write(history.join(format!("{label}.up.sql")), up)?;
        fs::write(history.join(format!("{label}.down.sql")), down)?;
    }
    fs::create_dir_all(root.join("fixtures/long"))?;
    let rows: Vec<String> = (0..1000).map(|n| format!("({n}, 'n{n}')")).collect();
    let rows = format!("-- at: 1\nINSERT INTO t0 (id, name) VALUES {};\n", rows.join(", "));
    fs::write(root.join("fixtures/long/populated.sql"), rows)?;
    let start = Instant::now();
    let command = duct::cmd!(XTASK, "ci", "long").dir(&root).env_remove("CARGO_TARGET_DIR");
    command.stdout_null().stderr_null().run()?;
    Ok(start.elapsed())
}

fn migration(engine: Engine, number: u32) -> (String, String) {
    let (table, n) = (format!("t{}", number / EACH), number);
    let before = number.checked_sub(EACH).map(|n| format!(", parent INTEGER REFERENCES t{} (id)", n / EACH));
    let pair = |up: String, down: String| (up + "\n", down + "\n");
    match (number % EACH, (number / EACH) % 2, engine) {
        (0, ..) => pair(
            format!(
                "CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP{});",
                before.unwrap_or_default()
            ),
            format!("DROP TABLE {table};"),
        ),
        (1, ..) => pair(
            format!("ALTER TABLE {table} ADD COLUMN c{n} TEXT DEFAULT 'x';"),
            format!("ALTER TABLE {table} DROP COLUMN c{n};"),
        ),
        (2, ..) => pair(format!("CREATE INDEX i{n} ON {table} (name, at);"), format!("DROP INDEX i{n};")),
        (3, ..) | (_, 1, Engine::Sqlite) => {
            pair(format!("CREATE VIEW v{n} AS SELECT id, name FROM {table} WHERE id > 0;"), format!("DROP VIEW v{n};"))
        }
        (_, _, Engine::Sqlite) => pair(
            format!("CREATE TRIGGER g{n} AFTER UPDATE ON {table} BEGIN DELETE FROM {table} WHERE id < 0; END;"),
            format!("DROP TRIGGER g{n};"),
        ),
        (_, 1, Engine::Postgres) => pair(
            format!(
                "CREATE TYPE e{n} AS ENUM ('a', 'b');\nALTER TABLE {table} ADD COLUMN e{n} e{n} NOT NULL DEFAULT 'a';"
            ),
            format!("ALTER TABLE {table} DROP COLUMN e{n};\nDROP TYPE e{n};"),
        ),
        (_, _, Engine::Postgres) => pair(
            format!(
                "CREATE FUNCTION f{n}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n\
                 CREATE TRIGGER g{n} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION f{n}();"
            ),
            format!("DROP TRIGGER g{n} ON {table};\nDROP FUNCTION f{n}();"),
        ),
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
