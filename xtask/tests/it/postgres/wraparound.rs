//! A vacuum against transaction-id wraparound, which the server starts: a backfill backs off until the vacuum is done.

use super::backfills::{fill, is_whole};
use super::replica::{Primary, begin};
use pretty_assertions::assert_eq;
use rehearsal::db::{Address, Engine, Target};
use rehearsal_tests::postgres::{execute, hold, query};
use rehearsal_tests::processes::wait_until;
use std::time::Duration;

#[test]
fn a_backfill_waits_for_a_vacuum_against_wraparound() {
    let settings = ["autovacuum_freeze_max_age = 100000", "autovacuum_naptime = 1", "synchronous_commit = off"];
    let primary = Primary::start().restart(&settings);
    execute(&primary.kept.url("postgres"), "CREATE DATABASE logs");
    let url = primary.kept.url("logs");
    fill(&url);
    execute(&url, "CREATE TABLE held (id int); INSERT INTO held VALUES (1)");
    let vacuums = "SELECT query FROM pg_stat_activity WHERE query LIKE 'autovacuum: VACUUM% (to prevent wraparound)'";
    // The vacuum waits for this lock, and so lasts for as long as the test needs.
    let held = hold(&url, "LOCK TABLE held IN SHARE UPDATE EXCLUSIVE MODE");
    let use_up = "CREATE PROCEDURE use_up() LANGUAGE plpgsql AS $$ BEGIN \
                  FOR i IN 1..110000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$";
    execute(&url, use_up);
    execute(&url, "CALL use_up()");
    wait_until(|| query(&url, vacuums).iter().any(|vacuum| vacuum.contains("public.held ")));

    let target = Target::real(Address::parse(Engine::Postgres, &url).unwrap(), Duration::from_secs(60));
    let (running, told) = begin(&target);
    let why = told.recv().unwrap();
    assert!(why.starts_with("the server is vacuuming ") && why.contains("wraparound"), "{why}");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(query(&url, "SELECT count(category)::text FROM llama_logs"), ["0"], "a waiting backfill writes nothing");
    drop(held);
    assert_eq!(told.recv().unwrap(), "going on");
    let outcome = running.join().unwrap().unwrap();
    is_whole(&url, &outcome);
}
