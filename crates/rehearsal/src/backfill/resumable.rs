//! A resumable run: `run` starts or resumes it, leases its ranges to the workers of this and other processes, and
//! finishes it when no range is left. Before that, it adds ranges for units that were concurrently inserted.

use super::child_rows::ChildSource;
use super::definition::Backfill;
use super::error::Error;
use super::outcome::{Ending, Traversal};
use super::pass::{Effect, Pass};
use super::preflight::{check_scope, check_window};
use super::query::{count, ends};
use super::worker::{self, Idle};
use super::worker_pool::{WorkerPool, sharing};
use crate::event::{Event, Events, ResumePoint};
use crate::ledger::{self, Begun, Counts, Order, RunRecord, RunState, Transition, Work};
use rehearsal_db::{self as db, Connection, Driver, Key, Lock, Retries, Target, Which};
use std::time::Duration;
use tokio::sync::Notify;

/// How often a run looks for concurrently inserted units. Later ones are left to the next run.
const LAST_LOOKS: u64 = 3;
/// Minimum batches per range: each lease costs a transaction.
const BATCHES_OF_A_RANGE: u64 = 8;
/// Maximum ranges that a run is initially cut into.
const RANGES: u64 = 256;
/// First interval at which an idle process checks the ranges of other processes.
const POLL: Duration = Duration::from_millis(50);
/// Longest such interval.
const LONGEST_POLL: Duration = Duration::from_secs(1);

pub(super) async fn run<B: Backfill, S: ChildSource<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    work: Work,
    events: Events<'_>,
) -> Result<Traversal, Error> {
    let lock = if target.is_shared() {
        let database = target.address.url();
        let name = backfill.about().name;
        let is_paused = is_paused(target, name, &pass.scope.key()).await;
        let waiting = |holder| {
            events(Event::Waiting { database: database.clone(), holder });
            if is_paused {
                events(Event::Paused { backfill: name });
            }
        };
        Some(Lock::take(&target.address, sharing(pass.effect), target.wait, &waiting).await?)
    } else {
        None
    };
    let scope = pass.scope.key();
    let order = Order { backfill: backfill.about().name, work, scope: &scope };
    let (begun, units) = begin(backfill, target, pass, &order).await?;
    let resumed = (begun.counts.units > 0).then(|| ResumePoint {
        after: begun.after.as_ref().map_or_else(|| "the first range".to_owned(), ToString::to_string),
        units: begun.counts.units,
    });
    events(Event::BackfillStarted {
        backfill: backfill.about().name,
        units,
        resumed: resumed.clone(),
        counts: begun.counts.clone(),
    });
    let pool = WorkerPool::new(backfill, pass, begun.counts.clone(), lock, events);
    pool.begin(begun.run).await?;
    let ended = if pool.has_company && !B::Db::ENGINE.has_one_writer() {
        pool.pressure.look_first(target, begun.run).await;
        watched::<B, S>(&pool, target, begun.run).await
    } else {
        go::<B, S>(&pool, target, begun.run).await
    };
    let (ending, how, left) = match &ended {
        Ok(End::Finished { left }) => (Ending::Finished, None, *left),
        Ok(End::FinishedElsewhere) => (Ending::FinishedElsewhere, None, 0),
        Ok(End::Stopped) => (Ending::Stopped, Some(Transition::Stop), 0),
        Err(_) => (Ending::Stopped, Some(Transition::Fail), 0),
    };
    pool.leave(begun.run).await;
    let closed = close(&pool, target, begun.run, how, ending).await;
    // An error of the run says more than an error of recording its end.
    ended?;
    let counts = closed?;
    let already_done = match (units, counts.units) {
        (0, 0) => Some(counted(backfill, target, pass, Which::Finished).await?),
        _ => None,
    };
    Ok(Traversal { counts, resumed, ending, left, already_done })
}

/// True if a user has paused the run for which a process may have to wait. An error counts as false: the run itself reports it.
async fn is_paused(target: &Target, backfill: &str, scope: &str) -> bool {
    let Ok(mut reader) = target.open_to_read().await else { return false };
    let read = ledger::run_records(&mut reader).await;
    let runs = reader.close_with(read).await.unwrap_or_default();
    let is_ours = |run: &&RunRecord| run.backfill == backfill && run.has_scope(scope);
    runs.iter().filter(is_ours).any(|run| matches!(run.state, RunState::Pausing | RunState::Paused))
}

/// How the workers of this process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// No range is left. `left` units are still pending, because new ones kept arriving.
    Finished {
        left: u64,
    },
    /// Another process finished the run.
    FinishedElsewhere,
    Stopped,
}

/// Works while the load on the server is watched.
async fn watched<B: Backfill, S: ChildSource<B>>(
    pool: &WorkerPool<'_, B>,
    target: &Target,
    run: i64,
) -> Result<End, Error> {
    let is_over = Notify::new();
    let watch = async || {
        tokio::select! {
            () = pool.pressure.watch(target, run) => {}
            () = is_over.notified() => {}
        }
    };
    let work = async || {
        let ended = go::<B, S>(pool, target, run).await;
        is_over.notify_one();
        ended
    };
    let ((), ended) = pool.pass.threads.both(watch, work).await;
    ended
}

