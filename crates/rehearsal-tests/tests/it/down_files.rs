//! Down files without a fixture: they are reverted on generated rows, which reveal what fails or is lost only then.

use crate::generated_kinds::{Found, compare};
use crate::suite::another_project;

/// Rehearses a migration and its down file after the creation of a table.
fn check(create: &str, up: &str, down: &str, expect: Found<'_>) {
    let files = [
        ("migrations/1_create.up.sql", create),
        ("migrations/1_create.down.sql", &without_tables(create)),
        ("migrations/2_change.up.sql", up),
        ("migrations/2_change.down.sql", down),
    ];
    let project = another_project(&files);
    let ran = project.run("ci --migrations migrations --engine sqlite --only reversible --json");
    compare(&ran.stdout, expect, down);
}

/// A down file that drops each table that `create` creates, the last one first.
fn without_tables(create: &str) -> String {
    let name = |line: &str| line.split_once(" TABLE ").map(|(_, rest)| rest.split(' ').next().unwrap().to_owned());
    create.lines().rev().filter_map(name).map(|name| format!("DROP TABLE {name};\n")).collect()
}

const CREATE: &str = "CREATE TABLE word (id INTEGER PRIMARY KEY, a TEXT, n INTEGER NOT NULL);\n";

fn rebuild(copy: &str) -> String {
    format!(
        "CREATE TABLE old (id INTEGER PRIMARY KEY, a TEXT, n INTEGER NOT NULL);\n{copy}\nDROP TABLE word;\n\
         ALTER TABLE old RENAME TO word;\n"
    )
}

#[test]
fn down_files_on_rows() {
    let up = "ALTER TABLE word ADD COLUMN b TEXT;\n";
    check(CREATE, up, &rebuild("INSERT INTO old SELECT id, a, n FROM word;"), &[]);
    check(
        CREATE,
        up,
        &rebuild("INSERT INTO old SELECT id, NULL, n FROM word;"),
        &[("reversible/content-differs", "set to NULL")],
    );
    check(
        CREATE,
        up,
        &rebuild("INSERT INTO old SELECT id, a, n FROM word WHERE a IS NOT NULL;"),
        &[("reversible/content-differs", "lost")],
    );
    check(
        CREATE,
        up,
        &rebuild("INSERT INTO old (id, a) SELECT id, a FROM word;"),
        &[("reversible/down-failed", "NOT NULL")],
    );
    // A column that the up file drops comes back empty, which is its purpose.
    check(
        CREATE,
        "ALTER TABLE word DROP COLUMN a;\n",
        "CREATE TABLE old (id INTEGER PRIMARY KEY, a TEXT, n INTEGER NOT NULL);\nINSERT INTO old (id, n) SELECT id, n FROM word;\nDROP TABLE word;\nALTER TABLE old RENAME TO word;\n",
        &[],
    );
}

/// A down file that leaves an object behind also prevents applying the migration again.
#[test]
fn applied_again_after_a_difference() {
    let up = "CREATE TABLE other (id INTEGER PRIMARY KEY);\nALTER TABLE word ADD COLUMN b TEXT;\n";
    let expect = [
        ("reversible/schema-differs", "other"),
        ("reversible/reapply-failed", "already exists"),
        ("reversible/leftovers", "other"),
    ];
    check(CREATE, up, "ALTER TABLE word DROP COLUMN b;\n", &expect);
    check(CREATE, up, "DROP TABLE other;\nALTER TABLE word DROP COLUMN b;\n", &[]);
}

/// A down file that forgets the numbers of AUTOINCREMENT.
#[test]
fn numbers_that_are_given_again() {
    let create = CREATE.replace("PRIMARY KEY", "PRIMARY KEY AUTOINCREMENT")
        + "INSERT INTO word (n) VALUES (1), (2);\nDELETE FROM word WHERE n = 2;\n";
    let up = "ALTER TABLE word ADD COLUMN b TEXT;\n";
    let forgets =
        rebuild("INSERT INTO old SELECT id, a, n FROM word;").replace("PRIMARY KEY", "PRIMARY KEY AUTOINCREMENT");
    check(&create, up, &forgets, &[("reversible/sequence-behind", "AUTOINCREMENT")]);
    check(&create, up, "ALTER TABLE word DROP COLUMN b;\n", &[]);
}

/// A down file that builds a table anew, with other row numbers than those that a full-text index has.
#[test]
fn indexes_that_are_out_of_date() {
    let create = "CREATE TABLE word (key TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (body, content = 'word');
CREATE TRIGGER word_added AFTER INSERT ON word BEGIN INSERT INTO words (rowid, body) VALUES (NEW.rowid, NEW.body); END;\n";
    let trigger = create.lines().last().unwrap();
    let again = format!(
        "CREATE TABLE old (key TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL);\n\
         INSERT INTO old (rowid, key, body) SELECT 1000 - rowid, key, body FROM word;\nDROP TABLE word;\n\
         ALTER TABLE old RENAME TO word;\n{trigger}\n"
    );
    let up = "ALTER TABLE word ADD COLUMN at TEXT;\n";
    check(create, up, &again, &[("reversible/derived-stale", "words")]);
    let rebuilt = format!("{again}INSERT INTO words (words) VALUES ('rebuild');\n");
    check(create, up, &rebuilt, &[]);
}

/// The rows have the values that the up file looks for, and not those that it writes.
#[test]
fn values_that_the_up_file_writes() {
    let create = "CREATE TABLE word (id INTEGER PRIMARY KEY, a TEXT NOT NULL);\n";
    let up = "UPDATE word SET a = 'member' WHERE a = 'user';\n";
    check(create, up, "UPDATE word SET a = 'user' WHERE a = 'member';\n", &[]);
    let up = "INSERT INTO word (a) VALUES ('admin');\n";
    check(create, up, "DELETE FROM word WHERE a = 'admin';\n", &[]);
    check(create, up, "DELETE FROM word;\n", &[("reversible/content-differs", "word")]);
}
