//! Common migrations that leave nothing wrong behind on PostgreSQL although they come near it, each beside one that does.

use crate::generated_kinds::{Found, compare};
use crate::suite::SUITE;
use rehearsal_tests::shop::{LABEL, Shop};

/// Rehearses two migrations of the shop: one that prepares, and one to examine.
fn check(earlier: &str, up: &str, expect: Found<'_>) {
    let shop = Shop::new(&SUITE);
    shop.migration("20250910120000_more", earlier, "");
    shop.migration(LABEL, up, "");
    compare(&shop.run("ci shop --only generated-rows,populated --json").stdout, expect, up);
}

/// A view that is new, or whose query depends on the clock or on the order of rows, is never in step.
#[test]
fn materialized_views() {
    let more = "INSERT INTO item (id, shelf, label, size) SELECT max(id) + 1, min(shelf), 'copy', 'small' FROM item;";
    let view = |query: &str| format!("CREATE MATERIALIZED VIEW seen AS {query};");
    let count = view("SELECT count(*) AS n FROM item");
    check(&count, more, &[("populated/derived-stale", "seen")]);
    check("SELECT 1;", "CREATE MATERIALIZED VIEW seen AS SELECT count(*) AS n FROM item WITH NO DATA;", &[]);
    check("SELECT 1;", &view("SELECT count(*) AS n, now() AS at FROM item"), &[]);
    let ordered = view("SELECT row_number() OVER () AS n, size FROM item");
    check(&ordered, "UPDATE item SET label = trim(label);", &[]);
}

/// A check that holds only for new rows freezes none in a table without rows.
#[test]
fn checks_that_are_not_valid() {
    let notes = "CREATE TABLE note (id int PRIMARY KEY, body text);";
    check(notes, "ALTER TABLE note ADD CONSTRAINT body_is_set CHECK (body IS NOT NULL) NOT VALID;", &[]);
}

/// A trigger that refuses changes is one on purpose, also under another name of the table.
#[test]
fn triggers_that_refuse() {
    let table = "CREATE TABLE audit (id int PRIMARY KEY, what text);\nINSERT INTO audit VALUES (1, 'created');\n";
    let forbid = "CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$;\n\
                  CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION forbid();";
    check(table, forbid, &[]);
    check(&format!("{table}{forbid}"), "ALTER TABLE audit RENAME TO audit_log;", &[]);
    let broken = forbid.replace("RAISE EXCEPTION 'append-only'", "INSERT INTO nowhere VALUES (1); RETURN NEW");
    check(table, &broken, &[("populated/object-broken", "nowhere")]);
}

/// A foreign key to a table of another schema is as good as any.
#[test]
fn foreign_keys_between_schemas() {
    let two = "CREATE SCHEMA app;\nCREATE TABLE app.maker (id int PRIMARY KEY);\nINSERT INTO app.maker VALUES (1);\n\
               CREATE TABLE part (id int PRIMARY KEY, maker int CONSTRAINT made_by REFERENCES app.maker (id));\nINSERT INTO part VALUES (1, 1);";
    let rebuilt = "CREATE TABLE part_new (LIKE part INCLUDING INDEXES);\nINSERT INTO part_new SELECT * FROM part;\n\
                   DROP TABLE part;\nALTER TABLE part_new RENAME TO part;";
    check(two, rebuilt, &[("populated/schema-lost", "made_by")]);
    let again =
        format!("{rebuilt}\nALTER TABLE part ADD CONSTRAINT made_by FOREIGN KEY (maker) REFERENCES app.maker (id);");
    check(two, &again, &[]);
}

/// A policy that an ordinary owner cannot evaluate lets the migration fail in production only.
#[test]
fn policies_that_fail() {
    let forced = "ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n\
                  CREATE POLICY own ON item USING (label = current_setting('app.label'));";
    let fill = "UPDATE item SET size = 'small' WHERE size = 'small';";
    check(forced, fill, &[("populated/rows-hidden", "app.label")]);
}

/// A script that leaves the schema or the role of the rehearsal.
#[test]
fn scripts_that_look_elsewhere() {
    let app = "CREATE SCHEMA app;";
    let lost = "SET LOCAL search_path TO app, public;\nSET LOCAL ROLE pg_monitor;\nRESET ROLE;\nDELETE FROM item;";
    check(app, lost, &[("generated-rows/data-lost", "item"), ("populated/data-lost", "item")]);
}

/// A view whose column fails although nothing needs it.
#[test]
fn views_that_fail_in_one_column() {
    let view = "CREATE FUNCTION size_of(item int) RETURNS text STABLE LANGUAGE plpgsql AS \
                $$ BEGIN RETURN (SELECT size FROM item i WHERE i.id = item); END $$;\n\
                CREATE VIEW sizes AS SELECT id, size_of(id) AS of FROM item;";
    let rename = "ALTER TABLE item RENAME COLUMN size TO format;";
    check(view, rename, &[("populated/object-broken", "sizes")]);
}

/// The numbers of generated rows may be above the maximum of a counter.
#[test]
fn counters_with_a_small_maximum() {
    let small = "CREATE SEQUENCE small AS int MAXVALUE 9999;\nCREATE TABLE ticket (id bigint PRIMARY KEY DEFAULT nextval('small'), \
                 of text);\nALTER SEQUENCE small OWNED BY ticket.id;";
    check(small, "ALTER TABLE ticket ADD COLUMN seat text;\nUPDATE ticket SET seat = 'any';", &[]);
}
