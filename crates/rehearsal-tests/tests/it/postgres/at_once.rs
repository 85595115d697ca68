//! Concurrent sessions, and sessions that are terminated: one waits for the other and names it, nothing is done
//! twice, and uncommitted changes are rolled back.

use super::check;
use crate::suite::SUITE;
use pretty_assertions::assert_eq;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{SERVER, query, url};
use rehearsal_tests::processes::{kill, wait_until};
use rehearsal_tests::shop::{LABEL, Shop};
use sqlx::migrate::Migrate;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::fs;
use std::time::{Duration, Instant};

/// Returns a migration that waits for as long as another session holds this advisory lock.
fn slow(number: u32) -> String {
    format!("CREATE TABLE toy (id int);\nSELECT pg_advisory_lock({number});\nSELECT pg_advisory_unlock({number});\n")
}

/// Runs statements in another session, and keeps that session open while `body` runs.
fn while_held(url: &str, sql: &str, body: impl FnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut connection = runtime.block_on(PgConnection::connect(url)).unwrap();
    runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection)).unwrap();
    body();
    runtime.block_on(connection.close()).unwrap();
}

/// Returns the number of sessions of rehearsal that wait for a lock in the database of the shop.
fn waiting(shop: &Shop) -> usize {
    let sql = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = '{}' AND application_name = 'rehearsal' AND wait_event_type = 'Lock'",
        shop.database
    );
    query(&url("postgres"), &sql).len()
}

#[test]
fn concurrent_migrations() {
    let shop = Shop::with(&SUITE, &slow(1), "DROP TABLE toy;\n");
    let start = |stderr: &str| {
        let command = shop.command("migrate shop --wait 600").stdout_capture().stderr_path(shop.workspace.path(stderr));
        command.unchecked().start().unwrap()
    };
    let mut running = Vec::new();
    while_held(&shop.url, "SELECT pg_advisory_lock(1)", || {
        running.push(start("first"));
        wait_until(|| waiting(&shop) == 1);
        check("at_once_gives_up", &shop, "migrate shop --wait 1", 1);
        shop.succeed("migrate shop --status");
        running.push(start("second"));
        wait_until(|| fs::read_to_string(shop.workspace.path("second")).is_ok_and(|text| text.contains('\n')));
    });
    let told = running.iter().map(|handle| {
        let ran = shop.workspace.ran("(one of two at once)", handle.wait().unwrap());
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
        ran.stdout
    });
    let told: Vec<String> = told.collect();
    assert!(told[0].contains("applied  20250920120000_x"), "{told:?}");
    assert!(told[1].contains("nothing to do"), "{told:?}");
    let second = fs::read_to_string(shop.workspace.path("second")).unwrap();
    assert!(second.starts_with("waiting for rehearsal (session "), "{second}");
    assert_eq!(shop.query("SELECT count(*) FROM _sqlx_migrations"), ["2"]);
}

/// Another session holds the lock that sqlx-cli takes while it migrates.
#[test]
fn locked_by_sqlx() {
    let shop = Shop::with(&SUITE, "SELECT 1;", "");
    block(async {
        let options = SERVER.options().database(&shop.database).application_name("sqlx-cli");
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        connection.lock().await.unwrap();
        check("locked_by_sqlx", &shop, "migrate shop --wait 1", 1);
        check("locked_by_sqlx_no_wait", &shop, "migrate shop --wait 0", 1);
        shop.succeed("migrate shop --dry-run");
        connection.unlock().await.unwrap();
        shop.succeed("migrate shop --wait 0");
        connection.lock().await.unwrap();
        connection.close().await.unwrap();
    });
}

/// A migration that cannot lock a table gives up, so that no other session queues behind it.
#[test]
fn table_locked() {
    let shop = Shop::with(&SUITE, "ALTER TABLE shelf ADD COLUMN colour text;", "");
    while_held(&shop.url, "BEGIN; SELECT * FROM shelf", || {
        for wait in [0, 1] {
            let ran = shop.run(&format!("migrate shop --wait {wait}"));
            assert_eq!(ran.exit, Some(1), "{}", ran.text());
            assert!(
                ran.stderr.contains(" is locked by ") && ran.stderr.contains(&format!("(waited {wait} s)")),
                "{}",
                ran.text()
            );
        }
    });
    assert_eq!(shop.query("SELECT count(*) FROM _sqlx_migrations"), ["1"]);
    shop.succeed("migrate shop --wait 86400");
}

/// In a file without a transaction, completed statements stay in effect. The message names the failed statement and the
/// index that it left unusable.
#[test]
fn table_locked_without_a_transaction() {
    let up = "-- no-transaction\nCREATE TABLE IF NOT EXISTS toy (id int);\nALTER TABLE shelf ADD COLUMN colour text;\n";
    let shop = Shop::with(&SUITE, up, "");
    while_held(&shop.url, "SET application_name = 'a reader'; BEGIN; SELECT * FROM shelf", || {
        check("table_locked_without_a_transaction", &shop, "migrate shop --wait 1", 1);
        // A session that arrives while the migration waits gets through between two attempts.
        let running = shop.command("migrate shop --wait 60").stdout_null().stderr_null().unchecked().start().unwrap();
        wait_until(|| waiting(&shop) == 1);
        let while_it_waits = Instant::now();
        shop.query("SELECT count(*) FROM shelf");
        assert!(while_it_waits.elapsed() < Duration::from_secs(30), "{:?}", while_it_waits.elapsed());
        kill(&running);
    });
    assert_eq!(shop.query("SELECT count(*) FROM _sqlx_migrations"), ["1"]);

    let up = "-- no-transaction\nCREATE INDEX CONCURRENTLY shelf_name_idx ON shelf (name);\n";
    let shop = Shop::with(&SUITE, up, "");
    let hold = "SET application_name = 'a writer'; BEGIN; UPDATE shelf SET name = name WHERE id = 1";
    while_held(&shop.url, hold, || {
        check("index_locked_without_a_transaction", &shop, "migrate shop --wait 1", 1);
    });
    shop.query("DROP INDEX shelf_name_idx");
    shop.succeed("migrate shop");
}

