//! A look into a database behind the tool's back, and changes to one: through sqlx, as another program would.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use std::path::Path;

/// Runs a future to its end.
pub(crate) fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A connection that checks no references, so that rows may be put in in any order, and broken ones too.
pub(crate) async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).foreign_keys(false).connect().await.unwrap()
}

/// Runs statements, all of them or none.
pub(crate) fn execute(file: &Path, sql: &str) {
    block(async {
        let mut connection = open(file).await;
        sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {sql}; COMMIT"))).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// Gives a database a rollback journal, with which a writer keeps readers out.
pub(crate) fn without_write_ahead_log(file: &Path) {
    assert_eq!(query(file, "PRAGMA journal_mode = DELETE"), ["delete"]);
}

/// The first column of each row, as text.
pub(crate) fn query(file: &Path, sql: &str) -> Vec<String> {
    block(async {
        let mut connection = open(file).await;
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(|row| row.try_get_unchecked::<Option<String>, _>(0).unwrap().unwrap_or_default()).collect()
    })
}

/// Every row of every table that holds the team's own data, as text: two databases of equal dumps hold the same.
pub(crate) fn dump(file: &Path) -> Vec<String> {
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
