//! One pass from its order to its outcome: the lock, the window, the connections, the ledger's run.

use super::attempts::Attempts;
use super::deep::{Source, Whole};
use super::work::{Stretch, Work, statement};
use super::{Backfill, Counted, Effect, Ending, Error, Outcome, Pass, Scope, Undo};
use crate::engine::{self, Connection, Key, Lock, Page, Retries, Target, Value, Which};
use crate::event::{Event, Events, Resumed};
use crate::ledger::{self, Counts, Run, RunState};
use crate::migration;
use futures_util::TryStreamExt;
use std::time::Instant;

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
    run_from::<B, Whole>(backfill, target, pass, events).await
}

/// The same, wherever the rows of units come from.
pub(super) async fn run_from<B: Backfill, S: Source<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Outcome, Error> {
    check_order(backfill, pass)?;
    let start = Instant::now();
    let attempts = Attempts::default();
    let mut retries = Retries::new(target.wait);
    let mut pass = pass.clone();
    let (mut tried_again, mut committed) = (0, 0);
    let done = loop {
        attempts.begin();
        let error = match attempt::<B, S>(backfill, target, &pass, &|event| attempts.tell(event, events)).await {
            Err(error) if attempts.is_under_way() && !pass.stop.is_requested() => error,
            done => break done?,
        };
        // Whoever gets on has all the time again; what is not kept begins anew each time, and gets nowhere by that.
        if pass.effect.work().is_some() && attempts.committed() > committed {
            committed = attempts.committed();
            retries = Retries::new(target.wait);
        }
        let Some(pause) = error.waited().and_then(|waited| retries.next(waited)) else { return Err(error) };
        tried_again += 1;
        events(Event::Retrying { why: error.to_string(), pause });
        tokio::time::sleep(pause).await;
        pass.lines = pass.lines.again();
    };
    let took = start.elapsed();
    let is_scoped = !pass.scope.0.is_empty();
    let Done { mut counts, ending, already_done } = done;
    counts.retries += tried_again;
    let (about, effect, resumed) = (backfill.about(), pass.effect, attempts.resumed());
    Ok(Outcome { about, effect, is_scoped, counts, resumed, ending, already_done, took })
}

/// One attempt at what is left of a pass.
async fn attempt<B: Backfill, S: Source<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Done, Error> {
    let _lock = match pass.effect {
        Effect::Execute | Effect::Undo if target.is_shared() => {
            let database = target.address.url();
            let waiting = |holder| events(Event::Waiting { database: database.clone(), holder });
            Some(Lock::take(&target.address, target.wait, &waiting).await?)
        }
        _ => None,
    };
    let mut reader = target.open_to_read().await?;
    let ran = read::<B, S>(backfill, target, pass, &mut reader, events).await;
    reader.close_with(ran).await
}

/// What came of the units.
struct Done {
    counts: Counts,
    ending: Ending,
    already_done: Option<u64>,
}

/// The pass, with a connection to read on.
async fn read<B: Backfill, S: Source<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    reader: &mut Connection,
    events: Events<'_>,
) -> Result<Done, Error> {
    check_window(backfill, target, reader).await?;
    if pass.effect == Effect::Predict {
        let unfinished =
            ledger::unfinished(reader, backfill.about().name, ledger::Work::Execute, &pass.scope.key()).await?;
        return drive::<B, S>(backfill, pass, reader, None, unfinished.unwrap_or_else(Run::unstored), events).await;
    }
    let mut writer = target.open().await?;
    let ran = write::<B, S>(backfill, pass, reader, &mut writer, events).await;
    writer.close_with(ran).await
}

