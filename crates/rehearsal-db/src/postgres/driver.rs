//! The [`Driver`] of PostgreSQL: pages of a relation by a unique key, which is a UUID, an integer or a text, or by the
//! places of its rows.

use super::places;
use super::unit::{bind, key, place_in_text, size};
use crate::driver::Size;
use crate::{Driver, Engine, Fetched, Key, Page, PageError, UnitOrder};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::{AssertSqlSafe, FromRow};

impl Driver for Postgres {
    const ENGINE: Engine = Engine::Postgres;

    fn rows<'c, R>(
        connection: &'c mut PgConnection,
        query: &'static str,
        keys: &[Key],
    ) -> BoxStream<'c, Result<(Key, R, u64), PageError>>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin + 'c,
    {
        let query = sqlx::query(query).persistent(false);
        let query = match keys {
            [Key::Uuid { .. }, ..] => query.bind(keys.iter().filter_map(Key::as_uuid).collect::<Vec<_>>()),
            [Key::Text { .. }, ..] => {
                query.bind(keys.iter().filter_map(|key| key.as_text().map(ToOwned::to_owned)).collect::<Vec<_>>())
            }
            _ => query.bind(keys.iter().filter_map(Key::as_int).collect::<Vec<_>>()),
        };
        let rows = query.fetch(connection).map(|row| {
            let row = row?;
            let unit = key(&row, "unit")?;
            let decoded = R::from_row(&row).map_err(|error| PageError { at: Some(unit.clone()), error })?;
            Ok((unit, decoded, size(&row)))
        });
        Box::pin(rows)
    }

    fn sizes<'c>(
        connection: &'c mut PgConnection,
        query: &'static str,
        keys: &[Key],
    ) -> BoxStream<'c, Result<(Key, u64), PageError>> {
        Box::pin(Self::rows::<Size>(connection, query, keys).map_ok(Size::of))
    }

    async fn ends<'c>(
        connection: &'c mut PgConnection,
        page: &'c Page<'c>,
        order: UnitOrder,
        every: u64,
    ) -> Result<Vec<Key>, PageError> {
        match ends(connection, page, order, every).await {
            Err(error) if error.was_forgotten() => ends(connection, page, order, every).await,
            read => read,
        }
    }

    async fn page<'c, U>(connection: &'c mut PgConnection, page: &'c Page<'c>) -> Result<Fetched<U>, PageError>
    where
        U: for<'r> FromRow<'r, PgRow> + Send + Unpin + 'c,
    {
        match any_order(connection, page).await {
            Err(error) if error.was_forgotten() => any_order(connection, page).await,
            read => read,
        }
    }
}

async fn ends(
    connection: &mut PgConnection,
    page: &Page<'_>,
    order: UnitOrder,
    every: u64,
) -> Result<Vec<Key>, PageError> {
    let column = order.column();
    // As text, because sqlx does not know the type of a place and would ask for it, perhaps within a transaction.
    let end = match order {
        UnitOrder::Key => "numbered.\"cursor\"",
        UnitOrder::Place => "numbered.\"place\"::text AS \"place\"",
    };
    let sql = format!(
        "SELECT {end} FROM (SELECT unit.\"{column}\", row_number() OVER (ORDER BY unit.\"{column}\") AS n, \
         count(*) OVER () AS units FROM ({units}\n) AS unit WHERE {which} AND {scope}) AS numbered \
         WHERE n % {every} = 0 OR n = units ORDER BY n",
        units = page.units,
        which = page.which(),
        scope = page.scope(Engine::Postgres, 1),
        every = every.max(1),
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    for (_, value) in page.scope {
        query = query.bind(value.as_str());
    }
    let rows = query.fetch_all(connection).await?;
    let end = |row: &PgRow| match order {
        UnitOrder::Key => key(row, "cursor"),
        UnitOrder::Place => place_in_text(row),
    };
    rows.iter().map(|row| end(row).map_err(PageError::from)).collect()
}

/// Reads one page in the order of its `until`.
async fn any_order<U>(connection: &mut PgConnection, page: &Page<'_>) -> Result<Fetched<U>, PageError>
where
    U: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    match &page.until {
        Some(Key::Place { block, row }) => places::page(connection, page, (*block, *row)).await,
        _ => by_key(connection, page).await,
    }
}

/// Reads one page in the order of `"cursor"`.
async fn by_key<U>(connection: &mut PgConnection, page: &Page<'_>) -> Result<Fetched<U>, PageError>
where
    U: for<'r> FromRow<'r, PgRow> + Send + Unpin,
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
        // One more than requested: it shows whether another unit shares the last key.
        limit = u64::from(page.limit) + 1,
    );
    // Planned again each time: its tables grow while it is in use.
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    for (_, key) in bounds {
        query = bind(query, key);
    }
    for (_, value) in page.scope {
        query = query.bind(value.as_str());
    }
    let mut rows = query.fetch(connection);
    let mut fetched = Fetched::none();
    while let Some(row) = rows.try_next().await? {
        if !fetched.take(page, key(&row, "cursor")?, None, size(&row), || U::from_row(&row))? {
            break;
        }
    }
    Ok(fetched)
}
