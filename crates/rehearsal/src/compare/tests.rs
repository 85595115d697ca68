//! Digests of real databases: equal content has equal digests, and each difference is named.

use super::*;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use rehearsal_db::{Access, Connection, Durability, Value};
use std::time::Duration;
use tempfile::TempDir;

async fn database(folder: &TempDir, name: &str, sql: &str) -> Connection {
    let address = rehearsal_db::sqlite::new_file(&folder.path().join(name));
    let mut connection =
        Connection::open(&address, Access::Write(Durability::None), Duration::from_secs(5)).await.unwrap();
    connection.execute(sql, &[]).await.unwrap();
    connection
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Int),
        // Digests tell the two zeros apart, and `==` does not.
        any::<f64>().prop_filter("SQLite stores NaN as NULL", |x| !x.is_nan()).prop_map(|x| Value::Real(x + 0.0)),
        "[a-c'\"é\u{202e}😀]{0,4}".prop_map(Value::Text),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(Value::Blob),
    ]
}

/// A table with and without a key. Its columns have no type, so that SQLite stores each value unchanged.
const TABLES: [&str; 2] = ["CREATE TABLE t (k TEXT PRIMARY KEY, a, b)", "CREATE TABLE t (k TEXT, a, b)"];

async fn fill(connection: &mut Connection, rows: &[(String, Value, Value)]) {
    for (key, a, b) in rows {
        connection
            .execute("INSERT INTO t VALUES ($1, $2, $3)", &[key.as_str().into(), a.clone(), b.clone()])
            .await
            .unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn row_order_is_irrelevant_and_one_changed_value_is_found(
        rows in prop::collection::btree_map("[a-z]{1,3}", (value(), value()), 1..8),
        keyed in any::<bool>(), rotate in 0..8usize, at in 0..8usize, other in value(),
    ) {
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let rows: Vec<(String, Value, Value)> = rows.into_iter().map(|(k, (a, b))| (k, a, b)).collect();
            let mut moved = rows.clone();
            moved.rotate_left(rotate % rows.len());
            let table = TABLES[usize::from(!keyed)];
            let mut one = database(&folder, "one.db", table).await;
            let mut two = database(&folder, "two.db", table).await;
            fill(&mut one, &rows).await;
            fill(&mut two, &moved).await;
            let before = content(&mut one, &[]).await.unwrap();
            assert_eq!(before, content(&mut two, &[]).await.unwrap());

            let (key, old, _) = rows[at % rows.len()].clone();
            two.execute("UPDATE t SET a = $2 WHERE k = $1", &[key.as_str().into(), other.clone()]).await.unwrap();
            let now = two.query("SELECT a FROM t WHERE k = $1", &[key.as_str().into()], 1).await.unwrap().rows[0][0].clone();
            let mut differences = before.compare(&content(&mut two, &[]).await.unwrap());
            if now == old {
                assert_eq!(differences, []);
                return;
            }
            assert_eq!(differences.iter().map(ContentDifference::subject).collect::<Vec<_>>(), [("t", Some("a"))]);
            differences = explain(&mut one, &mut two, &[], differences).await.unwrap();
            if keyed {
                let shown = format!("k = {key}: {old} → {now}");
                let text = differences[0].to_string();
                assert!(text.starts_with("\"t\".\"a\" ") && text.ends_with(" in 1 row"), "{text}");
                assert_eq!(differences[0].examples()[0].to_string(), shown);
            }
            assert_eq!(before.compare(&content(&mut two, &[("t".into(), "a".into())]).await.unwrap()).len(), 1, "the column is missing");
            let ignored = content(&mut one, &[("t".into(), "a".into())]).await.unwrap();
            assert_eq!(ignored.compare(&content(&mut two, &[("t".into(), "a".into())]).await.unwrap()), []);
        });
    }
}

