//! Other sessions on the same server: a session that waits for a batch gets its turn, and later batches are shorter.

use super::backfills::{LlamaLogCategories, RECORDS, fill, is_whole};
use pretty_assertions::assert_eq;
use rehearsal::backfill::{self, Effect, Pass, UnitOrder};
use rehearsal::db::{Address, Engine, Target};
use rehearsal::event::Event;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, query, unique, url};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::Duration;

const BATCH: u32 = 200;

/// Creates a database of records. Each update also runs the expression `each`, which takes time.
fn slow_records(each: &str) -> String {
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    fill(&url(&name));
    let slow = format!(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM {each}; RETURN NEW; END $$; \
         CREATE TRIGGER slow BEFORE UPDATE ON llama_logs FOR EACH ROW EXECUTE FUNCTION slow()"
    );
    execute(&url(&name), &slow);
    url(&name)
}

/// Returns a pass with a long batch time, so that no batch is shortened because it takes too long.
fn pass() -> Pass {
    let mut pass = Pass::new(Effect::Execute);
    pass.batch = NonZeroU32::new(BATCH).unwrap();
    pass.aim = Some(Duration::from_secs(600));
    pass
}

fn target(url: &str) -> Target {
    Target::real(Address::parse(Engine::Postgres, url).unwrap(), Duration::from_secs(60))
}

/// Starts a session that has to wait for a batch. Returns how many records were pending when its wait ended.
fn waits(url: &str) -> JoinHandle<i64> {
    let url = url.to_owned();
    std::thread::spawn(move || {
        block(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let mut transaction = connection.begin().await.unwrap();
            sqlx::raw_sql("LOCK TABLE llama_logs IN SHARE MODE").execute(&mut *transaction).await.unwrap();
            let left = "SELECT count(*) FROM llama_logs WHERE category IS NULL";
            let left = sqlx::raw_sql(left).fetch_one(&mut *transaction).await.unwrap().get(0);
            transaction.commit().await.unwrap();
            connection.close().await.unwrap();
            left
        })
    })
}

/// Works as a superuser, and as a role that sees only the public part of other sessions.
#[test]
#[ignore = "slow"]
fn a_waiting_session_shortens_batches() {
    let check = |role: Option<&str>, who: &str| {
        let own = slow_records("pg_sleep(0.002)");
        let theirs = match role {
            None => own.clone(),
            Some(role) => {
                let grant = format!(
                    "CREATE ROLE {role} LOGIN; GRANT CREATE ON SCHEMA public TO {role}; \
                     GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
                );
                execute(&own, &grant);
                own.replacen("//postgres", &format!("//{role}"), 1)
            }
        };
        let waiting = Mutex::new(Vec::new());
        let events = |event| match (event, who) {
            (Event::Batch { counts }, "a session") if (2..12).contains(&counts.batches) => {
                waiting.lock().unwrap().push(waits(&own))
            }
            _ => {}
        };
        let outcome =
            block(backfill::run(&LlamaLogCategories(UnitOrder::Key), &target(&theirs), &pass(), &events)).unwrap();
        is_whole(&own, &outcome);
        let least = RECORDS / u64::from(BATCH);
        let waiting = waiting.into_inner().unwrap();
        match who {
            "no session" => assert_eq!(outcome.counts.batches, least),
            _ => assert!(outcome.counts.batches > least, "{role:?}: {} batches", outcome.counts.batches),
        }
        for waiting in waiting {
            assert!(waiting.join().unwrap() > 0, "the lock is granted before the run ends");
        }
    };
    check(None, "no session");
    check(None, "a session");
    check(Some(&unique()), "a session");
}

