//! Whole lives on real files: what a dry run predicts is what happens, what was undone is as before, and a database can go
//! back and forth between this tool and sqlx.

use crate::database::{self, block, dump, query};
use crate::workspace::{CREATED, PETS, TRAITS, Workspace};
use pretty_assertions::assert_eq;
use serde_json::Value;
use sqlx::Connection;
use sqlx::migrate::Migrator;
use std::fs;

/// A report, without what depends on the run: the mode, and times.
fn report(workspace: &Workspace, file: &str) -> Value {
    let mut report: Value = serde_json::from_slice(&fs::read(workspace.path(file)).unwrap()).unwrap();
    for key in ["mode", "started_at", "seconds"] {
        assert!(report.as_object_mut().unwrap().remove(key).is_some(), "{file} has {key}");
    }
    report
}

fn predicts_and_undoes(arguments: &str) {
    let workspace = Workspace::with_pets(TRAITS);
    let before = dump(&workspace.path(PETS));
    workspace.succeed(&format!("backfill pet_traits --report predicted.json {arguments}"));
    assert_eq!(dump(&workspace.path(PETS)), before, "a dry run writes nothing");
    workspace.succeed(&format!("backfill pet_traits --report done.json --execute {arguments}"));
    let after = dump(&workspace.path(PETS));
    let predicted = report(&workspace, "predicted.json");
    assert_eq!(report(&workspace, "done.json"), predicted, "{arguments}");
    let changed = before.iter().filter(|line| !after.contains(line)).count() as u64;
    assert_eq!(predicted["counts"]["writes"], changed, "as many rows as it says: {arguments}");

    workspace.succeed(&format!("backfill pet_traits --report undone.json --undo {arguments}"));
    assert_eq!(dump(&workspace.path(PETS)), before, "undo brings back what was there");
    assert_eq!(report(&workspace, "undone.json")["counts"]["writes"], changed);
    workspace.succeed(&format!("backfill pet_traits --report again.json {arguments}"));
    assert_eq!(report(&workspace, "again.json"), predicted, "and it is all to be done again");
}

#[test]
fn a_dry_run_predicts() {
    predicts_and_undoes("");
    predicts_and_undoes("--batch 1");
    predicts_and_undoes("--batch 7");
    predicts_and_undoes("--scope id=7c401c54-3cc0-5162-8012-33ecbd900018");
}

/// A run that stopped in the middle is not gone on with once its part was taken back.
#[test]
fn half_a_run_can_be_undone() {
    let workspace = Workspace::with_pets(TRAITS);
    let before = dump(&workspace.path(PETS));
    workspace.execute(
        r#"CREATE TRIGGER "frozen" BEFORE UPDATE ON "Pet" WHEN old.rowid > 60 BEGIN SELECT RAISE(ABORT, 'no'); END"#,
    );
    assert_eq!(workspace.run("backfill pet_traits --execute --batch 10").exit, Some(1));
    assert_eq!(workspace.query(r#"SELECT count("traits") FROM "Pet""#), ["60"]);
    workspace.execute(r#"DROP TRIGGER "frozen""#);
    workspace.succeed("backfill pet_traits --undo --report undone.json");
    assert_eq!(report(&workspace, "undone.json")["counts"]["writes"], 60);
    assert_eq!(dump(&workspace.path(PETS)), before);
    workspace.succeed("backfill pet_traits --execute --report done.json");
    let done = report(&workspace, "done.json");
    assert_eq!((&done["resumed"], &done["counts"]["units"]), (&Value::Null, &92.into()));
    let states = workspace.query("SELECT work || ' ' || state FROM _rehearsal_runs ORDER BY run");
    assert_eq!(states, ["execute superseded", "undo finished", "execute finished"]);
}

#[test]
fn from_nothing_to_nothing() {
    let workspace = Workspace::with_pets(CREATED);
    let loaded = dump(&workspace.path(PETS));
    workspace.succeed("migrate pets");
    workspace.succeed("backfill pet_traits --execute");
    workspace.succeed("verify pets");
    workspace.succeed("backfill pet_traits --undo");
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

/// The filled pets are those that the app itself would have made.
#[test]
fn traits_are_those_of_the_app() {
    let workspace = Workspace::with_pets(TRAITS);
    workspace.succeed("backfill pet_traits --execute");
    let pairs = workspace.query(r#"SELECT "id" || ' ' || "traits" FROM "Pet""#);
    assert_eq!(pairs.len(), 92);
    for pair in pairs {
        let (id, traits) = pair.split_once(' ').unwrap();
        assert_eq!(traits, app::pets::traits::generate(id.parse().unwrap()).to_json(), "{id}");
    }
}

/// Without the time, which is the moment, and how long it took.
const RECORDS: &str =
    "SELECT version || ' ' || description || ' ' || success || ' ' || hex(checksum) FROM _sqlx_migrations";

/// sqlx's own migrator, as `sqlx::migrate!` and sqlx-cli use it.
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
    let workspace = Workspace::new();
    // One without a down file, and one outside a transaction, beside the two of the repository.
    workspace.migration("20250920120000_add_toys", "CREATE TABLE \"Toy\" (\"id\" TEXT);\n", "");
    workspace.migration("20250921120000_shrink", "-- no-transaction\nVACUUM;\n", "SELECT 1;\n");
    with_sqlx(&workspace, PETS, None);
    workspace.succeed("migrate pets --url sqlite:ours.db?mode=rwc");
    assert_eq!(workspace.query(RECORDS), query(&workspace.path("ours.db"), RECORDS));
    assert_eq!(workspace.query(RECORDS).len(), 4);

    // Each goes on where the other was.
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
    let workspace = Workspace::new();
    workspace.succeed("migrate pets");
    let recorded =
        "SELECT count(*) FROM _sqlx_migrations WHERE execution_time > 0 AND installed_on <= CURRENT_TIMESTAMP";
    assert_eq!(workspace.query(recorded), ["2"]);
}

/// A checkout on another system has other line ends; nothing was edited.
#[test]
fn line_ends() {
    let workspace = Workspace::with_pets(TRAITS);
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

/// What counts is whether there is something to do, not what once was done.
#[test]
fn a_required_backfill_is_required_as_long_as_it_has_units() {
    let workspace = Workspace::with_pets(TRAITS);
    workspace.succeed("backfill pet_traits --execute");
    workspace.migration("20250920120000_x", "-- requires-backfill: pet_traits\nSELECT 1;", "SELECT 1;");
    let id = &workspace.query(r#"SELECT "id" FROM "Pet" ORDER BY "id" LIMIT 1"#)[0];
    workspace.succeed(&format!("backfill pet_traits --undo --scope id={id}"));
    assert_eq!(workspace.run("migrate pets").exit, Some(1), "one pet is undone");
    workspace.succeed("backfill pet_traits --execute");
    workspace.succeed("migrate pets");
    // Everything reverted, and loaded anew: the ledger still knows of a finished run.
    workspace.succeed("migrate pets --revert --to 0");
    workspace.succeed("fixture load pets populated");
    assert_eq!(workspace.run("migrate pets").exit, Some(1), "all pets are without traits");
    assert!(workspace.succeed("migrate pets --dry-run").stdout.contains("would stop here"));
}
