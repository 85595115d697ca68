//! Complete life cycles on real files: a dry run predicts the run, undo restores the previous content, and a
//! database can alternate between rehearsal and sqlx.

use crate::suite::{new_workspace, with_pets};
use pretty_assertions::assert_eq;
use rehearsal_tests::database::{self, block, dump, query};
use rehearsal_tests::workspace::{CREATED, PETS, TRAITS, Workspace};
use serde_json::Value;
use sqlx::Connection;
use sqlx::migrate::Migrator;
use std::fs;

/// Reads a report, without its mode and times, which differ between runs.
fn report(workspace: &Workspace, file: &str) -> Value {
    let mut report: Value = serde_json::from_slice(&fs::read(workspace.path(file)).unwrap()).unwrap();
    for key in ["mode", "started_at", "seconds"] {
        assert!(report.as_object_mut().unwrap().remove(key).is_some(), "{file} has {key}");
    }
    report
}

fn predict_execute_and_undo(arguments: &str) {
    let workspace = with_pets(TRAITS);
    let before = dump(&workspace.path(PETS));
    workspace.succeed(&format!("backfill pet_traits --record predicted.json {arguments}"));
    assert_eq!(dump(&workspace.path(PETS)), before, "a dry run writes nothing");
    workspace.succeed(&format!("backfill pet_traits --record done.json --execute {arguments}"));
    let after = dump(&workspace.path(PETS));
    let predicted = report(&workspace, "predicted.json");
    assert_eq!(report(&workspace, "done.json"), predicted, "{arguments}");
    let changed = before.iter().filter(|line| !after.contains(line)).count() as u64;
    assert_eq!(predicted["counts"]["writes"], changed, "the dry run predicts the number of rows: {arguments}");

    workspace.succeed(&format!("backfill pet_traits --record undone.json --undo --execute {arguments}"));
    assert_eq!(dump(&workspace.path(PETS)), before, "undo restores the previous content");
    assert_eq!(report(&workspace, "undone.json")["counts"]["writes"], changed);
    workspace.succeed(&format!("backfill pet_traits --record again.json {arguments}"));
    assert_eq!(report(&workspace, "again.json"), predicted, "after undo everything is pending again");
}

#[test]
fn a_dry_run_predicts_the_run() {
    predict_execute_and_undo("");
    predict_execute_and_undo("--batch 1");
    predict_execute_and_undo("--batch 7");
    predict_execute_and_undo("--scope id=7c401c54-3cc0-5162-8012-33ecbd900018");
}

