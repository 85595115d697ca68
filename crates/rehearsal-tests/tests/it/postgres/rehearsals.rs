//! Faults that proofs must catch on PostgreSQL: each case puts faults into the history, and the snapshot shows
//! which proof found them and how it reports the difference.

use super::check;
use crate::suite::SUITE;
use pretty_assertions::assert_eq;
use rehearsal_tests::postgres::{query, url};
use rehearsal_tests::shop::{FIXTURE, LABEL, Shop};

/// Rehearses the shop with one more migration.
fn rehearse(snapshot: &str, exit: i32, up: &str, down: &str) {
    let shop = Shop::new(&SUITE);
    shop.migration(LABEL, up, down);
    check(snapshot, &shop, "ci shop", exit);
}

#[test]
fn losses() {
    let add = "ALTER TABLE item ADD COLUMN label text;";
    rehearse("column_dropped_undeclared", 1, "ALTER TABLE item DROP COLUMN label;", add);
    let declared = "-- loses: \"item\".\"label\", unused\nALTER TABLE item DROP COLUMN label;";
    rehearse("column_dropped_and_declared", 0, declared, add);
    rehearse("rows_deleted_by_cascade", 1, "DELETE FROM shelf WHERE id = 1;", "SELECT 1;");
    let truncated = "ALTER TABLE shelf ALTER name TYPE varchar(3) USING left(name, 3);";
    rehearse("values_truncated", 1, truncated, "ALTER TABLE shelf ALTER name TYPE text;");
}

