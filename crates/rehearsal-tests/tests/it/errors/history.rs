//! Faults of a history, all of which are found before any statement runs, and warnings.

use super::check;
use crate::suite::{new_workspace, with_pets};
use rehearsal_tests::workspace::{CREATED, TRAITS, Workspace};

/// Creates a workspace with one more file among its migrations.
fn with(file: &str, text: impl AsRef<[u8]>) -> Workspace {
    new_workspace().tap(|workspace| workspace.write(&format!("migrations/pets/{file}"), text))
}

const SQL: &str = "CREATE TABLE \"Toy\" (\"id\" TEXT PRIMARY KEY NOT NULL);\n";

#[test]
fn versions() {
    check("version_twice", &with("20250915090000_add_toys.up.sql", SQL), "migrate pets", 1);
    check("version_twice_simple", &with("20250915090000_add_toys.sql", SQL), "migrate pets --dry-run", 1);
    check("version_none", &with("add_toys.up.sql", SQL), "migrate pets", 1);
    check("version_zero", &with("0_add_toys.up.sql", SQL), "migrate pets", 1);
    check("version_negative", &with("-1_add_toys.up.sql", SQL), "migrate pets", 1);
    check("version_too_large", &with("99999999999999999999_add_toys.up.sql", SQL), "migrate pets", 1);
    check(
        "version_down_without_up",
        &with("20250920120000_add_toys.down.sql", "DROP TABLE \"Toy\";"),
        "migrate pets",
        1,
    );
}

#[test]
fn ignored_files() {
    check("ignored_no_underscore", &with("5e.sql", SQL), "migrate pets", 1);
    check("ignored_upper_case", &with("20250920120000_x.SQL", SQL), "migrate pets", 1);
    check("ignored_upper_case_up", &with("20250920120000_x.UP.sql", SQL), "migrate pets", 1);
    check("ignored_upper_case_down", &with("20250920120000_x.Down.sql", SQL), "migrate pets", 1);
    check("ignored_copy", &with("20250920120000_x.sql.bak", SQL), "migrate pets --status", 1);
    check("ignored_no_ending", &with("20250920120000_x", SQL), "ci pets", 1);
    check("ignored_folder", &with("20250920120000_x/up.sql", SQL), "backfill pet_traits", 1);
    let several = with("5e.sql", SQL);
    several.write("migrations/pets/20250920120000_x.SQL", SQL);
    several.write("migrations/pets/20250915090000_add_toys.up.sql", SQL);
    check("faults_of_several_files", &several, "migrate pets", 1);
}

#[test]
fn file_contents() {
    check("text_not_utf_8", &with("20250920120000_x.up.sql", b"-- caf\xe9\nSELECT 1;"), "migrate pets", 1);
    let x = "20250920120000_x.up.sql";
    check(
        "no_transaction_after_a_comment",
        &with(x, "-- Shrinks the file.\n-- no-transaction\nVACUUM;"),
        "migrate pets",
        1,
    );
    check("no_transaction_after_a_bom", &with(x, "\u{feff}-- no-transaction\nVACUUM;"), "migrate pets", 1);
    check("no_transaction_without_a_space", &with(x, "--no-transaction\nVACUUM;"), "migrate pets", 1);
    check("directive_misspelt", &with(x, "-- lose: \"Pet\".\"name\", unused\nSELECT 1;"), "migrate pets", 1);
    check("directive_misspelt_requires", &with(x, "-- requires-backfil: pet_traits\nSELECT 1;"), "migrate pets", 1);
    check("directive_of_no_backfill", &with(x, "-- requires-backfill: pet_trait\nSELECT 1;"), "migrate pets", 2);
    check("directive_loses_nothing", &with(x, "-- loses:\nSELECT 1;"), "migrate pets", 1);
}

#[test]
fn warnings() {
    let unpadded = with("2025092012000_x.up.sql", SQL);
    unpadded.run("migrate pets --dry-run").check(0, "errors", "warning_unpadded");
    let impossible = with("20250230120000_x.up.sql", SQL);
    impossible.run("migrate pets --dry-run").check(0, "errors", "warning_impossible_time");
}

#[test]
fn applied() {
    let up = format!("migrations/pets/{TRAITS}_add_pet_visual_traits.up.sql");
    let gone = with_pets(TRAITS);
    gone.remove(&up).remove(&up.replace(".up.", ".down."));
    // The backfill and the checks need the missing migration, too, but the message names the cause only.
    check("applied_and_gone", &gone, "migrate pets", 1);

    let newer = new_workspace();
    newer.migration("20250920120000_add_toys", SQL, "DROP TABLE \"Toy\";").succeed("migrate pets");
    newer.remove("migrations/pets/20250920120000_add_toys.up.sql");
    newer.remove("migrations/pets/20250920120000_add_toys.down.sql");
    check("applied_and_missing", &newer, "migrate pets", 1);
    check("applied_and_missing_status", &newer, "migrate pets --status", 1);
    check("applied_and_missing_status_json", &newer, "migrate pets --status --json", 1);
    check("applied_and_missing_revert", &newer, "migrate pets --revert", 1);

    let edited = with_pets(TRAITS);
    edited.replace(&up, "TEXT", "TEXT DEFAULT '{}'");
    check("applied_and_edited", &edited, "migrate pets", 1);
    check("applied_and_edited_status", &edited, "migrate pets --status", 1);

    let late = with_pets(TRAITS);
    late.migration("20250910120000_add_toys", SQL, "");
    check("applied_out_of_order", &late, "migrate pets", 1);

    let dirty = with_pets(TRAITS);
    dirty.execute(&format!("UPDATE _sqlx_migrations SET success = FALSE WHERE version = {TRAITS}"));
    check("applied_midway", &dirty, "migrate pets", 1);
    check("applied_midway_status", &dirty, "migrate pets --status", 1);
    check("applied_midway_backfill", &dirty, "backfill pet_traits", 1);
}

#[test]
fn target_versions() {
    let workspace = with_pets(CREATED);
    check("to_unknown_near", &workspace, "migrate pets --to 20250915090001", 2);
    check("to_unknown_far", &workspace, "migrate pets --to 7", 2);
    check("to_unknown_revert", &workspace, "migrate pets --revert --to 20250901090001", 2);
    workspace.succeed("migrate pets");
    check("to_behind", &workspace, &format!("migrate pets --to {CREATED}"), 2);
    check("to_behind_dry_run", &workspace, &format!("migrate pets --dry-run --to {CREATED}"), 2);
    check("to_nothing", &workspace, "migrate pets --to 0", 2);
    check("revert_more_than_applied", &workspace, "migrate pets --revert 3", 2);

    let one_way = new_workspace();
    one_way.migration("20250920120000_add_toys", SQL, "").succeed("migrate pets");
    check("no_down_file", &one_way, "migrate pets --revert", 1);
    check("no_down_file_dry_run", &one_way, "migrate pets --revert 2 --dry-run", 1);
}
