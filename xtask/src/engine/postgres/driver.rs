//! Paging through a PostgreSQL relation by a unique key: a uuid, an integer or a text.

use crate::engine::{Connection, Driver, Engine, Key, Page, PageError};
use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::{AssertSqlSafe, Column, FromRow, Row, TypeInfo};

impl Driver for Postgres {
    const ENGINE: Engine = Engine::Postgres;

    fn typed(connection: &mut Connection) -> Option<&mut PgConnection> {
        match connection {
            Connection::Postgres(session) => Some(&mut session.connection),
            Connection::Sqlite(_) => None,
        }
    }

    async fn page<'c, U>(connection: &'c mut PgConnection, page: &'c Page<'c>) -> Result<Vec<(Key, U)>, PageError>
    where
        U: for<'r> FromRow<'r, PgRow> + Send + Unpin + 'c,
    {
        let bounds: Vec<(&str, &Key)> = [(">", &page.after), ("<=", &page.until)]
            .into_iter()
            .filter_map(|(sign, key)| Some((sign, key.as_ref()?)))
            .collect();
        let within = bounds.iter().enumerate().map(|(i, (sign, _))| format!("unit.\"cursor\" {sign} ${} AND ", i + 1));
        let sql = format!(
            "SELECT * FROM ({units}\n) AS unit WHERE {within}{which} AND {scope} ORDER BY unit.\"cursor\" LIMIT {limit}",
            units = page.units,
            within = within.collect::<String>(),
            which = page.which(),
            scope = page.scope(Engine::Postgres, bounds.len() + 1),
            // One more than wanted: it shows whether the last key is the key of one unit only.
            limit = u64::from(page.limit) + 1,
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (_, key) in &bounds {
            query = match key {
                Key::Int(n) => query.bind(*n),
                Key::Uuid { uuid } => query.bind(*uuid),
                Key::Text { text } => query.bind(text.as_str()),
            };
        }
        for (_, value) in page.scope {
            query = query.bind(value.as_str());
        }
        let mut rows = query.fetch(connection);
        let mut units: Vec<(Key, U)> = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let key = key(&row)?;
            if units.last().is_some_and(|(last, _)| *last == key) {
                return Err(PageError::shared_key(key));
            }
            if units.len() < page.limit as usize {
                let unit = U::from_row(&row).map_err(|error| PageError { at: Some(key.clone()), error })?;
                units.push((key, unit));
            }
        }
        Ok(units)
    }
}

fn key(row: &PgRow) -> Result<Key, sqlx::Error> {
    let column = row.try_column("cursor")?;
    Ok(match column.type_info().name() {
        "UUID" => Key::Uuid { uuid: row.try_get("cursor")? },
        "INT2" | "INT4" | "INT8" => Key::Int(
            row.try_get_unchecked::<i64, _>("cursor").or_else(|_| row.try_get::<i32, _>("cursor").map(i64::from))?,
        ),
        _ => Key::Text { text: row.try_get("cursor")? },
    })
}