/// After the undo of a partial run, the next run starts from the beginning instead of resuming it.
#[test]
fn a_partial_run_can_be_undone() {
    let workspace = with_pets(TRAITS);
    let before = dump(&workspace.path(PETS));
    workspace.execute(
        r#"CREATE TRIGGER "frozen" BEFORE UPDATE ON "Pet" WHEN old.rowid > 60 BEGIN SELECT RAISE(ABORT, 'no'); END"#,
    );
    assert_eq!(workspace.run("backfill pet_traits --execute --batch 10").exit, Some(1));
    assert_eq!(workspace.query(r#"SELECT count("traits") FROM "Pet""#), ["60"]);
    workspace.execute(r#"DROP TRIGGER "frozen""#);
    workspace.succeed("backfill pet_traits --undo --execute --record undone.json");
    assert_eq!(report(&workspace, "undone.json")["counts"]["writes"], 60);
    assert_eq!(dump(&workspace.path(PETS)), before);
    workspace.succeed("backfill pet_traits --execute --record done.json");
    let done = report(&workspace, "done.json");
    assert_eq!((&done["resumed"], &done["counts"]["units"]), (&Value::Null, &92.into()));
    let states = workspace.query("SELECT work || ' ' || state FROM _rehearsal_runs ORDER BY run");
    assert_eq!(states, ["execute superseded", "undo finished", "execute finished"]);
}

#[test]
fn up_and_down_again() {
    let workspace = with_pets(CREATED);
    let loaded = dump(&workspace.path(PETS));
    workspace.succeed("migrate pets");
    workspace.succeed("backfill pet_traits --execute");
    workspace.succeed("verify pets");
    workspace.succeed("backfill pet_traits --undo --execute");
    workspace.succeed(&format!("migrate pets --revert --to {CREATED}"));
    assert_eq!(dump(&workspace.path(PETS)), loaded, "the rows are those of the fixture");
    workspace.succeed("migrate pets --revert --to 0");
    let objects = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name";
    let ledger = [
        "_rehearsal_findings",
        "_rehearsal_findings_run",
        "_rehearsal_log",
        "_rehearsal_log_run",
        "_rehearsal_ranges",
        "_rehearsal_runs",
        "_rehearsal_undo_notes",
    ];
    assert_eq!(workspace.query(objects), [&ledger[..], &["_sqlx_migrations"]].concat());
    assert_eq!(workspace.query("SELECT version FROM _sqlx_migrations"), [""; 0]);
    workspace.succeed("migrate pets");
}

/// The backfill stores the traits that the app would generate.
#[test]
fn backfilled_traits_match_the_app() {
    let workspace = with_pets(TRAITS);
    workspace.succeed("backfill pet_traits --execute");
    let pairs = workspace.query(r#"SELECT "id" || ' ' || "traits" FROM "Pet""#);
    assert_eq!(pairs.len(), 92);
    for pair in pairs {
        let (id, traits) = pair.split_once(' ').unwrap();
        assert_eq!(traits, rehearsal_tests::pets::traits(id.parse().unwrap()).json, "{id}");
    }
}

/// The applied migrations, without the time of each and its duration.
const RECORDS: &str =
    "SELECT version || ' ' || description || ' ' || success || ' ' || hex(checksum) FROM _sqlx_migrations";

/// Migrates with sqlx's own migrator, which `sqlx::migrate!` and sqlx-cli use. With `undo_to`, reverts to that
/// version.
fn with_sqlx(workspace: &Workspace, file: &str, undo_to: Option<i64>) {
    block(async {
        let migrator = Migrator::new(workspace.path("migrations/pets")).await.unwrap();
        fs::create_dir_all(workspace.path(file).parent().unwrap()).unwrap();
        fs::File::options().create(true).append(true).open(workspace.path(file)).unwrap();
        let mut connection = database::open(&workspace.path(file)).await;
        match undo_to {
            None => migrator.run(&mut connection).await.unwrap(),
            Some(version) => migrator.undo(&mut connection, version).await.unwrap(),
        }
        connection.close().await.unwrap();
    });
}

#[test]
fn interchange_with_sqlx() {
    let workspace = new_workspace();
    // Adds a migration without a down file and one outside a transaction to the two of the repository.
    workspace.migration("20250920120000_add_toys", "CREATE TABLE \"Toy\" (\"id\" TEXT);\n", "");
    workspace.migration("20250921120000_shrink", "-- no-transaction\nVACUUM;\n", "SELECT 1;\n");
    with_sqlx(&workspace, PETS, None);
    workspace.succeed("migrate pets --url sqlite:ours.db?mode=rwc");
    assert_eq!(workspace.query(RECORDS), query(&workspace.path("ours.db"), RECORDS));
    assert_eq!(workspace.query(RECORDS).len(), 4);

    // Each tool continues where the other one stopped.
    workspace.run("migrate pets --status").check(0, "lifecycle", "applied_by_sqlx");
    with_sqlx(&workspace, "ours.db", None);
    workspace.run("migrate pets").check(0, "lifecycle", "nothing_left_after_sqlx");
    workspace.succeed("migrate pets --revert");
    with_sqlx(&workspace, "ours.db", Some(20_250_920_120_000));
    assert_eq!(workspace.query(RECORDS), query(&workspace.path("ours.db"), RECORDS));
    workspace.succeed("migrate pets --url sqlite:ours.db");
    with_sqlx(&workspace, PETS, None);
    assert_eq!(workspace.query(RECORDS), query(&workspace.path("ours.db"), RECORDS));
}

#[test]
fn times_are_recorded() {
    let workspace = new_workspace();
    workspace.succeed("migrate pets");
    let recorded =
        "SELECT count(*) FROM _sqlx_migrations WHERE execution_time > 0 AND installed_on <= CURRENT_TIMESTAMP";
    assert_eq!(workspace.query(recorded), ["2"]);
}

/// Other line endings, as in a checkout on another system, do not count as an edit.
#[test]
fn line_endings() {
    let workspace = with_pets(TRAITS);
    let with_ends = |from: &str, to: &str| {
        for entry in fs::read_dir(workspace.path("migrations/pets")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "sql") {
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, text.replace(from, to)).unwrap();
            }
        }
    };
    with_ends("\n", "\r\n");
    assert!(workspace.succeed("migrate pets").stdout.contains("nothing to do"));
    workspace.succeed("migrate pets --revert");
    workspace.succeed("migrate pets");
    workspace.succeed("ci pets");
    with_ends("\r\n", "\n");
    assert!(workspace.succeed("migrate pets").stdout.contains("nothing to do"));
    workspace.succeed("migrate pets --revert");
}

/// `-- requires-backfill:` asks for pending units, not for a finished run.
#[test]
fn a_migration_waits_while_its_backfill_has_pending_units() {
    let workspace = with_pets(TRAITS);
    workspace.succeed("backfill pet_traits --execute");
    workspace.migration("20250920120000_x", "-- requires-backfill: pet_traits\nSELECT 1;", "SELECT 1;");
    let id = &workspace.query(r#"SELECT "id" FROM "Pet" ORDER BY "id" LIMIT 1"#)[0];
    workspace.succeed(&format!("backfill pet_traits --undo --execute --scope id={id}"));
    assert_eq!(workspace.run("migrate pets").exit, Some(1), "one pet is pending");
    workspace.succeed("backfill pet_traits --execute");
    workspace.succeed("migrate pets");
    // All migrations are reverted and the fixture is loaded again: the ledger still contains a finished run.
    workspace.succeed("migrate pets --revert --to 0");
    workspace.succeed("fixture load pets populated");
    assert_eq!(workspace.run("migrate pets").exit, Some(1), "all pets are pending");
    assert!(workspace.succeed("migrate pets --dry-run").stdout.contains("would stop here"));
}
