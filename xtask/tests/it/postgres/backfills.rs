//! A backfill whose server goes away in the middle: it is taken up again, and nothing is lost or done twice.

#[path = "../../../benches/llama_logs/backfill.rs"]
mod llama_log_categories;

use super::{execute, query, unique, url};
use crate::database::block;
use crate::workspace::Workspace;
use llama_log_categories::LlamaLogCategories;
use pretty_assertions::assert_eq;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use xtask::backfill::{self, Effect, Outcome, Pass};
use xtask::engine::{Address, Engine, Target};
use xtask::event::Event;

const RECORDS: u64 = 3_000;
const BATCH: u64 = 100;

/// A database of records without a category.
fn records() -> String {
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    Workspace::new().succeed(&format!("migrate llama_logs --url {}", url(&name)));
    let insert = format!(
        "ALTER TABLE llama_logs ALTER COLUMN category DROP NOT NULL; \
         INSERT INTO llama_logs (id, operation, status, sources, metadata, created_at) \
         SELECT md5(i::text)::uuid, (ARRAY['cache:get', 'enrichment:album', 'create'])[1 + i % 3], \
         (ARRAY['SUCCESS', 'FAILED'])[1 + i % 2], '{{}}', '{{}}', '2025-01-01' FROM generate_series(1, {RECORDS}) i"
    );
    execute(&url(&name), &insert);
    name
}

/// Makes a pass; behind so many batches, every session of ours is ended from outside.
fn pass(database: &str, effect: Effect, end_behind: Option<u64>) -> Result<Outcome, backfill::Error> {
    let target = Target::real(Address::parse(Engine::Postgres, &url(database)).unwrap(), Duration::from_secs(5));
    let mut pass = Pass::new(effect);
    pass.batch = NonZeroU32::new(u32::try_from(BATCH).unwrap()).unwrap();
    let batches = AtomicU64::new(0);
    let events = |event: Event| {
        if matches!(event, Event::Batch { .. }) && Some(batches.fetch_add(1, Ordering::Relaxed) + 1) == end_behind {
            let url = url(database);
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND application_name = 'xtask'";
            std::thread::spawn(move || execute(&url, end)).join().unwrap();
        }
    };
    block(backfill::run(&LlamaLogCategories, &target, &pass, &events))
}

#[test]
fn a_server_that_goes_away_costs_one_batch() {
    let database = records();
    let predicted = pass(&database, Effect::Predict, None).unwrap();
    assert_eq!((predicted.counts.units, predicted.counts.writes), (RECORDS, RECORDS));
    let mut ended = 0;
    let outcome = loop {
        match pass(&database, Effect::Execute, (ended < 3).then_some(4)) {
            Ok(outcome) => break outcome,
            Err(error) => {
                ended += 1;
                assert!(error.to_string().contains("can't reach"), "{error}");
                let filled = query(&url(&database), "SELECT count(category)::text FROM llama_logs");
                let told = query(&url(&database), "SELECT (counts::json ->> 'units') FROM _xtask_runs");
                assert_eq!(filled, told, "rows and ledger are of one transaction");
                assert!(filled[0].parse::<u64>().unwrap() >= ended * 4 * BATCH);
            }
        }
    };
    assert_eq!(ended, 3);
    assert_eq!((outcome.counts.units, outcome.counts.writes, outcome.counts.left_alone), (RECORDS, RECORDS, 0));
    assert_eq!(outcome.counts.tallies, predicted.counts.tallies);
    let again = pass(&database, Effect::Again, None).unwrap();
    assert_eq!((again.counts.units, again.counts.writes), (RECORDS, 0));
    let undone = pass(&database, Effect::Undo, None).unwrap();
    assert_eq!(undone.counts.writes, RECORDS);
}

#[test]
fn a_scope_is_of_any_type() {
    let database = records();
    let id = &query(&url(&database), "SELECT id::text FROM llama_logs ORDER BY id LIMIT 1")[0];
    let target = Target::real(Address::parse(Engine::Postgres, &url(&database)).unwrap(), Duration::from_secs(5));
    let mut pass = Pass::new(Effect::Execute);
    pass.scope = backfill::Scope(vec![("id".to_owned(), id.clone())]);
    let outcome = block(backfill::run(&LlamaLogCategories, &target, &pass, &xtask::event::silent)).unwrap();
    assert_eq!((outcome.counts.units, outcome.counts.writes), (1, 1));
    assert_eq!(query(&url(&database), "SELECT count(category)::text FROM llama_logs"), ["1"]);
}
