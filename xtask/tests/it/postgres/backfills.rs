//! Backfills that lose their connection or meet other sessions: they retry or resume, and nothing is lost or done
//! twice.

#[path = "../../../benches/llama_logs/backfill.rs"]
mod llama_log_categories;

use crate::suite::new_workspace;
pub(super) use llama_log_categories::LlamaLogCategories;
use pretty_assertions::assert_eq;
use rehearsal::backfill::{self, Effect, Outcome, Pass, UnitOrder};
use rehearsal::db::{Address, Engine, Target};
use rehearsal::event::Event;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, in_the_way, query, unique, url};
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(super) const RECORDS: u64 = 3_000;
const BATCH: u64 = 100;

/// Creates a database of records without a category.
fn records() -> String {
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    fill(&url(&name));
    name
}

/// Fills an empty database with records without a category.
pub(super) fn fill(url: &str) {
    new_workspace().succeed(&format!("migrate llama_logs --url {url}"));
    let insert = format!(
        "ALTER TABLE llama_logs ALTER COLUMN category DROP NOT NULL; \
         INSERT INTO llama_logs (id, operation, status, sources, metadata, created_at) \
         SELECT md5(i::text)::uuid, (ARRAY['cache:get', 'enrichment:album', 'create'])[1 + i % 3], \
         (ARRAY['SUCCESS', 'FAILED'])[1 + i % 2], '{{}}', '{{}}', '2025-01-01' FROM generate_series(1, {RECORDS}) i"
    );
    execute(url, &insert);
}

/// Runs a pass. Calls `after` with the number of batches so far, after each batch.
fn pass(database: &str, effect: Effect, wait: u64, after: &(dyn Fn(u64) + Sync)) -> Result<Outcome, backfill::Error> {
    pass_with_retries(database, effect, wait, after).0
}

/// Runs a pass. Also returns the reason of each retry.
fn pass_with_retries(
    database: &str,
    effect: Effect,
    wait: u64,
    after: &(dyn Fn(u64) + Sync),
) -> (Result<Outcome, backfill::Error>, Vec<String>) {
    let address = Address::parse(Engine::Postgres, &url(database)).unwrap();
    let target = Target::real(address, Duration::from_secs(wait));
    let whys = Mutex::new(Vec::new());
    let mut pass = Pass::new(effect);
    pass.batch = NonZeroU32::new(u32::try_from(BATCH).unwrap()).unwrap();
    let batches = AtomicU64::new(0);
    let events = |event: Event| match event {
        Event::Batch { .. } => after(batches.fetch_add(1, Ordering::Relaxed) + 1),
        Event::Retrying { why, .. } => whys.lock().unwrap().push(why),
        _ => {}
    };
    let outcome = block(backfill::run(&LlamaLogCategories(UnitOrder::Key), &target, &pass, &events));
    (outcome, whys.into_inner().unwrap())
}

/// Terminates every session of rehearsal in a database, from another session.
fn end_sessions(database: &str) {
    let url = url(database);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name = 'rehearsal'";
    std::thread::spawn(move || execute(&url, end)).join().unwrap();
}

/// Checks that nothing was lost and nothing was done twice.
pub(super) fn is_whole(url: &str, outcome: &Outcome) {
    assert_eq!((outcome.counts.units, outcome.counts.writes, outcome.counts.unchanged), (RECORDS, RECORDS, 0));
    assert_eq!(query(url, "SELECT count(category)::text FROM llama_logs"), [RECORDS.to_string()]);
    assert_eq!(query(url, "SELECT state FROM _rehearsal_runs"), ["finished"]);
}

#[test]
fn a_lost_connection_costs_one_batch() {
    let database = records();
    let predicted = pass(&database, Effect::Predict, 5, &|_| ()).unwrap();
    assert_eq!((predicted.counts.units, predicted.counts.writes), (RECORDS, RECORDS));
    let mut ended = 0;
    // Without time for a retry, the next command resumes the run.
    let outcome = loop {
        match pass(&database, Effect::Execute, 0, &|batch| {
            if ended < 3 && batch == 4 {
                end_sessions(&database)
            }
        }) {
            Ok(outcome) => break outcome,
            Err(error) => {
                ended += 1;
                assert!(error.to_string().contains("cannot reach"), "{error}");
                let filled = query(&url(&database), "SELECT count(category)::text FROM llama_logs");
                let told = query(&url(&database), "SELECT (counts::json ->> 'units') FROM _rehearsal_runs");
                assert_eq!(filled, told, "ledger and rows are written in one transaction");
                assert!(filled[0].parse::<u64>().unwrap() >= ended * 4 * BATCH);
            }
        }
    };
    assert_eq!(ended, 3);
    is_whole(&url(&database), &outcome);
    assert_eq!(outcome.counts.tallies, predicted.counts.tallies);
    let again = pass(&database, Effect::Again, 5, &|_| ()).unwrap();
    assert_eq!((again.counts.units, again.counts.writes), (RECORDS, 0));
    let undone = pass(&database, Effect::Undo, 5, &|_| ()).unwrap();
    assert_eq!(undone.counts.writes, RECORDS);
}

/// With time for retries, the same command reconnects and continues, as often as necessary.
#[test]
fn terminated_sessions_are_replaced() {
    let database = records();
    let ends = |batch: u64| {
        if [4, 5, 20].contains(&batch) {
            end_sessions(&database)
        }
    };
    let outcome = pass(&database, Effect::Execute, 10, &ends).unwrap();
    is_whole(&url(&database), &outcome);
    assert_eq!((outcome.counts.retries, outcome.resumed), (3, None));
}

