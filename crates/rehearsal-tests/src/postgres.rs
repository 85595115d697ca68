//! A throwaway PostgreSQL server that all tests of a process share, with a database for each test; statements, locks and
//! sessions on it. It ends with the process.

use crate::database::block;
use rehearsal_postgres::{Binaries, Hints, Server};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row};
use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// Reads the hints from the environment, with the usual folder of temporary files.
pub fn hints() -> Hints {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    Hints {
        pg_bin: env::var_os("PG_BIN").map(PathBuf::from),
        path: env::var_os("PATH"),
        cache: env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from),
        temp: env::temp_dir(),
    }
}

/// The binaries of PostgreSQL that the hints lead to.
pub fn binaries() -> Binaries {
    Binaries::find(&hints()).unwrap().expect("these tests need PostgreSQL: run `cargo xtask postgres install`")
}

/// The server of these tests. Its guard stops it when this process ends.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| block(Server::start(&binaries(), &hints())).unwrap());

/// Returns the URL of a database on the server, whether or not it exists.
pub fn url(database: &str) -> String {
    SERVER.url(database)
}

/// Returns a name that no other test uses.
pub fn unique() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Runs statements. Several statements are one transaction.
pub fn execute(url: &str, sql: &str) {
    block(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// Returns the first column of each row, as text. NULL is an empty string.
pub fn query(url: &str, sql: &str) -> Vec<String> {
    block(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(|row| row.try_get_unchecked::<Option<String>, _>(0).unwrap().unwrap_or_default()).collect()
    })
}

/// A lock that another session holds until this is dropped.
pub struct Held {
    let_go: Option<mpsc::Sender<()>>,
    other: Option<JoinHandle<()>>,
}

/// Takes a lock in another session.
pub fn hold(url: &str, lock: &str) -> Held {
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
pub fn in_the_way(url: &str, first: &str, second: &str, end: &str) -> JoinHandle<()> {
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