/// Workers that block each other, in one process or in two, do not shorten batches.
#[test]
fn waiting_workers_do_not_shorten_batches() {
    // An advisory lock lets one batch run at a time.
    let url = slow_records("pg_sleep(0.0005), pg_advisory_xact_lock(7)");
    let mut pass = pass();
    pass.workers = NonZeroU32::new(2).unwrap();
    let waited = std::sync::atomic::AtomicBool::new(false);
    let seen = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted";
    let (one, two) = (target(&url), target(&url));
    let silent = &rehearsal::event::silent;
    block(async {
        let mut watch = PgConnection::connect(&url).await.unwrap();
        let watching = async {
            loop {
                let rows = sqlx::raw_sql(seen).fetch_one(&mut watch).await.unwrap();
                if rows.get::<String, _>(0) != "0" {
                    waited.store(true, std::sync::atomic::Ordering::Relaxed);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let working = async {
            let (one, two) = tokio::join!(
                backfill::run(&LlamaLogCategories(UnitOrder::Key), &one, &pass, silent),
                backfill::run(&LlamaLogCategories(UnitOrder::Key), &two, &pass, silent)
            );
            (one.unwrap(), two.unwrap())
        };
        tokio::select! {
            _ = working => {}
            () = watching => {}
        }
    });
    assert!(waited.into_inner(), "the workers blocked each other");
    let batches = "SELECT counts::json ->> 'batches' FROM _rehearsal_runs WHERE (counts::json ->> 'units')::int > 0";
    assert_eq!(query(&url, batches), [(RECORDS / u64::from(BATCH)).to_string()]);
}

/// The batch size carries over from range to range: after the first batches, none exceeds the batch time.
#[test]
fn the_batch_size_carries_over_between_ranges() {
    let url = slow_records("pg_sleep(0.004)");
    execute(&url, "DELETE FROM llama_logs WHERE id IN (SELECT id FROM llama_logs LIMIT 2400)");
    let mut pass = pass();
    pass.batch = NonZeroU32::new(25).unwrap();
    pass.aim = Some(Duration::from_millis(20));
    let units = Mutex::new(vec![0]);
    let events = |event| {
        if let Event::Batch { counts } = event {
            units.lock().unwrap().push(counts.units);
        }
    };
    block(backfill::run(&LlamaLogCategories(UnitOrder::Key), &target(&url), &pass, &events)).unwrap();
    let units = units.into_inner().unwrap();
    let sizes: Vec<u64> = units.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(sizes.iter().sum::<u64>(), 600);
    // The second batch was read before the first one was written.
    assert!(sizes.iter().skip(2).all(|size| *size <= 5), "{sizes:?}");
    let ranges = query(&url, "SELECT count(*)::text FROM _rehearsal_ranges");
    assert!(ranges[0].parse::<u32>().unwrap() >= 3, "{ranges:?}");
}

/// A lock on the database that was lost with its session is taken again, also if the first attempt fails because the server
/// accepts no connection.
#[test]
fn a_lost_lock_is_taken_again() {
    let (own, role) = (slow_records("NULL"), unique());
    let name = own.split('?').next().unwrap().rsplit('/').next().unwrap();
    let grant = format!(
        "CREATE ROLE {role} LOGIN; GRANT CREATE ON SCHEMA public TO {role}; \
         GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
    );
    execute(&own, &grant);
    let theirs = own.replacen("//postgres", &format!("//{role}"), 1);
    let held = format!(
        "SELECT count(*)::text FROM pg_locks JOIN pg_stat_activity USING (pid) \
         WHERE locktype = 'advisory' AND mode = 'ShareLock' AND usename = '{role}'"
    );
    let locks = Mutex::new(Vec::new());
    // A test of sessions has to wait for its own, so each step runs on a thread.
    let events = |event| {
        let Event::Batch { counts } = event else { return };
        let step = || {
            locks.lock().unwrap().push(query(&own, &held));
            if counts.batches == 2 {
                execute(&own, &format!("ALTER DATABASE {name} CONNECTION LIMIT 0"));
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename =";
                execute(&own, &format!("{end} '{role}'"));
            }
        };
        std::thread::scope(|scope| scope.spawn(step).join().unwrap());
    };
    let accept = std::thread::spawn({
        let (own, name) = (own.clone(), name.to_owned());
        move || {
            let limit = format!("SELECT datconnlimit::text FROM pg_database WHERE datname = '{name}'");
            while query(&own, &limit) != ["0"] {
                std::thread::sleep(Duration::from_millis(20));
            }
            std::thread::sleep(Duration::from_millis(700));
            execute(&own, &format!("ALTER DATABASE {name} CONNECTION LIMIT -1"));
        }
    });
    let outcome =
        block(backfill::run(&LlamaLogCategories(UnitOrder::Key), &target(&theirs), &pass(), &events)).unwrap();
    is_whole(&own, &outcome);
    accept.join().unwrap();
    assert!(
        outcome.counts.retries > 1,
        "the server refused at least one connection: {} retries",
        outcome.counts.retries
    );
    let locks = locks.into_inner().unwrap();
    assert_eq!(locks.first(), locks.last(), "as many locks are held during the last batch as during the first");
}
