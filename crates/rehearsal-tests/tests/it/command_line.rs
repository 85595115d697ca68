//! Output and exit code of every command and flag on valid input.

use crate::suite::{new_workspace, with_pets};
use pretty_assertions::assert_eq;
use rehearsal_tests::database::dump;
use rehearsal_tests::workspace::{CREATED, PETS, TRAITS, Workspace};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Runs a command and compares its output with the snapshot with this name.
fn check(workspace: &Workspace, arguments: &str, exit: i32, snapshot: &str) {
    workspace.run(arguments).check(exit, "command_line", snapshot);
}

#[test]
fn help() {
    let workspace = new_workspace();
    check(&workspace, "--help", 0, "help");
    for command in ["new", "migrate", "backfill", "verify", "fixture", "ci", "test"] {
        check(&workspace, &format!("{command} --help"), 0, &format!("help_{command}"));
    }
}

#[test]
fn migrate() {
    let workspace = new_workspace();
    check(&workspace, "migrate pets --status", 0, "migrate_status_of_nothing");
    check(&workspace, "migrate pets --dry-run", 0, "migrate_dry_run");
    assert!(!workspace.path(".dev").exists(), "neither command creates a database");
    check(&workspace, "migrate pets --dry-run --to 20250901090000", 0, "migrate_dry_run_to");
    check(&workspace, "migrate pets --to 20250901090000", 0, "migrate_to");
    check(&workspace, "migrate pets --status", 0, "migrate_status_midway");
    check(&workspace, "migrate pets", 0, "migrate");
    check(&workspace, "migrate pets", 0, "migrate_again");
    check(&workspace, "migrate pets --status", 0, "migrate_status");
    check(&workspace, "migrate pets --status --json", 0, "migrate_status_json");
    check(&workspace, "migrate pets --revert --dry-run", 0, "migrate_revert_dry_run");
    check(&workspace, "migrate pets --revert", 0, "migrate_revert");
    check(&workspace, "migrate pets", 0, "migrate_after_revert");
    check(&workspace, "migrate pets --revert --to 20250901090000", 0, "migrate_revert_to");
    check(&workspace, "migrate pets", 0, "migrate_after_revert");
    check(&workspace, "migrate pets --revert 2", 0, "migrate_revert_two");
    check(&workspace, "migrate pets --revert", 2, "migrate_revert_nothing");
    workspace.succeed("migrate pets");
    check(&workspace, "migrate pets --revert --to 0", 0, "migrate_revert_all");
    check(&workspace, "migrate pets --verify", 0, "migrate_verify");
}

#[test]
fn targets() {
    let workspace = new_workspace();
    check(&workspace, "migrate pets --url sqlite:elsewhere/new.db?mode=rwc", 0, "url_that_creates");
    check(&workspace, "migrate pets --status --url sqlite:elsewhere/new.db", 0, "url");
    workspace.write(".env", "PETS_DATABASE_URL=sqlite:elsewhere/new.db\n");
    check(&workspace, "migrate pets --status", 0, "url_from_dot_env");
    let variable = [("PETS_DATABASE_URL", "sqlite:other.db?mode=rwc")];
    let command = workspace.command_in("", &variable, ["migrate", "pets", "--status"]);
    let ran = workspace.finish("migrate pets --status   (with PETS_DATABASE_URL=sqlite:other.db?mode=rwc)", command);
    ran.check(0, "command_line", "url_from_environment");
    let command = workspace.command_in("elsewhere", &[], ["migrate", "pets", "--status", "--url", "sqlite:new.db"]);
    let ran = workspace.finish("migrate pets --status --url sqlite:new.db   (in elsewhere)", command);
    ran.check(0, "command_line", "url_relative_to_a_folder_below");
}

