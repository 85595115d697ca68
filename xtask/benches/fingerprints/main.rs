//! Measures the fingerprint of a million rows: `cargo bench --bench fingerprints`. Compares it with a query in which
//! the engine sorts the rows by their key and aggregates them into one text, on the same database in the same run.
//! Also measures the proofs of a history of 270 migrations on each engine.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod history;

use rehearsal::compare;
use rehearsal::db::{Access, Address, Connection, Engine};
use rehearsal_postgres::{Binaries, Hints, Kept};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Executor};
use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The targets: the maximum ratio, and the maximum time for a history.
const RATIO: f64 = 1.5;
const SECONDS: u64 = 60;

const ROWS: u32 = 1_000_000;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    println!("{:>10}  {:>18}  {:>11}  {:>5}", "rows", "sort and aggregate", "fingerprint", "ratio");
    runtime.block_on(sqlite(folder.path()))?;
    runtime.block_on(postgres(folder.path()))?;
    println!("target: ratio at most {RATIO}");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let took = history::rehearse(engine, folder.path())?;
        println!("proofs of 270 migrations on {engine}: {:.1} s", took.as_secs_f64());
    }
    println!("target: below {SECONDS} s each");
    Ok(())
}

async fn sqlite(folder: &Path) -> Result<()> {
    let file = folder.join("rows.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut connection: SqliteConnection = options.connect().await?;
    let rows = format!(
        "CREATE TABLE item (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, body TEXT, at TEXT, price REAL, n INTEGER, flag INTEGER);
         INSERT INTO item WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < {ROWS})
         SELECT printf('%08x-%08x', (n * 2654435761) & 0xffffffff, n), 'Item ' || n, hex(randomblob(40)), '2025-01-01T00:00:00.000Z', n / 7.0, n, n % 2 FROM i"
    );
    connection.execute(AssertSqlSafe(rows)).await?;
    let sorted = "SELECT length(group_concat(line, char(10))) FROM (SELECT concat_ws('|', quote(id), quote(name), quote(body), \
                  quote(at), quote(price), quote(n), quote(flag)) AS line FROM item ORDER BY id)";
    let start = Instant::now();
    let _: i64 = sqlx::query_scalar(sorted).fetch_one(&mut connection).await?;
    let baseline = start.elapsed();
    connection.close().await?;
    print_row(Engine::Sqlite, baseline, fingerprint_of(&rehearsal::db::sqlite::file(&file)).await?);
    Ok(())
}

async fn postgres(folder: &Path) -> Result<()> {
    let cache = env::var_os("HOME").map_or_else(env::temp_dir, PathBuf::from).join(".cache");
    let hints = Hints { pg_bin: None, path: env::var_os("PATH"), cache, temp: env::temp_dir() };
    let binaries = Binaries::find(&hints)?.ok_or("no PostgreSQL: run `cargo xtask postgres install`")?;
    let server = Kept::start(&binaries, &hints, folder).await?;
    let measured = compare(&server).await;
    Kept::stop(folder)?;
    measured
}

async fn compare(server: &Kept) -> Result<()> {
    let mut connection = server.options().disable_statement_logging().connect().await?;
    connection.execute("CREATE DATABASE rows").await?;
    connection.close().await?;
    let mut connection = server.options().database("rows").disable_statement_logging().connect().await?;
    let rows = format!(
        "CREATE TABLE item AS SELECT md5(i::text)::uuid AS id, 'Item ' || i AS name, repeat(md5(i::text), 3) AS body,
             now() - i * interval '1 s' AS at, i / 7.0 AS price, jsonb_build_object('n', i) AS data, i % 2 = 0 AS flag
         FROM generate_series(1, {ROWS}) i;
         ALTER TABLE item ADD PRIMARY KEY (id); ANALYZE item;"
    );
    connection.execute(AssertSqlSafe(rows)).await?;
    let start = Instant::now();
    let _: String = sqlx::query_scalar("SELECT md5(string_agg(t::text, E'\\n' ORDER BY t.id)) FROM item t")
        .fetch_one(&mut connection)
        .await?;
    let baseline = start.elapsed();
    connection.close().await?;
    print_row(
        Engine::Postgres,
        baseline,
        fingerprint_of(&rehearsal::db::postgres::on_server(server.options(), "rows")).await?,
    );
    Ok(())
}

async fn fingerprint_of(address: &Address) -> Result<Duration> {
    let mut connection = Connection::open(address, Access::Read, Duration::from_secs(5)).await?;
    let start = Instant::now();
    let content = compare::content(&mut connection, &[]).await?;
    let took = start.elapsed();
    assert_eq!(content.tables["item"].rows, u64::from(ROWS));
    connection.close().await?;
    Ok(took)
}

fn print_row(engine: Engine, baseline: Duration, took: Duration) {
    let (baseline, took) = (baseline.as_secs_f64(), took.as_secs_f64());
    let engine = engine.to_string();
    println!("{engine:>10}  {baseline:>16.2} s  {took:>9.2} s  {:>5.2}", took / baseline);
}
