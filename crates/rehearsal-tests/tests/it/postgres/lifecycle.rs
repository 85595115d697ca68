//! Complete life cycles on a server: up and down, and alternately with rehearsal and sqlx.

use super::check;
use crate::suite::SUITE;
use pretty_assertions::assert_eq;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, query, unique, url};
use rehearsal_tests::shop::{LABEL, SHOP, Shop};
use sqlx::Connection;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;

#[test]
fn up_and_down() {
    let shop = Shop::new(&SUITE);
    shop.migration(LABEL, "ALTER TABLE shelf ADD COLUMN colour text;\n", "ALTER TABLE shelf DROP COLUMN colour;\n");
    check("status_of_nothing", &shop, "migrate shop --status", 0);
    check("dry_run", &shop, "migrate shop --dry-run", 0);
    check("to", &shop, &format!("migrate shop --to {SHOP}"), 0);
    let status = shop.succeed("migrate shop --status").stdout;
    let told: Vec<_> = status.lines().skip(1).map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(told, ["applied", "pending"]);
    check("migrate", &shop, "migrate shop", 0);
    check("migrate_again", &shop, "migrate shop", 0);
    check("revert", &shop, "migrate shop --revert", 0);
    check("revert_all", &shop, "migrate shop --revert --to 0", 0);
    let objects =
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1";
    assert_eq!(shop.query(objects), ["_sqlx_migrations"]);
    shop.succeed("migrate shop");
}

/// The applied migrations, without the time of each and its duration.
const RECORDS: &str = "SELECT version || ' ' || description || ' ' || success || ' ' || encode(checksum, 'hex') FROM _sqlx_migrations ORDER BY version";

/// Migrates with sqlx's own migrator, which `sqlx::migrate!` and sqlx-cli use. With `undo_to`, reverts to that version.
fn with_sqlx(shop: &Shop, url: &str, undo_to: Option<i64>) {
    block(async {
        let migrator = Migrator::new(shop.workspace.path("migrations/shop")).await.unwrap();
        let mut connection = PgConnection::connect(url).await.unwrap();
        match undo_to {
            None => migrator.run(&mut connection).await.unwrap(),
            Some(version) => migrator.undo(&mut connection, version).await.unwrap(),
        }
        connection.close().await.unwrap();
    });
}

#[test]
fn interchange_with_sqlx() {
    let shop = Shop::new(&SUITE);
    let label = "20250920120000_add_toys";
    shop.migration(label, "CREATE TABLE toy (id int);\n", "DROP TABLE toy;\n");
    let index = "-- no-transaction\nCREATE INDEX CONCURRENTLY toy_idx ON toy (id);\n";
    shop.migration("20250921120000_index_toys", index, "DROP INDEX toy_idx;\n");
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    let theirs = url(&name);
    with_sqlx(&shop, &theirs, None);
    shop.succeed("migrate shop");
    assert_eq!(shop.query(RECORDS), query(&theirs, RECORDS));
    assert_eq!(shop.query(RECORDS).len(), 3);

    // Each tool continues where the other one stopped.
    with_sqlx(&shop, &shop.url, None);
    assert!(shop.succeed(&format!("migrate shop --url {theirs}")).stdout.contains("nothing to do"));
    with_sqlx(&shop, &shop.url, Some(20_250_920_120_000));
    shop.succeed(&format!("migrate shop --revert --url {theirs}"));
    assert_eq!(shop.query(RECORDS), query(&theirs, RECORDS));
    assert_eq!(shop.query(RECORDS).len(), 2);
    shop.succeed("migrate shop");
    with_sqlx(&shop, &theirs, None);
    assert_eq!(shop.query(RECORDS), query(&theirs, RECORDS));
    let timed = "SELECT count(*) FROM _sqlx_migrations WHERE execution_time > 0 AND installed_on <= now()";
    assert_eq!(shop.query(timed), ["3"]);
}