#[test]
fn missing_rows_are_counted_and_shown() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let table = "CREATE TABLE t (n INTEGER PRIMARY KEY, a TEXT)";
        let insert = "INSERT INTO t WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 100) SELECT n, 'x' || n FROM i";
        let mut one = database(&folder, "one.db", &format!("{table}; {insert}")).await;
        let check = async |one: &mut Connection, file: &str, change: &str, expect: &[&str]| {
            let mut two = database(&folder, file, &format!("{table}; {insert}; {change}")).await;
            let mut differences = content(one, &[]).await.unwrap().compare(&content(&mut two, &[]).await.unwrap());
            differences = explain(one, &mut two, &[], differences).await.unwrap();
            let lines: Vec<String> = differences
                .iter()
                .flat_map(|difference| {
                    std::iter::once(difference.to_string())
                        .chain(difference.examples().iter().map(|example| format!("  {example}")))
                })
                .collect();
            assert_eq!(lines, expect, "{change}");
        };
        check(&mut one, "a.db", "SELECT 1", &[]).await;
        check(
            &mut one,
            "b.db",
            "DELETE FROM t WHERE n % 25 = 0",
            &[
                "\"t\" lost 4 rows: 100 before, 96 after",
                "  n = 25: missing (a = x25)",
                "  n = 50: missing (a = x50)",
                "  n = 75: missing (a = x75)",
            ],
        )
        .await;
        check(
            &mut one,
            "f.db",
            "DELETE FROM t WHERE n > 98; UPDATE t SET a = '' WHERE n = 5; INSERT INTO t VALUES (0, ''), (200, ''), (201, '')",
            &[
                "rows of \"t\": 2 deleted, 3 new, 1 changed; 100 before, 101 after",
                "  n = 0: new",
                "  n = 99: missing (a = x99)",
                "  n = 100: missing (a = x100)",
                "\"t\".\"a\" was truncated in 1 row",
                "  n = 5: x5 → ",
            ],
        )
        .await;
        check(
            &mut one,
            "c.db",
            "DELETE FROM t",
            &[
                "\"t\" was emptied: it had 100 rows",
                "  n = 1: missing (a = x1)",
                "  n = 2: missing (a = x2)",
                "  n = 3: missing (a = x3)",
            ],
        )
        .await;
        check(
            &mut one,
            "d.db",
            "UPDATE t SET a = substr(a, 1, 2) WHERE n >= 10",
            &["\"t\".\"a\" was truncated in 91 rows", "  n = 10: x10 → x1", "  n = 11: x11 → x1", "  n = 12: x12 → x1"],
        )
        .await;
        check(
            &mut one,
            "e.db",
            "UPDATE t SET n = 200 WHERE n = 7",
            &["\"t\" lost 1 row and gained 1: 100 before, 100 after", "  n = 7: missing (a = x7)", "  n = 200: new"],
        )
        .await;
    });
}

/// Rows of a table without a key are paired by the columns that have not changed.
#[test]
fn changed_rows_without_a_key() {
    let check = |change: &str, expect: &[&str]| {
        let lines = block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let table = "CREATE TABLE t (a TEXT, b INTEGER, c TEXT);
                         INSERT INTO t VALUES ('u', 1, 'x'), ('v', 2, 'x'), ('w', 3, NULL), ('w', 3, NULL)";
            let mut one = database(&folder, "one.db", table).await;
            let mut two = database(&folder, "two.db", &format!("{table}; {change}")).await;
            let differences = content(&mut one, &[]).await.unwrap().compare(&content(&mut two, &[]).await.unwrap());
            let explained = explain(&mut one, &mut two, &[], differences).await.unwrap();
            explained.iter().map(ToString::to_string).collect::<Vec<_>>()
        });
        assert_eq!(lines, expect, "{change}");
    };
    check("SELECT 1", &[]);
    check("UPDATE t SET a = upper(a)", &["\"t\".\"a\" has different values in 4 rows"]);
    check(
        "UPDATE t SET a = upper(a), c = 'y'",
        &[
            "\"t\".\"c\" has different values in 2 rows, has values instead of NULL in 2 rows",
            "\"t\".\"a\" has different values in 4 rows",
        ],
    );
    check(
        "DELETE FROM t WHERE b = 3; UPDATE t SET a = 'z' WHERE b = 1",
        &["rows of \"t\": 2 deleted, 1 changed; 4 before, 2 after", "\"t\".\"a\" has different values in 1 row"],
    );
    check("DELETE FROM t WHERE b = 1", &["\"t\" lost 1 row: 4 before, 3 after"]);
    check(
        "DELETE FROM t WHERE b = 1; INSERT INTO t VALUES ('n', 9, 'n')",
        &["\"t\" lost 1 row and gained 1: 4 before, 4 after"],
    );
}

