//! One pass from its order to its outcome: the lock, the window, the connections, the ledger's run.

use super::attempts::Attempts;
use super::deep::{Source, Whole};
use super::work::{Overtaken, Strays, Stretch, Work, statement};
use super::{Backfill, Counted, Effect, Ending, Error, Outcome, Pass, Scope, Undo};
use crate::engine::{self, Connection, Lack, Lock, Page, Retries, Target, Value, Which};
use crate::event::{Event, Events, Resumed};
use crate::ledger::{self, Counts, Run, RunState};
use crate::migration;
use futures_util::TryStreamExt;
use std::time::{Duration, Instant};

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
    let lines = pass.lines;
    let (mut tried_again, mut in_vain, mut committed) = (0, 0, 0);
    let done = loop {
        attempts.begin(pass.effect);
        let again = Again {
            retries: attempts.retries_before().map(|before| before + tried_again),
            overtaken: if in_vain < IN_VAIN { Overtaken::Again } else { Overtaken::Take },
        };
        let tell = |event| attempts.tell(event, events);
        let error = match attempt::<B, S>(backfill, target, &pass, again, &tell).await {
            Err(error) if attempts.is_under_way() && !pass.stop.is_requested() => error,
            done => break done?,
        };
        // Whoever gets on has all the time again; what is not kept begins anew each time, and gets nowhere by that.
        if pass.effect.work().is_some() && attempts.committed() > committed {
            committed = attempts.committed();
            retries = Retries::new(target.wait);
            in_vain = 0;
        }
        let Some(pause) = error.waited().and_then(|waited| retries.next(waited)) else {
            return Err(error.after_all(&retries));
        };
        tried_again += 1;
        in_vain += 1;
        events(Event::Retrying { why: error.to_string(), pause });
        tokio::time::sleep(pause).await;
        if pass.effect.work().is_some() {
            pass.lines = lines.behind(attempts.lines_told());
        }
    };
    let took = start.elapsed();
    let Done { counts, ending, already_done } = done;
    let (about, effect, resumed) = (backfill.about(), pass.effect, attempts.resumed());
    Ok(Outcome { about, effect, counts, resumed, ending, already_done, took })
}

/// How often a batch that somebody is faster with is read anew.
const IN_VAIN: u32 = 3;

/// What an attempt has from those before it.
#[derive(Debug, Clone, Copy)]
struct Again {
    /// How many retries the run has; none where this is the first attempt, and the ledger knows.
    retries: Option<u64>,
    overtaken: Overtaken,
}

/// One attempt at what is left of a pass.
async fn attempt<B: Backfill, S: Source<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    again: Again,
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
    let ran = read::<B, S>(backfill, target, pass, &mut reader, again, events).await;
    match (pass.effect.work(), ran) {
        // All of it is committed: a connection that is lost now takes nothing with it, and another attempt would be another run.
        (Some(_), Ok(done)) => {
            drop(reader.close().await);
            Ok(done)
        }
        (_, ran) => reader.close_with(ran).await,
    }
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
    again: Again,
    events: Events<'_>,
) -> Result<Done, Error> {
    check_window(backfill, target, pass.effect, reader).await?;
    check_scope(backfill, pass, reader).await?;
    if pass.effect == Effect::Predict {
        let unfinished =
            ledger::unfinished(reader, backfill.about().name, ledger::Work::Execute, &pass.scope.key()).await?;
        let run = again.counted(unfinished.unwrap_or_else(Run::unstored));
        return drive::<B, S>(backfill, pass, reader, None, run, again.overtaken, events).await;
    }
    let mut writer = target.open().await?;
    writer.prepare_batches().await?;
    let run = match pass.effect.work() {
        Some(work) => ledger::begin(&mut writer, backfill.about().name, work, &pass.scope.key()).await?,
        None => Run::unstored(),
    };
    let run = again.counted(run);
    let ran = drive::<B, S>(backfill, pass, reader, Some(&mut writer), run.clone(), again.overtaken, events).await;
    if pass.effect.work().is_none() {
        return writer.close_with(ran).await;
    }
    let closed = close(target, writer, &run, ran.as_ref().map(|done| done.ending)).await;
    // What went wrong in the run says more than that the ledger could not be told.
    let done = ran?;
    closed?;
    Ok(done)
}

/// Notes in the ledger how a run ended. That is tried again by itself: a run of which all batches are committed is not begun
/// anew for it.
async fn close(
    target: &Target,
    mut writer: Connection,
    run: &Run,
    ending: Result<Ending, &Error>,
) -> Result<(), engine::Error> {
    let state = match ending {
        Ok(Ending::Finished) => RunState::Finished,
        Ok(Ending::Stopped) => RunState::Stopped,
        Err(_) => RunState::Failed,
    };
    let mut retries = Retries::new(if ending.is_ok() { target.wait } else { Duration::ZERO });
    loop {
        let closed = ledger::close(&mut writer, run, state).await;
        let Err(error) = writer.close_with(closed).await else { return Ok(()) };
        if !error.is_transient() || !retries.again(Duration::ZERO).await {
            return Err(error);
        }
        writer = target.open().await?;
    }
}

impl Again {
    fn counted(self, mut run: Run) -> Run {
        run.counts.retries = self.retries.unwrap_or(run.counts.retries);
        run
    }
}

