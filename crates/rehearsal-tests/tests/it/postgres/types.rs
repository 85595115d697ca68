//! Fingerprints on every type: a changed value is reported by column, with the value before and after, and equal
//! databases have equal fingerprints.

use pretty_assertions::assert_eq;
use rehearsal::compare;
use rehearsal::db::{Access, Address, Connection, Engine};
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, query, unique, url};
use std::time::Duration;

/// A type, a value, another value, and the text of the difference; empty if the text is not checked.
const TYPES: &[(&str, &str, &str, &str)] = &[
    ("bool", "true", "false", "true → false"),
    ("int2", "1", "2", "1 → 2"),
    ("int8", "9007199254740993", "9007199254740992", "9007199254740993 → 9007199254740992"),
    ("float4", "0.1", "0.10000001", "0.1 → 0.10000001"),
    ("float8", "'NaN'", "'Infinity'", "NaN → Infinity"),
    ("float8", "'-Infinity'", "NULL", "-Infinity → NULL"),
    ("float8", "0.0", "'-0'", "0.0 → -0.0"),
    ("float4", "'NaN'", "NULL", "NaN → NULL"),
    ("numeric", "'NaN'", "0", "NaN → 0"),
    ("text", "'a'", "'a '", ""),
    ("char(5)", "'a'", "'b'", "a     → b    "),
    ("int4multirange", "'{[1,3),[5,7)}'", "'{[1,3)}'", "{[1,3),[5,7)} → {[1,3)}"),
    ("xml", "'<a/>'", "'<a></a>'", "<a/> → <a></a>"),
    ("pair[]", "ARRAY[ROW(1, 'a')::pair, NULL]", "ARRAY[ROW(1, 'a')::pair]", ""),
    ("text[]", "'{}'", "NULL", "{} → NULL"),
    ("text[]", "'{NULL}'", "'{}'", "{NULL} → {}"),
    ("jsonb", "'1.0'", "'1.00'", "1.0 → 1.00"),
    ("bit(3)", "B'010'", "B'011'", "010 → 011"),
    ("float8", "0.1", "0.1::float8 + 1e-17::float8 + 2e-17::float8", ""),
    ("numeric", "1.0", "1.00", "1.0 → 1.00"),
    ("numeric", "'NaN'", "0.1234567890123456789012345678901", "NaN → 0.1234567890123456789012345678901"),
    ("money", "1", "2", "$1.00 → $2.00"),
    ("text", "''", "NULL", " → NULL"),
    ("text", "'a'", "E'a\\n'", ""),
    ("varchar(5)", "'größe'", "'grösse'::varchar(5)", ""),
    ("\"char\"", "'a'", "'b'", "a → b"),
    ("name", "'a'", "'b'", "a → b"),
    ("bytea", r"'\x00ff'", r"'\x00fe'", r"\x00ff → \x00fe"),
    ("jsonb", r#"'{"a": [1, null]}'"#, r#"'{"a": [1, 0]}'"#, r#"{"a": [1, null]} → {"a": [1, 0]}"#),
    ("json", r#"'{"a":1}'"#, r#"'{"a": 1}'"#, r#"{"a":1} → {"a": 1}"#),
    ("jsonb", "'null'", "NULL", "null → NULL"),
    ("text[]", "'{a,NULL}'", "'{a,\"NULL\"}'", "{a,NULL} → {a,\"NULL\"}"),
    ("int[]", "'{{1,2},{3,4}}'", "'{1,2,3,4}'", "{{1,2},{3,4}} → {1,2,3,4}"),
    ("int[]", "'{1}'", "'[0:0]={1}'", "{1} → [0:0]={1}"),
    ("size", "'small'", "'large'", "small → large"),
    ("size[]", "'{small}'", "'{small,large}'", "{small} → {small,large}"),
    ("pair", "ROW(1, 'a')", "ROW(1, NULL)", "(1,a) → (1,)"),
    ("word", "'a'", "'b'", "a → b"),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'", ""),
    ("date", "'infinity'", "'4713-01-01 BC'", "infinity → 4713-01-01 BC"),
    ("time", "'24:00'", "'00:00'", "24:00:00 → 00:00:00"),
    ("timetz", "'12:00+00'", "'13:00+01'", "12:00:00+00 → 13:00:00+01"),
    ("timestamp", "'2025-01-01 00:00:00.000001'", "'2025-01-01'", ""),
    ("timestamptz", "'-infinity'", "'2025-01-01 00:00Z'", "-infinity → 2025-01-01 00:00:00+00"),
    ("interval", "'1 day'", "'24 hours'", "1 day → 24:00:00"),
    ("interval", "'1 mon'", "'30 days'", "1 mon → 30 days"),
    ("int4range", "'[1,5)'", "'[1,5]'", "[1,5) → [1,6)"),
    ("int4range", "'empty'", "NULL", "empty → NULL"),
    ("tstzrange", "'[2025-01-01Z,)'", "'(2025-01-01Z,)'", ""),
    ("inet", "'10.0.0.1/8'", "'10.0.0.1'", "10.0.0.1/8 → 10.0.0.1"),
    ("cidr", "'10.0.0.0/8'", "'10.0.0.0/9'", "10.0.0.0/8 → 10.0.0.0/9"),
    ("macaddr", "'08:00:2b:01:02:03'", "'08:00:2b:01:02:04'", ""),
    ("bit varying(4)", "B'01'", "B'010'", "01 → 010"),
    ("point", "'(0,1)'", "'(0,2)'", "(0,1) → (0,2)"),
    ("polygon", "'((0,0),(1,1))'", "'((0,0),(1,2))'", "((0,0),(1,1)) → ((0,0),(1,2))"),
    ("tsvector", "'a:1 b'", "'a:2 b'", "'a':1 'b' → 'a':2 'b'"),
    ("tsquery", "'a & b'", "'a | b'", "'a' & 'b' → 'a' | 'b'"),
    ("oid", "1", "2", "1 → 2"),
    ("regclass", "'pg_class'", "'pg_type'", "pg_class → pg_type"),
    ("pg_lsn", "'0/1'", "'0/2'", "0/1 → 0/2"),
];

const PREPARE: &str = "CREATE TYPE size AS ENUM ('small', 'large');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN word AS text CHECK (VALUE <> '');
";

/// Creates a database with these statements and returns its URL.
fn database(sql: &str) -> String {
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    execute(&url(&name), sql);
    url(&name)
}

/// Returns the differences between the rows of two databases, with examples.
fn differences(before: &str, after: &str) -> Vec<String> {
    block(async {
        let open = async |url: &str| {
            let address = Address::parse(Engine::Postgres, url).unwrap();
            Connection::open(&address, Access::Read, Duration::from_secs(5)).await.unwrap()
        };
        let (mut before, mut after) = (open(before).await, open(after).await);
        let old = compare::content(&mut before, &[]).await.unwrap();
        let new = compare::content(&mut after, &[]).await.unwrap();
        let found = compare::explain(&mut before, &mut after, &[], old.compare(&new)).await.unwrap();
        before.close().await.unwrap();
        after.close().await.unwrap();
        let told = found.iter().map(|difference| {
            let examples = difference.examples().iter().map(|example| format!("; {example}"));
            format!("{difference}{}", examples.collect::<String>())
        });
        told.collect()
    })
}

/// One table with all the types: both databases have the first values, then one of them gets the other values.
#[test]
fn every_type() {
    let columns = TYPES.iter().enumerate().map(|(n, (kind, ..))| format!(", c{n:02} {kind}")).collect::<String>();
    let values = TYPES.iter().map(|(_, value, ..)| format!(", {value}")).collect::<String>();
    // The second row is unchanged, so that values that are hard to compare must be equal.
    let sql = format!(
        "{PREPARE}CREATE TABLE t (id int PRIMARY KEY{columns});\nINSERT INTO t VALUES (1{values}), (2{values});\n"
    );
    let (one, other) = (database(&sql), database(&sql));
    assert_eq!(differences(&one, &other), [""; 0]);
    let others = TYPES.iter().enumerate().map(|(n, (_, _, value, _))| format!("c{n:02} = {value}"));
    execute(&other, &format!("UPDATE t SET {} WHERE id = 1", others.collect::<Vec<_>>().join(", ")));
    let found = differences(&one, &other);
    for (n, (kind, value, other, reads)) in TYPES.iter().enumerate() {
        let named = format!("\"t\".\"c{n:02}\" ");
        let told =
            found.iter().find_map(|difference| difference.strip_prefix(&named)?.split_once(" in 1 row; id = 1: "));
        let told = told.map(|(_, told)| told);
        let Some(told) = told else { panic!("{kind}: {value} → {other} is not reported in\n{}", found.join("\n")) };
        assert!(reads.is_empty() || told == *reads, "{kind}: {told}");
    }
    assert_eq!(found.len(), TYPES.len());
}

/// Equal values that are written in two ways, and in sessions with different settings.
#[test]
fn same_values() {
    let pairs = [
        ("numeric", "1.0", "'1.0'::numeric"),
        ("float8", "1e2", "100"),
        ("float8", "'NaN'", "-'NaN'::float8"),
        ("timestamptz", "'2025-01-01 00:00Z'", "'2025-01-01 09:00+09'"),
        ("timestamp", "'2025-01-02'", "'02/01/2025'"),
        ("interval", "'1 year'", "'12 mons'"),
        ("jsonb", "'{\"a\":1,\"b\":2}'", "'{\"b\": 2, \"a\": 1}'"),
        ("int4range", "'[1,4]'", "'[1,5)'"),
        ("bytea", r"'\x61'", "'a'"),
        ("char(5)", "'a'", "'a  '"),
        ("inet", "'10.0.0.1'", "'10.0.0.1/32'"),
        ("tsvector", "'b a'", "'a b'"),
        ("money", "'1'", "'1.00'"),
        ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'A0EEBC999C0B4EF8BB6D6BB9BD380A11'"),
    ];
    let columns = pairs.iter().enumerate().map(|(n, (kind, ..))| format!(", c{n:02} {kind}")).collect::<String>();
    let database = |values: String, settings: &str| {
        database(&format!(
            "{settings}CREATE TABLE t (id int PRIMARY KEY{columns});\nINSERT INTO t VALUES (1{values});\n"
        ))
    };
    let one = database(pairs.iter().map(|(_, value, _)| format!(", {value}")).collect(), "");
    let settings = "SET timezone = 'Asia/Tokyo'; SET datestyle = 'SQL, DMY'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = -3; SET bytea_output = 'escape';\n";
    let other = database(pairs.iter().map(|(_, _, value)| format!(", {value}")).collect(), settings);
    assert_eq!(differences(&one, &other), [""; 0]);
}

/// Partitions are reported with their partitioned table, inheriting tables separately. Tables without columns or
/// keys work, too.
#[test]
fn partitions_and_inheritance() {
    let sql = "CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);\nCREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);\n\
               CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);\nINSERT INTO p VALUES (1, 'a'), (11, 'b');\n\
               CREATE TABLE base (id int);\nCREATE TABLE child (v text) INHERITS (base);\nINSERT INTO base VALUES (1);\nINSERT INTO child VALUES (2, 'x');\n\
               CREATE TABLE bare ();\nINSERT INTO bare DEFAULT VALUES;\nCREATE UNLOGGED TABLE quick (id int);\nINSERT INTO quick VALUES (1), (1);\n";
    let (one, other) = (database(sql), database(sql));
    assert_eq!(differences(&one, &other), [""; 0]);
    execute(
        &other,
        "DELETE FROM p WHERE id = 11; DELETE FROM child; INSERT INTO bare DEFAULT VALUES; INSERT INTO quick VALUES (1)",
    );
    let expected = [
        "\"bare\" gained 1 row: 1 before, 2 after",
        "\"child\" was emptied: it had 1 row; id = 2, v = x: missing",
        "\"p\" lost 1 row: 2 before, 1 after; id = 11: missing (v = b)",
        "\"quick\" gained 1 row: 2 before, 3 after; id = 1: new",
    ];
    assert_eq!(differences(&one, &other), expected);
}

/// Keys of several types: equal rows are matched, whatever the sort order of the keys.
#[test]
fn every_key() {
    let check = |kind: &str, keys: &str, gone: &str, expected: &str| {
        let sql =
            format!("CREATE TABLE t (k {kind} PRIMARY KEY, v int);\nINSERT INTO t SELECT k.*, 1 FROM {keys} k;\n");
        let (one, other) = (database(&sql), database(&sql));
        execute(&other, &format!("DELETE FROM t WHERE k = {gone}"));
        assert_eq!(differences(&one, &other), [expected], "{kind}");
    };
    let text = "unnest(ARRAY['b', 'B', 'a', 'ä', 'Z', '', '_', '10', '9', '🐶'])";
    check("text", text, "'ä'", "\"t\" lost 1 row: 10 before, 9 after; k = ä: missing (v = 1)");
    let uuids = "(SELECT md5(n::text)::uuid FROM generate_series(1, 9) n) AS series (k), LATERAL (SELECT k) AS";
    check(
        "uuid",
        uuids,
        "md5('7')::uuid",
        "\"t\" lost 1 row: 9 before, 8 after; k = 8f14e45f-ceea-167a-5a36-dedd4bea2543: missing (v = 1)",
    );
    check(
        "date",
        "generate_series('2024-12-30'::date, '2025-01-12', '1 day')",
        "'2025-01-10'",
        "\"t\" lost 1 row: 14 before, 13 after; k = 2025-01-10: missing (v = 1)",
    );
    check(
        "numeric",
        "unnest(ARRAY[1, 2, 10, 11, 100, -1, 1.5])",
        "10",
        "\"t\" lost 1 row: 7 before, 6 after; k = 10: missing (v = 1)",
    );
    check(
        "bool",
        "unnest(ARRAY[true, false])",
        "false",
        "\"t\" lost 1 row: 2 before, 1 after; k = false: missing (v = 1)",
    );
}

/// Columns with different collations, one of them nondeterministic if the server supports ICU.
#[test]
fn collations() {
    let icu = query(&url("postgres"), "SELECT 1 FROM pg_collation WHERE collprovider = 'i' LIMIT 1").len();
    let lax = [
        "CREATE COLLATION lax FROM \"C\"",
        "CREATE COLLATION lax (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    ];
    let sql = "CREATE TABLE t (id text COLLATE \"POSIX\" PRIMARY KEY, label text COLLATE \"C\", name text COLLATE lax);\nINSERT INTO t VALUES ('x', 'a', 'a');\n";
    let sql = format!("{};\n{sql}", lax[icu]);
    let (one, other) = (database(&sql), database(&sql));
    assert_eq!(differences(&one, &other), [""; 0]);
    execute(&other, "UPDATE t SET name = 'A'");
    assert_eq!(differences(&one, &other), ["\"t\".\"name\" has different values in 1 row; id = x: a → A"]);
}

/// Generated columns, which follow their source, and tables without a key.
#[test]
fn generated_columns_and_missing_keys() {
    let sql = "CREATE TABLE g (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);\nINSERT INTO g VALUES (1, 1);\nCREATE TABLE loose (a int, b text);\nINSERT INTO loose VALUES (1, 'x'), (1, 'x'), (2, NULL);\n";
    let (one, other) = (database(sql), database(sql));
    assert_eq!(differences(&one, &other), [""; 0]);
    execute(&other, "UPDATE g SET n = 2; UPDATE loose SET b = 'y' WHERE a = 2");
    let expected = [
        "\"g\".\"n\" has different values in 1 row; id = 1: 1 → 2",
        "\"g\".\"twice\" has different values in 1 row; id = 1: 2 → 4",
        "\"loose\".\"b\" has values instead of NULL in 1 row; a = 2: NULL → y",
    ];
    assert_eq!(differences(&one, &other), expected);
}

/// Defaults that return another value each time, wherever they are defined.
#[test]
fn volatile_defaults() {
    let sql = "CREATE FUNCTION \"New Id\"() RETURNS text LANGUAGE sql AS 'SELECT md5(random()::text)';
        CREATE DOMAIN stamp AS timestamptz DEFAULT now();
        CREATE TABLE t (a serial PRIMARY KEY, b timestamptz DEFAULT CURRENT_TIMESTAMP, c text DEFAULT \"New Id\"(), d stamp,
            e uuid DEFAULT gen_random_uuid(), f int GENERATED ALWAYS AS IDENTITY, g text DEFAULT 'now()', h text DEFAULT lower('A'),
            i timestamptz DEFAULT '2025-01-01Z', j int GENERATED ALWAYS AS (a + 1) STORED, k date DEFAULT ('now'::text)::date);
        CREATE SCHEMA app; CREATE TABLE app.t (a timestamp DEFAULT timezone('utc', now()));
        CREATE TABLE _rehearsal_runs (a timestamp DEFAULT now());";
    let address = Address::parse(Engine::Postgres, &database(sql)).unwrap();
    let found = block(async {
        let mut connection = Connection::open(&address, Access::Read, Duration::from_secs(5)).await.unwrap();
        let found = compare::volatile_defaults(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        found
    });
    let told: Vec<String> =
        found.iter().map(|d| format!("{}.{} {:?} {}", d.table, d.column, d.source, d.expression)).collect();
    let expected = [
        "app.t.a Clock timezone('utc'::text, now())",
        "t.a Counter nextval('t_a_seq'::regclass)",
        "t.b Clock CURRENT_TIMESTAMP",
        "t.c Chance \"New Id\"()",
        "t.d Clock now()",
        "t.e Chance gen_random_uuid()",
        "t.f Counter identity",
        "t.k Clock ('now'::text)::date",
    ];
    assert_eq!(told, expected);
}
