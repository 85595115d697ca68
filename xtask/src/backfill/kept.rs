//! A pass that the ledger keeps: the run is begun or taken up, its ranges are leased to workers, of this process and of
//! others, its units are looked at once more for what came behind its back, and whoever finds nothing left ends it.

use super::crew::Crew;
use super::deep::Source;
use super::run::{self, check_scope, check_window, count, ends};
use super::worker::{self, Idle};
use super::{Backfill, Effect, Ending, Error, Outcome, Pass};
use crate::engine::{self, Connection, Lock, Retries, Sharing, Target, Which};
use crate::event::{Event, Events, Resumed};
use crate::ledger::{self, Begun, Counts, Order, RunState, Transition, Work};
use futures_util::future::join_all;
use std::time::{Duration, Instant};

/// How often a run looks for units that came behind its back, before it leaves those that still come to the next run.
const LAST_LOOKS: u64 = 3;
/// A range has so many batches at least: leasing one takes a transaction of its own.
const BATCHES_OF_A_RANGE: u64 = 8;
/// How many ranges a run is cut into at most.
const RANGES: u64 = 256;
/// How often it is looked whether the ranges of others are done.
const POLL: Duration = Duration::from_millis(100);

pub(super) async fn run<B: Backfill, S: Source<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    work: Work,
    events: Events<'_>,
) -> Result<Outcome, Error> {
    let start = Instant::now();
    let _lock = if target.is_shared() {
        let sharing = match work {
            Work::Execute => Sharing::Together,
            Work::Undo => Sharing::Alone,
        };
        let database = target.address.url();
        let waiting = |holder| events(Event::Waiting { database: database.clone(), holder });
        Some(Lock::take(&target.address, sharing, target.wait, &waiting).await?)
    } else {
        None
    };
    let scope = pass.scope.key();
    let order = Order { backfill: backfill.about().name, work, scope: &scope };
    let (begun, units) = begin(backfill, target, pass, &order).await?;
    let resumed = (begun.counts.units > 0).then(|| Resumed {
        after: begun.after.as_ref().map_or_else(|| "the first range".to_owned(), ToString::to_string),
        units: begun.counts.units,
    });
    events(Event::BackfillStarted {
        backfill: backfill.about().name,
        units,
        resumed: resumed.clone(),
        counts: begun.counts.clone(),
    });
    let crew = Crew::new(backfill, pass, begun.counts.clone(), events);
    let ended = if target.is_shared() {
        crew.gentle.look_first(target, begun.run).await;
        tokio::select! {
            ended = go::<B, S>(&crew, target, begun.run) => ended,
            () = crew.gentle.watch(target, begun.run) => Ok(End::Stopped),
        }
    } else {
        go::<B, S>(&crew, target, begun.run).await
    };
    let (ending, how) = match &ended {
        Ok(End::Finished) => (Ending::Finished, None),
        Ok(End::FinishedElsewhere) => (Ending::FinishedElsewhere, None),
        Ok(End::Stopped) => (Ending::Stopped, Some(Transition::Stop)),
        Err(_) => (Ending::Stopped, Some(Transition::Fail)),
    };
    let closed = close(target, begun.run, how, ending, pass, events).await;
    // What went wrong in the run says more than that the ledger could not be told.
    ended?;
    let counts = closed?;
    let already_done = match (units, counts.units) {
        (0, 0) => Some(counted(backfill, target, pass, Which::Finished).await?),
        _ => None,
    };
    let (about, effect) = (backfill.about(), pass.effect);
    Ok(Outcome { about, effect, counts, resumed, ending, already_done, took: start.elapsed() })
}

/// How the workers of this process came to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Finished,
    FinishedElsewhere,
    Stopped,
}

/// Begins the run or takes it up. Returns with it how many units there are to do.
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
        count(backfill, &mut reader, &pass.scope, pass.effect.which()).await
    };
    let looked = looked.await;
    let units = reader.close_with(looked).await?;
    let mut writer = target.open().await?;
    let begun = async {
        writer.begin_alone().await?;
        let begun = match ledger::begin(&mut writer, order, &pass.by).await? {
            Some(begun) => begun,
            None => {
                let every = units_of_a_range(pass, units);
                let mut ends = ends(backfill, pass, pass.effect.which(), every, &mut writer).await?;
                if ends.is_empty() {
                    // Units that come from here on are none of this run.
                    ends = run::ends(backfill, pass, Which::All, u64::MAX, &mut writer).await?;
                }
                ledger::start(&mut writer, order, &pass.by, &ends).await?
            }
        };
        writer.commit().await?;
        Ok::<_, Error>(begun)
    };
    let begun = begun.await;
    // What failed is rolled back by closing.
    Ok((writer.close_with(begun).await?, units))
}

/// How many units are in a range, where there are that many.
fn units_of_a_range(pass: &Pass, units: u64) -> u64 {
    (u64::from(pass.batch.get()) * BATCHES_OF_A_RANGE).max(units / RANGES)
}