/// A statement that may have committed a part of its work is not retried.
#[test]
fn partly_committed_statements_are_not_retried() {
    let up = "-- no-transaction\nCREATE TABLE toy (id int);\n\
              DO $$ BEGIN INSERT INTO toy VALUES (1); COMMIT; ALTER TABLE shelf ADD COLUMN colour text; END $$;\n";
    let shop = Shop::with(&SUITE, up, "");
    let commits =
        Shop::with(&SUITE, "CREATE TABLE toy (id int);\nCOMMIT;\nALTER TABLE shelf ADD COLUMN colour text;\n", "");
    let own =
        "-- no-transaction\nBEGIN;\nCREATE TABLE toy (id int);\nALTER TABLE shelf ADD COLUMN colour text;\nCOMMIT;\n";
    let own = Shop::with(&SUITE, own, "");
    let hold = "SET application_name = 'a reader'; BEGIN; SELECT * FROM shelf";
    while_held(&shop.url, hold, || check("locked_in_a_do", &shop, "migrate shop --wait 1", 1));
    assert_eq!(shop.query("SELECT count(*) FROM toy"), ["1"]);
    while_held(&commits.url, hold, || check("locked_behind_a_commit", &commits, "migrate shop --wait 1", 1));
    while_held(&own.url, hold, || check("locked_in_a_transaction_of_its_own", &own, "migrate shop --wait 1", 1));
    own.succeed("migrate shop");
}

/// The session ends within a statement that cannot be rolled back, so its result is unknown.
#[test]
fn index_interrupted() {
    let up = "-- no-transaction\nSELECT 1;\nCREATE INDEX CONCURRENTLY shelf_name_idx ON shelf (name);\n";
    let shop = Shop::with(&SUITE, up, "");
    while_held(&shop.url, "BEGIN; UPDATE shelf SET name = name WHERE id = 1", || {
        let running =
            shop.command("migrate shop --wait 600").stdout_capture().stderr_capture().unchecked().start().unwrap();
        wait_until(|| waiting(&shop) == 1);
        let end = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        shop.query(end);
        let ran = shop.workspace.ran("migrate shop   (and its session is ended)", running.wait().unwrap());
        shop.tidy(ran).check(1, "postgres", "index_interrupted");
    });
}

/// A file that ends its transaction itself: committed changes stay, and the message says so.
#[test]
fn transaction_control_in_files() {
    let shop = Shop::with(&SUITE, "CREATE TABLE toy (id int);\nCOMMIT;\nSELECT colour FROM shelf;\n", "");
    check("own_commit", &shop, "migrate shop", 1);
    assert_eq!(shop.query("SELECT to_regclass('toy')::text"), ["toy"]);
    let up = "-- no-transaction\nSELECT 1;\nBEGIN;\nCREATE TABLE toy (id int);\nSELECT colour FROM shelf;\nEND;\n";
    let shop = Shop::with(&SUITE, up, "");
    check("own_transaction", &shop, "migrate shop", 1);
    assert_eq!(shop.query("SELECT to_regclass('toy')::text"), [""]);
    let up = "-- no-transaction\nBEGIN;\nCREATE TABLE toy (id int);\nROLLBACK;\nSELECT colour FROM shelf;\n";
    check("own_rollback", &Shop::with(&SUITE, up, ""), "migrate shop", 1);
}

#[test]
fn session_terminated() {
    let shop = Shop::with(&SUITE, &slow(2), "");
    let mut running = None;
    while_held(&shop.url, "SELECT pg_advisory_lock(2)", || {
        running = Some(shop.command("migrate shop").stdout_capture().stderr_capture().unchecked().start().unwrap());
        wait_until(|| waiting(&shop) == 1);
        let end = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        assert_eq!(shop.query(end), ["true"]);
        let running = running.as_ref().unwrap();
        let ran = shop.tidy(shop.workspace.ran("migrate shop   (and its session is ended)", running.wait().unwrap()));
        ran.check(1, "postgres", "session_terminated");
    });
    assert_eq!(shop.query("SELECT count(*) FROM _sqlx_migrations"), ["1"]);
    assert_eq!(shop.query("SELECT to_regclass('toy')::text"), [""]);
    shop.workspace.remove(&format!("migrations/shop/{LABEL}.up.sql"));
    shop.succeed("migrate shop --wait 0");
}

/// A process that is killed leaves no lock.
#[test]
fn process_killed() {
    let shop = Shop::with(&SUITE, &slow(3), "");
    while_held(&shop.url, "SELECT pg_advisory_lock(3)", || {
        let running = shop.command("migrate shop").stdout_null().stderr_null().unchecked().start().unwrap();
        wait_until(|| waiting(&shop) == 1);
        running.kill().unwrap();
        running.wait().unwrap();
    });
    wait_until(|| waiting(&shop) == 0);
    shop.succeed("migrate shop");
    assert_eq!(shop.query("SELECT count(*) FROM _sqlx_migrations"), ["2"]);
}