/// Values that SQLite stores differently, and values that it stores identically.
#[test]
fn storage_classes() {
    let check = |table: &str, one: &str, other: &str, is_other: bool| {
        let found = block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let fill = |value: &str| format!("{table}; INSERT INTO t (k, a) VALUES ('k', {value}), ('l', NULL)");
            let mut before = database(&folder, "one.db", &fill(one)).await;
            let mut after = database(&folder, "two.db", &fill(other)).await;
            let differences =
                content(&mut before, &[]).await.unwrap().compare(&content(&mut after, &[]).await.unwrap());
            explain(&mut before, &mut after, &[], differences).await.unwrap()
        });
        assert_eq!(!found.is_empty(), is_other, "{table}: {one} and {other}: {found:?}");
    };
    let without_rowid = "CREATE TABLE t (k TEXT PRIMARY KEY, a) WITHOUT ROWID";
    let derived = "CREATE TABLE t (k TEXT PRIMARY KEY, a, b AS (a || '!') STORED, c AS (length(a)))";
    let searched = "CREATE VIRTUAL TABLE t USING fts5 (k, a)";
    for table in [TABLES[0], TABLES[1], without_rowid, derived] {
        for (one, other) in [
            ("1", "1.0"),
            ("1", "'1'"),
            ("1.0", "'1.0'"),
            ("'1'", "x'31'"),
            ("'a'", "'a '"),
            ("'a'", "'A'"),
            ("'a'", "'a' || char(0)"),
            ("'a' || char(0) || 'b'", "'a' || char(0) || 'c'"),
            ("CAST(x'ff' AS TEXT)", "CAST(x'fe' AS TEXT)"),
            ("CAST(x'ff' AS TEXT)", "x'ff'"),
            ("9e999", "-9e999"),
            ("9e999", "NULL"),
            ("''", "NULL"),
            ("x''", "''"),
            ("9007199254740993", "9007199254740992"),
            ("0.1", "0.1 + 2e-17"),
        ] {
            check(table, one, other, true);
        }
        for (one, other) in
            [("1e0", "1.0"), ("9e999 - 9e999", "NULL"), ("'a'", "'' || 'a'"), ("x'61'", "CAST('a' AS BLOB)")]
        {
            check(table, one, other, false);
        }
    }
    check(searched, "'a word'", "'another word'", true);
    check(searched, "'a word'", "'a word'", false);
}

/// If all columns of a table are ignored, its number of rows still counts.
#[test]
fn rows_without_a_compared_column() {
    let check = |change: &str, expect: &[&str]| {
        let found = block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let fill = "CREATE TABLE t (k INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'x'), (2, 'y')";
            let mut before = database(&folder, "one.db", fill).await;
            let mut after = database(&folder, "two.db", &format!("{fill}; {change}")).await;
            let apart = ["k", "a"].map(|column| ("t".to_owned(), column.to_owned()));
            let found = content(&mut before, &apart).await.unwrap();
            let found = found.compare(&content(&mut after, &apart).await.unwrap());
            explain(&mut before, &mut after, &apart, found).await.unwrap()
        });
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expect, "{change}");
    };
    check("UPDATE t SET k = k + 7, a = NULL", &[]);
    check("DELETE FROM t WHERE k = 1", &["\"t\" lost 1 row: 2 before, 1 after"]);
    check("INSERT INTO t VALUES (3, 'z')", &["\"t\" gained 1 row: 2 before, 3 after"]);
    check("DELETE FROM t", &["\"t\" was emptied: it had 2 rows"]);
}