#[test]
fn backfill() {
    let workspace = with_pets(TRAITS);
    check(&workspace, "backfill pet_traits", 0, "backfill_dry_run");
    check(&workspace, "backfill pet_traits --dry-run --record dry.json", 0, "backfill_dry_run_report");
    check(&workspace, "backfill pet_traits --verbose --record dry.json", 0, "backfill_verbose");
    check(&workspace, "backfill pet_traits --batch 7 --record dry.json", 0, "backfill_batch_7");
    let id = &workspace.query(r#"SELECT "id" FROM "Pet" ORDER BY "id""#)[0];
    check(&workspace, &format!("backfill pet_traits --scope id={id} --record dry.json"), 0, "backfill_scope_dry_run");
    check(
        &workspace,
        &format!("backfill pet_traits --execute --scope id={id} --record scope.json"),
        0,
        "backfill_scope",
    );
    check(&workspace, "backfill pet_traits --scope id=none --record none.json", 2, "backfill_scope_of_nothing");
    check(&workspace, "backfill pet_traits --execute --batch 1 --record all.json", 0, "backfill_execute");
    check(&workspace, "backfill pet_traits --execute --record again.json", 0, "backfill_execute_again");
    check(&workspace, "backfill pet_traits --undo", 0, "backfill_undo_dry_run");
    check(
        &workspace,
        &format!("backfill pet_traits --undo --scope id={id} --record undo.json"),
        0,
        "backfill_undo_scope",
    );
    check(&workspace, "backfill pet_traits --undo --execute --record undo.json", 0, "backfill_undo");
    check(&workspace, "backfill pet_traits --undo", 0, "backfill_undo_dry_run_again");
    check(&workspace, "backfill pet_traits --undo --execute --record undo.json", 0, "backfill_undo_again");
    check(&workspace, "backfill pet_traits --execute --batch 5000", 0, "backfill_execute_batch_5000");
    check(&workspace, "backfill pet_traits --verify", 0, "backfill_verify");
}

#[test]
fn verify() {
    let workspace = with_pets(CREATED);
    check(&workspace, "verify pets", 0, "verify_before_the_traits");
    workspace.succeed("migrate pets");
    check(&workspace, "verify pets", 1, "verify_red");
    check(&workspace, "verify pets --json", 1, "verify_red_json");
    workspace.succeed("backfill pet_traits --execute");
    check(&workspace, "verify pets", 0, "verify");
    check(&workspace, "verify pets --json", 0, "verify_json");
    workspace.execute(
        r#"UPDATE "Pet" SET "traits" = '{"cut' WHERE rowid = 1;
           UPDATE "Pet" SET "traits" = json_set("traits", '$.body.colour.h', 360) WHERE rowid = 2"#,
    );
    check(&workspace, "verify pets", 1, "verify_finds_bad_values");
}

#[test]
fn fixture() {
    let workspace = new_workspace();
    check(&workspace, "fixture load --help", 0, "help_fixture_load");
    check(&workspace, "fixture generate --help", 0, "help_fixture_generate");
    check(&workspace, "fixture load pets populated", 0, "fixture_load");
    assert_eq!(dump(&workspace.path(PETS)), dump(&with_pets(CREATED).path(PETS)));
    check(&workspace, "fixture load pets populated --url sqlite:other.db?mode=rwc", 0, "fixture_load_url");
    check(&workspace, "migrate pets", 0, "fixture_load_migrates");
    workspace.succeed("migrate pets --revert --to 0");
    check(&workspace, "fixture load pets populated", 0, "fixture_load_after_reverting_everything");
}

#[test]
fn ci() {
    let workspace = new_workspace();
    check(&workspace, "ci pets", 0, "ci");
    check(&workspace, "ci pets", 0, "ci_of_one_database");
    check(&workspace, "ci pets --only fresh", 0, "ci_only_one");
    check(&workspace, "ci pets --fresh --only fresh,reversible", 0, "ci_only");
    check(&workspace, "ci pets --fresh --skip crash,concurrent,mutation", 0, "ci_skip");
    check(&workspace, "ci pets --fresh --jobs 1", 0, "ci_one_at_a_time");
    // A rehearsal of some proofs does not forget the answers of the others.
    check(&workspace, "ci pets", 0, "ci_of_one_database");
    check(&workspace, "ci pets --fresh --json", 0, "ci_json");
    workspace.remove("fixtures");
    check(&workspace, "ci pets", 3, "ci_without_fixture");
    check(&workspace, "ci pets --only mutation", 3, "ci_only_none");
    check(&workspace, "backfill pet_traits --verify", 3, "backfill_verify_without_fixture");
}

#[test]
fn new() {
    let workspace = new_workspace();
    check(&workspace, "new pets add_colour", 0, "new");
    check(&workspace, "new pets add_size --backfill", 0, "new_backfill");
    let registry = fs::read_to_string(workspace.path("xtask/src/backfills/mod.rs")).unwrap();
    assert!(
        registry.contains("mod add_size;") && registry.contains("Box::new(add_size::AddSizeBackfill),"),
        "{registry}"
    );
    check(&workspace, "migrate pets", 2, "new_is_not_filled_in");
    check(&workspace, "ci pets", 1, "new_is_not_filled_in_ci");
}

/// A script replaces cargo: the test checks how its results are reported.
#[test]
fn test() {
    let workspace = new_workspace();
    let cargo = |name: &str, script: &str| {
        workspace.write("bin/cargo", format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(workspace.path("bin/cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", workspace.path("bin").display());
        workspace.finish(name, workspace.command_in("", &[("PATH", &path)], ["test"]))
    };
    cargo("test", "exit 0").check(0, "command_line", "test_green");
    let red = r#"if [ "$1" = clippy ]; then echo "warning: unused"; exit 101; fi
                 if [ "$2" = --no-run ]; then
                     echo '{"package_id": "path+file:///shop/app#0.1.0", "executable": "/shop/target/debug/deps/app-1"}'
                     echo '{"package_id": "file:///rehearsal#rehearsal-cli@0.1.0", "executable": "/shop/target/deps/it-2"}'
                 elif [ "$1" = test ]; then
                     echo "     Running unittests src/lib.rs (target/debug/deps/app-1)"; echo "test it ... FAILED"
                     echo "test result: FAILED. 1 passed; 1 failed"
                     echo "     Running tests/it/main.rs (target/debug/deps/it-2)"; echo "test that ... FAILED"
                     echo "test result: FAILED. 2 passed; 1 failed"; exit 101
                 fi"#;
    cargo("test", red).check(1, "command_line", "test_red");
    let nothing = workspace.command_in("", &[("PATH", "/nowhere")], ["test"]);
    workspace.finish("test   (without a toolchain)", nothing).check(1, "command_line", "test_without_toolchain");
}
