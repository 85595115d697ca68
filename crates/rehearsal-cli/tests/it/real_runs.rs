//! Real runs in a project of sqlx: `cargo rehearse` and sqlx's own migrator work on one database, with each setting of
//! `sqlx.toml` that decides how migrations are recorded.

use crate::project::{HATS, PEOPLE, Project};
use pretty_assertions::assert_eq;
use sqlx::migrate::{Migration, Migrator, ResolveConfig, resolve_blocking_with_config};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

const ENV: (&str, &str) = (".env", "DATABASE_URL=sqlite://shop.db?mode=rwc\n");

/// Runs a future to completion.
fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn open(project: &Project) -> SqliteConnection {
    SqliteConnectOptions::new().filename(project.path("shop.db")).create_if_missing(true).connect().await.unwrap()
}

/// Migrates the database of a project as sqlx does.
fn migrate_with_sqlx(project: &Project, table: &'static str, ignored: &[char]) {
    let mut config = ResolveConfig::new();
    config.ignore_chars(ignored.iter().copied());
    let found = resolve_blocking_with_config(&project.path("migrations"), &config).unwrap();
    let migrations: Vec<Migration> = found.into_iter().map(|(migration, _)| migration).collect();
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.dangerous_set_table_name(table);
    block(async {
        let mut connection = open(project).await;
        migrator.run_direct(None, &mut connection, false).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// Returns the versions in a table of applied migrations.
fn versions(project: &Project, table: &str) -> Vec<i64> {
    block(async {
        let mut connection = open(project).await;
        let sql = AssertSqlSafe(format!("SELECT version FROM {table} ORDER BY version"));
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    })
}

/// A database that another tool migrates stays as it is: the names of golang-migrate's files are those of sqlx.
#[test]
fn database_of_another_tool() {
    let project = Project::new(&[("migrations/1_people.up.sql", PEOPLE.1), ENV]);
    let execute = |sql: &'static str| {
        block(async {
            let mut connection = open(&project).await;
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    };
    execute("CREATE TABLE schema_migrations (version INTEGER, dirty INTEGER)");
    project.run("migrate").check(1, "real_runs", "another_tool");
    project.run("migrate --dry-run").check(1, "real_runs", "another_tool_dry_run");
    execute("DROP TABLE schema_migrations");
    assert_eq!(project.run("migrate").exit, Some(0));
}

/// sqlx applies the first migration, `cargo rehearse` the second one, and sqlx accepts the result.
#[test]
fn take_turns_with_sqlx() {
    let check = |toml: &str, people: &str, table: &'static str, ignored: &[char]| {
        let project = Project::new(&[(PEOPLE.0, people), ENV, ("sqlx.toml", toml)]);
        migrate_with_sqlx(&project, table, ignored);
        let ran = project.run("migrate");
        assert!(ran.stdout.ends_with(": nothing to do\n"), "{toml}{}", ran.text());
        project.write(HATS.0, HATS.1);
        let ran = project.run("migrate");
        assert_eq!(ran.exit, Some(0), "{toml}{}", ran.text());
        assert_eq!(versions(&project, table), [1, 2], "{toml}");
        // Fails if sqlx would compute another checksum or look into another table.
        migrate_with_sqlx(&project, table, ignored);
        assert_eq!(project.run("migrate --status").exit, Some(0), "{toml}");
        assert_eq!(project.run("verify").exit, Some(0), "{toml}");
    };
    let plain = PEOPLE.1;
    check("", plain, "_sqlx_migrations", &[]);
    check("[migrate]\ntable-name = \"books\"\n", plain, "books", &[]);
    check("[migrate]\ntable-name = \"main.books\"\n", plain, "main.books", &[]);
    check("[migrate]\ntable-name = '\"my table\"'\n", plain, "\"my table\"", &[]);
    let crlf = plain.replace('\n', "\r\n");
    check("[migrate]\nignored-chars = [\"\\r\"]\n", &crlf, "_sqlx_migrations", &['\r']);
    check("[migrate]\nignored-chars = [\"\\r\", \"\\n\", \" \"]\n", &crlf, "_sqlx_migrations", &['\r', '\n', ' ']);
}

/// With `ignored-chars`, an edit of these characters alone is no edit.
#[test]
fn ignored_characters() {
    let check = |ignored: &str, people: &str, exit: i32| {
        let toml = format!("[migrate]\nignored-chars = [{ignored}]\n");
        let project = Project::new(&[PEOPLE, ENV, ("sqlx.toml", &toml)]);
        assert_eq!(project.run("migrate").exit, Some(0));
        project.write(PEOPLE.0, people);
        let ran = project.run("migrate --status");
        assert_eq!(ran.exit, Some(exit), "{ignored} {people}\n{}", ran.text());
    };
    let spaced = PEOPLE.1.replace(' ', "  ");
    check("\" \"", &spaced, 0);
    check("", &spaced, 1);
    check("\" \"", &PEOPLE.1.replace("name", "nick"), 1);
}

#[test]
fn settings_that_cannot_be_honoured() {
    let check = |snapshot: &str, toml: &str| {
        let project = Project::new(&[PEOPLE, ENV, ("sqlx.toml", toml)]);
        project.run("migrate").check(2, "real_runs", snapshot);
        assert!(!project.path("shop.db").exists(), "{snapshot}: the database was created");
    };
    check("table_name_not_a_name", "[migrate]\ntable-name = \"books; DROP TABLE people\"\n");
    check("table_name_in_a_schema", "[migrate]\ntable-name = \"app.books\"\n");
    check("create_schemas_in_sqlite", "[migrate]\ncreate-schemas = [\"app\"]\n");
    check("extensions", "[drivers.sqlite]\nunsafe-load-extensions = [\"uuid\"]\n");
    check("table_name_of_a_migration", "[migrate]\ntable-name = \"people\"\n");
}

#[test]
fn commands_without_a_registry() {
    let project = Project::new(&[PEOPLE, HATS, ENV]);
    let check = |snapshot: &str, exit: i32, arguments: &str| project.run(arguments).check(exit, "real_runs", snapshot);
    check("status_before", 0, "migrate --status");
    check("migrate", 0, "migrate");
    check("status_after", 0, "migrate --status");
    check("backfill", 2, "backfill");
    check("backfill_unknown", 2, "backfill titles");
    check("verify", 0, "verify");
    project.write("migrations/checks/names.sql", "SELECT id FROM people WHERE name = '';\n");
    check("verify_with_a_check", 0, "verify");
    check("explain", 0, "explain populated/data-lost");
}