/// Values that look equal are shown with their storage classes; other values are not.
#[test]
fn storage_classes_are_shown() {
    let check = |one: &str, other: &str, expect: &str| {
        let found = block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let fill = |value: &str| format!("{}; INSERT INTO t VALUES ('k', {value}, 0)", TABLES[0]);
            let mut before = database(&folder, "one.db", &fill(one)).await;
            let mut after = database(&folder, "two.db", &fill(other)).await;
            let found = content(&mut before, &[]).await.unwrap().compare(&content(&mut after, &[]).await.unwrap());
            explain(&mut before, &mut after, &[], found).await.unwrap()
        });
        assert_eq!(found[0].examples()[0].to_string(), format!("k = k: {expect}"));
    };
    check("1", "'1'", "1 (integer) → 1 (text)");
    check("'1.0'", "1.0", "1.0 (text) → 1.0 (real)");
    check("NULL", "'NULL'", "NULL (null) → NULL (text)");
    check("1", "1.0", "1 → 1.0");
    check("'a'", "x'61'", "a → x'61'");
}

#[test]
fn schemas() {
    let check = |before: &str, after: &str, expect: &[&str]| {
        let found = block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut one = database(&folder, "one.db", before).await;
            let mut two = database(&folder, "two.db", after).await;
            compare_schemas(&schema(&mut one).await.unwrap(), &schema(&mut two).await.unwrap())
        });
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expect, "{before}\n{after}");
    };
    let parent = "CREATE TABLE p (id INTEGER PRIMARY KEY);";
    check("CREATE TABLE t (a, b)", "create  table \"t\" ( [a] , `b` ) -- x", &[]);
    check("CREATE TABLE t (a TEXT)", "CREATE TABLE t (a text)", &[]);
    check("CREATE TABLE t (a)", "CREATE TABLE t (a, b INT)", &["+ ALTER TABLE \"t\" ADD COLUMN b INT"]);
    check("CREATE TABLE t (a, \"b\" text)", "CREATE TABLE t (a)", &["- ALTER TABLE \"t\" ADD COLUMN \"b\" text"]);
    check(
        "CREATE TABLE t (a, b)",
        "CREATE TABLE t (b, a)",
        &["the columns of \"t\" are in a different order: b, a; before: a, b"],
    );
    check(
        "CREATE TABLE t (a TEXT NOT NULL DEFAULT 'x')",
        "CREATE TABLE t (a TEXT DEFAULT 'x')",
        &[
            "- ALTER TABLE \"t\" ADD COLUMN a TEXT NOT NULL DEFAULT 'x'\n+ ALTER TABLE \"t\" ADD COLUMN a TEXT DEFAULT 'x'",
        ],
    );
    check("CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP)", "CREATE TABLE t (a DEFAULT (datetime('now')))", &[]);
    check(
        "SELECT 1",
        "CREATE TABLE t (a TEXT NOT NULL, -- one\n  b   INTEGER CHECK (b > 0)) STRICT; CREATE INDEX i ON t (a)",
        &["+ CREATE TABLE \"t\" (a TEXT NOT NULL, b INTEGER CHECK (b > 0)) STRICT"],
    );
    check("CREATE TABLE t (a); CREATE INDEX i ON t (a)", "CREATE TABLE t (a)", &["- CREATE INDEX i ON t (a)"]);
    check(
        "CREATE TABLE t (a); CREATE INDEX i ON t (a)",
        "CREATE TABLE t (a); CREATE UNIQUE INDEX i ON t (a)",
        &["- CREATE INDEX i ON t (a)\n+ CREATE UNIQUE INDEX i ON t (a)"],
    );
    check("CREATE TABLE t (a UNIQUE)", "CREATE TABLE t (a)", &["- ALTER TABLE \"t\" ADD UNIQUE (a)"]);
    check("CREATE TABLE t (a, UNIQUE (a))", "CREATE TABLE t (a UNIQUE)", &[]);
    check("CREATE TABLE t (a CHECK (a > 0))", "CREATE TABLE t (a)", &["- ALTER TABLE \"t\" ADD CHECK (a > 0)"]);
    check("CREATE TABLE t (a, CHECK (a > 0))", "CREATE TABLE t (a CHECK(a>0))", &[]);
    check(
        "CREATE TABLE t (a CHECK (a IN ('x')))",
        "CREATE TABLE t (a CHECK (a IN ('X')))",
        &["- ALTER TABLE \"t\" ADD CHECK (a IN ('x'))", "+ ALTER TABLE \"t\" ADD CHECK (a IN ('X'))"],
    );
    check(
        "CREATE TABLE t (a COLLATE NOCASE)",
        "CREATE TABLE t (a)",
        &["- ALTER TABLE \"t\" ADD COLUMN a COLLATE NOCASE\n+ ALTER TABLE \"t\" ADD COLUMN a"],
    );
    check(
        "CREATE TABLE t (a, b AS (a + 1))",
        "CREATE TABLE t (a, b AS (a + 2))",
        &["- ALTER TABLE \"t\" ADD COLUMN b AS (a + 1)\n+ ALTER TABLE \"t\" ADD COLUMN b AS (a + 2)"],
    );
    check(
        "CREATE TABLE t (a INT) STRICT",
        "CREATE TABLE t (a ANY) STRICT",
        &["- ALTER TABLE \"t\" ADD COLUMN a INT\n+ ALTER TABLE \"t\" ADD COLUMN a ANY"],
    );
    check(
        "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY)",
        &["- CREATE TABLE \"t\" WITHOUT ROWID\n+ CREATE TABLE \"t\""],
    );
    check(
        &format!("{parent} CREATE TABLE t (p REFERENCES p ON DELETE CASCADE)"),
        &format!("{parent} CREATE TABLE t (p REFERENCES p)"),
        &[
            "- ALTER TABLE \"t\" ADD FOREIGN KEY (p) REFERENCES \"p\" ON DELETE CASCADE\n+ ALTER TABLE \"t\" ADD FOREIGN KEY (p) REFERENCES \"p\"",
        ],
    );
    check(
        "CREATE VIEW v AS SELECT 1",
        "CREATE VIEW v AS\n  SELECT 2",
        &["- CREATE VIEW v AS SELECT 1\n+ CREATE VIEW v AS SELECT 2"],
    );
    check(
        "CREATE VIRTUAL TABLE f USING fts5 (a)",
        "CREATE VIRTUAL TABLE f USING fts5 (a, b)",
        &[
            "+ ALTER TABLE \"f\" ADD COLUMN b",
            "- CREATE VIRTUAL TABLE f USING fts5 (a)\n+ CREATE VIRTUAL TABLE f USING fts5 (a, b)",
        ],
    );
    check("CREATE TABLE _rehearsal_runs (a)", "CREATE TABLE _sqlx_migrations (a)", &[]);
    check("CREATE TABLE _xtask_runs (a)", "CREATE TABLE _rehearsal_runs (a)", &[]);
}

