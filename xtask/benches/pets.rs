//! Measures a backfill on SQLite: `cargo bench --bench pets`. Compares its rate with one plain `UPDATE` that writes
//! a constant of the same size in one transaction, on a copy of the same file, in the same run. Ratios are
//! comparable between machines; times are not. The bench runs the real command as a child process and reads its peak
//! memory from the system.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "shared/child.rs"]
mod child;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");

/// The targets: the minimum ratio of the rates, the minimum rate at 1,000,000 pets relative to 100,000, and the
/// maximum memory.
const RATIO: f64 = 0.4;
const FLAT: f64 = 0.9;
const MEGABYTES: f64 = 60.0;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut rates = Vec::new();
    println!("{:>9}  {:>12}  {:>12}  {:>6}  {:>8}", "pets", "plain UPDATE", "backfill", "ratio", "memory");
    for pets in [100_000, 1_000_000] {
        let (file, copy) = (folder.path().join("pets.db"), folder.path().join("plain.db"));
        tokio::runtime::Runtime::new()?.block_on(populate(&file, pets))?;
        fs::copy(&file, &copy)?;
        let plain = tokio::runtime::Runtime::new()?.block_on(plain_update(&copy))?;
        let (took, peak) = backfill(&file, folder.path())?;
        let rate = |took: Duration| f64::from(pets) / took.as_secs_f64();
        let ratio = rate(took) / rate(plain);
        let memory = child::shown(peak);
        println!("{pets:>9}  {:>10.0}/s  {:>10.0}/s  {ratio:>6.2}  {memory:>8}", rate(plain), rate(took));
        rates.push(rate(took));
        fs::remove_file(&file)?;
        fs::remove_file(&copy)?;
    }
    let flat = rates[1] / rates[0];
    println!("rate at 1,000,000 pets / rate at 100,000 pets: {flat:.2}");
    println!("targets: ratio at least {RATIO}, flatness at least {FLAT}, memory below {MEGABYTES} MB");
    Ok(())
}

fn url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

/// Creates a database at the newest version, with this number of pets without traits, whose ids are not in insertion
/// order.
async fn populate(file: &Path, pets: u32) -> Result<()> {
    duct::cmd!(XTASK, "migrate", "pets", "--url", format!("{}?mode=rwc", url(file))).stdout_null().run()?;
    let mut connection = open(file).await?;
    connection
        .execute(r#"INSERT INTO "User" ("id", "name", "createdAt") VALUES ('u', 'Bench', '2025-01-01T00:00:00.000Z')"#)
        .await?;
    let insert = format!(
        r#"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {pets})
           INSERT INTO "Pet" ("id", "name", "userId", "friendliness", "energyTrait", "curiosity", "patience", "playfulness", "createdAt", "updatedAt")
           SELECT printf('%08x-%04x-4000-8000-%012x', (i * 2654435761) & 0xffffffff, (i * 40503) & 0xffff, i), 'Pet ' || i, 'u',
                  i % 101, i % 97, i % 89, i % 83, i % 79, '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z' FROM n"#
    );
    connection.execute(AssertSqlSafe(insert)).await?;
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    Ok(connection.close().await?)
}

async fn open(file: &Path) -> Result<SqliteConnection> {
    Ok(SqliteConnectOptions::new().filename(file).connect().await?)
}

/// The baseline: writes 280 bytes to every row, in one transaction.
async fn plain_update(file: &Path) -> Result<Duration> {
    let mut connection = open(file).await?;
    let start = Instant::now();
    sqlx::query(r#"UPDATE "Pet" SET "traits" = $1"#).bind("x".repeat(280)).execute(&mut connection).await?;
    let took = start.elapsed();
    connection.close().await?;
    Ok(took)
}

/// Measures the whole run of the real command.
fn backfill(file: &Path, folder: &Path) -> Result<(Duration, Option<f64>)> {
    let report = folder.join("report.json");
    let run = duct::cmd!(XTASK, "backfill", "pet_traits", "--execute", "--url", url(file), "--record", report);
    Ok(child::measure(&run.stdout_null().stderr_null())?)
}
