//! The command line on PostgreSQL. All tests of the process share one throwaway server, which ends with the
//! process; each test has its own database. Most cases add one migration to the shop, a small history next to those
//! of the repository.

mod at_once;
mod backfills;
mod bad_input;
mod consent;
mod crashes;
mod db;
mod errors;
mod kept;
mod lifecycle;
mod llama_logs;
mod parts;
mod places;
mod pooler;
mod profiles;
mod proofs;
mod rehearsal_processes;
mod rehearsals;
mod replica;
mod rows;
mod secrets;
mod sqlx_toml;
mod statements;
mod throttle;
mod types;
mod workers;
mod wraparound;

use crate::database::block;
use crate::workspace::{Ran, Workspace};
use pretty_assertions::assert_eq;
use rehearsal_postgres::{Binaries, Hints, Server};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row};
use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// The version of the shop before a case adds its own migration.
const SHOP: &str = "20250901090000";
/// The migration that a case adds.
const LABEL: &str = "20250920120000_x";

const UP: &str = r#"-- Shelves, and what stands on them.
CREATE TYPE size AS ENUM ('small', 'large');
CREATE TABLE shelf (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE item (
    id int PRIMARY KEY,
    shelf int NOT NULL REFERENCES shelf (id) ON DELETE CASCADE,
    label text,
    size size NOT NULL DEFAULT 'small'
);
"#;
const DOWN: &str = "DROP TABLE item;\nDROP TABLE shelf;\nDROP TYPE size;\n";
const FIXTURE: &str = r#"-- at: 20250901090000
INSERT INTO shelf VALUES (1, 'upper'), (2, 'größe 猫');
INSERT INTO item VALUES (1, 1, 'cup', 'small'), (2, 1, NULL, 'large'), (3, 2, '🐶', 'small');
"#;

/// Reads the hints from the environment, with the usual folder of temporary files.
fn hints() -> Hints {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    Hints {
        pg_bin: env::var_os("PG_BIN").map(PathBuf::from),
        path: env::var_os("PATH"),
        cache: env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from),
        temp: env::temp_dir(),
    }
}

fn binaries() -> Binaries {
    Binaries::find(&hints()).unwrap().expect("these tests need PostgreSQL: run `cargo xtask postgres install`")
}

/// The server of these tests. Its guard stops it when this process ends.
static SERVER: LazyLock<Server> = LazyLock::new(|| block(Server::start(&binaries(), &hints())).unwrap());

/// Returns the URL of a database on the server, whether or not it exists.
pub(crate) fn url(database: &str) -> String {
    SERVER.url(database)
}