#[test]
fn volatile_defaults_are_found() {
    let check = |sql: &str, expect: &[&str]| {
        let found = block_on(async {
            let folder = tempfile::tempdir().unwrap();
            volatile_defaults(&mut database(&folder, "one.db", sql).await).await.unwrap()
        });
        let shown =
            |d: &rehearsal_db::VolatileDefault| format!("{}.{} {:?} {}", d.table, d.column, d.source, d.expression);
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expect);
    };
    check("CREATE TABLE t (a TEXT PRIMARY KEY, b DEFAULT 'now', c DEFAULT 1)", &[]);
    check("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", &["t.a Counter rowid"]);
    check("CREATE TABLE t (a INTEGER PRIMARY KEY, b) WITHOUT ROWID", &[]);
    check("CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b))", &[]);
    check("CREATE TABLE t (a INT PRIMARY KEY)", &[]);
    check(
        "CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP, b DEFAULT (hex(randomblob(8))), c AS (a))",
        &["t.a Clock CURRENT_TIMESTAMP", "t.b Chance hex(randomblob(8))"],
    );
    check("CREATE TABLE _rehearsal_runs (a DEFAULT CURRENT_TIMESTAMP)", &[]);
}

/// A table whose key changed.
#[test]
fn rows_after_a_change_of_key() {
    let check = |before: &str, after: &str, expect: &[&str]| {
        let found = block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut one = database(&folder, "one.db", before).await;
            let mut two = database(&folder, "two.db", after).await;
            let differences = content(&mut one, &[]).await.unwrap().compare(&content(&mut two, &[]).await.unwrap());
            explain(&mut one, &mut two, &[], differences).await.unwrap()
        });
        let with_examples = |difference: &ContentDifference| {
            let examples = difference.examples().iter().map(|example| format!("  {example}"));
            std::iter::once(difference.to_string()).chain(examples).collect::<Vec<_>>()
        };
        assert_eq!(found.iter().flat_map(with_examples).collect::<Vec<_>>(), expect, "{after}");
    };
    let by = |key: &str, rows: &str| {
        let key = if key.is_empty() { String::new() } else { format!(", PRIMARY KEY ({key})") };
        format!("CREATE TABLE t (a INT, b TEXT{key}); INSERT INTO t VALUES {rows}")
    };
    let one = by("a", "(1, NULL), (2, 'x')");
    check(&one, &by("a, b", "(1, NULL), (2, 'x')"), &[]);
    check(&one, &by("", "(2, 'x'), (1, NULL)"), &[]);
    check(
        &one,
        &by("a, b", "(1, 'y'), (2, 'x')"),
        &["\"t\".\"b\" has values instead of NULL in 1 row", "  a = 1: NULL → y"],
    );
    check(
        &one,
        &by("b", "(1, 'y'), (2, '')"),
        &[
            "\"t\".\"b\" was truncated in 1 row, has values instead of NULL in 1 row",
            "  a = 1: NULL → y",
            "  a = 2: x → ",
        ],
    );
    // Columns that are not unique on one side do not identify rows.
    check(
        &one,
        &by("a, b", "(1, NULL), (1, 'y'), (2, 'x')"),
        &["\"t\" gained 1 row: 2 before, 3 after", "  a = 1, b = y: new"],
    );
    check(
        &by("a", "(1, 'x')"),
        &by("a, b", "(1, 'a'), (1, 'x')"),
        &["\"t\" gained 1 row: 1 before, 2 after", "  a = 1, b = a: new"],
    );
    let none = by("", "(1, NULL), (2, 'x')");
    check(
        &none,
        &by("a", "(1, 'y'), (2, 'x')"),
        &["\"t\".\"b\" has values instead of NULL in 1 row", "  a = 1: NULL → y"],
    );
    let many = by("", "(1, NULL), (1, 'y'), (2, 'x')");
    check(
        &many,
        &by("a", "(1, 'y'), (2, 'x')"),
        &["\"t\" lost 1 row: 3 before, 2 after", "  a = 1, b = NULL: missing"],
    );
    check(&many, &by("a, b", "(1, NULL), (1, 'y'), (2, 'x')"), &[]);
}

