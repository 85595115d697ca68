//! The [`Driver`] of SQLite: pages of a table in rowid order, the only order in which neighbouring units are also
//! neighbours on disk.

use super::strict::strict;
use crate::driver::Size;
use crate::{Driver, Engine, Fetched, Key, Page, PageError, UnitOrder};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow, Row, TypeInfo, ValueRef};

impl Driver for Sqlite {
    const ENGINE: Engine = Engine::Sqlite;

    fn rows<'c, R>(
        connection: &'c mut SqliteConnection,
        query: &'static str,
        keys: &[Key],
    ) -> BoxStream<'c, Result<(Key, R, u64), PageError>>
    where
        R: for<'r> FromRow<'r, SqliteRow> + Send + Unpin + 'c,
    {
        let keys: Vec<i64> = keys.iter().filter_map(Key::as_int).collect();
        let rows = sqlx::query(query).bind(Json(keys)).fetch(connection).map(|row| {
            let row = row?;
            let unit = Key::Int(row.try_get("unit")?);
            let decoded = R::from_row(&row).map_err(|error| PageError { at: Some(unit.clone()), error })?;
            Ok((unit, decoded, size(&row)))
        });
        Box::pin(rows)
    }

    fn sizes<'c>(
        connection: &'c mut SqliteConnection,
        query: &'static str,
        keys: &[Key],
    ) -> BoxStream<'c, Result<(Key, u64), PageError>> {
        Box::pin(Self::rows::<Size>(connection, query, keys).map_ok(Size::of))
    }

    async fn ends<'c>(
        connection: &'c mut SqliteConnection,
        page: &'c Page<'c>,
        _: UnitOrder,
        _: u64,
    ) -> Result<Vec<Key>, PageError> {
        let sql = format!(
            "SELECT unit.\"cursor\" FROM ({units}\n) AS unit WHERE {which} AND {scope} ORDER BY unit.\"cursor\" DESC LIMIT 1",
            units = strict(page.units),
            which = page.which(),
            scope = page.scope(Engine::Sqlite, 1),
        );
        let mut query = sqlx::query_scalar(AssertSqlSafe(sql));
        for (_, value) in page.scope {
            query = query.bind(value.as_str());
        }
        let last: Option<i64> = query.fetch_optional(connection).await?;
        Ok(last.into_iter().map(Key::Int).collect())
    }

    async fn page<'c, U>(connection: &'c mut SqliteConnection, page: &'c Page<'c>) -> Result<Fetched<U>, PageError>
    where
        U: for<'r> FromRow<'r, SqliteRow> + Send + Unpin + 'c,
    {
        // SQLite flattens the subquery, so this searches by rowid and needs no sort.
        let sql = format!(
            "SELECT * FROM ({units}\n) AS unit WHERE unit.\"cursor\" > $1 AND unit.\"cursor\" <= $2 AND {which} AND {scope} \
             ORDER BY unit.\"cursor\" LIMIT $3",
            units = strict(page.units),
            which = page.which(),
            scope = page.scope(Engine::Sqlite, 4),
        );
        let rowid = |key: &Option<Key>, open: i64| match key {
            Some(Key::Int(rowid)) => *rowid,
            _ => open,
        };
        let query =
            sqlx::query(AssertSqlSafe(sql)).bind(rowid(&page.after, i64::MIN)).bind(rowid(&page.until, i64::MAX));
        // One more than requested: it shows whether another unit shares the last key.
        let mut query = query.bind(i64::from(page.limit) + 1);
        for (_, value) in page.scope {
            query = query.bind(value.as_str());
        }
        let mut rows = query.fetch(connection);
        let mut fetched = Fetched::none();
        while let Some(row) = rows.try_next().await? {
            let key = Key::Int(row.try_get("cursor")?);
            if !fetched.take(page, key, None, size(&row), || U::from_row(&row))? {
                break;
            }
        }
        Ok(fetched)
    }
}

/// The approximate size of a row in bytes: only texts and blobs can be long.
fn size(row: &SqliteRow) -> u64 {
    let long = |column: usize| {
        let kind = row.try_get_raw(column).ok()?.type_info().name().to_owned();
        match kind.as_str() {
            "TEXT" => row.try_get::<&str, _>(column).ok().map(str::len),
            "BLOB" => row.try_get::<&[u8], _>(column).ok().map(<[u8]>::len),
            _ => None,
        }
    };
    (0..row.len()).map(|column| long(column).unwrap_or(8) as u64).sum()
}