/// Returns a name that no other test uses.
fn unique() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Runs statements. Several statements are one transaction.
pub(crate) fn execute(url: &str, sql: &str) {
    block(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// Returns the first column of each row, as text. NULL is an empty string.
fn query(url: &str, sql: &str) -> Vec<String> {
    block(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(|row| row.try_get_unchecked::<Option<String>, _>(0).unwrap().unwrap_or_default()).collect()
    })
}

/// A workspace that contains the shop, and an empty database for it.
struct Shop {
    workspace: Workspace,
    database: String,
    url: String,
}

impl Shop {
    fn new() -> Self {
        let workspace = Workspace::new();
        workspace.write("migrations/shop/rehearsal.toml", "engine = \"postgres\"\n");
        workspace.write(format!("migrations/shop/{SHOP}_shelves.up.sql").as_str(), UP);
        workspace.write(format!("migrations/shop/{SHOP}_shelves.down.sql").as_str(), DOWN);
        workspace.write("fixtures/shop/populated.sql", FIXTURE);
        let database = unique();
        execute(&url("postgres"), &format!("CREATE DATABASE {database}"));
        Self { workspace, url: url(&database), database }
    }

    /// Creates the tables, the rows of the fixture, and one pending migration.
    fn with(up: &str, down: &str) -> Self {
        let shop = Self::new();
        shop.succeed("migrate shop");
        execute(&shop.url, FIXTURE);
        shop.migration(LABEL, up, down);
        shop
    }

    fn migration(&self, label: &str, up: &str, down: &str) -> &Self {
        self.workspace.write(&format!("migrations/shop/{label}.up.sql"), up);
        if !down.is_empty() {
            self.workspace.write(&format!("migrations/shop/{label}.down.sql"), down);
        }
        self
    }

    fn check_file(&self, name: &str, sql: &str) -> &Self {
        self.workspace.write(&format!("migrations/shop/checks/{name}.sql"), sql);
        self
    }

    /// Returns a command on the database of this test. Its scratch databases are on the server of the tests.
    fn command(&self, arguments: &str) -> duct::Expression {
        let takes_url = ["migrate", "verify", "backfill"].iter().any(|name| arguments.starts_with(name));
        let takes_url = takes_url && !arguments.contains("--verify") && !arguments.contains("--url");
        let mut added = if takes_url { vec!["--url", self.url.as_str()] } else { Vec::new() };
        // The database of a test is not the development database.
        if arguments.starts_with("migrate") && arguments.contains("--revert") {
            added.push("--yes");
        }
        let server = url("postgres");
        self.workspace.command_in("", &[("REHEARSAL_POSTGRES_URL", &server)], arguments.split_whitespace().chain(added))
    }

    fn run(&self, arguments: &str) -> Ran {
        let ran = self.workspace.finish(arguments, self.command(arguments));
        self.tidy(ran)
    }

    /// Replaces the server's folder and the names of databases with placeholders, and shows the privileges of an
    /// owner as before PostgreSQL 17.
    fn tidy(&self, ran: Ran) -> Ran {
        let socket = url("").split_once("?host=").unwrap().1.to_owned();
        let name = format!("/{}?", self.database);
        let tidy = |text: String| {
            text.replace(&socket, "<server>").replace(&name, "/<database>?").replace("=arwdDxtm/", "=arwdDxt/")
        };
        Ran { command: tidy(ran.command), stdout: tidy(ran.stdout), stderr: tidy(ran.stderr), ..ran }
    }

    fn succeed(&self, arguments: &str) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
        ran
    }

    fn query(&self, sql: &str) -> Vec<String> {
        query(&self.url, sql)
    }
}

/// Runs a command and compares all output with the snapshot with this name.
fn check(snapshot: &str, shop: &Shop, arguments: &str, exit: i32) {
    shop.run(arguments).check(exit, "postgres", snapshot);
}

/// A lock that another session holds until this is dropped.
struct Held {
    let_go: Option<mpsc::Sender<()>>,
    other: Option<JoinHandle<()>>,
}

/// Takes a lock in another session.
fn hold(url: &str, lock: &str) -> Held {
    let (url, lock) = (url.to_owned(), AssertSqlSafe(lock.to_owned()));
    let (ready, is_ready) = mpsc::channel();
    let (let_go, is_to_go) = mpsc::channel::<()>();
    let other = std::thread::spawn(move || {
        block(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let mut transaction = connection.begin().await.unwrap();
            sqlx::raw_sql(lock).execute(&mut *transaction).await.unwrap();
            ready.send(()).unwrap();
            // Returns when `Held` is dropped.
            let _ = is_to_go.recv();
            transaction.commit().await.unwrap();
            connection.close().await.unwrap();
        });
    });
    is_ready.recv().unwrap();
    Held { let_go: Some(let_go), other: Some(other) }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.let_go.take());
        drop(self.other.take().map(JoinHandle::join));
    }
}

/// Starts another session. It runs `first`, then `second` once a session of rehearsal waits for a lock, then `end`.
fn in_the_way(url: &str, first: &str, second: &str, end: &str) -> JoinHandle<()> {
    let url = url.to_owned();
    let [first, second, end] = [first, second, end].map(|sql| AssertSqlSafe(sql.to_owned()));
    let (ready, is_ready) = mpsc::channel();
    let other = std::thread::spawn(move || {
        block(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            // A separate connection, because within a transaction `pg_stat_activity` never changes.
            let mut watch = PgConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(first).execute(&mut connection).await.unwrap();
            ready.send(()).unwrap();
            let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                         AND application_name = 'rehearsal' AND wait_event_type = 'Lock'";
            while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut watch).await.unwrap() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            for sql in [second, end] {
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
            connection.close().await.unwrap();
            watch.close().await.unwrap();
        });
    });
    is_ready.recv().unwrap();
    other
}
