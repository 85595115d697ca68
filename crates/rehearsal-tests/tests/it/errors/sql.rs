//! SQL that fails in a migration: the message shows file and line, the line with a caret, and the changes that remain.

use super::check;
use crate::suite::with_pets;
use pretty_assertions::assert_eq;
use rehearsal_tests::workspace::{TRAITS, Workspace};

const LABEL: &str = "20250920120000_x";

/// Creates a workspace at the newest version with one more, pending migration.
fn with(up: &str, down: &str) -> Workspace {
    with_pets(TRAITS).tap(|workspace| workspace.migration(LABEL, up, down))
}

#[test]
fn syntax_errors() {
    check(
        "sql_syntax",
        &with("-- Toys.\nCREATE TABLE \"Toy\" (\n    \"id\" TEXT,,\n    \"name\" TEXT\n);\n", ""),
        "migrate pets",
        1,
    );
    check("sql_first_word", &with("CREAT TABLE \"Toy\" (\"id\" TEXT);", ""), "migrate pets", 1);
    check("sql_incomplete", &with("CREATE TABLE \"Toy\" (\"id\" TEXT\n", ""), "migrate pets", 1);
    check("sql_string_not_closed", &with("SELECT 1;\nUPDATE \"Pet\" SET \"name\" = 'Mo;\n", ""), "migrate pets", 1);
    let repeated = "SELECT \"id\" FROM \"Pet\" WHERE \"id\" = 'FROM' ORDER BY \"id\" FROM \"Pet\";";
    check("sql_word_that_is_there_before", &with(repeated, ""), "migrate pets", 1);
    let after_text = "SELECT '🐶 größe 猫', \"Pet\".\"name\" FROM \"Pet\" WHERE WHERE 1;";
    check("sql_after_multi_byte_text", &with(after_text, ""), "migrate pets", 1);
    let crlf = "-- Zwölf Größen.\r\nSELECT 'é',\r\n\t\"id\" FROMM \"Pet\";\r\n";
    check("sql_crlf_and_tabs", &with(crlf, ""), "migrate pets", 1);
    let bom = "\u{feff}SELECT \"id\" FROM FROM \"Pet\";\n";
    check("sql_after_bom", &with(bom, ""), "migrate pets", 1);
    let trigger =
        "CREATE TRIGGER \"t\" AFTER INSERT ON \"Pet\"\nBEGIN\n    SELECT 1;\n    DELETE FORM \"User\";\nEND;\n";
    check("sql_in_a_trigger", &with(trigger, ""), "migrate pets", 1);
    let long = format!("SELECT {}\"a\" FORM \"Pet\"{};", "1 + ".repeat(400), " ".repeat(3000));
    check("sql_in_a_long_line", &with(&long, ""), "migrate pets", 1);
}

#[test]
fn semantic_errors() {
    check("sql_no_column", &with("UPDATE \"Pet\"\nSET \"name\" = 'colour'\nWHERE colour = 1;", ""), "migrate pets", 1);
    check("sql_no_column_qualified", &with("SELECT p.\"name\", p.\"colour\" FROM \"Pet\" p;", ""), "migrate pets", 1);
    check("sql_no_table", &with("SELECT 1;\n\nSELECT * FROM \"Pets\";", ""), "migrate pets", 1);
    check("sql_table_exists", &with("CREATE TABLE \"Pet\" (\"id\" TEXT);", ""), "migrate pets", 1);
    check("sql_column_exists", &with("ALTER TABLE \"Pet\" ADD COLUMN \"traits\" TEXT;", ""), "migrate pets", 1);
    check("sql_no_function", &with("SELECT md5(\"id\") FROM \"Pet\";", ""), "migrate pets", 1);
    let statement_of_constraint = "SELECT 1;\n-- Everybody is called Mo.\nUPDATE \"User\"\nSET \"id\" = 'mo';";
    check("sql_unique", &with(statement_of_constraint, ""), "migrate pets", 1);
    check("sql_not_null", &with("UPDATE \"Pet\" SET \"name\" = NULL;", ""), "migrate pets", 1);
    check("sql_check", &with("UPDATE \"Pet\" SET \"patience\" = 101;", ""), "migrate pets", 1);
    check("sql_foreign_key", &with("UPDATE \"Pet\" SET \"userId\" = 'absent';", ""), "migrate pets", 1);
    let begin = "BEGIN;\nCREATE TABLE \"Toy\" (\"id\" TEXT);\nCOMMIT;";
    check("sql_begin", &with(begin, ""), "migrate pets", 1);
    let commit = "CREATE TABLE \"Toy\" (\"id\" TEXT);\nCOMMIT;\nCREATE TABLE \"Toy\" (\"id\" TEXT);";
    check("sql_commit", &with(commit, ""), "migrate pets", 1);
}

