//! Concurrent processes, and processes that are stopped: nothing is done twice, nothing is lost, and no files remain.

use crate::suite::{new_workspace, with_pets};
use duct::unix::HandleExt;
use pretty_assertions::assert_eq;
use rehearsal_tests::database::{block, dump, open, query};
use rehearsal_tests::processes::{kill, wait_until};
use rehearsal_tests::workspace::{PETS, TRAITS, Workspace};
use serde_json::Value;
use sqlx::Connection;
use std::fs;
use std::path::Path;

/// Enough pets to stop a backfill midway.
const PETS_TO_FILL: u64 = 20_000;
const SIGINT: i32 = 2;

fn with_many_pets() -> Workspace {
    with_new_pets(PETS_TO_FILL)
}

fn with_new_pets(pets: u64) -> Workspace {
    let workspace = new_workspace();
    workspace.succeed("migrate pets");
    workspace.add_pets(pets);
    workspace
}

/// Returns the number of units done, according to the ledger.
fn units_done(file: &Path) -> u64 {
    if query(file, "SELECT 1 FROM sqlite_schema WHERE name = '_rehearsal_log'").is_empty() {
        return 0;
    }
    let sum = "SELECT sum(counts ->> '$.units') FROM _rehearsal_ranges";
    query(file, sum).first().map_or(0, |units| units.parse().unwrap_or_default())
}

/// Checks that one run did all the work and that its last report counts every pet once.
fn adds_up(workspace: &Workspace, report: &str) {
    let report: Value = serde_json::from_slice(&fs::read(workspace.path(report)).unwrap()).unwrap();
    assert_eq!(report["state"], "finished");
    let counts = &report["counts"];
    assert_eq!((&counts["units"], &counts["writes"]), (&PETS_TO_FILL.into(), &PETS_TO_FILL.into()));
    let rarities = counts["tallies"]["rarity"].as_object().unwrap().values();
    assert_eq!(rarities.map(|n| n.as_u64().unwrap()).sum::<u64>(), PETS_TO_FILL);
    assert_eq!(workspace.query("SELECT count(*) FROM _rehearsal_runs"), ["1"], "one run did all the work");
    let expected = |id: &str| rehearsal_tests::pets::traits(id.parse().unwrap()).json;
    for pair in workspace.query(r#"SELECT "id" || ' ' || coalesce("traits", '') FROM "Pet""#) {
        let (id, traits) = pair.split_once(' ').unwrap();
        assert_eq!(traits, expected(id), "{id}");
    }
}

