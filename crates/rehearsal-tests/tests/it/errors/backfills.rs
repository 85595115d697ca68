//! Backfills that cannot run, that reject a unit, or whose report cannot be written.

use super::check;
use crate::suite::{new_workspace, with_pets};
use pretty_assertions::assert_eq;
use rehearsal_tests::database::dump;
use rehearsal_tests::workspace::{CREATED, PETS, TRAITS, Workspace};

#[test]
fn refused_runs() {
    let early = with_pets(CREATED);
    check("backfill_too_early", &early, "backfill pet_traits", 1);
    check("backfill_too_early_execute", &early, "backfill pet_traits --execute", 1);
    check("backfill_too_early_undo", &early, "backfill pet_traits --undo", 1);
    let workspace = with_pets(TRAITS);
    check("backfill_unknown_scope", &workspace, "backfill pet_traits --execute --scope name=Momo", 2);
    check("backfill_unknown_scope_dry_run", &workspace, "backfill pet_traits --scope Id=1", 2);
    let empty = new_workspace();
    empty.write("empty.db", "");
    check("backfill_of_an_empty_file", &empty, "backfill pet_traits --execute --url sqlite:empty.db", 1);
}

#[test]
fn unwritable_reports() {
    let workspace = with_pets(TRAITS);
    check("report_in_no_folder", &workspace, "backfill pet_traits --record nowhere/report.json", 2);
    check("report_in_no_folder_execute", &workspace, "backfill pet_traits --execute --record nowhere/report.json", 2);
    check("report_that_is_a_folder", &workspace, "backfill pet_traits --execute --record fixtures", 2);
}

/// `rehearsal.toml` names another folder of reports, which is created.
#[test]
fn configured_folder_of_reports() {
    let workspace = with_pets(TRAITS);
    let toml = "migrations/pets/rehearsal.toml";
    workspace
        .write(toml, format!("reports = \"kept/reports\"\n{}", std::fs::read_to_string(workspace.path(toml)).unwrap()));
    workspace.succeed("backfill pet_traits");
    let reports: Vec<_> = std::fs::read_dir(workspace.path("kept/reports")).unwrap().flatten().collect();
    assert_eq!(reports.len(), 1);
    assert!(!workspace.path(".dev/reports").exists());
}

/// Creates a workspace with additional pets after all others. Their ids are not UUIDs, so the backfill rejects them.
fn with_bad_pets(ids: &[&str]) -> Workspace {
    let workspace = with_pets(TRAITS);
    for id in ids {
        workspace.execute(&format!(
            r#"INSERT INTO "Pet" SELECT '{id}', "name", "userId", "generation", "friendliness", "energyTrait", "curiosity",
               "patience", "playfulness", NULL, NULL, "createdAt", "updatedAt", NULL FROM "Pet" WHERE rowid = 1"#
        ));
    }
    workspace
}

#[test]
fn rejected_units() {
    let many: Vec<String> = (1..=12).map(|n| format!("pet-{n}")).collect();
    let workspace = with_bad_pets(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let before = dump(&workspace.path(PETS));
    workspace.run("backfill pet_traits --record report.json").check(1, "errors", "rejects_dry_run");
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(workspace.path("report.json")).unwrap()).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 12, "the report lists every rejected pet");
    workspace.run("backfill pet_traits --execute --record report.json").check(1, "errors", "rejects_execute");
    assert_eq!(dump(&workspace.path(PETS)), before, "the rejected batch is rolled back");
    workspace.run("verify pets").check(1, "errors", "rejects_verify");

    let one = with_bad_pets(&["Momo"]);
    one.run("backfill pet_traits --execute --batch 50 --record report.json").check(
        1,
        "errors",
        "rejects_in_the_second_batch",
    );
    let filled = r#"SELECT count(*) FROM "Pet" WHERE "traits" IS NOT NULL"#;
    assert_eq!(one.query(filled), ["50"], "the previous batch stays committed");
    assert_eq!(
        one.query("SELECT state || ' ' || cursor FROM _rehearsal_runs JOIN _rehearsal_ranges USING (run)"),
        ["failed 50"]
    );
    one.execute(r#"UPDATE "Pet" SET "id" = '6f1c1f6e-7a0c-4a53-9d0e-0c2f7b1f2a11' WHERE "id" = 'Momo'"#);
    one.run("backfill pet_traits --execute --batch 50 --record report.json").check(0, "errors", "rejects_corrected");
    assert_eq!(one.query(filled), ["93"]);
}

#[test]
fn failing_statements() {
    let workspace = with_pets(TRAITS);
    let frozen = r#"CREATE TRIGGER "frozen" BEFORE UPDATE ON "Pet" WHEN old.rowid > 60
                    BEGIN SELECT RAISE(ABORT, 'pets above 60 are frozen'); END"#;
    workspace.execute(frozen);
    let before = dump(&workspace.path(PETS));
    workspace.run("backfill pet_traits --execute --record report.json").check(1, "errors", "statement_write");
    assert_eq!(dump(&workspace.path(PETS)), before);
    workspace.run("backfill pet_traits --execute --batch 50 --record report.json").check(
        1,
        "errors",
        "statement_write_later",
    );
    assert_eq!(workspace.query(r#"SELECT count("traits") FROM "Pet""#), ["50"]);

    let renamed = with_pets(TRAITS);
    renamed.execute(r#"ALTER TABLE "Pet" RENAME COLUMN "traits" TO "looks""#);
    check("statement_read", &renamed, "backfill pet_traits", 1);
    check("statement_read_check", renamed.remove("migrations/pets/checks"), "verify pets", 1);
}

#[test]
fn ledger() {
    let workspace = with_pets(TRAITS);
    workspace.succeed("backfill pet_traits --execute --record report.json");
    workspace
        .execute("UPDATE _rehearsal_runs SET state = 'running'; UPDATE _rehearsal_ranges SET counts = '{\"pets\": 3}'");
    check("ledger_of_another_shape", &workspace, "backfill pet_traits --execute", 1);
}
