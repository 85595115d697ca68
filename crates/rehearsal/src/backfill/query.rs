//! Queries about a backfill's units: their number, the ends of ranges, and their scopes. `read.rs` reads the units
//! themselves.

use super::definition::Backfill;
use super::error::{Error, statement, wrong_engine};
use super::pass::{Effect, Pass, Scope};
use futures_util::TryStreamExt;
use rehearsal_db::{self as db, Connection, Driver, Key, Page, Target, UnitOrder, Value, Which};
use std::collections::BTreeMap;

/// The number of old values by key, as the database counts them. `None` counts values without a key.
pub type Counted = BTreeMap<Option<String>, u64>;

/// Counts the units in a scope.
pub(super) async fn count<B: Backfill>(
    backfill: &B,
    reader: &mut Connection,
    scope: &Scope,
    which: Which,
) -> Result<u64, Error> {
    let about = backfill.about();
    let page = Page { units: backfill.units(), which, scope: &scope.0, after: None, until: None, limit: 0, bytes: 0 };
    let sql = format!(
        "SELECT count(*) FILTER (WHERE {which}), count(*) FILTER (WHERE unit.\"pending\" IS NULL) FROM ({units}\n) AS unit WHERE {scope}",
        which = page.which(),
        units = reader.strict(page.units),
        scope = page.scope(reader.engine(), 1),
    );
    let values: Vec<Value> = page.scope.iter().map(|(_, value)| value.as_str().into()).collect();
    let failed = |reader: &Connection, error| statement(&about, reader, format!("counting {}s", about.unit), error, 0);
    let counted = reader.query(&sql, &values, 1).await.map_err(|error| failed(reader, error))?;
    let number = |at: usize| {
        counted.rows.first().and_then(|row| row[at].as_int()).and_then(|n| u64::try_from(n).ok()).unwrap_or_default()
    };
    if number(1) > 0 {
        let why = format!("\"pending\" is NULL for {} of the units; it must be true or false", number(1));
        return Err(failed(reader, db::Error::Statement { why, position: None }));
    }
    Ok(number(0))
}

/// Returns the last key of the units that the pass reads. Units that arrive later are not part of the pass.
pub(super) async fn last_key<B: Backfill>(
    backfill: &B,
    pass: &Pass,
    reader: &mut Connection,
) -> Result<Option<Key>, Error> {
    Ok(ends(backfill, pass, pass.effect.which(), u64::MAX, reader).await?.pop())
}

/// Returns keys that cut the units into ranges of `every` units, the last key included. An engine with one writer returns
/// only the last key.
pub(super) async fn ends<B: Backfill>(
    backfill: &B,
    pass: &Pass,
    which: Which,
    every: u64,
    connection: &mut Connection,
) -> Result<Vec<Key>, Error> {
    let about = backfill.about();
    let page =
        Page { units: backfill.units(), which, scope: &pass.scope.0, after: None, until: None, limit: 0, bytes: 0 };
    // A larger number is not an integer in SQL; `last_key` passes `u64::MAX`.
    let every = every.min(u64::from(u32::MAX));
    // Only an execution looks again for units that moved meanwhile.
    let wanted = if pass.effect == Effect::Execute { backfill.order() } else { UnitOrder::Key };
    let order = connection.unit_order(wanted);
    let Some(typed) = B::Db::typed(connection) else { return Err(wrong_engine(connection)) };
    let found = B::Db::ends(typed, &page, order, every).await;
    found.map_err(|error| {
        let what = format!("reading the last {}", about.unit);
        statement(&about, connection, what, connection.explain(error.error), 0)
    })
}

/// Counts the pending units of `backfill`.
///
/// # Errors
/// See [`Error`].
pub(super) async fn pending<B: Backfill>(backfill: &B, target: &Target) -> Result<u64, Error> {
    let mut reader = target.open_to_read().await?;
    let counted = count(backfill, &mut reader, &Scope::default(), Which::Pending).await;
    reader.close_with(counted).await
}

/// Counts the old values of pending units, and of rows that belong to no unit, by the name of their field. `None` if the
/// backfill has no query for that.
///
/// # Errors
/// See [`Error`].
pub(super) async fn count_source<B: Backfill>(backfill: &B, target: &Target) -> Result<Option<Counted>, Error> {
    let Some(query) = backfill.source_counts() else { return Ok(None) };
    let mut reader = target.open_to_read().await?;
    let mut counted = Counted::new();
    let mut rows = reader.stream(query, &[]);
    let read = loop {
        match rows.try_next().await {
            Ok(Some(row)) => {
                let key = row.values.first().and_then(Value::as_text).map(ToOwned::to_owned);
                let n = row.values.get(1).and_then(Value::as_int).and_then(|n| u64::try_from(n).ok());
                *counted.entry(key).or_default() += n.unwrap_or_default();
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    drop(rows);
    let what = || "counting old values".to_owned();
    let read = read.map_err(|error| statement(&backfill.about(), &reader, what(), error, 0));
    reader.close_with(read).await?;
    Ok(Some(counted))
}

/// Returns at most `units` scopes, each with the value of one pending unit in the first scope column. Several units may
/// share a value.
///
/// # Errors
/// See [`Error`].
pub(super) async fn scopes<B: Backfill>(backfill: &B, target: &Target, units: u32) -> Result<Vec<Scope>, Error> {
    let about = backfill.about();
    let Some(column) = about.scopes.first() else { return Ok(Vec::new()) };
    let mut reader = target.open_to_read().await?;
    let engine = reader.engine();
    let sql = format!(
        "SELECT {} FROM ({}\n) AS unit WHERE unit.\"pending\" ORDER BY unit.\"cursor\" LIMIT {units}",
        engine.as_text(&format!("unit.{}", engine.quote(column))),
        reader.strict(backfill.units())
    );
    let read = reader.query(&sql, &[], units as usize).await;
    let read = read.map_err(|error| statement(&about, &reader, format!("reading {}s", about.unit), error, 0));
    let rows = reader.close_with(read).await?.rows;
    let values = rows.into_iter().filter_map(|row| Some(row.first()?.as_text()?.to_owned()));
    Ok(values.map(|value| Scope(vec![((*column).to_owned(), value)])).collect())
}