#[test]
fn a_killed_backfill_resumes() {
    let workspace = with_many_pets();
    let file = workspace.path(PETS);
    let arguments = ["backfill", "pet_traits", "--execute", "--batch", "100", "--record", "report.json"];
    let mut killed = 0;
    for part in 1..=8 {
        let running = workspace.command(arguments).stdout_null().stderr_null().unchecked().start().unwrap();
        wait_until(|| units_done(&file) >= part * PETS_TO_FILL / 10 || running.try_wait().unwrap().is_some());
        if running.try_wait().unwrap().is_some() {
            break;
        }
        kill(&running);
        killed += 1;
        let done = units_done(&file);
        assert_eq!(done % 100, 0, "only whole batches are committed");
        let filled = query(&file, r#"SELECT count("traits") FROM "Pet""#);
        assert_eq!(filled, [done.to_string()], "ledger and rows are written in one transaction");
        assert!(!workspace.path("report.json").exists(), "a killed run writes no report");
    }
    assert!(killed > 2, "the backfill was killed only {killed} times");
    workspace.succeed(&arguments.join(" "));
    adds_up(&workspace, "report.json");
}

#[test]
fn an_interrupted_backfill_finishes_its_batch() {
    let workspace = with_many_pets();
    let file = workspace.path(PETS);
    let arguments = ["backfill", "pet_traits", "--execute", "--batch", "100", "--record", "report.json"];
    let running = workspace.command(arguments).stdout_capture().stderr_capture().unchecked().start().unwrap();
    wait_until(|| units_done(&file) >= 1_000 || running.try_wait().unwrap().is_some());
    running.send_signal(SIGINT).unwrap();
    let ran = workspace.ran("backfill pet_traits --execute --batch 100   (and Ctrl-C)", running.wait().unwrap());
    assert_eq!(ran.exit, Some(3), "{}", ran.text());
    assert!(ran.stderr.contains("stopping after the current batch"), "{}", ran.text());
    let done = units_done(&file);
    assert_eq!(workspace.query("SELECT state FROM _rehearsal_runs"), ["stopped"]);
    assert_eq!(workspace.query(r#"SELECT count("traits") FROM "Pet""#), [done.to_string()]);
    assert!(done < PETS_TO_FILL && done.is_multiple_of(100), "{done}");
    let report: Value = serde_json::from_slice(&fs::read(workspace.path("report.json")).unwrap()).unwrap();
    assert_eq!((&report["state"], &report["counts"]["units"]), (&"stopped".into(), &done.into()));

    workspace.succeed("backfill pet_traits --record predicted.json");
    assert_eq!(workspace.query("SELECT state FROM _rehearsal_runs"), ["stopped"], "a dry run resumes nothing");
    workspace.succeed(&arguments.join(" "));
    let report: Value = serde_json::from_slice(&fs::read(workspace.path("report.json")).unwrap()).unwrap();
    assert_eq!(report["resumed"]["units"], done);
    let predicted: Value = serde_json::from_slice(&fs::read(workspace.path("predicted.json")).unwrap()).unwrap();
    for key in ["units", "writes", "tallies", "findings"] {
        assert_eq!(report["counts"][key], predicted["counts"][key], "{key}");
    }
    adds_up(&workspace, "report.json");
}

/// A backfill that never rests holds the file's only write lock nearly all the time. A stop request still gets
/// through.
#[test]
fn a_stop_request_gets_through() {
    let workspace = with_new_pets(10 * PETS_TO_FILL);
    let file = workspace.path(PETS);
    let arguments = ["backfill", "pet_traits", "--execute", "--record", "report.json"];
    let running = workspace.command(arguments).stdout_null().stderr_null().unchecked().start().unwrap();
    wait_until(|| units_done(&file) > 0);
    let asked = workspace.succeed("backfill pet_traits --stop");
    assert!(asked.stdout.contains("stops after the current batch"), "{}", asked.text());
    assert_eq!(running.wait().unwrap().status.code(), Some(3));
    assert_eq!(workspace.query("SELECT state FROM _rehearsal_runs"), ["stopped"]);
}

#[test]
fn concurrent_backfills() {
    let workspace = with_many_pets();
    let arguments = |n: u32| format!("backfill pet_traits --execute --wait 600 --record report-{n}.json");
    let start = |n| workspace.command(arguments(n).split(' ')).stdout_capture().stderr_capture().unchecked().start();
    let running: Vec<_> = (0..2).map(|n| start(n).unwrap()).collect();
    for handle in &running {
        let ran = workspace.ran("backfill", handle.wait().unwrap());
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
    }
    let units = workspace.query("SELECT counts ->> '$.units' FROM _rehearsal_runs ORDER BY run");
    assert_eq!(units, [PETS_TO_FILL.to_string(), "0".to_owned()], "one of the runs had nothing left to do");
}

#[test]
fn a_killed_migration_leaves_nothing() {
    let workspace = with_pets(TRAITS);
    let before = dump(&workspace.path(PETS));
    let endless = "UPDATE \"Pet\" SET \"name\" = 'x';\nWITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;";
    workspace.migration("20250920120000_endless", endless, "");
    let running = workspace.command(["migrate", "pets"]).stdout_null().stderr_null().unchecked().start().unwrap();
    wait_until(|| is_locked(&workspace.path(PETS)));
    kill(&running);
    workspace.remove("migrations/pets/20250920120000_endless.up.sql");
    assert!(workspace.succeed("migrate pets --wait 0").stdout.contains("nothing to do"));
    assert_eq!(dump(&workspace.path(PETS)), before);
    workspace.succeed("migrate pets --wait 0 --revert");
    let left: Vec<String> = names(&workspace.path(".dev")).into_iter().filter(|name| name != ".gitignore").collect();
    assert_eq!(left, ["pets.sqlite"], "the lock file is removed, too");
}

/// True while another connection holds the write lock.
fn is_locked(file: &Path) -> bool {
    block(async {
        let mut connection = open(file).await;
        sqlx::raw_sql("PRAGMA busy_timeout = 0").execute(&mut connection).await.unwrap();
        let began = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await;
        connection.close().await.unwrap();
        began.is_err()
    })
}

/// Starts a migration while another connection writes to the database, then a second migration and a backfill that
/// wait for the first. The other connection then ends its transaction.
#[test]
fn concurrent_migrations() {
    let workspace = with_pets(TRAITS);
    let up = "ALTER TABLE \"Pet\" ADD COLUMN \"colour\" TEXT;\n";
    workspace.migration("20250920120000_add_colour", up, "ALTER TABLE \"Pet\" DROP COLUMN \"colour\";\n");
    let running = block(async {
        let mut other = open(&workspace.path(PETS)).await;
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        let start = |arguments: &str, n: u32| {
            let command = workspace.command(arguments.split(' '));
            let stderr = workspace.path(&format!("stderr-{n}"));
            command.stdout_capture().stderr_path(stderr).unchecked().start().unwrap()
        };
        let first = start("migrate pets --wait 600", 1);
        // The lock file names its holder as soon as the lock is held.
        let lock = workspace.path(".dev/pets.sqlite-rehearsal.lock");
        let holder = first.pids()[0].to_string();
        wait_until(|| fs::read_to_string(&lock).is_ok_and(|text| text == holder));
        let waiting = ["migrate pets --wait 600", "backfill pet_traits --execute --wait 600"].into_iter().zip(2..);
        let waiting: Vec<_> = waiting.map(|(arguments, n)| start(arguments, n)).collect();
        for n in [2, 3] {
            let stderr = workspace.path(&format!("stderr-{n}"));
            wait_until(|| fs::read_to_string(&stderr).is_ok_and(|text| text.contains('\n')));
        }
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        other.close().await.unwrap();
        std::iter::once(first).chain(waiting).collect::<Vec<_>>()
    });
    for (n, handle) in (1..).zip(&running) {
        let output = handle.wait().unwrap();
        let mut ran = workspace.ran("(one of three at once)", output);
        ran.stderr = fs::read_to_string(workspace.path(&format!("stderr-{n}"))).unwrap();
        ran.check(0, "processes", &format!("at_once_{n}"));
    }
    assert_eq!(workspace.query("SELECT count(*) FROM _sqlx_migrations WHERE version > 20250915090000"), ["1"]);
}

/// Six processes want to create the same database.
#[test]
fn concurrent_first_migrations() {
    let workspace = new_workspace();
    let start = |_| {
        workspace.command(["migrate", "pets", "--wait", "600"]).stdout_capture().stderr_capture().unchecked().start()
    };
    let running: Vec<_> = (0..6).map(|n: u32| start(n).unwrap()).collect();
    for handle in &running {
        let ran = workspace.ran("migrate pets", handle.wait().unwrap());
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
    }
    assert_eq!(workspace.query("SELECT count(*) || ' ' || min(success) FROM _sqlx_migrations"), ["2 1"]);
    let left: Vec<_> = fs::read_dir(workspace.path(".dev")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let left: Vec<_> = left.into_iter().filter(|name| name != ".gitignore").collect();
    assert_eq!(left, ["pets.sqlite"]);
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn copies_of_a_killed_rehearsal_are_removed() {
    let workspace = new_workspace();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;";
    workspace.migration("20250920120000_endless", endless, "SELECT 1;");
    let scratch = workspace.path("target/rehearsal/scratch");
    let running = workspace.command(["ci", "pets"]).stdout_null().stderr_null().unchecked().start().unwrap();
    let copies =
        || names(&scratch).iter().flat_map(|name| names(&scratch.join(name))).filter(|n| n.ends_with(".db")).count();
    wait_until(|| scratch.exists() && copies() > 0);
    // A second rehearsal keeps the copies of a process that is still running.
    workspace.remove("migrations/pets/20250920120000_endless.up.sql");
    workspace.remove("migrations/pets/20250920120000_endless.down.sql");
    workspace.succeed("ci pets");
    assert_eq!(names(&scratch).len(), 1);
    kill(&running);
    assert!(copies() > 0, "the killed process removed nothing");
    workspace.succeed("ci pets");
    assert_eq!(names(&scratch), [""; 0]);
}

#[test]
fn concurrent_rehearsals_share_templates() {
    let workspace = new_workspace();
    let start = |_| workspace.command(["ci", "pets"]).stdout_capture().stderr_capture().unchecked().start().unwrap();
    let running: Vec<_> = (0..3).map(|n: u32| start(n)).collect();
    for handle in &running {
        let ran = workspace.ran("ci pets", handle.wait().unwrap());
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
    }
    assert_eq!(
        names(&workspace.path("target/rehearsal/templates")).len(),
        2,
        "an empty template and one of the fixture"
    );
    assert_eq!(names(&workspace.path("target/rehearsal/scratch")), [""; 0]);
    assert_eq!(names(&workspace.path("target/rehearsal/kept")), [""; 0]);
}