/// Starts or resumes the run. Also returns the number of units to process.
async fn begin<B: Backfill>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    order: &Order<'_>,
) -> Result<(Begun, u64), Error> {
    let mut reader = target.open_to_read().await?;
    let looked = async {
        check_window(backfill, target, pass.effect, &mut reader).await?;
        check_scope(backfill, pass, &mut reader).await?;
        let units = count(backfill, &mut reader, &pass.scope, pass.effect.which()).await?;
        // Done before other processes are locked out, because it may take long.
        let cut = match ledger::unfinished(&mut reader, order).await? {
            None => Some(cut(backfill, pass, units, &mut reader).await?),
            Some(_) => None,
        };
        Ok::<_, Error>((units, cut))
    };
    let looked = looked.await;
    let (units, mut ends) = reader.close_with(looked).await?;
    let mut writer = target.open().await?;
    let begun = async {
        writer.begin_exclusive().await?;
        let begun = match ledger::begin(&mut writer, order, &pass.by).await? {
            Some(begun) => begun,
            None => {
                let ends = match ends.take() {
                    Some(ends) => ends,
                    // The unfinished run ended in between.
                    None => cut(backfill, pass, units, &mut writer).await?,
                };
                ledger::start(&mut writer, order, &pass.by, &ends).await?
            }
        };
        writer.commit().await?;
        Ok::<_, Error>(begun)
    };
    let begun = begun.await;
    // Closing rolls back a failed transaction.
    Ok((writer.close_with(begun).await?, units))
}

/// Returns the keys at which the ranges of a new run end.
async fn cut<B: Backfill>(
    backfill: &B,
    pass: &Pass,
    units: u64,
    connection: &mut Connection,
) -> Result<Vec<Key>, Error> {
    let found = ends(backfill, pass, pass.effect.which(), units_of_a_range(pass, units), connection).await?;
    if found.is_empty() {
        // Ends at the current last key: units that arrive later are not part of this run.
        return ends(backfill, pass, Which::All, u64::MAX, connection).await;
    }
    Ok(found)
}

/// Units per range, if there are that many.
fn units_of_a_range(pass: &Pass, units: u64) -> u64 {
    (u64::from(pass.batch.get()) * BATCHES_OF_A_RANGE).max(units / RANGES)
}

/// Works until no range of the run is left, including those of other processes.
async fn go<B: Backfill, S: ChildSource<B>>(pool: &WorkerPool<'_, B>, target: &Target, run: i64) -> Result<End, Error> {
    loop {
        let workers = (0..pool.pass.workers.get()).collect();
        let work = async |_| worker::work::<B, S>(pool, target, run).await;
        let idle = pool.pass.threads.each(workers, work).await;
        let mut is_stopped = false;
        for idle in idle {
            is_stopped |= idle? == Idle::Stopped;
        }
        if is_stopped {
            return Ok(End::Stopped);
        }
        if let Some(end) = settle(pool, target, run).await? {
            return Ok(end);
        }
    }
}

/// Waits while other processes work on ranges. Returns `None` once a range is free; finishes the run if none is
/// left, and returns how it ended.
async fn settle<B: Backfill>(pool: &WorkerPool<'_, B>, target: &Target, run: i64) -> Result<Option<End>, Error> {
    let mut retries = Retries::new(target.wait);
    // The end that this process tried to commit when the commit failed: it may be stored nevertheless.
    let mut unsure = None;
    loop {
        let settled = async {
            let mut connection = target.open().await?;
            let settled = wait(pool, run, &mut connection, &mut unsure).await;
            connection.close_with(settled).await
        };
        match settled.await {
            Ok(settled) => return Ok(settled),
            Err(error) => match error.waited() {
                Some(waited) if retries.again(waited).await => {}
                _ => return Err(error.after_all(&retries)),
            },
        }
    }
}

/// The part of [`settle`] on one connection.
async fn wait<B: Backfill>(
    pool: &WorkerPool<'_, B>,
    run: i64,
    connection: &mut Connection,
    unsure: &mut Option<End>,
) -> Result<Option<End>, Error> {
    let mut poll = POLL;
    loop {
        match look(pool, run, connection, unsure).await? {
            Looked::Free => return Ok(None),
            Looked::Ended(End::FinishedElsewhere) => return Ok(unsure.take().or(Some(End::FinishedElsewhere))),
            Looked::Ended(end) => return Ok(Some(end)),
            Looked::OthersAtWork if pool.is_to_stop() => return Ok(Some(End::Stopped)),
            Looked::OthersAtWork => tokio::time::sleep(poll).await,
        }
        poll = (poll * 2).min(LONGEST_POLL);
    }
}

