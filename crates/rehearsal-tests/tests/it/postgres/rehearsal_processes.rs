//! Rehearsals as processes: two concurrent ones on one server, and a server that ends with its process.

use crate::suite::SUITE;
use pretty_assertions::assert_eq;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{hints, query, url};
use rehearsal_tests::processes::{kill, wait_until};
use rehearsal_tests::shop::{LABEL, Shop};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::fs;
use std::path::PathBuf;

#[test]
fn concurrent_rehearsals() {
    // No other test uses this fixture, so no template of it exists yet.
    let shop = Shop::new(&SUITE);
    shop.workspace.replace("fixtures/shop/populated.sql", "'upper'", "'of two at once'");
    let start = |_| shop.command("ci shop").stdout_capture().stderr_capture().unchecked().start().unwrap();
    let running: Vec<_> = (0..2).map(start).collect();
    for handle in &running {
        let ran = shop.workspace.ran("ci shop", handle.wait().unwrap());
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
    }
    let templates = "SELECT datname FROM pg_database WHERE datname ~ '^rehearsal-template-.*-shop-populated'";
    assert!(!query(&url("postgres"), templates).is_empty());
}

/// Returns the folders of throwaway servers on this machine, in memory and on disk.
fn servers() -> Vec<PathBuf> {
    let home = |temp: PathBuf| {
        let homes = fs::read_dir(temp).into_iter().flatten().flatten().map(|entry| entry.path());
        homes.filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("rehearsal-postgres-"))
        })
    };
    let homes = home(hints().temp).chain(home(PathBuf::from("/dev/shm")));
    homes
        .flat_map(|home| fs::read_dir(home.join("servers")).into_iter().flatten().flatten())
        .map(|entry| entry.path())
        .collect()
}

#[test]
fn a_killed_rehearsal_leaves_no_server() {
    let shop = Shop::new(&SUITE);
    let endless = format!("SELECT pg_sleep(600), '{}';", shop.database);
    shop.migration(LABEL, &endless, "SELECT 1;");
    let before = servers();
    let running = shop
        .workspace
        .command(["ci", "shop"])
        .env_remove("REHEARSAL_POSTGRES_URL")
        .stdout_null()
        .stderr_null()
        .unchecked()
        .start()
        .unwrap();
    // The server of another process may be starting, or may have ended by now.
    let sleeping = |server: &PathBuf| {
        let url = format!("postgres://postgres@localhost/postgres?host={}", server.display());
        block(async {
            let mut connection = PgConnection::connect(&url).await.ok()?;
            let asked = "SELECT 1 FROM pg_stat_activity WHERE query = $1";
            sqlx::query(asked).bind(&endless).fetch_one(&mut connection).await.ok()
        })
        .is_some()
    };
    let mut own = None;
    wait_until(|| {
        own = servers().into_iter().find(|server| !before.contains(server) && sleeping(server));
        own.is_some()
    });
    kill(&running);
    let own = own.unwrap();
    wait_until(|| !own.exists());
}
