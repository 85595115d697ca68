//! The kinds of rows that *generated-rows* makes on PostgreSQL: each fails or loses data in one migration, and a sound twin passes.

use crate::generated_kinds::{Found, compare};
use crate::suite::SUITE;
use rehearsal_tests::shop::{LABEL, Shop};

/// Rehearses a migration after another one, without rows in the tables that the first one creates.
fn check(create: &str, up: &str, expect: Found<'_>) {
    let shop = Shop::new(&SUITE);
    shop.migration("20250910120000_create", create, "");
    shop.migration(LABEL, up, "");
    compare(&shop.run("ci shop --only generated-rows --json").stdout, expect, up);
}

const FAILED: &str = "generated-rows/migration-failed";
const LOST: &str = "generated-rows/data-lost";

#[test]
fn kinds_of_rows() {
    let user = "CREATE TABLE usr (id int PRIMARY KEY, email text NOT NULL UNIQUE);";
    check(user, "CREATE UNIQUE INDEX usr_email ON usr (lower(email));", &[(FAILED, "duplicate")]);
    check(user, "CREATE UNIQUE INDEX usr_email ON usr (email, id);", &[]);

    let event = "CREATE TABLE event (id int PRIMARY KEY, body json NOT NULL);";
    // NUL fails, and of two equal keys only the last is kept.
    check(event, "ALTER TABLE event ALTER body TYPE jsonb;", &[(FAILED, "u0000"), (LOST, "event")]);
    check(event, "ALTER TABLE event ADD CHECK (body IS NOT NULL);", &[]);
    let document = "CREATE TABLE document (id int PRIMARY KEY, body jsonb);";
    let object = "ALTER TABLE document ADD CHECK (jsonb_typeof(body) = 'object');";
    check(
        document,
        &format!("DELETE FROM document WHERE body IS NULL; {object}")
            .replace("DELETE", "-- loses: document, empty ones\nDELETE"),
        &[(FAILED, "document")],
    );

    let step = "CREATE TABLE step (id int PRIMARY KEY, list int NOT NULL, place int NOT NULL, UNIQUE (list, place));";
    check(
        step,
        "-- loses: step.place, moved by one\nUPDATE step SET place = place + 1 WHERE place BETWEEN 0 AND 8000000;",
        &[(FAILED, "duplicate key")],
    );

    let role = "CREATE TABLE role (id serial PRIMARY KEY, name text NOT NULL);";
    check(role, "INSERT INTO role (id, name) VALUES (1, 'admin');", &[(FAILED, "numbers that it inserts")]);
    check(role, "INSERT INTO role (name) VALUES ('admin');", &[]);

    let parts = "CREATE TABLE log (id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);\nCREATE TABLE log_other PARTITION OF log DEFAULT;";
    let part = "CREATE TABLE log_2031 PARTITION OF log FOR VALUES FROM ('2031-01-01') TO ('2032-01-01');";
    check(parts, part, &[(FAILED, "default partition")]);

    let family = "CREATE TABLE parent (id int PRIMARY KEY);\nCREATE TABLE child (id int PRIMARY KEY, parent int NOT NULL REFERENCES parent, label text NOT NULL);";
    let label = "ALTER TABLE parent ADD COLUMN label text;\nUPDATE parent SET label = (SELECT label FROM child WHERE parent = parent.id);";
    check(family, &label.replace("parent = parent.id", "child.parent = parent.id"), &[(FAILED, "more than one row")]);
    check(
        family,
        &label.replace("SELECT label", "SELECT min(label)").replace("parent = parent.id", "child.parent = parent.id"),
        &[],
    );

    let refers = "ALTER TABLE child ADD COLUMN other int NOT NULL DEFAULT 1 REFERENCES parent;";
    check(family, &refers.replace("DEFAULT 1", "DEFAULT -5"), &[(FAILED, "the default of the new column")]);
}

/// A text column that becomes an enum has rows with the labels of that enum, also with one that is added just before.
#[test]
fn labels_of_enums() {
    let toy =
        "CREATE TYPE colour AS ENUM ('red', 'blue');\nCREATE TABLE toy (id int PRIMARY KEY, colour text NOT NULL);";
    let convert = "ALTER TABLE toy ALTER colour TYPE colour USING colour::colour;";
    check(toy, convert, &[]);
    check(toy, &format!("ALTER TYPE colour ADD VALUE 'green';\n{convert}"), &[(FAILED, "unsafe use")]);
}

#[test]
fn pending_trigger_events() {
    let tables = "CREATE TABLE parent (id int PRIMARY KEY);\nCREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);";
    let moved = "INSERT INTO child SELECT id - 100000, id FROM parent WHERE id > 1000000;\nALTER TABLE child ADD COLUMN note text;\nALTER TABLE child ALTER parent SET NOT NULL;";
    check(tables, moved, &[(FAILED, "pending trigger events")]);
    check(
        tables,
        &format!(
            "SET CONSTRAINTS ALL IMMEDIATE;\n{}",
            moved.replace("ALTER TABLE child ALTER parent SET NOT NULL;", "")
        ),
        &[],
    );
}