/// Rows that are stored in a different order, without any other difference.
#[test]
fn reordered_rows_are_the_same_rows() {
    let check = |sql: &str, query: &str, expect: &[&str]| {
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut connection = database(&folder, "one.db", sql).await;
            let (was, looked) = (content(&mut connection, &[]).await.unwrap(), schema(&mut connection).await.unwrap());
            let left = connection.reorder_rows().await.unwrap();
            assert_eq!(content(&mut connection, &[]).await.unwrap(), was, "{sql}");
            assert_eq!(schema(&mut connection).await.unwrap(), looked, "{sql}");
            let rows = connection.query(query, &[], 9).await.unwrap().rows;
            let rows = rows.iter().map(|row| row[0].to_string());
            let unsorted = left.into_iter().map(|table| format!("left {table}"));
            assert_eq!(rows.chain(unsorted).collect::<Vec<_>>(), expect, "{sql}");
        });
    };
    let rows = "INSERT INTO t (a) VALUES ('x'), ('y'), ('z');";
    let stays = "CREATE TRIGGER stays BEFORE UPDATE ON t BEGIN SELECT RAISE(ABORT, 'no'); END;";
    let query = "SELECT a FROM t ORDER BY rowid";
    check(&format!("CREATE TABLE t (a TEXT PRIMARY KEY); {rows}"), query, &["z", "y", "x"]);
    check(&format!("CREATE TABLE t (a); {stays} {rows}"), query, &["z", "y", "x"]);
    check(&format!("CREATE TABLE t (a, rowid); {rows}"), "SELECT a FROM t ORDER BY _rowid_", &["z", "y", "x"]);
    check(&format!("CREATE TABLE t (id INTEGER PRIMARY KEY, a); {rows}"), query, &["x", "y", "z"]);
    check(&format!("CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID; {rows}"), "SELECT a FROM t", &["x", "y", "z"]);
    check("CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (-1, 'x'), (1, 'y');", query, &["x", "y", "left t"]);
    check("CREATE TABLE t (a); INSERT INTO t (a) VALUES ('x');", query, &["x"]);
}

