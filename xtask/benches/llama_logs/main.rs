//! Measures a backfill on PostgreSQL that reads by key and by place, with one, two and four workers:
//! `cargo bench --bench llama_logs`. Compares its rate with one plain `UPDATE` that writes a constant of the same size in
//! one transaction, on a copy of the same database, in the same run and on the same throwaway server. The backfill runs
//! in a child process, whose peak memory the bench reads from the system.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod backfill;
#[path = "../shared/child.rs"]
mod child;

use backfill::LlamaLogCategories;
use rehearsal::backfill::{DEFAULT_AIM, Effect, Pass, Threads, UnitOrder};
use rehearsal::db::{Address, Engine, Target};
use rehearsal::event::silent;
use rehearsal_postgres::{Binaries, Hints, Server};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::env;
use std::error::Error;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");
/// Passes the URL of the database to the child process.
const CHILD: &str = "LLAMA_LOGS_BENCH_URL";

/// Passes the number of workers to the child process.
const WORKERS: &str = "LLAMA_LOGS_BENCH_WORKERS";

/// Passes the order of the units to the child process.
const ORDER: &str = "LLAMA_LOGS_BENCH_ORDER";

const RECORDS: u32 = 1_000_000;
/// The targets: the minimum ratio of the rates in the order of places, and the maximum memory.
const RATIO: f64 = 0.75;
const MEGABYTES: f64 = 40.0;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match env::var(CHILD) {
        Ok(url) => runtime.block_on(fill(&url)),
        Err(_) => runtime.block_on(measure()),
    }
}

/// Runs the backfill with the settings of the command line; the child process.
async fn fill(url: &str) -> Result<()> {
    let target = Target::real(Address::parse(Engine::Postgres, url)?, Duration::from_secs(10));
    let mut pass = Pass::new(Effect::Execute);
    let number = |name: &str| env::var(name).ok().and_then(|n| n.parse::<NonZeroU32>().ok());
    pass.batch = number("BATCH").unwrap_or(pass.batch);
    pass.workers = number(WORKERS).unwrap_or(pass.workers);
    pass.aim = Some(DEFAULT_AIM);
    pass.threads = Threads::Own;
    let order = if env::var_os(ORDER).is_some_and(|order| order == "key") { UnitOrder::Key } else { UnitOrder::Place };
    let outcome = rehearsal::backfill::run(&LlamaLogCategories(order), &target, &pass, &silent).await?;
    assert_eq!(outcome.counts.writes, u64::from(RECORDS), "every record is filled");
    Ok(())
}

async fn measure() -> Result<()> {
    let cache = env::var_os("HOME").map_or_else(env::temp_dir, PathBuf::from).join(".cache");
    let hints = Hints { pg_bin: None, path: env::var_os("PATH"), cache, temp: env::temp_dir() };
    let binaries = Binaries::find(&hints)?.ok_or("no PostgreSQL: run `cargo xtask postgres install`")?;
    let server = Server::start(&binaries, &hints).await?;
    let options = server.options().disable_statement_logging();
    let mut maintenance = options.connect().await?;
    maintenance.execute("CREATE DATABASE filled").await?;
    duct::cmd!(XTASK, "migrate", "llama_logs", "--url", server.url("filled")).stdout_null().run()?;
    populate(&mut options.clone().database("filled").connect().await?).await?;
    maintenance.execute("CREATE DATABASE plain TEMPLATE filled").await?;

    let plain = plain_update(&options).await?;
    let rate = |took: Duration| f64::from(RECORDS) / took.as_secs_f64();
    println!(
        "{:>9}  {:>12}  {:>5}  {:>7}  {:>12}  {:>5}  {:>8}",
        "records", "plain UPDATE", "order", "workers", "backfill", "ratio", "memory"
    );
    for order in ["key", "place"] {
        for workers in [1, 2, 4] {
            let database = format!("{order}_{workers}");
            maintenance.execute(AssertSqlSafe(format!("CREATE DATABASE {database} TEMPLATE filled"))).await?;
            let command = duct::cmd(env::current_exe()?, Vec::<String>::new());
            let command = command.env(CHILD, server.url(&database)).env(WORKERS, workers.to_string()).env(ORDER, order);
            let (took, peak) = child::measure(&command)?;
            println!(
                "{RECORDS:>9}  {:>10.0}/s  {order:>5}  {workers:>7}  {:>10.0}/s  {:>5.2}  {:>8}",
                rate(plain),
                rate(took),
                rate(took) / rate(plain),
                child::shown(peak)
            );
            maintenance.execute(AssertSqlSafe(format!("DROP DATABASE {database}"))).await?;
        }
    }
    println!("targets: by place, ratio at least {RATIO}; memory below {MEGABYTES} MB");
    server.stop().await;
    Ok(())
}

/// Inserts [`RECORDS`] records without a category, as if the migration did not fill them.
async fn populate(connection: &mut PgConnection) -> Result<()> {
    connection.execute("ALTER TABLE llama_logs ALTER COLUMN category DROP NOT NULL").await?;
    let insert = format!(
        "INSERT INTO llama_logs (id, operation, status, sources, metadata, created_at) \
         SELECT md5(i::text)::uuid, (ARRAY['cache:get', 'enrichment:album', 'admin_correction', 'create', 'spotify:sync'])[1 + i % 5], \
         (ARRAY['SUCCESS', 'FAILED', 'SKIPPED'])[1 + i % 3], '{{}}', '{{\"n\": 1}}', '2025-01-01' FROM generate_series(1, {RECORDS}) i"
    );
    connection.execute(AssertSqlSafe(insert)).await?;
    connection.execute("VACUUM ANALYZE llama_logs").await?;
    Ok(())
}

/// The baseline: one `UPDATE` of all records.
async fn plain_update(options: &PgConnectOptions) -> Result<Duration> {
    let mut connection = options.clone().database("plain").connect().await?;
    let start = Instant::now();
    connection.execute("UPDATE llama_logs SET category = 'CREATED'").await?;
    let took = start.elapsed();
    connection.close().await?;
    Ok(took)
}
