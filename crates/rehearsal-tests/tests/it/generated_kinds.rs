//! The kinds of rows that *generated-rows* makes on SQLite: each fails or loses data in one migration, and a sound twin passes.
//! PostgreSQL has its own kinds in `postgres/generated_kinds.rs`.

use crate::suite::another_project;
use pretty_assertions::assert_eq;

/// What a rehearsal finds: the codes with a word of their messages, details or help.
pub(crate) type Found<'a> = &'a [(&'a str, &'a str)];

/// Compares the findings in a report with the expected ones.
pub(crate) fn compare(report: &str, expect: Found<'_>, about: &str) {
    let report: serde_json::Value = serde_json::from_str(report).unwrap_or_else(|error| panic!("{error}: {report}"));
    let findings = report["databases"][0]["findings"].as_array().unwrap();
    let codes: Vec<&str> = findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    let expected: Vec<&str> = expect.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, expected, "{about}: {findings:#?}");
    for ((_, word), finding) in expect.iter().zip(findings) {
        assert!(finding.to_string().contains(word), "{about}: {word} in {finding:#}");
    }
}

/// Rehearses a migration after the creation of a table, with rows in a fixture or without.
fn check(create: &str, up: &str, rows: Option<&str>, expect: Found<'_>) {
    let mut files = vec![("migrations/1_create.sql", create), ("migrations/2_change.sql", up)];
    files.extend(rows.map(|rows| ("rows.sql", rows)));
    let flag = if rows.is_some() { " --fixture rows.sql@1" } else { "" };
    let project = another_project(&files);
    let ran = project.run(&format!("ci --migrations migrations --engine sqlite --only generated-rows{flag} --json"));
    compare(&ran.stdout, expect, up);
}

const FAILED: &str = "generated-rows/migration-failed";
const LOST: &str = "generated-rows/data-lost";

fn rebuild(table: &str, definition: &str, copy: &str) -> String {
    format!(
        "CREATE TABLE new ({definition};\nINSERT INTO new {copy};\nDROP TABLE {table};\nALTER TABLE new RENAME TO {table};\n"
    )
}

#[test]
fn kinds_of_rows() {
    let user = "CREATE TABLE user (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);";
    let ignoring_case = "CREATE UNIQUE INDEX user_email ON user (email COLLATE NOCASE);";
    check(user, ignoring_case, None, &[(FAILED, "UNIQUE")]);
    let merged = "DELETE FROM user WHERE EXISTS (SELECT 1 FROM user AS u WHERE lower(u.email) = lower(user.email) AND u.id < user.id);\n";
    check(user, &format!("-- loses: user, one account for each address\n{merged}{ignoring_case}"), None, &[]);

    let tag = "CREATE TABLE tag (name TEXT PRIMARY KEY, n INTEGER);";
    check(
        tag,
        &rebuild("tag", "name TEXT NOT NULL PRIMARY KEY, n INTEGER)", "SELECT name, n FROM tag"),
        None,
        &[(FAILED, "name = NULL")],
    );
    check(
        tag,
        &rebuild("tag", "name TEXT PRIMARY KEY, n INTEGER, at TEXT)", "SELECT name, n, NULL FROM tag"),
        None,
        &[],
    );

    let item = "CREATE TABLE item (id INTEGER PRIMARY KEY, size INTEGER);";
    let strict = rebuild("item", "id INTEGER PRIMARY KEY, size INTEGER) STRICT", "SELECT id, size FROM item");
    check(item, &strict, None, &[(FAILED, "INTEGER column")]);
    check(item, &strict.replace("size INTEGER)", "size ANY)"), None, &[]);

    let step = "CREATE TABLE step (id INTEGER PRIMARY KEY, list INTEGER NOT NULL, place INTEGER NOT NULL, UNIQUE (list, place));";
    check(step, "UPDATE step SET place = place + 1 WHERE place BETWEEN 0 AND 8000000;", None, &[(FAILED, "UNIQUE")]);
    check(step, "UPDATE step SET place = place - 1 WHERE place BETWEEN 0 AND 8000000;", None, &[(FAILED, "UNIQUE")]);

    // The app's first rows have the numbers 1, 2, …
    let role = "CREATE TABLE role (id INTEGER PRIMARY KEY, name TEXT NOT NULL);";
    check(role, "INSERT INTO role (id, name) VALUES (1, 'admin');", None, &[(FAILED, "numbers that it inserts")]);
    check(role, "INSERT INTO role (name) VALUES ('admin');", None, &[]);
}

#[test]
fn rows_that_match_a_condition() {
    let message = "CREATE TABLE message (id INTEGER PRIMARY KEY, body TEXT NOT NULL, n INTEGER NOT NULL);";
    check(message, "DELETE FROM message WHERE body = 'obsolete' AND n > 7;", None, &[(LOST, "line 1 deletes rows of")]);
    check(message, "DELETE FROM message WHERE length(body) > 42;", None, &[(LOST, "message")]);
    check(message, "DELETE FROM message WHERE body = 'obsolete' AND body = 'other';", None, &[]);
    // Rows that the history itself inserted.
    let settings =
        "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT);\nINSERT INTO setting VALUES ('a', '1'), ('b', '2');";
    check(settings, "DELETE FROM setting WHERE key = 'a';", None, &[(LOST, "setting")]);
    check(settings, "-- loses: setting, unused\nDELETE FROM setting WHERE key = 'a';", None, &[]);
}

/// After a failure, the rows on which the migration works are still compared.
#[test]
fn rows_that_pass() {
    let table = "CREATE TABLE word (id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL);";
    let cut = rebuild(
        "word",
        "id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL)",
        "SELECT id, a, substr(b, 1, 20) FROM word",
    );
    check(table, &cut, None, &[(FAILED, "existing rows can have NULL"), (LOST, "truncated")]);
    check(table, &cut.replace("a TEXT NOT NULL", "a TEXT").replace("substr(b, 1, 20)", "b"), None, &[]);
}

/// A fixture whose rows pass turns a failure into a warning, and a loss stays an error.
#[test]
fn tables_in_fixtures() {
    let table = "CREATE TABLE word (id INTEGER PRIMARY KEY, a TEXT);";
    let rows = "INSERT INTO word VALUES (1, 'x');";
    let required = rebuild("word", "id INTEGER PRIMARY KEY, a TEXT NOT NULL)", "SELECT id, a FROM word");
    check(table, &required, Some(rows), &[(FAILED, "\"severity\":\"warning\"")]);
    check(table, &required, None, &[(FAILED, "\"severity\":\"error\"")]);
    let numeric = rebuild("word", "id INTEGER PRIMARY KEY, a NUMERIC)", "SELECT id, a FROM word");
    check(table, &numeric, Some(rows), &[(LOST, "\"severity\":\"error\"")]);
}