/// Drives the units of a run through the work, stretch by stretch.
async fn drive<B: Backfill, S: Source<B>>(
    backfill: &B,
    pass: &Pass,
    reader: &mut Connection,
    mut writer: Option<&mut Connection>,
    mut run: Run,
    overtaken: Overtaken,
    events: Events<'_>,
) -> Result<Done, Error> {
    let about = backfill.about();
    let resumed = run.cursor.as_ref().map(|after| Resumed { after: after.to_string(), units: run.counts.units });
    let units = count(backfill, reader, &pass.scope, pass.effect.which()).await?;
    events(Event::BackfillStarted { backfill: about.name, units, resumed, counts: run.counts.clone() });
    ledger::replay(reader, &run, &|finding| events(Event::Found(finding))).await?;
    reader.prepare_pages().await?;
    let work = Work::new(backfill, pass, overtaken, events);
    let mut ending = Ending::Finished;
    for stretch in stretches(pass, &run) {
        ending = work.stretch::<S>(reader, writer.as_deref_mut(), stretch, &mut run).await?;
        if ending == Ending::Stopped {
            break;
        }
    }
    if pass.effect == Effect::Execute && units > 0 {
        ending = look_again::<B, S>(&work, reader, writer, ending, &mut run).await?;
    }
    let already_done = match units {
        0 => Some(count(backfill, reader, &pass.scope, Which::Finished).await?),
        _ => None,
    };
    Ok(Done { counts: run.counts, ending, already_done })
}

/// How often a run looks for units that came behind its back, before it leaves those that still come to the next run.
const LAST_LOOKS: u32 = 3;

/// Looks from the first unit for those that came meanwhile, or were changed while they were worked on, until there is none.
async fn look_again<B: Backfill, S: Source<B>>(
    work: &Work<'_, B>,
    reader: &mut Connection,
    mut writer: Option<&mut Connection>,
    mut ending: Ending,
    run: &mut Run,
) -> Result<Ending, Error> {
    for _ in 0..LAST_LOOKS {
        if ending == Ending::Stopped {
            break;
        }
        let before = run.counts.units;
        let all = Stretch { after: None, until: None, strays: Strays::Leave };
        ending = work.stretch::<S>(reader, writer.as_deref_mut(), all, run).await?;
        if run.counts.units == before {
            break;
        }
    }
    Ok(ending)
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

async fn check_window<B: Backfill>(
    backfill: &B,
    target: &Target,
    effect: Effect,
    reader: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    if reader.has_table("_sqlx_migrations").await? {
        let lacks = reader.lacking(&[("_sqlx_migrations", &["SELECT"])]).await?;
        refuse(reader, lacks)?;
    }
    let applied = migration::applied(reader).await?;
    let is_applied = |version| applied.iter().any(|done| done.version == version);
    if !is_applied(about.from) {
        let lack = reader.lack_of_sight("_sqlx_migrations").await?;
        refuse(reader, lack.into_iter().collect())?;
        let database = target.address.url();
        return Err(Error::TooEarly { backfill: about.name, name: about.database, database, from: about.from });
    }
    if let Some(until) = about.until.filter(|until| is_applied(*until)) {
        return Err(Error::TooLate { backfill: about.name, database: target.address.url(), until });
    }
    let mut lacks = reader.lacking(backfill.rights(effect)).await?;
    lacks.extend(ledger::lacking(reader, effect.work().is_some()).await?);
    refuse(reader, lacks)
}

/// Refuses a role that lacks something.
fn refuse(connection: &Connection, lacks: Vec<Lack>) -> Result<(), Error> {
    if lacks.is_empty() {
        return Ok(());
    }
    Err(Error::Engine(engine::Error::Rights { place: connection.address(), lacks }))
}

/// Refuses a scope that no unit is in: what is written another way than the database writes it is found nowhere.
async fn check_scope<B: Backfill>(backfill: &B, pass: &Pass, reader: &mut Connection) -> Result<(), Error> {
    if pass.scope.0.is_empty() || count(backfill, reader, &pass.scope, Which::All).await? > 0 {
        return Ok(());
    }
    let about = backfill.about();
    let scope = pass.scope.0.iter().map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>().join(" ");
    Err(Error::EmptyScope { backfill: about.name, unit: about.unit, scope, database: reader.address() })
}

/// An interrupted run goes on from its cursor. Units before it are looked at again at the end: keys may have been
/// renumbered meanwhile (SQLite's VACUUM may do that to rowids), and rows that came since may have any key.
fn stretches(pass: &Pass, run: &Run) -> Vec<Stretch> {
    let strays = match pass.effect {
        // An earlier process of the run that came so far has recorded them.
        Effect::Predict | Effect::Execute if pass.scope.0.is_empty() && run.counts.findings.is_empty() => {
            Strays::Record
        }
        _ => Strays::Leave,
    };
    match run.cursor.clone() {
        None => vec![Stretch { after: None, until: None, strays }],
        Some(cursor) => vec![
            Stretch { after: Some(cursor.clone()), until: None, strays: Strays::Leave },
            Stretch { after: None, until: Some(cursor), strays: Strays::Leave },
        ],
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
    let checked = match check_window(backfill, target, pass.effect, &mut reader).await {
        Ok(()) => check_scope(backfill, pass, &mut reader).await,
        refused => refused,
    };
    reader.close_with(checked).await
}