#[test]
fn down_files() {
    let syntax = with("CREATE TABLE \"Toy\" (\"id\" TEXT);", "DROP TABLE \"Toy\";\nDROP TABLE;\n");
    syntax.succeed("migrate pets");
    check("sql_down", &syntax, "migrate pets --revert", 1);
    let missing = with("SELECT 1;", "DROP TABLE \"Toy\";");
    missing.succeed("migrate pets");
    check("sql_down_no_table", &missing, &format!("migrate pets --revert --to {TRAITS}"), 1);
}

#[test]
fn required_backfills() {
    let workspace = with("-- requires-backfill: pet_traits\nSELECT 1;", "");
    check("requires_backfill", &workspace, "migrate pets", 1);
    workspace.succeed("backfill pet_traits --execute");
    workspace.succeed("migrate pets");
}

/// Statements that ran outside a transaction stay in effect, and the message says so.
#[test]
fn no_transaction() {
    let halfway = "-- no-transaction\nCREATE TABLE \"Toy\" (\"id\" TEXT);\nVACUUM;\nCREATE INDEX \"i\" ON \"Toys\" (\"name\");\nSELECT 1;\n";
    let workspace = with(halfway, "");
    workspace.run("migrate pets").check(1, "errors", "sql_no_transaction");
    assert_eq!(tables(&workspace), newest_and(&["Toy"]));
    workspace.run("migrate pets").check(1, "errors", "sql_no_transaction_again");

    let at_once = with("-- no-transaction\nCREATE INDEX \"i\" ON \"Toy\" (\"name\");\nSELECT 1;\n", "");
    check("sql_no_transaction_first_statement", &at_once, "migrate pets", 1);
    assert_eq!(tables(&at_once), newest_and(&[]));

    let down =
        with("CREATE TABLE \"Toy\" (\"id\" TEXT);", "-- no-transaction\nDROP TABLE \"Toy\";\nDROP TABLE \"Toys\";\n");
    down.succeed("migrate pets");
    down.run("migrate pets --revert").check(1, "errors", "sql_no_transaction_down");
    assert_eq!(tables(&down), newest_and(&[]));
}

/// A transaction that the file itself started and did not commit is rolled back, and the message says so.
#[test]
fn transaction_of_its_own() {
    let text = "-- no-transaction\nBEGIN;\nCREATE TABLE \"Toy\" (\"id\" TEXT);\nCREATE TABLE \"Toy\" (\"id\" TEXT);\nCOMMIT;\n";
    let workspace = with(text, "");
    check("sql_begin_without_commit", &workspace, "migrate pets", 1);
    assert_eq!(tables(&workspace), newest_and(&[]));
}

fn tables(workspace: &Workspace) -> Vec<String> {
    workspace.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
}

/// Returns the tables of the newest version and `others`, sorted.
fn newest_and(others: &[&str]) -> Vec<String> {
    let mut tables: Vec<_> = ["Pet", "PetTrait", "Trait", "User", "_sqlx_migrations"]
        .iter()
        .chain(others)
        .map(ToString::to_string)
        .collect();
    tables.sort();
    tables
}
