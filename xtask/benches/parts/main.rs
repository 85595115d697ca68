//! Measures the migration of rows to a new schema, user by user: `cargo bench --bench parts`. Compares the backfill
//! of parts with a loop that queries for each row before it inserts it, on a copy of the same database, in the same
//! run and on the same durable server. The loop migrates only the first users, because it is slow. The backfill is
//! the real command in a child process, whose peak memory the bench reads from the system.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../shared/child.rs"]
mod child;
#[path = "../shared/durable.rs"]
mod durable;
mod straightforward;

use rehearsal_postgres::Kept;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::error::Error;
use std::path::Path;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");

/// Each user has 25 parts, 15 sessions and 10 relationships.
const USERS: u32 = 20_000;
const ROWS_OF_A_USER: u32 = 50;
/// The number of users that the loop migrates.
const LOOPED: u32 = 500;
/// The targets: the minimum ratio of the rates, and the maximum memory.
const TIMES: f64 = 15.0;
const MEGABYTES: f64 = 80.0;

fn main() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = durable::start(folder.path()).await?;
    let measured = compare(&server, folder.path()).await;
    Kept::stop(folder.path())?;
    measured
}

async fn compare(server: &Kept, folder: &Path) -> Result<()> {
    let options = server.options().disable_statement_logging();
    let mut maintenance = options.connect().await?;
    maintenance.execute("CREATE DATABASE filled").await?;
    let url = rehearsal::db::postgres::on_server(server.options(), "filled").url();
    duct::cmd!(XTASK, "migrate", "parts", "--url", &url).stdout_null().run()?;
    populate(&mut options.clone().database("filled").connect().await?).await?;
    maintenance.execute("CREATE DATABASE looped TEMPLATE filled").await?;

    let took = straightforward::run(&mut options.clone().database("looped").connect().await?, LOOPED).await?;
    let one_by_one = f64::from(LOOPED * ROWS_OF_A_USER) / took.as_secs_f64();
    let report = folder.join("report.json");
    let command = duct::cmd!(XTASK, "backfill", "parts_v2", "--execute", "--url", &url, "--record", report);
    let (took, peak) = child::measure(&command.stdout_null().stderr_null())?;
    let set_wise = f64::from(USERS * ROWS_OF_A_USER) / took.as_secs_f64();
    println!("{:>9}  {:>8}  {:>9}  {:>5}  {:>8}", "rows", "loop", "backfill", "times", "memory");
    println!(
        "{:>9}  {one_by_one:>6.0}/s  {set_wise:>7.0}/s  {:>5.1}  {:>8}",
        USERS * ROWS_OF_A_USER,
        set_wise / one_by_one,
        child::shown(peak)
    );
    println!("targets: at least {TIMES} times the rate of the loop, memory below {MEGABYTES} MB");
    let mut filled = options.clone().database("filled").connect().await?;
    let done = "SELECT (SELECT count(*) FROM parts_v2) + (SELECT count(*) FROM sessions_v2) + (SELECT count(*) FROM part_relationships_v2)";
    let done: i64 = sqlx::query_scalar(done).fetch_one(&mut filled).await?;
    assert_eq!(done, i64::from(USERS * ROWS_OF_A_USER), "every row was migrated");
    filled.close().await?;
    Ok(())
}

/// Inserts [`USERS`] users, each with parts, sessions and relationships. Ids are not in insertion order.
async fn populate(connection: &mut PgConnection) -> Result<()> {
    let statements = format!(
        r#"INSERT INTO users SELECT md5('user ' || u)::uuid, u || '@example.org', '{{"theme": "dark"}}' FROM generate_series(1, {USERS}) u;
           INSERT INTO parts (id, user_id, name, category, status, charge, confidence, evidence_count, age, role, triggers, story, created_at)
           SELECT md5('part ' || u || ' ' || n)::uuid, md5('user ' || u)::uuid, 'Part ' || n, 'protector', 'emerging', 'positive',
                  0.5, n, '7', 'guards', '["noise", "haste"]', 'It came early.', timestamptz '2025-01-01+00' + n * interval '1 hour'
           FROM generate_series(1, {USERS}) u, generate_series(1, 25) n;
           INSERT INTO sessions (id, user_id, start_time, end_time, summary, breakthroughs, duration)
           SELECT md5('session ' || u || ' ' || n)::uuid, md5('user ' || u)::uuid, timestamptz '2025-01-01+00' + n * interval '1 day',
                  timestamptz '2025-01-01+00' + n * interval '1 day 1 hour', 'It was long.', ARRAY['a', 'b'], 50
           FROM generate_series(1, {USERS}) u, generate_series(1, 15) n;
           INSERT INTO part_relationships (id, user_id, parts, type, created_at)
           SELECT md5('relationship ' || u || ' ' || n)::uuid, md5('user ' || u)::uuid,
                  jsonb_build_array(md5('part ' || u || ' ' || n)::uuid, md5('part ' || u || ' ' || n + 1)::uuid),
                  (ARRAY['polarized', 'protector-exile', 'allied'])[1 + n % 3], '2025-01-01+00'
           FROM generate_series(1, {USERS}) u, generate_series(1, 10) n;
           VACUUM ANALYZE;"#
    );
    for statement in statements.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        connection.execute(AssertSqlSafe(statement.to_owned())).await?;
    }
    connection.execute("CHECKPOINT").await?;
    Ok(())
}
