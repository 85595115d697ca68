//! Fingerprints on every type: a value that is another is named by its column, with what it was and what it is; and equal
//! databases have equal fingerprints.

use super::{execute, query, unique, url};
use crate::database::block;
use pretty_assertions::assert_eq;
use std::time::Duration;
use xtask::engine::{Access, Address, Connection, Engine};
use xtask::fingerprint;

/// A type, a value, another one, and how the difference between the two reads; where it is not just the two texts.
const TYPES: &[(&str, &str, &str, &str)] = &[
    ("bool", "true", "false", "true → false"),
    ("int2", "1", "2", "1 → 2"),
    ("int8", "9007199254740993", "9007199254740992", "9007199254740993 → 9007199254740992"),
    ("float4", "0.1", "0.10000001", "0.1 → 0.10000001"),
    ("float8", "'NaN'", "'Infinity'", "NaN → Infinity"),
    ("float8", "'-Infinity'", "NULL", "-Infinity → NULL"),
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

/// A database of these statements.
fn database(sql: &str) -> String {
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    execute(&url(&name), sql);
    url(&name)
}

/// What differs between the rows of two databases, and the rows that show it.
fn differences(before: &str, after: &str) -> Vec<String> {
    block(async {
        let open = async |url: &str| {
            let address = Address::parse(Engine::Postgres, url).unwrap();
            Connection::open(&address, Access::Read, Duration::from_secs(5)).await.unwrap()
        };
        let (mut before, mut after) = (open(before).await, open(after).await);
        let old = fingerprint::content(&mut before, &[]).await.unwrap();
        let new = fingerprint::content(&mut after, &[]).await.unwrap();
        let found = fingerprint::explain(&mut before, &mut after, &[], old.compare(&new)).await.unwrap();
        before.close().await.unwrap();
        after.close().await.unwrap();
        let told = found.iter().map(|difference| {
            let examples = difference.examples().iter().map(|example| format!("; {example}"));
            format!("{difference}{}", examples.collect::<String>())
        });
        told.collect()
    })
}

/// One table with all the types; both databases have the first values, then one the others.
#[test]
fn every_type() {
    let columns = TYPES.iter().enumerate().map(|(n, (kind, ..))| format!(", c{n:02} {kind}")).collect::<String>();
    let values = TYPES.iter().map(|(_, value, ..)| format!(", {value}")).collect::<String>();
    // The second row stays, and has what is hard to compare.
    let sql = format!(
        "{PREPARE}CREATE TABLE t (id int PRIMARY KEY{columns});\nINSERT INTO t VALUES (1{values}), (2{values});\n"
    );
    let (one, other) = (database(&sql), database(&sql));
    assert_eq!(differences(&one, &other), [""; 0]);
    let others = TYPES.iter().enumerate().map(|(n, (_, _, value, _))| format!("c{n:02} = {value}"));
    execute(&other, &format!("UPDATE t SET {} WHERE id = 1", others.collect::<Vec<_>>().join(", ")));
    let found = differences(&one, &other);
    for (n, (kind, value, other, reads)) in TYPES.iter().enumerate() {
        let named = format!("\"t\".\"c{n:02}\" holds other values in 1 row; id = 1: ");
        let told = found.iter().find_map(|difference| difference.strip_prefix(&named));
        let Some(told) = told else { panic!("{kind}: {value} → {other} is not told of in\n{}", found.join("\n")) };
        assert!(reads.is_empty() || told == *reads, "{kind}: {told}");
    }
    assert_eq!(found.len(), TYPES.len());
}

/// Types as keys: rows that are the same find each other, whatever the order of keys is.
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
    check("text", text, "'ä'", "\"t\" lost 1 row: 10 before, 9 after; k = ä: gone");
    let uuids = "(SELECT md5(n::text)::uuid FROM generate_series(1, 9) n) AS series (k), LATERAL (SELECT k) AS";
    check(
        "uuid",
        uuids,
        "md5('7')::uuid",
        "\"t\" lost 1 row: 9 before, 8 after; k = 8f14e45f-ceea-167a-5a36-dedd4bea2543: gone",
    );
    check(
        "date",
        "generate_series('2024-12-30'::date, '2025-01-12', '1 day')",
        "'2025-01-10'",
        "\"t\" lost 1 row: 14 before, 13 after; k = 2025-01-10: gone",
    );
    check(
        "numeric",
        "unnest(ARRAY[1, 2, 10, 11, 100, -1, 1.5])",
        "10",
        "\"t\" lost 1 row: 7 before, 6 after; k = 10: gone",
    );
    check("bool", "unnest(ARRAY[true, false])", "false", "\"t\" lost 1 row: 2 before, 1 after; k = false: gone");
}

/// Collations that differ between columns, and one that takes different texts for equal, where the server has such.
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
    assert_eq!(differences(&one, &other), ["\"t\".\"name\" holds other values in 1 row; id = x: a → A"]);
}

/// Generated columns follow their source; and there are tables without a key.
#[test]
fn shapes() {
    let sql = "CREATE TABLE g (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);\nINSERT INTO g VALUES (1, 1);\nCREATE TABLE loose (a int, b text);\nINSERT INTO loose VALUES (1, 'x'), (1, 'x'), (2, NULL);\n";
    let (one, other) = (database(sql), database(sql));
    assert_eq!(differences(&one, &other), [""; 0]);
    execute(&other, "UPDATE g SET n = 2; UPDATE loose SET b = 'y' WHERE a = 2");
    let expected = [
        "\"g\".\"n\" holds other values in 1 row; id = 1: 1 → 2",
        "\"g\".\"twice\" holds other values in 1 row; id = 1: 2 → 4",
        "\"loose\" lost 1 row and gained 1: 3 before, 3 after; a = 2, b = NULL: gone; a = 2, b = y: new",
    ];
    assert_eq!(differences(&one, &other), expected);
}

/// Defaults that give another value each time, wherever they stand.
#[test]
fn volatile_defaults() {
    let sql = "CREATE FUNCTION \"New Id\"() RETURNS text LANGUAGE sql AS 'SELECT md5(random()::text)';
        CREATE DOMAIN stamp AS timestamptz DEFAULT now();
        CREATE TABLE t (a serial PRIMARY KEY, b timestamptz DEFAULT CURRENT_TIMESTAMP, c text DEFAULT \"New Id\"(), d stamp,
            e uuid DEFAULT gen_random_uuid(), f int GENERATED ALWAYS AS IDENTITY, g text DEFAULT 'now()', h text DEFAULT lower('A'),
            i timestamptz DEFAULT '2025-01-01Z', j int GENERATED ALWAYS AS (a + 1) STORED, k date DEFAULT ('now'::text)::date);
        CREATE SCHEMA app; CREATE TABLE app.t (a timestamp DEFAULT timezone('utc', now()));
        CREATE TABLE _xtask_runs (a timestamp DEFAULT now());";
    let address = Address::parse(Engine::Postgres, &database(sql)).unwrap();
    let found = block(async {
        let mut connection = Connection::open(&address, Access::Read, Duration::from_secs(5)).await.unwrap();
        let found = fingerprint::volatile_defaults(&mut connection).await.unwrap();
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