/// Cells that contain the current time, in any notation.
#[test]
fn current_time_is_recognised_by_its_value() {
    let check = |value: &str, expect: bool| {
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let sql = format!("CREATE TABLE t (a); INSERT INTO t VALUES (NULL), ({value})");
            let mut connection = database(&folder, "one.db", &sql).await;
            let column = ("t".to_owned(), "a".to_owned());
            let found = connection.moments(std::slice::from_ref(&column), 5, &|_| false).await.unwrap();
            assert_eq!(found.contains(&column), expect, "{value}");
        });
    };
    for now in ["CURRENT_TIMESTAMP", "CURRENT_DATE", "datetime('now', 'localtime')", "unixepoch()", "julianday()"] {
        check(now, true);
    }
    check("strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", true);
    check("unixepoch() * 1000", true);
    check("'on ' || date('now') || '.'", true);
    check("'at ' || datetime('now', 'localtime')", true);
    check("strftime('%Y-%m-%d %H:%M', 'now')", true);
    check("json_object('at', unixepoch())", true);
    check("'D' || strftime('%Y%m%d', 'now')", true);
    check("CAST(strftime('%Y%m%d', 'now') AS INTEGER)", true);
    check("strftime('%Y-%m', 'now')", true);
    check("'in ' || strftime('%Y-%m', 'now') || '.'", true);
    check("'1' || strftime('%Y%m%d', 'now') || '1'", false);
    check("strftime('%Y-%m-%d', 'now', '-3 days')", false);
    check("strftime('%Y-%m', 'now', '-40 days')", false);
    check("'at ' || datetime('now', '-1 minute')", false);
    check("json_object('at', unixepoch() - 60)", false);
    check("datetime('now', '-1 day')", false);
    check("date('now', '-3 days')", false);
    check("'now'", false);
    check("7", false);
    check("x'00'", false);
    check("'2025-99-99 ??'", false);
}
