//! SQL that fails on PostgreSQL: the message shows file, line and column, the line with a caret, and the changes
//! that remain.

use super::check;
use crate::suite::SUITE;
use pretty_assertions::assert_eq;
use rehearsal_tests::shop::{FIXTURE, Shop};

/// Returns the tables of the shop, without `_sqlx_migrations`.
fn tables(shop: &Shop) -> Vec<String> {
    shop.query("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname !~ '^_' ORDER BY 1")
}

/// Checks that a migration fails as a whole: it changes nothing and is not recorded as applied.
fn refused(snapshot: &str, up: &str) {
    let shop = Shop::with(&SUITE, up, "");
    check(snapshot, &shop, "migrate shop", 1);
    assert_eq!(tables(&shop), ["item", "shelf"], "{snapshot}");
    assert_eq!(shop.query("SELECT count(*) FROM _sqlx_migrations"), ["1"], "{snapshot}");
}

#[test]
fn syntax_errors() {
    refused("sql_pg_syntax", "-- Toys.\nCREATE TABLE toy (\n    id int,,\n    name text\n);\n");
    refused("sql_pg_first_word", "CREATE TABLE toy (id int);\nCREAT TABLE ball (id int);\n");
    refused("sql_pg_string_not_closed", "SELECT 1;\nUPDATE shelf SET name = 'Mo;");
    refused("sql_pg_dollars_not_closed", "SELECT 1;\nDO $x$ BEGIN NULL; END $$;");
    refused("sql_pg_after_multi_byte_text", "SELECT '🐶 größe 猫', name FROM shelf WHERE WHERE true;");
    refused("sql_pg_crlf_and_tabs", "-- Zwölf Größen.\r\nSELECT 'é',\r\n\tid FROMM shelf s, item;\r\n");
    let function =
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n    -- größe; 🐶\n    RETURN 1 +;\nEND $$;\n";
    refused("sql_pg_in_a_function", function);
    let atomic = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC\n    SELECT 1;\n    SELECT nix;\nEND;\n";
    refused("sql_pg_in_an_atomic_function", atomic);
}

#[test]
fn semantic_errors() {
    refused("sql_pg_no_column", "CREATE TABLE toy (id int);\nUPDATE shelf\nSET name = 'colour'\nWHERE colour = 'é';");
    refused("sql_pg_no_table", "SELECT 1;\n\nSELECT * FROM shelves;");
    refused("sql_pg_no_function", "SELECT 'ü', sha1(name) FROM shelf;");
    refused("sql_pg_table_exists", "CREATE TABLE shelf (id int);");
    refused("sql_pg_unique", "SELECT 1;\n-- All are one.\nUPDATE shelf\nSET id = 7;");
    refused("sql_pg_not_null", "UPDATE shelf SET name = NULL;");
    refused("sql_pg_foreign_key", "UPDATE item SET shelf = 9;");
    refused("sql_pg_enum_value", "UPDATE item SET size = 'medium';");
    refused("sql_pg_raise", "DO $$\nBEGIN\n    RAISE EXCEPTION 'größe %', 7;\nEND $$;");
    refused("sql_pg_in_a_do", "DO $$\nBEGIN\n    UPDATE shelf SET colour = 1;\nEND $$;");
    refused("sql_pg_concurrently_in_a_transaction", "CREATE INDEX CONCURRENTLY shelf_name_idx ON shelf (name);");
}

#[test]
fn errors_in_down_files_fixtures_and_checks() {
    let shop = Shop::with(&SUITE, "CREATE TABLE toy (id int);", "DROP TABLE toy;\nDROP TABLE 'größe';\n");
    shop.succeed("migrate shop");
    check("sql_pg_down", &shop, "migrate shop --revert", 1);
    assert_eq!(tables(&shop), ["item", "shelf", "toy"]);

    let shop = Shop::new(&SUITE);
    shop.workspace.write("fixtures/shop/populated.sql", FIXTURE.replace("'small'), (2", "'tiny'), (2"));
    check("sql_pg_fixture", &shop, "ci shop", 1);

    let shop = Shop::with(&SUITE, "SELECT 1;", "SELECT 1;");
    shop.check_file("colours", "SELECT 'größe', colour FROM shelf;\n");
    check("sql_pg_check", &shop, "verify shop", 1);
}

/// Each statement is sent separately, and completed statements stay in effect.
#[test]
fn no_transaction() {
    let up = "-- no-transaction\nALTER TYPE size ADD VALUE 'huge';\nUPDATE item SET size = 'huge' WHERE id = 1;\nCREATE INDEX CONCURRENTLY item_label_idx ON item (label);\nVACUUM item;\n";
    let good = Shop::with(&SUITE, up, "");
    good.succeed("migrate shop");
    assert_eq!(good.query("SELECT size FROM item WHERE id = 1"), ["huge"]);

    let up = "-- no-transaction\nCREATE TABLE toy (id int);\nCREATE INDEX CONCURRENTLY item_colour_idx ON item (colour);\nSELECT 1;\n";
    let midway = Shop::with(&SUITE, up, "");
    check("sql_pg_no_transaction", &midway, "migrate shop", 1);
    assert_eq!(tables(&midway), ["item", "shelf", "toy"]);
    assert_eq!(midway.query("SELECT count(*) FROM _sqlx_migrations"), ["1"], "the migration is not recorded");

    let at_once =
        Shop::with(&SUITE, "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON shelf (colour);\nSELECT 1;\n", "");
    check("sql_pg_no_transaction_first_statement", &at_once, "migrate shop", 1);
}
