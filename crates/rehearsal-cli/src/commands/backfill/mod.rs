//! `backfill`: runs backfills on the target ([`one`]), or verifies them on throwaway databases ([`verify`]). `--status`,
//! `--pause`, `--resume` and `--stop` are in `control.rs`.

mod one;
mod signed_off;
mod verify;

use super::control;
use crate::args::BackfillArgs;
use crate::consent::Consent;
use crate::context::Context;
use crate::environment;
use crate::error::Error;
use crate::reporters::Requests;
use crate::target::Missing;
use rehearsal::Exit;
use rehearsal::backfill::{DEFAULT_AIM, DEFAULT_BATCH, Effect, Lines, Pass, Scope, Stop, Threads};
use signed_off::SignedOff;
use std::time::Duration;

/// Number of units to print without `--verbose`.
const LINES: u64 = 10;

pub(super) async fn run(context: &Context<'_>, args: &BackfillArgs) -> Result<Exit, Error> {
    let backfills = context.registry.backfills(&args.names)?;
    let requests = Requests::read(&args.reports.requested(false), &context.registry.reporters, &context.typed_in)?;
    if requests.take_standard_output() {
        context.terminal.yield_output();
    }
    if args.verify {
        return verify::run(context, &backfills, &requests, args).await;
    }
    if args.status {
        return control::status(context, &backfills, args).await;
    }
    if let Some(request) = control::request(args) {
        return control::ask(context, &backfills, request, args).await;
    }
    if args.record.is_some() && backfills.len() != 1 {
        return Err(Error::RecordForSeveral { count: backfills.len() });
    }
    // All backfills are checked before the first one runs.
    let control::Reachable { work, exit } = control::with_targets(context, &backfills, args, Missing::Refuse).await?;
    for backfill in &backfills {
        context.load(context.workspace.database(backfill.about().database)?)?.check_windows()?;
    }
    if args.execute {
        Consent::of(args.yes).to_write(work.iter().map(|(_, target)| target))?;
    }
    let stop = Stop::default();
    listen(context, &stop);
    let pass = Pass {
        effect: effect(args),
        scope: Scope(args.scope.clone()),
        batch: args.batch.unwrap_or(DEFAULT_BATCH),
        aim: aim(args),
        rest: Duration::from_millis(args.rest),
        workers: args.workers,
        threads: Threads::Own,
        by: environment::by(&context.workspace.root),
        lines: if args.verbose { Lines::All } else { Lines::First(LINES) },
        stop: stop.clone(),
        ..Pass::new(effect(args))
    };
    for (backfill, target) in &work {
        backfill.check(target, &pass).await?;
    }
    let (mut exit, mut signed_off, mut failed) = (exit, SignedOff::begin(), None);
    for (backfill, target) in work {
        let rows =
            context.rows_of(context.workspace.database(backfill.about().database)?, &args.target, &args.reports)?;
        let ran = match one::run(context, backfill, &target, (&pass, rows), args).await {
            Ok((run, ran)) => {
                signed_off.add(context, backfill, &target, (run, rows), &ran).await?;
                ran
            }
            refused => refused.map(|_| Exit::Ok),
        };
        match ran {
            Ok(ended) => exit = exit.and(ended),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
        if stop.is_requested() {
            break;
        }
    }
    signed_off.write(context, &requests)?;
    failed.map_or(Ok(exit), Err)
}

/// Returns the target duration of a batch. `None` if `--batch` sets its size instead.
fn aim(args: &BackfillArgs) -> Option<Duration> {
    match (args.batch_time, args.batch) {
        (Some(milliseconds), _) => Some(Duration::from_millis(milliseconds)),
        (None, Some(_)) => None,
        (None, None) => Some(DEFAULT_AIM),
    }
}

fn effect(args: &BackfillArgs) -> Effect {
    match (args.undo, args.execute) {
        (false, true) => Effect::Execute,
        (false, false) => Effect::Predict,
        (true, true) => Effect::Undo,
        (true, false) => Effect::PredictUndo,
    }
}

/// Handles Ctrl-C: the first one stops the run after the current batch; the second one ends the process, and the
/// database rolls the batch back.
fn listen(context: &Context<'_>, stop: &Stop) {
    let stop = stop.clone();
    let paint = context.terminal.err();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        stop.request();
        crate::terminal::urgent(&paint.warning("stopping after the current batch; press Ctrl-C again to roll it back"));
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(Exit::Incomplete as i32);
        }
    });
}