/// The locks that a migration holds at its end: the strongest one of each table that existed before, under the name that the
/// catalog gives it. Without a transaction, none are known.
#[test]
fn locks() {
    let shop = Shop::new(&SUITE);
    let check = |up: &str, expect: serde_json::Value| {
        shop.migration(LABEL, up, "");
        let ran = shop.run("ci shop --only populated --fresh --json");
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.text()));
        let proofs = report["databases"][0]["proofs"].as_array().unwrap();
        let populated =
            proofs.iter().find(|proof| proof["name"] == "populated").unwrap_or_else(|| panic!("{}", ran.text()));
        let migrations = populated["figures"]["migrations"].as_array().unwrap_or_else(|| panic!("{}", ran.text()));
        let locks: Vec<serde_json::Value> = match &migrations.last().unwrap_or_else(|| panic!("{up}: {}", ran.text()))["locks"]
        {
            serde_json::Value::Null => vec![serde_json::Value::Null],
            locks => locks
                .as_array()
                .unwrap()
                .iter()
                .map(|lock| serde_json::json!([lock["table"], lock["mode"], lock["blocks"]]))
                .collect(),
        };
        assert_eq!(serde_json::Value::Array(locks), expect, "{up}");
    };
    let json = |text: &str| serde_json::from_str(text).unwrap();
    check("SELECT 1;", json("[]"));
    check("CREATE TABLE fresh (id int);", json("[]"));
    check("CREATE INDEX i ON item (id);", json(r#"[["item", "Share", "writes"]]"#));
    check(
        "ALTER TABLE item ADD COLUMN weight int;\nUPDATE shelf SET name = name;",
        json(r#"[["item", "AccessExclusive", "reads"], ["shelf", "RowExclusive", "schema-changes"]]"#),
    );
    check("-- no-transaction\nCREATE INDEX CONCURRENTLY i ON item (id);", json("[null]"));
    // The name does not depend on the search_path.
    shop.migration("20250919120000_app", "CREATE SCHEMA app;\nCREATE TABLE app.thing (id int);", "");
    check(
        "SET search_path TO app, public;\nALTER TABLE thing ADD b int;",
        json(r#"[["app.thing", "AccessExclusive", "reads"]]"#),
    );
}

/// A dropped column with one constant value does not count as renamed because a new column has the same value. A
/// column that the file renames does.
#[test]
fn renamed_or_replaced_columns() {
    let flag = "ALTER TABLE item ADD COLUMN hidden boolean NOT NULL DEFAULT true;";
    let add = "ALTER TABLE item ADD COLUMN old boolean NOT NULL DEFAULT true;";
    let with = |up: &str, down: &str| {
        let shop = Shop::new(&SUITE);
        shop.migration("20250919120000_old", add, "ALTER TABLE item DROP COLUMN old;");
        shop.migration(LABEL, up, down);
        shop
    };
    let dropped = with(
        &format!("ALTER TABLE item DROP COLUMN old;\n{flag}"),
        &format!("ALTER TABLE item DROP COLUMN hidden;\n{add}"),
    );
    check("flag_dropped_for_another", &dropped, "ci shop", 1);
    let (up, down) = ("ALTER TABLE item RENAME old TO hidden;", "ALTER TABLE item RENAME hidden TO old;");
    with(up, down).succeed("ci shop");
    // A table is renamed together with its column; and a trigger of an earlier version reads the clock.
    let up = "ALTER TABLE item RENAME TO thing;\nALTER TABLE thing RENAME label TO name;";
    with(up, "ALTER TABLE thing RENAME name TO label;\nALTER TABLE thing RENAME TO item;").succeed("ci shop");
    let touch = "ALTER TABLE item ADD COLUMN at timestamptz;\n\
                 CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at := now(); RETURN NEW; END $$;\n\
                 CREATE TRIGGER touch BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch();";
    let shop = Shop::new(&SUITE);
    shop.migration(LABEL, touch, "DROP TRIGGER touch ON item;\nDROP FUNCTION touch;\nALTER TABLE item DROP COLUMN at;");
    shop.migration("20250921120000_more", "UPDATE item SET label = coalesce(label, '');", "");
    shop.succeed("ci shop");
}

/// Narrowed values, each reported as its own kind of loss, and a table that is dropped with its rows.
#[test]
fn narrowed_values() {
    let shop = Shop::new(&SUITE);
    let up = "CREATE TABLE reading (id int PRIMARY KEY, price numeric, share float8, at timestamptz, day timestamptz, code text);\n\
              INSERT INTO reading VALUES (1, 1.234, 0.123456789, '2025-01-01 10:00Z', '2025-01-01 10:00Z', 'abcdef'), \
              (2, 1.5, 0.5, '2025-01-01 00:00Z', '2025-01-01 00:00Z', 'abc');";
    shop.migration("20250919120000_readings", up, "DROP TABLE reading;");
    let up = "ALTER TABLE reading ALTER price TYPE numeric(10,2), ALTER share TYPE real, ALTER at TYPE timestamp, ALTER day TYPE date, \
              ALTER code TYPE varchar(3) USING left(code, 3);";
    shop.migration(LABEL, up, "");
    shop.migration("20250921120000_y", "DROP TABLE reading;", "");
    check("values_narrowed", &shop, "ci shop", 1);
}

/// Changes of type that preserve the meaning of the values.
#[test]
fn widened_types() {
    let shop = Shop::new(&SUITE);
    let up = "CREATE TABLE reading (id int PRIMARY KEY, n int, code varchar(9), size text, data json, price numeric(10,2), at date, \
              word text, flag int, key text, empty text, twice int GENERATED ALWAYS AS (id * 2) STORED);\n\
              INSERT INTO reading VALUES (1, 7, 'abc', 'small', '{\"b\":1, \"a\":[1.50,null]}', 1.5, '2025-01-01', '2025-01-01T10:00:00Z', 1, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', NULL), \
              (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);";
    shop.migration("20250919120000_readings", up, "DROP TABLE reading;");
    let up = "ALTER TABLE reading ALTER n TYPE bigint, ALTER code TYPE text, ALTER size TYPE size USING size::size, ALTER data TYPE jsonb, \
              ALTER price TYPE numeric(12,4), ALTER at TYPE timestamptz USING at::timestamp AT TIME ZONE 'UTC', ALTER word TYPE timestamptz USING word::timestamptz, \
              ALTER flag TYPE bool USING flag <> 0, ALTER key TYPE uuid USING key::uuid, DROP COLUMN empty, DROP COLUMN twice;\n\
              UPDATE reading SET code = '' WHERE code IS NULL;\nALTER TABLE reading ALTER code SET NOT NULL;";
    shop.migration(LABEL, up, "");
    shop.succeed("ci shop");
}

/// A value from the clock, from chance or from a counter differs when the migration is applied again, which is not
/// a fault.
#[test]
fn values_from_the_clock_chance_or_a_counter() {
    let shop = Shop::new(&SUITE);
    let up = "ALTER TABLE shelf ADD COLUMN at timestamptz NOT NULL DEFAULT now(), ADD COLUMN key uuid NOT NULL DEFAULT gen_random_uuid();\n\
              ALTER TABLE item ADD COLUMN seen timestamp;\nUPDATE item SET seen = clock_timestamp();\n\
              CREATE TABLE event (id serial PRIMARY KEY, at date DEFAULT CURRENT_DATE, name text);\nINSERT INTO event (name) VALUES ('a'), ('b');\n\
              CREATE TABLE draw (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text);\nINSERT INTO draw (name) VALUES ('a'), ('b');";
    let down = "DROP TABLE draw;\nDROP TABLE event;\nALTER TABLE item DROP COLUMN seen;\nALTER TABLE shelf DROP COLUMN at, DROP COLUMN key;";
    shop.migration(LABEL, up, down);
    shop.succeed("ci shop");
    // The table may be without a key.
    let keyless = "CREATE TABLE log (name text, at timestamptz);\nINSERT INTO log VALUES ('a', NULL), ('b', NULL);\nUPDATE log SET at = clock_timestamp();";
    let other = Shop::new(&SUITE);
    other.migration(LABEL, keyless, "DROP TABLE log;");
    other.succeed("ci shop");
    // Such values do not hide a fault.
    shop.migration("20250921120000_y", "UPDATE item SET label = 'x' WHERE id = 1;", "SELECT 1;");
    check("clock_beside_a_fault", &shop, "ci shop", 1);
}

/// Rows on another server are not compared, and a note says so.
#[test]
fn foreign_tables() {
    let shop = Shop::new(&SUITE);
    let up = "CREATE EXTENSION file_fdw;\nCREATE SERVER files FOREIGN DATA WRAPPER file_fdw;\n\
              CREATE FOREIGN TABLE line (text text) SERVER files OPTIONS (filename '/nowhere');";
    shop.migration(LABEL, up, "DROP EXTENSION file_fdw CASCADE;");
    check("foreign_table", &shop, "ci shop", 0);
}

/// A history with several faults, among them a down file that changes one line of a function.
#[test]
fn faults_of_a_history() {
    let shop = Shop::new(&SUITE);
    let function = |line: &str| {
        format!(
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  {line}\n  RETURN 2;\nEND\n$$;"
        )
    };
    shop.migration("20250919120000_f", &function("RETURN 1;"), "DROP FUNCTION f();");
    shop.migration("20250920120000_g", &function("RETURN 3;"), &function("RETURN 4;"));
    shop.migration("20250921120000_h", "CREATE INDEX item_label ON item (label);", "DROP INDEX item_labels;");
    shop.migration(
        "20250922120000_i",
        "CREATE TABLE toy (id int PRIMARY KEY, name text DEFAULT now()::text);",
        "SELECT 1;",
    );
    check("faults_of_a_history", &shop, "ci shop", 1);
}

/// All values are preserved under another name.
#[test]
fn renamed_tables_and_columns() {
    let shop = Shop::new(&SUITE);
    shop.migration(LABEL, "ALTER TABLE item RENAME TO thing;", "ALTER TABLE thing RENAME TO item;");
    let (there, back) = ("RENAME COLUMN label TO title", "RENAME COLUMN title TO label");
    let label = "20250921120000_y";
    shop.migration(label, &format!("ALTER TABLE thing {there};"), &format!("ALTER TABLE thing {back};"));
    shop.succeed("ci shop");
}

pub(super) const LEFT: &str = r#"
CREATE INDEX item_label_idx ON item (lower(label)) WHERE id > 1;
CREATE TYPE colour AS ENUM ('red');
CREATE TYPE pair AS (a int, b text);
ALTER TYPE size ADD VALUE 'huge';
CREATE DOMAIN word AS text CHECK (VALUE <> '');
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1';
CREATE TRIGGER t BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION f();
COMMENT ON TABLE item IS 'Things';
COMMENT ON COLUMN item.label IS 'Words';
GRANT SELECT ON item TO PUBLIC;
GRANT UPDATE (name) ON shelf TO PUBLIC;
ALTER TABLE item ADD CHECK (id > 0);
ALTER TABLE item ALTER label SET DEFAULT 'none', ALTER size DROP NOT NULL;
CREATE SEQUENCE s START 7;
CREATE VIEW v AS SELECT id FROM item;
CREATE MATERIALIZED VIEW m AS SELECT id FROM item;
ALTER TABLE item ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON item USING (id > 0);
CREATE SCHEMA "My Schema";
CREATE TABLE "My Schema".t (id int);
CREATE TYPE "My Schema".size AS ENUM ('small', 'large');
CREATE EXTENSION hstore;
ALTER TABLE item ADD COLUMN twice int GENERATED ALWAYS AS (id * 2) STORED;
CREATE TABLE parted (id int) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (9);
ALTER TABLE shelf REPLICA IDENTITY FULL, ALTER name SET STORAGE EXTERNAL, ALTER name SET STATISTICS 7;
CREATE RULE quiet AS ON DELETE TO shelf DO INSTEAD NOTHING;
CREATE STATISTICS together ON shelf, label FROM item;
GRANT USAGE ON TYPE size TO PUBLIC;
REVOKE USAGE ON TYPE size FROM PUBLIC;
CREATE FUNCTION secret() RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION secret() FROM PUBLIC;
GRANT SELECT ON SEQUENCE s TO PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
COMMENT ON FUNCTION secret() IS 'Hush';
COMMENT ON TYPE colour IS 'Red';
COMMENT ON CONSTRAINT item_pkey ON item IS 'Key';
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE COLLATION short (LOCALE = 'C');
CREATE OPERATOR <+> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
CREATE TYPE span AS RANGE (SUBTYPE = int);
CREATE PUBLICATION news FOR TABLE shelf;
CREATE TABLE child (n int) INHERITS (shelf);
CREATE TABLE bare ();
"#;

#[test]
fn incomplete_down_files() {
    rehearse("down_leaves_everything", 1, LEFT, "SELECT 1;");
    rehearse("down_leaves_a_comment_on_public", 1, "COMMENT ON SCHEMA public IS 'Ours';", "SELECT 1;");
}

#[test]
fn order_of_labels_and_columns() {
    let up = "ALTER TABLE item ALTER size DROP DEFAULT;\nALTER TYPE size RENAME TO old;\n\
              CREATE TYPE size AS ENUM ('large', 'small');\nALTER TABLE item ALTER size TYPE size USING size::text::size;\n\
              ALTER TABLE item ALTER size SET DEFAULT 'small';\nDROP TYPE old;";
    rehearse("enum_order", 1, up, "SELECT 1;");
    let up = "-- loses: \"item\".\"label\", derived\nALTER TABLE item DROP COLUMN label;";
    rehearse("column_order", 0, up, "ALTER TABLE item ADD COLUMN label text;");
}

#[test]
fn preserved_checks() {
    let shop = Shop::new(&SUITE);
    shop.migration(LABEL, "ALTER TABLE item RENAME TO thing;", "ALTER TABLE thing RENAME TO item;");
    let query = "-- kind: preserved\nSELECT id, label FROM item;\n-- after\nSELECT id, label FROM thing;\n";
    shop.check_file("things_preserved", query);
    shop.succeed("ci shop");
    let up = "-- loses: \"item\", all are cups\nALTER TABLE item RENAME TO thing;\nUPDATE thing SET label = 'cup';";
    shop.migration(LABEL, up, "ALTER TABLE thing RENAME TO item;");
    check("preserved_and_is_not", &shop, "ci shop", 1);
}

const SOUND: &str = r#"
ALTER TABLE item ADD COLUMN colour text;
CREATE TABLE toy (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT now());
CREATE TYPE pair AS (a int, b text);
ALTER TABLE item ADD COLUMN p pair;
CREATE TABLE parted (id int, n int) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (9);
INSERT INTO parted VALUES (1, 2);
CREATE MATERIALIZED VIEW m AS SELECT id, label FROM item;
CREATE SCHEMA "My Schema";
CREATE TABLE "My Schema"."a ""b"" c" ("i ""d""" int PRIMARY KEY, "größe" text);
INSERT INTO "My Schema"."a ""b"" c" VALUES (1, 'x');
CREATE EXTENSION hstore;
ALTER TABLE item ADD COLUMN h hstore DEFAULT 'a=>1';
INSERT INTO shelf VALUES (3, 'a row that comes is no loss');
ALTER TABLE shelf ADD COLUMN at timestamptz;
ALTER TABLE shelf ALTER at SET DEFAULT now();
GRANT SELECT ON shelf TO PUBLIC;
CREATE TABLE bare ();
"#;
const SOUND_DOWN: &str = r#"
DROP TABLE bare;
REVOKE SELECT ON shelf FROM PUBLIC;
ALTER TABLE shelf DROP COLUMN at;
DELETE FROM shelf WHERE id = 3;
ALTER TABLE item DROP COLUMN h, DROP COLUMN p, DROP COLUMN colour;
DROP EXTENSION hstore;
DROP SCHEMA "My Schema" CASCADE;
DROP MATERIALIZED VIEW m;
DROP TABLE parted;
DROP TYPE pair;
DROP TABLE toy;
"#;

/// A file that hides `_sqlx_migrations` by an empty search path, like the output of pg_dump.
#[test]
fn search_path() {
    let shop = Shop::new(&SUITE);
    shop.migration(LABEL, "SELECT pg_catalog.set_config('search_path', '', false);\nSELECT 1;", "SELECT 1;");
    check("search_path_hides_the_books", &shop, "migrate shop", 1);
}

/// Every database that a failure names still exists.
#[test]
fn databases_of_failures_are_kept() {
    let shop = Shop::new(&SUITE);
    shop.migration(LABEL, "DELETE FROM item;", "SELECT 1;");
    for name in ["one", "two", "three"] {
        shop.workspace.write(&format!("fixtures/shop/{name}.sql"), FIXTURE);
    }
    let told = shop.run("ci shop -v").stdout;
    let kept: Vec<&str> =
        told.lines().filter_map(|line| line.trim().strip_prefix("database ")).map(str::trim).collect();
    assert!(kept.len() > 4, "{told}");
    let socket = url("").split_once("?host=").unwrap().1.to_owned();
    for place in kept {
        let place = place.replace("<server>", &socket);
        assert_eq!(query(&place, "SELECT count(*) >= 0 FROM shelf"), ["t"], "{place}");
    }
}

/// A sequence that is created again for existing rows returns their numbers again.
#[test]
fn sequences() {
    let shop = Shop::new(&SUITE);
    let up = "CREATE TABLE toy (id serial PRIMARY KEY, name text);\nINSERT INTO toy (name) SELECT 'toy' FROM generate_series(1, 9);";
    shop.migration(LABEL, up, "DROP TABLE toy;");
    let up = "ALTER TABLE toy ALTER id DROP DEFAULT;\nDROP SEQUENCE toy_id_seq;";
    let down = "CREATE SEQUENCE toy_id_seq OWNED BY toy.id;\nALTER TABLE toy ALTER id SET DEFAULT nextval('toy_id_seq'), ALTER id SET NOT NULL;";
    shop.migration("20250922120000_z", up, &down.replace("OWNED BY", "AS int OWNED BY"));
    check("sequence_behind", &shop, "ci shop", 1);
    shop.migration(
        "20250922120000_z",
        up,
        &format!("{}\nSELECT setval('toy_id_seq', 9);", down.replace("OWNED BY", "AS int OWNED BY")),
    );
    shop.succeed("ci shop");
}

/// Difficult migrations without a fault.
#[test]
fn sound_migrations() {
    let shop = Shop::new(&SUITE);
    shop.migration(LABEL, SOUND, SOUND_DOWN);
    shop.migration("20250922120000_z", "ALTER TYPE pair ADD ATTRIBUTE c int;", "ALTER TYPE pair DROP ATTRIBUTE c;");
    // Settings of the session stay in effect, but do not influence the comparison.
    let up = "SET search_path TO app, public;\nSET timezone TO 'Asia/Tokyo';\nCREATE SCHEMA app;\n\
              CREATE TABLE dated (id serial PRIMARY KEY, at timestamptz);\nALTER SEQUENCE dated_id_seq RESTART WITH 10000;\n\
              INSERT INTO dated (at) VALUES ('2025-01-01 00:00 UTC');\nRESET search_path;";
    shop.migration("20250924120000_sets", up, "DROP SCHEMA app CASCADE;");
    let up = "ALTER TABLE app.dated SET (fillfactor = 90, autovacuum_enabled = true);\nALTER SEQUENCE app.dated_id_seq INCREMENT BY 50;\n\
              SELECT setval('app.dated_id_seq', 20000, false);";
    let down = "ALTER SEQUENCE app.dated_id_seq INCREMENT BY 1;\nALTER TABLE app.dated RESET (fillfactor, autovacuum_enabled);";
    shop.migration("20250925120000_options", up, down);
    let up = "ALTER TABLE app.dated SET (autovacuum_enabled = true, fillfactor = 90);";
    let down = "ALTER TABLE app.dated RESET (autovacuum_enabled);\nALTER TABLE app.dated SET (fillfactor = 70);\n\
                ALTER TABLE app.dated SET (fillfactor = 90, autovacuum_enabled = true);";
    shop.migration("20250926120000_order", up, down);
    let (other, one) = ("CURRENT_TIMESTAMP", "now()");
    let default = |default: &str| format!("ALTER TABLE shelf ALTER at SET DEFAULT {default};");
    shop.migration("20250923120000_now", &default(other), &default(one));
    let apart = "-- no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE INDEX CONCURRENTLY i ON item (label);\nVACUUM item;";
    shop.migration("20250921120000_y", apart, "-- no-transaction\nDROP INDEX CONCURRENTLY i;\n");
    shop.succeed("ci shop");
}