/// Works until no range is left, of whichever process.
async fn go<B: Backfill, S: Source<B>>(crew: &Crew<'_, B>, target: &Target, run: i64) -> Result<End, Error> {
    let mut retries = Retries::new(target.wait);
    // Whether the answer to what ends the run was lost: it may have ended.
    let mut is_unsure = false;
    loop {
        let idle = join_all((0..crew.pass.workers.get()).map(|_| worker::work::<B, S>(crew, target, run))).await;
        let mut is_stopped = false;
        for idle in idle {
            is_stopped |= idle? == Idle::Stopped;
        }
        if is_stopped {
            return Ok(End::Stopped);
        }
        let settled = settle(crew, target, run).await;
        let settled = match settled {
            Err(error) => match error.waited() {
                Some(waited) if retries.again(waited).await => {
                    is_unsure = true;
                    continue;
                }
                _ => return Err(error.after_all(&retries)),
            },
            Ok(settled) => settled,
        };
        retries = Retries::new(target.wait);
        match settled {
            Settled::Ended(End::FinishedElsewhere) if is_unsure => return Ok(End::Finished),
            Settled::Ended(end) => return Ok(end),
            Settled::Again => {}
            // Their workers are at work, or are gone and have not been found out yet.
            Settled::OthersAtWork => tokio::time::sleep(POLL).await,
        }
    }
}

/// What is found once a process has no range.
enum Settled {
    Ended(End),
    Again,
    OthersAtWork,
}

/// Looks what is left of the run: adds ranges for what came behind its back, or ends it.
async fn settle<B: Backfill>(crew: &Crew<'_, B>, target: &Target, run: i64) -> Result<Settled, Error> {
    let mut connection = target.open().await?;
    let settled = async {
        connection.begin_alone().await?;
        let settled = settle_alone(crew, run, &mut connection).await?;
        connection.commit().await?;
        Ok(settled)
    };
    let settled = settled.await;
    connection.close_with(settled).await
}

async fn settle_alone<B: Backfill>(
    crew: &Crew<'_, B>,
    run: i64,
    connection: &mut Connection,
) -> Result<Settled, Error> {
    let (backfill, pass) = (crew.backfill, crew.pass);
    match ledger::state(connection, run).await? {
        RunState::Finished => return Ok(Settled::Ended(End::FinishedElsewhere)),
        RunState::Superseded | RunState::Stopped | RunState::Failed => return Ok(Settled::Ended(End::Stopped)),
        // With no range left, there is nothing to be paused.
        RunState::Running | RunState::Pausing | RunState::Stopping | RunState::Paused => {}
    }
    let (looks, open) = ledger::looks(connection, run).await?;
    if open > 0 {
        return Ok(Settled::OthersAtWork);
    }
    if pass.effect == Effect::Execute && looks < LAST_LOOKS {
        let pending = count(backfill, connection, &pass.scope, Which::Pending).await?;
        if pending > 0 {
            let every = units_of_a_range(pass, pending);
            let ends = ends(backfill, pass, Which::Pending, every, connection).await?;
            ledger::look_again(connection, run, looks + 1, &ends).await?;
            return Ok(Settled::Again);
        }
    }
    match ledger::finish(connection, run, Transition::Finish, &pass.by).await? {
        Some(_) => Ok(Settled::Ended(End::Finished)),
        None => Ok(Settled::OthersAtWork),
    }
}

/// Tells of all findings, and notes in the ledger how this process ended, where it did not finish the run. That is tried again
/// by itself: a run of which all batches are committed is not begun anew for it.
async fn close(
    target: &Target,
    run: i64,
    how: Option<Transition>,
    ending: Ending,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Counts, Error> {
    let mut retries = Retries::new(if how == Some(Transition::Fail) { Duration::ZERO } else { target.wait });
    let mut connection = loop {
        let noted = async {
            let mut connection = target.open().await?;
            let noted = note(&mut connection, run, how, pass).await;
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
    let told = async {
        let counts = ledger::counted(&mut connection, run).await?;
        if ending != Ending::FinishedElsewhere {
            ledger::replay(&mut connection, run, &|finding| events(Event::Found(finding))).await?;
        }
        if ending == Ending::Finished {
            ledger::forget(&mut connection).await?;
        }
        Ok(counts)
    };
    let told: Result<Counts, engine::Error> = told.await;
    Ok(connection.close_with(told).await?)
}

async fn note(
    connection: &mut Connection,
    run: i64,
    how: Option<Transition>,
    pass: &Pass,
) -> Result<(), engine::Error> {
    let Some(how) = how else { return Ok(()) };
    connection.begin_alone().await?;
    ledger::finish(connection, run, how, &pass.by).await?;
    connection.commit().await
}

async fn counted<B: Backfill>(backfill: &B, target: &Target, pass: &Pass, which: Which) -> Result<u64, Error> {
    let mut reader = target.open_to_read().await?;
    let counted = count(backfill, &mut reader, &pass.scope, which).await;
    reader.close_with(counted).await
}
