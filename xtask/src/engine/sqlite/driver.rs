//! Paging through a SQLite table in rowid order: the one order in which neighbouring units are neighbours on disk.

use crate::engine::{Connection, Driver, Engine, Key, Page};
use futures_util::TryStreamExt;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, Row};

impl Driver for Sqlite {
    const ENGINE: Engine = Engine::Sqlite;

    fn typed(connection: &mut Connection) -> Option<&mut SqliteConnection> {
        let Connection::Sqlite(session) = connection;
        Some(&mut session.connection)
    }

    async fn page<'c, U>(connection: &'c mut SqliteConnection, page: &'c Page<'c>) -> Result<Vec<(Key, U)>, sqlx::Error>
    where
        U: for<'r> FromRow<'r, SqliteRow> + Send + Unpin + 'c,
    {
        // SQLite flattens the subquery, so that this searches by rowid and needs no sort.
        let sql = format!(
            "SELECT * FROM ({units}\n) AS unit WHERE \"cursor\" > $1 AND {filter} ORDER BY \"cursor\" LIMIT $2",
            units = page.units,
            filter = page.filter(Engine::Sqlite, 3),
        );
        let after = match page.after {
            Some(Key::Int(rowid)) => rowid,
            None => i64::MIN,
        };
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(after).bind(i64::from(page.limit));
        for (_, value) in page.scope {
            query = query.bind(value.as_str());
        }
        let mut rows = query.fetch(connection);
        let mut units = Vec::new();
        while let Some(row) = rows.try_next().await? {
            units.push((Key::Int(row.try_get("cursor")?), U::from_row(&row)?));
        }
        Ok(units)
    }
}
