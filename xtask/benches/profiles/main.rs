//! How fast many rows become one: `cargo bench --bench profiles`. The backfill of profiles is held against a straightforward
//! loop with a transaction for each user and a statement for each row, on a copy of the same database, in the same run and
//! on the same server. That one writes durably, as a real one does: a throwaway server's commits cost nothing. The backfill
//! runs in a process of its own, whose peak memory is read from the system.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../shared/child.rs"]
mod child;
mod straightforward;
#[path = "../../src/backfills/unified_profiles.rs"]
mod unified_profiles;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::env;
use std::error::Error;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;
use unified_profiles::UnifiedProfiles;
use xtask::backfill::{Effect, Pass};
use xtask::engine::{Address, Engine, Target};
use xtask::event::silent;
use xtask::postgres_server::{Binaries, Hints, Kept};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");
/// Names the database to the process that runs the backfill.
const CHILD: &str = "PROFILES_BENCH_URL";

/// The targets.
const TIMES: f64 = 8.0;
const FLAT: f64 = 0.9;
const MEGABYTES: f64 = 60.0;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match env::var(CHILD) {
        Ok(url) => runtime.block_on(fill(&url)),
        Err(_) => runtime.block_on(measure()),
    }
}

/// The backfill, as the command runs it.
async fn fill(url: &str) -> Result<()> {
    let target = Target::real(Address::parse(Engine::Postgres, url)?, Duration::from_secs(10));
    let mut pass = Pass::new(Effect::Execute);
    pass.batch = env::var("BATCH").ok().and_then(|batch| batch.parse::<NonZeroU32>().ok()).unwrap_or(pass.batch);
    let outcome = xtask::backfill::run(&UnifiedProfiles, &target, &pass, &silent).await?;
    assert!(outcome.counts.units > 0, "there are users");
    Ok(())
}

async fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let cache = env::var_os("HOME").map_or_else(env::temp_dir, PathBuf::from).join(".cache");
    let hints = Hints { pg_bin: None, path: env::var_os("PATH"), cache, temp: env::temp_dir() };
    let binaries = Binaries::find(&hints)?.ok_or("no PostgreSQL: run `cargo xtask postgres install`")?;
    let server = Kept::start(&binaries, &hints, folder.path()).await?;
    let measured = compare(&server).await;
    Kept::stop(folder.path())?;
    measured
}

async fn compare(server: &Kept) -> Result<()> {
    let options = server.options().disable_statement_logging();
    let mut maintenance = options.connect().await?;
    println!("{:>7}  {:>8}  {:>9}  {:>5}  {:>8}", "users", "loop", "backfill", "times", "memory");
    let mut rates = Vec::new();
    for users in [10_000_u32, 100_000] {
        let (filled, looped) = (format!("filled_{users}"), format!("looped_{users}"));
        maintenance.execute(AssertSqlSafe(format!("CREATE DATABASE {filled}"))).await?;
        let url = Address::on_server(server.options(), &filled).url();
        duct::cmd!(XTASK, "migrate", "profiles", "--url", &url).stdout_null().run()?;
        populate(&mut options.clone().database(&filled).connect().await?, users).await?;
        maintenance.execute(AssertSqlSafe(format!("CREATE DATABASE {looped} TEMPLATE {filled}"))).await?;

        let took = straightforward::run(&mut options.clone().database(&looped).connect().await?).await?;
        let rate = |took: Duration| f64::from(users) / took.as_secs_f64();
        let one_by_one = rate(took);
        let command = duct::cmd(env::current_exe()?, Vec::<String>::new()).env(CHILD, &url);
        let (took, peak) = child::measure(&command)?;
        let (set_wise, memory) = (rate(took), child::shown(peak));
        println!("{users:>7}  {one_by_one:>6.0}/s  {set_wise:>7.0}/s  {:>5.1}  {memory:>8}", set_wise / one_by_one);
        same(&options, &filled, &looped).await?;
        rates.push(set_wise);
    }
    println!("rate at 100,000 over rate at 10,000: {:.2}", rates[1] / rates[0]);
    println!("targets: at least {TIMES} times, flat at least {FLAT}, memory below {MEGABYTES} MB");
    Ok(())
}

/// So many users with one to five contexts each, who contradict themselves here and there.
async fn populate(connection: &mut PgConnection, users: u32) -> Result<()> {
    let statements = format!(
        r#"INSERT INTO "User"
           SELECT md5('user ' || i), 'User ' || i, i || '@example.org', '2025-01-01+00' FROM generate_series(1, {users}) i;
           INSERT INTO "ContextProfile"
           SELECT md5('context ' || i || ' ' || c), md5('user ' || i),
                  (enum_range(NULL::"RelationshipContextType"))[c], NULL, timestamptz '2025-01-01+00' + c * interval '1 day'
           FROM generate_series(1, {users}) i, generate_series(1, 5) c WHERE c <= 1 + i % 5;
           INSERT INTO "Profile" ("id", "contextProfileId", "data", "createdAt", "updatedAt")
           SELECT md5('profile ' || i || ' ' || c), md5('context ' || i || ' ' || c), jsonb_build_object(
                      'coreValues', jsonb_build_array('honesty', 'value ' || i % 20, 'value ' || (i + c) % 20),
                      'beliefs', jsonb_build_object('religion', (i + c / 4) % 5, 'politics', 'none'),
                      'interactionStyle', jsonb_build_object('humour', 'dry'), 'lifestyle', jsonb_build_object('sleep', c % 3),
                      'constraints', '[]'::jsonb, 'location', 'city ' || (i + c / 3) % 100, 'ageRange', '25-34',
                      'relationshipTimeline', 'soon', 'friendshipDepth', 'deep', 'serviceType', 'garden', 'shoeSize', 42
                  ), '2025-02-01+00', '2025-03-01+00'
           FROM generate_series(1, {users}) i, generate_series(1, 5) c WHERE c <= 1 + i % 5;
           ANALYZE;"#
    );
    connection.execute(AssertSqlSafe(statements)).await?;
    connection.execute("CHECKPOINT").await?;
    Ok(())
}

/// Both have made the same rows.
async fn same(options: &PgConnectOptions, one: &str, other: &str) -> Result<()> {
    let mut sums = Vec::new();
    for database in [one, other] {
        let mut connection = options.clone().database(database).connect().await?;
        let sql = r#"SELECT (SELECT sum(hashtextextended(t::text, 0)) FROM "UnifiedProfile" t)::text
                         || (SELECT sum(hashtextextended(t::text, 0)) FROM "ContextIntent" t)::text"#;
        sums.push(sqlx::query_scalar::<_, String>(sql).fetch_one(&mut connection).await?);
        connection.close().await?;
    }
    assert_eq!(sums[0], sums[1], "the backfill and the loop write the same");
    Ok(())
}