/// Transient errors, caused by real transactions, are retried and counted.
#[test]
fn transient_errors_are_retried() {
    let check = |set: &str, first: &'static str, second: &'static str, end: &'static str, why: &str| {
        let database = records();
        if !set.is_empty() {
            execute(&url("postgres"), &format!("ALTER DATABASE {database} SET {set}"));
        }
        let other = Mutex::new(None);
        let begins = |batch: u64| {
            if batch == 3 {
                *other.lock().unwrap() = Some(in_the_way(&url(&database), first, second, end));
            }
        };
        let (outcome, whys) = pass_with_retries(&database, Effect::Execute, 20, &begins);
        let outcome = outcome.unwrap();
        other.into_inner().unwrap().unwrap().join().unwrap();
        is_whole(&url(&database), &outcome);
        assert_eq!(outcome.counts.retries, whys.len() as u64, "every retry is reported");
        assert!(whys.iter().any(|told| told.contains(why)), "{why} in {whys:?}");
        let kept = query(&url(&database), "SELECT counts::json ->> 'retries' FROM _rehearsal_runs");
        assert_eq!(kept, [whys.len().to_string()], "the ledger counts the retries");
    };
    // A lock that is held for longer than one attempt waits.
    let hold = "BEGIN; SELECT id FROM llama_logs WHERE category IS NULL ORDER BY id DESC LIMIT 500 FOR UPDATE";
    check("", hold, "SELECT pg_sleep(1.5)", "COMMIT", "locked");
    check("", "BEGIN; LOCK TABLE llama_logs IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(1.5)", "COMMIT", "locked");
    // A deadlock, which the server detects before the batch stops waiting. It fails the batch, because the other
    // session checks for deadlocks only once a minute.
    let other = "SET deadlock_timeout = '1min'; BEGIN; \
                 UPDATE llama_logs SET reason = 'x' WHERE id = (SELECT max(id::text)::uuid FROM llama_logs)";
    let all = "SELECT id FROM llama_logs ORDER BY id FOR UPDATE";
    check("deadlock_timeout = '50ms'", other, all, "COMMIT", "deadlock detected");
    // Another session changed a row that the batch has read.
    let changed = "BEGIN ISOLATION LEVEL READ COMMITTED; UPDATE llama_logs SET reason = 'x' WHERE category IS NULL";
    check(
        "default_transaction_isolation = 'repeatable read'",
        changed,
        "SELECT 1",
        "COMMIT",
        "could not serialize access",
    );
}

/// The columns of the table change between two batches.
#[test]
fn a_table_altered_between_batches() {
    let database = records();
    let changes = |batch: u64| {
        if batch == 5 {
            let url = url(&database);
            let change = "ALTER TABLE llama_logs ADD COLUMN extra int DEFAULT 7, ALTER operation TYPE varchar(200)";
            std::thread::spawn(move || execute(&url, change)).join().unwrap();
        }
    };
    let outcome = pass(&database, Effect::Execute, 10, &changes).unwrap();
    is_whole(&url(&database), &outcome);
}

/// A permanent error ends the run immediately and rolls its batch back.
#[test]
fn a_permanent_error_ends_the_run() {
    let database = records();
    let breaks = |batch: u64| {
        if batch == 5 {
            let url = url(&database);
            let change = "ALTER TABLE llama_logs ADD CHECK (category IS NULL) NOT VALID";
            std::thread::spawn(move || execute(&url, change)).join().unwrap();
        }
    };
    let error = pass(&database, Effect::Execute, 60, &breaks).unwrap_err().to_string();
    assert!(error.contains("violates check constraint"), "{error}");
    let told = query(&url(&database), "SELECT (counts::json ->> 'units') || ' ' || state FROM _rehearsal_runs");
    let filled = query(&url(&database), "SELECT count(category) || ' failed' FROM llama_logs");
    assert_eq!(told, filled);
}

#[test]
fn scopes_of_any_type() {
    let database = records();
    let id = &query(&url(&database), "SELECT id::text FROM llama_logs ORDER BY id LIMIT 1")[0];
    let target = Target::real(Address::parse(Engine::Postgres, &url(&database)).unwrap(), Duration::from_secs(5));
    let mut pass = Pass::new(Effect::Execute);
    // A scope without a unit is reported, whatever the type of its column.
    for (column, value) in [("id", "7"), ("operation", "7"), ("status", "success")] {
        pass.scope = backfill::Scope(vec![(column.to_owned(), value.to_owned())]);
        let refused =
            block(backfill::run(&LlamaLogCategories(UnitOrder::Key), &target, &pass, &rehearsal::event::silent));
        let told = refused.unwrap_err().to_string();
        assert!(told.starts_with("no log record in ") && told.ends_with(&format!(" has {column}={value}")), "{told}");
    }
    pass.scope = backfill::Scope(vec![("id".to_owned(), id.clone())]);
    let outcome =
        block(backfill::run(&LlamaLogCategories(UnitOrder::Key), &target, &pass, &rehearsal::event::silent)).unwrap();
    assert_eq!((outcome.counts.units, outcome.counts.writes), (1, 1));
    assert_eq!(query(&url(&database), "SELECT count(category)::text FROM llama_logs"), ["1"]);
}
