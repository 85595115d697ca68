//! Flags of `ci --migrations`, the folder that they name, `rehearsal.toml` and `sqlx.toml`: valid and invalid ones.

use super::{HATS, PEOPLE, POSTGRES, SQLITE, check, check_project};
use crate::suite::another_project;

#[test]
fn results() {
    check("given_clean", 0, &[PEOPLE, HATS], SQLITE);
    check("given_clean_json", 0, &[PEOPLE, HATS], &format!("{SQLITE} --json"));
    let lacks = [PEOPLE, ("migrations/2_x.sql", "CREATE VIEW x AS SELECT 1; INSERT INTO y VALUES (1);")];
    check("given_refused_json", 3, &lacks, &format!("{SQLITE} --json"));
    let fails = [PEOPLE, ("migrations/2_x.sql", "INSERT INTO people VALUES (1, NULL);")];
    check("given_failed_json", 1, &fails, &format!("{SQLITE} --json"));
    check("given_clean_postgres", 0, &[PEOPLE, HATS], POSTGRES);
}

#[test]
fn folders() {
    let files = [PEOPLE, HATS, ("empty/README.md", ""), ("db/a/1_x.sql", "SELECT 1;"), ("db/b/1_x.sql", "SELECT 1;")];
    check("folder_missing", 2, &files, "--migrations migration --engine sqlite");
    check("folder_is_a_file", 2, &files, "--migrations migrations/1_people.sql --engine sqlite");
    check("folder_without_migrations", 2, &files, "--migrations empty --engine sqlite");
    check("folder_above_the_migrations", 2, &files, "--migrations db --engine sqlite");
    check("folder_twice", 2, &files, "--migrations migrations --migrations ./migrations --engine sqlite");
    check("folders_of_one_version", 1, &files, "--migrations db/a --migrations db/b --engine sqlite");
    check("folder_beside_a_database", 2, &files, "pets --migrations migrations");
    check("flags_without_a_folder", 2, &files, "--engine sqlite --fixture x.sql");
    let broken = another_project(&[PEOPLE]);
    broken.write("migrations/2_x.sql", b"-- caf\xe9\nSELECT 1;");
    check_project("file_not_utf_8", 1, &broken, SQLITE);
}

#[test]
fn engines() {
    let files = [PEOPLE, HATS];
    check("engine_unknown", 2, &files, "--migrations migrations --engine oracle");
    check("engine_left_out", 2, &files, "--migrations migrations");
    let with = |env: &str| [PEOPLE, HATS, (".env", env)].map(|(path, text)| (path, text.to_owned()));
    let check_env = |snapshot: &str, exit: i32, env: &str| {
        let files = with(env);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        check(snapshot, exit, &files, "--migrations migrations");
    };
    check_env("engine_from_dot_env", 0, "DATABASE_URL=sqlite://people.db\n");
    check_env("engine_of_another_kind", 2, "DATABASE_URL=mysql://root@localhost/people\n");
    let toml = ("sqlx.toml", "[common]\ndatabase-url-var = \"PEOPLE_URL\"\n");
    check("engine_from_sqlx_toml", 0, &[PEOPLE, toml, (".env", "PEOPLE_URL=sqlite:x.db")], "--migrations migrations");
    check("engine_not_in_sqlx_toml", 2, &[PEOPLE, toml], "--migrations migrations");
    let strict = ("migrations/3_x.sql", "CREATE TABLE x (id INTEGER PRIMARY KEY) STRICT;\n");
    check("engine_is_sqlite", 2, &[PEOPLE, HATS, strict], POSTGRES);
    let extension = ("migrations/3_x.sql", "-- For names.\nCREATE EXTENSION citext;\n");
    check("engine_is_postgres", 2, &[PEOPLE, HATS, extension], SQLITE);
    let block = ("migrations/2_y.sql", "BEGIN;\nSELECT 1;\nCOMMIT;\n");
    check("engine_is_postgres", 2, &[PEOPLE, block, extension], SQLITE);
    let mysql = ("migrations/3_x.sql", "CREATE TABLE x (id INT AUTO_INCREMENT);\n");
    check("engine_is_mysql", 2, &[PEOPLE, HATS, mysql], SQLITE);
    let dialect = ("migrations/3_x.sql", "CREATE TABLE x (at DATETIME DEFAULT (datetime('now')));\n");
    check("engine_does_not_fit", 3, &[PEOPLE, HATS, dialect], POSTGRES);
}

/// A `rehearsal.toml` next to the migrations works as in a workspace; flags take precedence over it.
#[test]
fn rehearsal_toml() {
    let toml = |text: &'static str| [PEOPLE, HATS, ("migrations/rehearsal.toml", text)];
    let folder = "--migrations migrations";
    check("engine_from_rehearsal_toml", 0, &toml("engine = \"sqlite\"\n"), folder);
    check("engine_before_rehearsal_toml", 0, &toml("engine = \"postgres\"\n"), SQLITE);
    check("rehearsal_toml_without_engine", 2, &toml("max_wait_ms = 5000\n"), folder);
    check("rehearsal_toml_unknown_field", 2, &toml("engin = \"sqlite\"\n"), folder);
    let unknown = toml("engine = \"sqlite\"\nvolatile = ['\"people\".\"age\"']\n");
    check("rehearsal_toml_volatile_unknown_column", 1, &unknown, folder);
    let chance =
        ("migrations/3_luck.sql", "ALTER TABLE people ADD COLUMN luck INTEGER;\nUPDATE people SET luck = random();\n");
    let rows = ("rows.sql", "INSERT INTO people VALUES (1, 'Ada');\n");
    let with = |text: &'static str| [PEOPLE, chance, rows, ("migrations/rehearsal.toml", text)];
    let flags = "--migrations migrations --fixture rows.sql@1";
    check("rehearsal_toml_chance", 0, &with("engine = \"sqlite\"\n"), flags);
    let volatile = with("engine = \"sqlite\"\nvolatile = ['\"people\".\"luck\"']\n");
    check("rehearsal_toml_volatile", 0, &volatile, flags);
    let twice =
        [("a/1_x.sql", "SELECT 1;"), ("b/2_x.sql", "SELECT 1;"), ("a/rehearsal.toml", ""), ("b/rehearsal.toml", "")];
    check("rehearsal_toml_twice", 2, &twice, "--migrations a --migrations b");
}

#[test]
fn sqlx_toml() {
    let toml = |text: &'static str| [PEOPLE, ("sqlx.toml", text)];
    check("sqlx_toml_broken", 2, &toml("[migrate\n"), SQLITE);
    check("sqlx_toml_with_extensions", 2, &toml("[drivers.sqlite]\nunsafe-load-extensions = [\"uuid\"]\n"), SQLITE);
    let books =
        [toml("[migrate]\ntable-name = \"app.books\"\n")[1], ("migrations/2_x.sql", "DELETE FROM app.books;"), PEOPLE];
    check("sqlx_toml_with_books_in_a_migration", 2, &books, SQLITE);
    let schemas = [
        ("sqlx.toml", "[migrate]\ncreate-schemas = [\"app\"]\ntable-name = \"app._sqlx_migrations\"\n"),
        ("migrations/1_x.up.sql", "CREATE TABLE app.x (id int PRIMARY KEY);"),
        ("migrations/1_x.down.sql", "DROP TABLE app.x;"),
    ];
    check("sqlx_toml_with_schemas", 0, &schemas, POSTGRES);
}
