//! One pass: what is refused before it begins, and how its units are counted.

use super::parent_child::{ChildSource, NoChildren};
use super::work::statement;
use super::{Backfill, Counted, Effect, Error, Outcome, Pass, Scope, Undo, one_shot, resumable};
use crate::event::Events;
use crate::ledger;
use crate::migration;
use futures_util::TryStreamExt;
use rehearsal_db::{self as db, Connection, Driver, Key, MissingPrivilege, Page, Target, Value, Which};

/// Makes one pass of `backfill` over its units in `target`.
///
/// # Errors
/// See [`Error`]; whatever it is, the batch in hand is rolled back and the ones before it stay.
pub async fn run<B: Backfill>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Outcome, Error> {
    run_from::<B, NoChildren>(backfill, target, pass, events).await
}

/// The same, wherever the rows of units come from.
pub(super) async fn run_from<B: Backfill, S: ChildSource<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Outcome, Error> {
    check_order(backfill, pass)?;
    match pass.effect.work() {
        Some(work) => resumable::run::<B, S>(backfill, target, pass, work, events).await,
        None => one_shot::run::<B, S>(backfill, target, pass, events).await,
    }
}

fn check_order<B: Backfill>(backfill: &B, pass: &Pass) -> Result<(), Error> {
    let about = backfill.about();
    if pass.effect == Effect::Undo && about.undo == Undo::Absent {
        return Err(Error::NoUndo { backfill: about.name });
    }
    if pass.workers.get() > 1 && B::Db::ENGINE.has_one_writer() {
        return Err(Error::OneWriter { backfill: about.name, engine: B::Db::ENGINE, workers: pass.workers });
    }
    let columns = pass.scope.0.iter().map(|(column, _)| column);
    if let Some((column, _)) = columns
        .clone()
        .enumerate()
        .map(|(i, column)| (column, i))
        .find(|(column, i)| columns.clone().take(*i).any(|other| other == *column))
    {
        return Err(Error::RepeatedScope { column: column.clone() });
    }
    match pass.scope.0.iter().find(|(column, _)| !about.scopes.contains(&column.as_str())) {
        Some((column, _)) => Err(Error::UnknownScope {
            backfill: about.name,
            scope: column.clone(),
            known: about.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        }),
        None => Ok(()),
    }
}

pub(super) async fn check_window<B: Backfill>(
    backfill: &B,
    target: &Target,
    effect: Effect,
    reader: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    if reader.has_table("_sqlx_migrations").await? {
        let lacks = reader.missing_privileges(&[("_sqlx_migrations", &["SELECT"])]).await?;
        refuse(reader, lacks)?;
    }
    let applied = migration::applied(reader).await?;
    let is_applied = |version| applied.iter().any(|done| done.version == version);
    if !is_applied(about.from) {
        let lack = reader.missing_schema_usage("_sqlx_migrations").await?;
        refuse(reader, lack.into_iter().collect())?;
        let database = target.address.url();
        let next = target.address.command(&format!("migrate {}", about.database));
        return Err(Error::TooEarly { backfill: about.name, database, next, from: about.from });
    }
    if let Some(until) = about.until.filter(|until| is_applied(*until)) {
        return Err(Error::TooLate { backfill: about.name, database: target.address.url(), until });
    }
    let mut lacks = reader.missing_privileges(backfill.privileges(effect)).await?;
    let usage = if effect.work().is_some() { ledger::Use::Keep } else { ledger::Use::Read };
    lacks.extend(ledger::missing_privileges(reader, usage).await?);
    refuse(reader, lacks)
}

/// Refuses a role that lacks something.
fn refuse(connection: &Connection, lacks: Vec<MissingPrivilege>) -> Result<(), Error> {
    if lacks.is_empty() {
        return Ok(());
    }
    Err(Error::Engine(db::Error::MissingPrivileges { place: connection.address(), missing: lacks }))
}

/// Refuses a scope that no unit is in: what is written another way than the database writes it is found nowhere.
pub(super) async fn check_scope<B: Backfill>(backfill: &B, pass: &Pass, reader: &mut Connection) -> Result<(), Error> {
    if pass.scope.0.is_empty() || count(backfill, reader, &pass.scope, Which::All).await? > 0 {
        return Ok(());
    }
    let about = backfill.about();
    let scope = pass.scope.0.iter().map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>().join(" ");
    Err(Error::EmptyScope { backfill: about.name, unit: about.unit, scope, database: reader.address() })
}

/// How many units there are in the scope of a pass.
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
        let why = format!("\"pending\" is NULL for {} of them, and has to be true or false", number(1));
        return Err(failed(reader, db::Error::Statement { why, position: None }));
    }
    Ok(number(0))
}

/// The key of the last unit that there is now: units that come meanwhile are none of a pass.
pub(super) async fn last_key<B: Backfill>(
    backfill: &B,
    pass: &Pass,
    reader: &mut Connection,
) -> Result<Option<Key>, Error> {
    Ok(ends(backfill, pass, pass.effect.which(), u64::MAX, reader).await?.pop())
}

/// The keys of each so manieth unit and of the last one.
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
    // No more of them than the database counts with.
    let every = every.min(u64::from(u32::MAX));
    let Some(typed) = B::Db::typed(connection) else { return Err(wrong_engine(connection)) };
    let found = B::Db::ends(typed, &page, every).await;
    found.map_err(|error| {
        let what = format!("reading the last {}", about.unit);
        statement(&about, connection, what, connection.explain(error.error), 0)
    })
}

pub(super) fn wrong_engine(connection: &Connection) -> Error {
    let why = format!("the backfill is written for another engine than {}", connection.engine());
    Error::Engine(db::Error::Statement { why, position: None })
}

/// How many units of `backfill` are still to be done.
///
/// # Errors
/// See [`Error`].
pub(super) async fn pending<B: Backfill>(backfill: &B, target: &Target) -> Result<u64, Error> {
    let mut reader = target.open_to_read().await?;
    let counted = count(backfill, &mut reader, &Scope::default(), Which::Pending).await;
    reader.close_with(counted).await
}

/// How many old values of each key the pending units have, where the author wrote a query for that.
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

/// Scopes of single pending units, by the first column by which a run may be narrowed.
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

/// Refuses what can't be run: a scope or an undo that there is not, a database outside the window.
///
/// # Errors
/// See [`Error`].
pub(super) async fn check<B: Backfill>(backfill: &B, target: &Target, pass: &Pass) -> Result<(), Error> {
    check_order(backfill, pass)?;
    let mut reader = target.open_to_read().await?;
    let checked = match check_window(backfill, target, pass.effect, &mut reader).await {
        Ok(()) => check_scope(backfill, pass, &mut reader).await,
        refused => refused,
    };
    reader.close_with(checked).await
}