/// The pass, with a connection to write on, too: what it does is kept in the ledger, unless it is a second run of all units.
async fn write<B: Backfill, S: Source<B>>(
    backfill: &B,
    pass: &Pass,
    reader: &mut Connection,
    writer: &mut Connection,
    events: Events<'_>,
) -> Result<Done, Error> {
    writer.prepare_batches().await?;
    let run = match pass.effect.work() {
        Some(work) => ledger::begin(writer, backfill.about().name, work, &pass.scope.key()).await?,
        None => Run::unstored(),
    };
    let done = drive::<B, S>(backfill, pass, reader, Some(&mut *writer), run.clone(), events).await;
    if pass.effect.work().is_some() {
        let state = match &done {
            Ok(Done { ending: Ending::Finished, .. }) => RunState::Finished,
            Ok(Done { ending: Ending::Stopped, .. }) => RunState::Stopped,
            Err(_) => RunState::Failed,
        };
        let closed = ledger::close(writer, &run, state).await;
        // What went wrong in the run says more than that the ledger could not be told.
        if done.is_ok() {
            closed?;
        }
    }
    done
}

/// Drives the units of a run through the work, stretch by stretch.
async fn drive<B: Backfill, S: Source<B>>(
    backfill: &B,
    pass: &Pass,
    reader: &mut Connection,
    mut writer: Option<&mut Connection>,
    mut run: Run,
    events: Events<'_>,
) -> Result<Done, Error> {
    let about = backfill.about();
    let resumed = run.cursor.as_ref().map(|after| Resumed { after: after.to_string(), units: run.counts.units });
    let units = count(backfill, reader, &pass.scope, pass.effect.which()).await?;
    events(Event::BackfillStarted { backfill: about.name, units, resumed, counts: run.counts.clone() });
    ledger::replay(reader, &run, &|finding| events(Event::Found(finding))).await?;
    reader.prepare_pages().await?;
    let work = Work::new(backfill, pass, events);
    let mut ending = Ending::Finished;
    for stretch in stretches(run.cursor.clone()) {
        ending = work.stretch::<S>(reader, writer.as_deref_mut(), stretch, &mut run).await?;
        if ending == Ending::Stopped {
            break;
        }
    }
    let already_done = match units {
        0 => Some(count(backfill, reader, &pass.scope, Which::Finished).await?),
        _ => None,
    };
    Ok(Done { counts: run.counts, ending, already_done })
}

fn check_order<B: Backfill>(backfill: &B, pass: &Pass) -> Result<(), Error> {
    let about = backfill.about();
    if pass.effect == Effect::Undo && about.undo == Undo::Absent {
        return Err(Error::NoUndo { backfill: about.name });
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

async fn check_window<B: Backfill>(backfill: &B, target: &Target, reader: &mut Connection) -> Result<(), Error> {
    let about = backfill.about();
    let applied = migration::applied(reader).await?;
    let is_applied = |version| applied.iter().any(|done| done.version == version);
    if !is_applied(about.from) {
        let database = target.address.url();
        return Err(Error::TooEarly { backfill: about.name, name: about.database, database, from: about.from });
    }
    if let Some(until) = about.until.filter(|until| is_applied(*until)) {
        return Err(Error::TooLate { backfill: about.name, database: target.address.url(), until });
    }
    for (table, privileges) in backfill.rights() {
        reader.check_rights(table, privileges).await?;
    }
    Ok(())
}

/// An interrupted run goes on from its cursor. Units before it are looked at again at the end: keys may have been
/// renumbered meanwhile (SQLite's VACUUM may do that to rowids), and rows that came since may have any key.
fn stretches(cursor: Option<Key>) -> Vec<Stretch> {
    match cursor {
        None => vec![(None, None)],
        Some(cursor) => vec![(Some(cursor.clone()), None), (None, Some(cursor))],
    }
}

/// How many units there are in the scope of a pass.
async fn count<B: Backfill>(backfill: &B, reader: &mut Connection, scope: &Scope, which: Which) -> Result<u64, Error> {
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
        return Err(failed(reader, engine::Error::Statement { why, position: None }));
    }
    Ok(number(0))
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
pub(super) async fn count_values<B: Backfill>(backfill: &B, target: &Target) -> Result<Option<Counted>, Error> {
    let Some(query) = backfill.values() else { return Ok(None) };
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
    let checked = check_window(backfill, target, &mut reader).await;
    reader.close_with(checked).await
}
