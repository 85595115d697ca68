//! Measures a backfill that merges several rows into one: `cargo bench --bench profiles`. Compares the backfill of
//! profiles with a straightforward loop, which uses a transaction for each user and a statement for each row, on a
//! copy of the same database, in the same run and on the same durable server (commits of a throwaway server cost
//! almost nothing). The backfill is the real command in a child process, whose peak memory the bench reads from the
//! system.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../shared/child.rs"]
mod child;
#[path = "../shared/durable.rs"]
mod durable;
mod straightforward;

use rehearsal_postgres::Kept;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::error::Error;
use std::path::Path;
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");

/// The targets: the minimum ratio of the rates, the minimum rate at 100,000 users relative to 10,000, and the
/// maximum memory.
const TIMES: f64 = 8.0;
const FLAT: f64 = 0.9;
const MEGABYTES: f64 = 60.0;

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
    println!("{:>7}  {:>8}  {:>9}  {:>5}  {:>8}", "users", "loop", "backfill", "times", "memory");
    let mut rates = Vec::new();
    for users in [10_000_u32, 100_000] {
        let (filled, looped) = (format!("filled_{users}"), format!("looped_{users}"));
        maintenance.execute(AssertSqlSafe(format!("CREATE DATABASE {filled}"))).await?;
        let url = rehearsal::db::postgres::on_server(server.options(), &filled).url();
        duct::cmd!(XTASK, "migrate", "profiles", "--url", &url).stdout_null().run()?;
        populate(&mut options.clone().database(&filled).connect().await?, users).await?;
        maintenance.execute(AssertSqlSafe(format!("CREATE DATABASE {looped} TEMPLATE {filled}"))).await?;

        let took = straightforward::run(&mut options.clone().database(&looped).connect().await?).await?;
        let rate = |took: Duration| f64::from(users) / took.as_secs_f64();
        let one_by_one = rate(took);
        let report = folder.join("report.json");
        let command = duct::cmd!(XTASK, "backfill", "unified_profiles", "--execute", "--url", &url, "--record", report);
        let command = command.stdout_null().stderr_null();
        let (took, peak) = child::measure(&command)?;
        let (set_wise, memory) = (rate(took), child::shown(peak));
        println!("{users:>7}  {one_by_one:>6.0}/s  {set_wise:>7.0}/s  {:>5.1}  {memory:>8}", set_wise / one_by_one);
        assert_same_rows(&options, &filled, &looped).await?;
        rates.push(set_wise);
    }
    println!("rate at 100,000 users / rate at 10,000 users: {:.2}", rates[1] / rates[0]);
    println!(
        "targets: at least {TIMES} times the rate of the loop, flatness at least {FLAT}, memory below {MEGABYTES} MB"
    );
    Ok(())
}

/// Inserts this number of users with one to five contexts each, some with conflicting answers. Their ids start with
/// a counter, like the time-ordered ids of many apps.
async fn populate(connection: &mut PgConnection, users: u32) -> Result<()> {
    let statements = format!(
        r#"INSERT INTO "User"
           SELECT 'u' || lpad(to_hex(i), 8, '0') || left(md5(i::text), 16), 'User ' || i, i || '@example.org', '2025-01-01+00' FROM generate_series(1, {users}) i;
           INSERT INTO "ContextProfile"
           SELECT 'c' || lpad(to_hex(i * 8 + c), 8, '0') || left(md5(i::text), 16), 'u' || lpad(to_hex(i), 8, '0') || left(md5(i::text), 16),
                  (enum_range(NULL::"RelationshipContextType"))[c], NULL, timestamptz '2025-01-01+00' + c * interval '1 day'
           FROM generate_series(1, {users}) i, generate_series(1, 5) c WHERE c <= 1 + i % 5;
           INSERT INTO "Profile" ("id", "contextProfileId", "data", "createdAt", "updatedAt")
           SELECT 'p' || lpad(to_hex(i * 8 + c), 8, '0') || left(md5(i::text), 16), 'c' || lpad(to_hex(i * 8 + c), 8, '0') || left(md5(i::text), 16), jsonb_build_object(
                      'coreValues', jsonb_build_array('honesty', 'value ' || i % 20, 'value ' || (i + c) % 20),
                      'beliefs', jsonb_build_object('religion', (i + c / 4) % 5, 'politics', 'none'),
                      'interactionStyle', jsonb_build_object('humour', 'dry'), 'lifestyle', jsonb_build_object('sleep', 7),
                      'constraints', '[]'::jsonb, 'location', 'city ' || (i + c / 3) % 100, 'ageRange', '25-34',
                      (ARRAY['relationshipTimeline', 'friendshipDepth', 'partnershipType', 'roleNeeded', 'serviceType'])[c], 'some',
                      CASE i % 4 WHEN 0 THEN 'shoeSize' ELSE 'name' END, '42'
                  ), '2025-02-01+00', '2025-03-01+00'
           FROM generate_series(1, {users}) i, generate_series(1, 5) c WHERE c <= 1 + i % 5;
           ANALYZE;"#
    );
    connection.execute(AssertSqlSafe(statements)).await?;
    connection.execute("CHECKPOINT").await?;
    Ok(())
}

/// Asserts that two databases contain the same new rows.
async fn assert_same_rows(options: &PgConnectOptions, one: &str, other: &str) -> Result<()> {
    let mut sums = Vec::new();
    for database in [one, other] {
        let mut connection = options.clone().database(database).connect().await?;
        let sql = r#"SELECT (SELECT sum(hashtextextended(t::text, 0)) FROM "UnifiedProfile" t)::text
                         || (SELECT sum(hashtextextended(t::text, 0)) FROM "ContextIntent" t)::text"#;
        sums.push(sqlx::query_scalar::<_, String>(sql).fetch_one(&mut connection).await?);
        connection.close().await?;
    }
    assert_eq!(sums[0], sums[1], "the backfill and the loop write the same rows");
    Ok(())
}