/// The state of the run that a process without a range finds.
enum Looked {
    /// A range is free.
    Free,
    Ended(End),
    OthersAtWork,
}

/// Looks for remaining work: adds ranges for concurrently inserted units, or finishes the run.
async fn look<B: Backfill>(
    pool: &WorkerPool<'_, B>,
    run: i64,
    connection: &mut Connection,
    unsure: &mut Option<End>,
) -> Result<Looked, Error> {
    let (backfill, pass) = (pool.backfill, pool.pass);
    let (looks, open) = ledger::looks(connection, run).await?;
    let (mut left, mut more) = (0, Vec::new());
    if open == 0 && pass.effect == Effect::Execute {
        // Done before other processes are locked out, because it may take long.
        left = count(backfill, connection, &pass.scope, Which::Pending).await?;
        if left > 0 && looks < LAST_LOOKS {
            more = ends(backfill, pass, Which::Pending, units_of_a_range(pass, left), connection).await?;
        }
    }
    connection.begin_exclusive().await?;
    let looked = look_alone(run, pass, (looks, left, &more), connection).await;
    let end = match &looked {
        Ok(Looked::Ended(end)) => Some(*end),
        Ok(_) => None,
        Err(_) => {
            connection.rollback().await;
            return looked;
        }
    };
    if let Err(error) = connection.commit().await {
        *unsure = end;
        return Err(error.into());
    }
    looked
}

async fn look_alone(
    run: i64,
    pass: &Pass,
    (looks, left, more): (u64, u64, &[Key]),
    connection: &mut Connection,
) -> Result<Looked, Error> {
    match ledger::state(connection, run).await? {
        RunState::Finished => return Ok(Looked::Ended(End::FinishedElsewhere)),
        RunState::Superseded | RunState::Stopped | RunState::Failed => return Ok(Looked::Ended(End::Stopped)),
        RunState::Running | RunState::Pausing | RunState::Stopping | RunState::Paused => {}
    }
    let (looks_now, open) = ledger::looks(connection, run).await?;
    if open > 0 {
        let is_free = ledger::is_one_free(connection, run).await?;
        return Ok(if is_free { Looked::Free } else { Looked::OthersAtWork });
    }
    if looks_now != looks {
        // Another process has looked in between.
        return Ok(Looked::OthersAtWork);
    }
    if !more.is_empty() {
        ledger::look_again(connection, run, looks + 1, more).await?;
        return Ok(Looked::Free);
    }
    match ledger::finish(connection, run, Transition::Finish, &pass.by).await? {
        Some(_) => Ok(Looked::Ended(End::Finished { left })),
        None => Ok(Looked::OthersAtWork),
    }
}

/// Reports all findings, and records in the ledger how this process ended if it did not finish the run. Recording is
/// retried here, so that a run whose batches are all committed does not start again because of it.
async fn close<B: Backfill>(
    pool: &WorkerPool<'_, B>,
    target: &Target,
    run: i64,
    how: Option<Transition>,
    ending: Ending,
) -> Result<Counts, Error> {
    let mut retries = Retries::new(if how == Some(Transition::Fail) { Duration::ZERO } else { target.wait });
    let mut connection = loop {
        let noted = async {
            let mut connection = target.open().await?;
            let noted = note(pool, &mut connection, run, how).await;
            match noted {
                Ok(()) => Ok(connection),
                Err(error) => connection.close_with(Err(error)).await,
            }
        };
        match noted.await {
            Ok(connection) => break connection,
            Err(error) if error.is_transient() && retries.again(Duration::ZERO).await => {}
            Err(error) => return Err(error.into()),
        }
    };
    let reported = async {
        let counts = ledger::counted(&mut connection, run).await?;
        if ending != Ending::FinishedElsewhere {
            ledger::replay(&mut connection, run, &|finding| pool.tell(Event::FindingReported(finding))).await?;
        }
        if ending == Ending::Finished {
            ledger::forget(&mut connection, run).await?;
            ledger::forget_before(&mut connection, run).await?;
        }
        Ok(counts)
    };
    let reported: Result<Counts, db::Error> = reported.await;
    Ok(connection.close_with(reported).await?)
}

/// Records the end of the run, unless another process still works on it.
async fn note<B: Backfill>(
    pool: &WorkerPool<'_, B>,
    connection: &mut Connection,
    run: i64,
    how: Option<Transition>,
) -> Result<(), db::Error> {
    let Some(how) = how else { return Ok(()) };
    connection.begin_exclusive().await?;
    if !connection.is_worked_on(run).await? {
        ledger::finish(connection, run, how, &pool.pass.by).await?;
    }
    connection.commit().await
}

async fn counted<B: Backfill>(backfill: &B, target: &Target, pass: &Pass, which: Which) -> Result<u64, Error> {
    let mut reader = target.open_to_read().await?;
    let counted = count(backfill, &mut reader, &pass.scope, which).await;
    reader.close_with(counted).await
}
