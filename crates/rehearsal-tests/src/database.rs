//! Direct access to SQLite databases through sqlx: reads and changes them as another program would.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use std::path::Path;

/// Runs a future to completion.
pub fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Opens a connection that does not enforce foreign keys, so that tests can insert rows in any order, and dangling
/// ones.
pub async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).foreign_keys(false).connect().await.unwrap()
}

/// Runs statements, all of them or none.
pub fn execute(file: &Path, sql: &str) {
    block(async {
        let mut connection = open(file).await;
        sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {sql}; COMMIT"))).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// Switches a database to a rollback journal, with which a writer blocks readers.
pub fn without_write_ahead_log(file: &Path) {
    assert_eq!(query(file, "PRAGMA journal_mode = DELETE"), ["delete"]);
}

/// Returns the first column of each row, as text. NULL is an empty string.
pub fn query(file: &Path, sql: &str) -> Vec<String> {
    block(async {
        let mut connection = open(file).await;
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(|row| row.try_get_unchecked::<Option<String>, _>(0).unwrap().unwrap_or_default()).collect()
    })
}

/// Returns every row of every table except `_sqlx_migrations` and the ledger, as text. Databases with equal dumps
/// are equal.
pub fn dump(file: &Path) -> Vec<String> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name";
    let mut lines = Vec::new();
    for table in query(file, tables) {
        let columns =
            query(file, &format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}') ORDER BY name"));
        let rows = format!("SELECT concat_ws(', ', '{table}', {}) FROM \"{table}\" ORDER BY 1", columns.join(", "));
        lines.push(format!("{table}: {}", columns.join(", ")));
        lines.extend(query(file, &rows));
    }
    lines
}
