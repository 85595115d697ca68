//! Fills SQLite tables: as many rows as their rules allow, the same rows in each run, and a reason if there are
//! none.

use super::*;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use rehearsal_db::{Access, Connection, Durability, Engine, Value};
use std::time::Duration;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Fills the tables of a schema. Returns the rows of each, and the reason if rows are missing.
async fn rows_of(schema: &str, profile: RowProfile<'_>) -> Vec<(String, Vec<Vec<Value>>, Option<String>)> {
    let folder = tempfile::tempdir().unwrap();
    let address = rehearsal_db::sqlite::new_file(&folder.path().join("one.db"));
    let mut connection =
        Connection::open(&address, Access::Write(Durability::None), Duration::from_secs(5)).await.unwrap();
    connection.execute(schema, &[]).await.unwrap();
    let tables = connection.insertable_tables().await.unwrap();
    let mut found = Vec::new();
    for at in order(&tables) {
        let table = &tables[at];
        let filled = fill(&mut connection, table, profile).await.unwrap();
        let sql = format!("SELECT * FROM {}", Engine::Sqlite.quote(&table.name));
        let rows = connection.query(&sql, &[], 1000).await.unwrap();
        assert_eq!(rows.rows.len(), filled.inserts.len(), "{}", table.name);
        found.push((table.name.clone(), rows.rows, filled.why_not));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Checks the rows of each table: `one`, `several`, `several, with NULL`, or the reason for which there are none.
fn check(schema: &str, expect: &[(&str, &str)]) {
    let found = block_on(rows_of(schema, RowProfile::Everything));
    let summary = |(table, rows, why): &(String, Vec<Vec<Value>>, Option<String>)| {
        let nulls = rows.iter().flatten().any(|value| *value == Value::Null);
        let summary = match (rows.len(), why) {
            (0, Some(why)) => why.clone(),
            (0, None) => "none".to_owned(),
            (1, _) => "one".to_owned(),
            (_, _) if nulls => "several, with NULL".to_owned(),
            _ => "several".to_owned(),
        };
        (table.clone(), summary)
    };
    let found: Vec<(String, String)> = found.iter().map(summary).collect();
    let expect: Vec<(String, String)> = expect.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!(found, expect, "{schema}");
}

#[test]
fn columns() {
    check("CREATE TABLE t (a INTEGER PRIMARY KEY)", &[("t", "several")]);
    check("CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b)", &[("t", "several, with NULL")]);
    check(
        "CREATE TABLE t (a TEXT NOT NULL, b REAL NOT NULL, c BLOB NOT NULL, d NUMERIC NOT NULL)",
        &[("t", "several")],
    );
    let strict = "CREATE TABLE t (a INT NOT NULL, b INTEGER NOT NULL, c REAL NOT NULL, d TEXT NOT NULL, e BLOB NOT \
                  NULL, f ANY NOT NULL) STRICT";
    check(strict, &[("t", "several")]);
    check("CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID", &[("t", "several")]);
    check(
        "CREATE TABLE t (a TEXT NOT NULL, b AS (upper(a)), c TEXT AS (a || 'x') STORED NOT NULL)",
        &[("t", "several")],
    );
    check("CREATE TABLE t (a TEXT NOT NULL, b AS (json_extract(a, '$.b.c')) NOT NULL)", &[("t", "several")]);
    check("CREATE TABLE t (a TEXT NOT NULL); CREATE INDEX i ON t (json_extract(a, '$.b'))", &[("t", "several")]);
    check("CREATE TABLE t (a TEXT COLLATE NOCASE UNIQUE, b UUID UNIQUE NOT NULL)", &[("t", "several, with NULL")]);
    check(
        "CREATE VIEW v AS SELECT 1; CREATE VIRTUAL TABLE f USING fts5 (a); CREATE TABLE \"a \"\"b\" (\"c d\" TEXT)",
        &[("a \"b", "several, with NULL")],
    );
}

#[test]
fn checks() {
    let check = |rule: &str, expect: &str| {
        check(
            &format!("CREATE TABLE t (a TEXT NOT NULL, n INTEGER NOT NULL, at TEXT, CHECK ({rule}))"),
            &[("t", expect)],
        );
    };
    check("a IN ('x', 'y')", "several, with NULL");
    check("a = 'x' AND n = 7", "several, with NULL");
    check("n > 1000 AND n % 2 = 0", "several, with NULL");
    check("n BETWEEN -5 AND -3", "several, with NULL");
    check("length(a) = 36", "several, with NULL");
    check("length(a) < 3 AND a <> ''", "several, with NULL");
    check("a GLOB '[A-Z][A-Z][0-9]*'", "several, with NULL");
    check("a LIKE '%@%.org'", "several, with NULL");
    check("json_valid(a) AND json_type(a) = 'array'", "several, with NULL");
    check("(a = 'x' AND at IS NULL) OR (a = 'y' AND at IS NOT NULL)", "several, with NULL");
    check("at IS NOT NULL", "several");
    check("a = upper(a)", "several, with NULL");
    // These cannot be solved.
    check("n * n = 5", "CHECK constraint failed: n * n = 5");
    check("a = 'x' AND a = 'y'", "CHECK constraint failed: a = 'x' AND a = 'y'");
}

#[test]
fn keys() {
    let two = "CREATE TABLE p (id TEXT PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY,";
    check(&format!("{two} p TEXT NOT NULL REFERENCES p)"), &[("c", "several"), ("p", "several, with NULL")]);
    check(
        &format!("{two} p TEXT UNIQUE REFERENCES p (id))"),
        &[("c", "several, with NULL"), ("p", "several, with NULL")],
    );
    check("CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t)", &[("t", "several, with NULL")]);
    check("CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER NOT NULL REFERENCES t)", &[("t", "several")]);
    let circle = "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b); CREATE TABLE b (id INTEGER \
                  PRIMARY KEY, a INTEGER NOT NULL REFERENCES a);";
    check(circle, &[("a", "several, with NULL"), ("b", "several")]);
    let wide = "CREATE TABLE u (id TEXT PRIMARY KEY); CREATE TABLE p (id TEXT, u TEXT NOT NULL REFERENCES u, PRIMARY KEY (id, u));
        CREATE TABLE r (a TEXT NOT NULL, b TEXT NOT NULL, u TEXT NOT NULL REFERENCES u, kind TEXT NOT NULL CHECK (kind IN ('x', 'y')),
        FOREIGN KEY (a, u) REFERENCES p (id, u), FOREIGN KEY (b, u) REFERENCES p (id, u), CHECK (a <> b), UNIQUE (a, b, kind));";
    check(wide, &[("p", "several, with NULL"), ("r", "several"), ("u", "several, with NULL")]);
    let none = "CREATE TABLE p (id TEXT NOT NULL PRIMARY KEY CHECK (id = 'x' AND id = 'y')); CREATE TABLE c (p TEXT NOT NULL \
                REFERENCES p);";
    check(
        none,
        &[
            ("c", "p must refer to a row of \"p\", which has none"),
            ("p", "CHECK constraint failed: id = 'x' AND id = 'y'"),
        ],
    );
    check("CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id = 1), a TEXT)", &[("t", "one")]);
    let trigger =
        "CREATE TABLE t (a); CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'not today'); END;";
    check(trigger, &[("t", "not today")]);
}

#[test]
fn ordinary_rows_are_two_and_without_null() {
    let found =
        block_on(rows_of("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, a TEXT DEFAULT 'x')", RowProfile::Ordinary));
    let rows: Vec<Vec<String>> = found[0].1.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(rows[0][1..], ["1", "x"]);
    assert_eq!(rows[1][1..], ["1", "x"]);
    assert_eq!(rows.len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Filling any table twice gives equal rows, or the same reason for having none.
    #[test]
    fn equal_schemas_have_equal_rows(
        columns in prop::collection::vec((0..7usize, any::<bool>(), any::<bool>()), 1..6), in_key in 0..3usize,
    ) {
        const TYPES: [&str; 7] = ["INTEGER", "TEXT", "REAL", "BLOB", "VARCHAR(3)", "BOOLEAN", "DATETIME"];
        let column = |(at, (kind, required, unique)): (usize, &(usize, bool, bool))| {
            let required = if *required { " NOT NULL" } else { "" };
            let unique = if *unique { " UNIQUE" } else { "" };
            format!("c{at} {}{required}{unique}", TYPES[*kind])
        };
        let key: Vec<String> = (0..in_key.min(columns.len())).map(|at| format!("c{at}")).collect();
        let key = if key.is_empty() { String::new() } else { format!(", PRIMARY KEY ({})", key.join(", ")) };
        let columns: Vec<String> = columns.iter().enumerate().map(column).collect();
        let schema = format!("CREATE TABLE t ({}{key})", columns.join(", "));
        let (one, two) = block_on(async { (rows_of(&schema, RowProfile::Everything).await, rows_of(&schema, RowProfile::Everything).await) });
        prop_assert!(one[0].1.len() >= 2, "{}: {:?}", schema, one);
        prop_assert_eq!(one, two);
    }
}
