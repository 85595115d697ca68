//! Backfills that read in the order in which rows are stored: each pending unit is written once, however the rows are
//! spread and although other sessions move them meanwhile.

use pretty_assertions::assert_eq;
use rehearsal::backfill::{self, About, Backfill, Effect, Findings, Outcome, Pass, Reject, UnitOrder, Written};
use rehearsal::db::{Address, Engine, Target};
use rehearsal::event::Event;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, query, unique, url};
use sqlx::postgres::{PgConnection, Postgres};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Writes each number into a second column. Its units have columns of types that sqlx does not know at first.
struct Doubles(UnitOrder);

#[derive(rehearsal::FromRow)]
struct Unit {
    cursor: i64,
    n: i64,
}

impl Backfill for Doubles {
    type Db = Postgres;
    type Unit = Unit;
    type Output = (i64, i64);

    fn about(&self) -> About {
        About { scopes: &["colour"], ..About::new("doubles", "numbers", "number", 1) }
    }

    fn units(&self) -> &'static str {
        r#"SELECT id AS "cursor", ctid AS "place", doubled IS NULL AS "pending", n, colour FROM t"#
    }

    fn order(&self) -> UnitOrder {
        self.0
    }

    fn id(&self, unit: &Unit) -> String {
        unit.cursor.to_string()
    }

    fn transform(&self, unit: &Unit, _: &mut Findings) -> Result<(i64, i64), Reject> {
        Ok((unit.cursor, unit.n * 2))
    }

    async fn write(&self, connection: &mut PgConnection, outputs: &[(i64, i64)]) -> Result<Written, sqlx::Error> {
        let update = "UPDATE t SET doubled = new.doubled, writes = writes + 1 FROM unnest($1::bigint[], $2::bigint[]) \
                      AS new (id, doubled) WHERE t.id = new.id AND t.doubled IS NULL";
        let (ids, doubled): (Vec<i64>, Vec<i64>) = outputs.iter().copied().unzip();
        Ok(sqlx::query(update).bind(ids).bind(doubled).execute(connection).await?.rows_affected().into())
    }
}

/// Creates a database with `rows` numbers, which are stored in another order than their ids.
fn numbers(rows: u32) -> String {
    let database = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {database}"));
    let sql = format!(
        "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, \
             installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, \
             execution_time bigint NOT NULL); \
         INSERT INTO _sqlx_migrations VALUES (1, 'numbers', now(), true, '', 0); \
         CREATE TYPE colour AS ENUM ('red', 'green'); \
         CREATE TABLE t (id bigint PRIMARY KEY, n bigint NOT NULL, colour colour NOT NULL, doubled bigint, \
             writes int NOT NULL DEFAULT 0, filler text); \
         INSERT INTO t SELECT i * 7919 % 1000003, i, (ARRAY['red', 'green'])[1 + i % 2]::colour, NULL, 0, repeat('x', 300) \
             FROM generate_series(1, {rows}) i"
    );
    execute(&url(&database), &sql);
    database
}

