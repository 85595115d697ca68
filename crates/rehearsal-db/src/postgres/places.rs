//! Pages of units in the order in which their rows are stored: by `ctid`, the *place* of a row. PostgreSQL 14 and newer
//! read a range of places without the rest of the table. No index has this order, so each query reads a limited number of
//! blocks and sorts their units.

use super::unit::{bind, key, place, size};
use crate::{Engine, Fetched, Key, Page, PageError, UnitOrder};
use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, FromRow};
use std::collections::HashSet;

/// The first version that searches by a range of places.
const SINCE: u32 = 140_000;

/// Blocks that the first query of a page reads; each further one reads twice as many.
const BLOCKS: u32 = 64;

/// The order in which a server of this version can read units.
pub(super) fn possible(order: UnitOrder, version: Option<u32>) -> UnitOrder {
    if version.is_some_and(|version| version >= SINCE) { order } else { UnitOrder::Key }
}

/// Reads one page of units up to `until`, a block and a row of it.
pub(super) async fn page<U>(
    connection: &mut PgConnection,
    page: &Page<'_>,
    until: (u32, u16),
) -> Result<Fetched<U>, PageError>
where
    U: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let mut after = match page.after {
        Some(Key::Place { block, row }) => (block, row),
        _ => (0, 0),
    };
    let mut fetched = Fetched::none();
    let mut blocks = BLOCKS;
    while after < until {
        let end = until.min((after.0.saturating_add(blocks), 0));
        if !read(connection, page, after, end, &mut fetched).await? {
            break;
        }
        (after, blocks) = (end, blocks.saturating_mul(2));
    }
    Ok(fetched)
}

/// Adds the units after one place up to another. Returns false if the page is full.
async fn read<U>(
    connection: &mut PgConnection,
    page: &Page<'_>,
    after: (u32, u16),
    until: (u32, u16),
    fetched: &mut Fetched<U>,
) -> Result<bool, PageError>
where
    U: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let sql = format!(
        "SELECT * FROM ({units}\n) AS unit WHERE unit.\"place\" > $1::text::tid AND unit.\"place\" <= $2::text::tid \
         AND {which} AND {scope} ORDER BY unit.\"place\" LIMIT {limit}",
        units = page.units,
        which = page.which(),
        scope = page.scope(Engine::Postgres, 3),
        // One more than requested, as for pages by key.
        limit = u64::from(page.limit) + 1,
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    for (block, row) in [after, until] {
        query = bind(query, &Key::Place { block, row });
    }
    for (_, value) in page.scope {
        query = query.bind(value.as_str());
    }
    let earlier: HashSet<Key> = fetched.units.iter().map(|found| found.key.clone()).collect();
    let mut rows = query.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let key = key(&row, "cursor")?;
        if earlier.contains(&key) {
            // Another session updated the unit after an earlier query of this page, so its row moved.
            fetched.units.retain(|found| found.key != key);
        }
        if !fetched.take(page, key, Some(place(&row)?), size(&row), || U::from_row(&row))? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn servers_without_tid_range_scans_read_by_key() {
        let check = |order, version, expected| assert_eq!(possible(order, version), expected);
        check(UnitOrder::Place, Some(130_023), UnitOrder::Key);
        check(UnitOrder::Place, None, UnitOrder::Key);
        check(UnitOrder::Place, Some(140_000), UnitOrder::Place);
        check(UnitOrder::Place, Some(170_002), UnitOrder::Place);
        check(UnitOrder::Key, Some(170_002), UnitOrder::Key);
    }
}
