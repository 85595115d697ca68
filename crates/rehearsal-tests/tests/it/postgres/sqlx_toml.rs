//! `sqlx.toml` with a table of applied migrations in a schema of its own: real runs create and use them as sqlx does.

use crate::suite::SUITE;
use pretty_assertions::assert_eq;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, query, unique};
use rehearsal_tests::shop::{LABEL, SHOP, Shop};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, migrate::MigrateError};
use std::path::Path;

/// Migrates a database as sqlx does.
fn migrate_with_sqlx(folder: &Path, url: &str, table: &'static str, schema: &'static str) -> Result<(), MigrateError> {
    block(async {
        let mut migrator = Migrator::new(folder).await?;
        migrator.dangerous_set_table_name(table);
        migrator.create_schema(schema);
        let mut connection = PgConnection::connect(url).await?;
        let migrated = migrator.run_direct(None, &mut connection, false).await;
        connection.close().await?;
        migrated
    })
}

fn shop(toml: &str) -> Shop {
    let shop = Shop::new(&SUITE);
    shop.workspace.write("migrations/shop/sqlx.toml", toml);
    shop
}

/// Rehearsal and sqlx take turns on one database.
#[test]
fn records_as_sqlx_does() {
    let check = |toml: &str, table: &'static str, schema: &'static str| {
        let shop = shop(toml);
        shop.succeed("migrate shop");
        assert_eq!(query(&shop.url, &format!("SELECT version FROM {table}")), [SHOP], "{toml}");
        shop.migration(LABEL, "ALTER TABLE shelf ADD COLUMN width int;\n", "ALTER TABLE shelf DROP COLUMN width;\n");
        migrate_with_sqlx(&shop.workspace.path("migrations/shop"), &shop.url, table, schema).unwrap();
        let status = shop.succeed("migrate shop --status");
        assert!(!status.stdout.contains("pending"), "{toml}\n{}", status.text());
        shop.succeed("verify shop");
        shop.succeed("migrate shop --revert");
        assert_eq!(query(&shop.url, &format!("SELECT version FROM {table}")), [SHOP], "{toml}");
        assert_eq!(query(&shop.url, "SELECT to_regclass('public._sqlx_migrations')::text"), [""], "{toml}");
    };
    check("[migrate]\ntable-name = \"app.books\"\ncreate-schemas = [\"app\"]\n", "app.books", "app");
    check("[migrate]\ntable-name = \"App.Books\"\ncreate-schemas = [\"App\"]\n", "app.books", "app");
    let quoted = "[migrate]\ntable-name = '\"App\".\"Books\"'\ncreate-schemas = ['\"App\"']\n";
    check(quoted, "\"App\".\"Books\"", "\"App\"");
}

/// A role without privileges on the table gets an error that names the table.
#[test]
fn privileges() {
    let shop = shop("[migrate]\ntable-name = \"app.books\"\ncreate-schemas = [\"app\"]\n");
    shop.succeed("migrate shop");
    let role = unique();
    execute(&shop.url, &format!("CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA app TO {role}"));
    let url = shop.url.replacen("//postgres", &format!("//{role}"), 1);
    let ran = shop.run(&format!("migrate shop --status --url {url}"));
    assert_eq!(ran.exit, Some(1), "{}", ran.text());
    assert!(ran.stderr.contains("permission denied for table books"), "{}", ran.text());
}