/// Runs the backfill. Calls `after` with the number of batches so far, after each batch.
fn run(database: &str, order: UnitOrder, settings: impl FnOnce(&mut Pass), after: &(dyn Fn(u32) + Sync)) -> Outcome {
    let target = Target::real(Address::parse(Engine::Postgres, &url(database)).unwrap(), Duration::from_secs(5));
    let mut pass = Pass::new(Effect::Execute);
    settings(&mut pass);
    let batches = AtomicU32::new(0);
    let events = |event: Event| {
        if let Event::Batch { .. } = event {
            after(batches.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    block(backfill::run(&Doubles(order), &target, &pass, &events)).unwrap()
}

/// The number of rows with each number of writes.
fn writes(database: &str) -> String {
    let sql = "SELECT string_agg(format('%s rows %s times', rows, writes), ', ' ORDER BY writes) \
               FROM (SELECT writes, count(*) AS rows FROM t GROUP BY writes) AS counted \
               WHERE NOT EXISTS (SELECT FROM t WHERE doubled <> n * 2)";
    query(&url(database), sql).concat()
}

#[test]
fn each_unit_is_written_once() {
    let check = |before: &str, order, batch: u32, workers: u32, expected: &str| {
        let database = numbers(5_000);
        execute(&url(&database), before);
        let settings = |pass: &mut Pass| {
            pass.batch = NonZeroU32::new(batch).unwrap();
            pass.workers = NonZeroU32::new(workers).unwrap();
        };
        let outcome = run(&database, order, settings, &|_| ());
        assert_eq!((outcome.counts.units, outcome.counts.unchanged), (outcome.counts.writes, 0));
        assert_eq!((writes(&database).as_str(), outcome.left), (expected, 0), "{before} {order:?} {batch} {workers}");
    };
    for order in [UnitOrder::Key, UnitOrder::Place] {
        check("SELECT", order, 5_000, 1, "5000 rows 1 times");
        check("SELECT", order, 64, 3, "5000 rows 1 times");
        check("DELETE FROM t", order, 64, 1, "");
        // Pending units are far apart, with empty blocks in between.
        check("DELETE FROM t WHERE n % 900 > 1", order, 3, 2, "11 rows 1 times");
        let most = "UPDATE t SET doubled = n * 2 WHERE n % 1000 > 0";
        check(most, order, 64, 1, "4995 rows 0 times, 5 rows 1 times");
    }
}

/// Whether the runs by place read in that order: after half of the batches, half of the blocks are written.
#[test]
fn the_order_is_that_of_the_rows() {
    let check = |order, expected: &str| {
        let database = numbers(2_000);
        let stop = backfill::Stop::default();
        let settings = |pass: &mut Pass| {
            pass.batch = NonZeroU32::new(100).unwrap();
            pass.stop = stop.clone();
        };
        let after = |batch: u32| {
            if batch == 10 {
                stop.request();
            }
        };
        let outcome = run(&database, order, settings, &after);
        assert_eq!((outcome.counts.units, outcome.ending), (1_000, backfill::Ending::Stopped));
        let sql = "SELECT CASE WHEN max(n) FILTER (WHERE doubled IS NOT NULL) = 1000 THEN 'by place' ELSE 'by key' END FROM t";
        assert_eq!(query(&url(&database), sql), [expected]);
        // The other order resumes it.
        let outcome = run(&database, UnitOrder::Key, |_| (), &|_| ());
        assert_eq!((outcome.counts.units, writes(&database).as_str()), (2_000, "2000 rows 1 times"));
    };
    check(UnitOrder::Place, "by place");
    check(UnitOrder::Key, "by key");
}

/// Another session updates pending rows after each of the first batches, which moves them past the last range or into
/// gaps that were read already, or rewrites the table.
#[test]
fn rows_that_move_are_found() {
    let check = |before: &[&str], sql: &str, expected: &str| {
        let database = numbers(2_000);
        before.iter().for_each(|sql| execute(&url(&database), sql));
        let settings = |pass: &mut Pass| pass.batch = NonZeroU32::new(100).unwrap();
        let after = |batch: u32| {
            if batch <= 6 {
                let (url, sql) = (url(&database), sql.to_owned());
                std::thread::spawn(move || execute(&url, &sql)).join().unwrap();
            }
        };
        let outcome = run(&database, UnitOrder::Place, settings, &after);
        assert_eq!((writes(&database).as_str(), outcome.left), (expected, 0), "{sql}");
        assert_eq!((outcome.counts.writes, outcome.counts.unchanged), (outcome.counts.units, 0), "{sql}");
    };
    let some = "UPDATE t SET filler = repeat('y', 300) WHERE doubled IS NULL AND n % 3 = 0";
    let all = "UPDATE t SET filler = 'z' WHERE doubled IS NULL";
    check(&[], some, "2000 rows 1 times");
    check(&["DELETE FROM t WHERE n % 4 = 0", "VACUUM t"], all, "1500 rows 1 times");
    check(&[], "VACUUM FULL t", "2000 rows 1 times");
}

/// After a lost connection, the run resumes after the last place whose batch was committed.
#[test]
fn a_lost_connection_costs_one_batch() {
    let database = numbers(2_000);
    let settings = |pass: &mut Pass| pass.batch = NonZeroU32::new(100).unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name = 'rehearsal'";
    let after = |batch: u32| {
        if batch == 4 {
            let url = url(&database);
            std::thread::spawn(move || execute(&url, end)).join().unwrap();
        }
    };
    let outcome = run(&database, UnitOrder::Place, settings, &after);
    assert!(outcome.counts.retries > 0, "the connection was lost");
    assert_eq!((outcome.counts.units, writes(&database).as_str()), (2_000, "2000 rows 1 times"));
}

#[test]
fn a_query_without_places_is_refused() {
    let database = numbers(10);
    execute(&url(&database), "ALTER TABLE t RENAME TO stored; CREATE VIEW t AS SELECT *, 1 AS ctid FROM stored");
    let target = Target::real(Address::parse(Engine::Postgres, &url(&database)).unwrap(), Duration::from_secs(5));
    let refused = block(backfill::run(
        &Doubles(UnitOrder::Place),
        &target,
        &Pass::new(Effect::Execute),
        &rehearsal::event::silent,
    ));
    let why = refused.unwrap_err().to_string();
    let (_, why) = why.rsplit_once("data: ").unwrap();
    assert_eq!(why, "\"place\" must be the ctid of a table: `SELECT ctid AS \"place\", …`");
}
