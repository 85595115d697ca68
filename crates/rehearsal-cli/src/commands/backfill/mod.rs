//! `backfill`: runs backfills on the target ([`one`]), or verifies them on throwaway databases ([`verify`]). `--status`,
//! `--pause`, `--resume` and `--stop` are in `control.rs`.

mod one;
mod run_report;
mod verify;

use super::control;
use crate::args::{BackfillArgs, Output};
use crate::consent::Consent;
use crate::context::Context;
use crate::environment;
use crate::error::Error;
use crate::reporters::Requests;
use crate::target::Missing;
use crate::terminal::diagnostic;
use rehearsal::Exit;
use rehearsal::backfill::{DEFAULT_AIM, DEFAULT_BATCH, Effect, Lines, Pass, Scope, Stop, Threads};
use run_report::RunReport;
use std::time::Duration;

/// Number of units to print without `--verbose`.
const LINES: u64 = 10;

pub(super) async fn run(context: &Context<'_>, args: &BackfillArgs) -> Result<Exit, Error> {
    let backfills = context.registry.backfills(&args.names)?;
    let requests =
        Requests::read(&args.reports.requested(false), &context.registry.reporters, &context.typed_in, Output::Text)?;
    if requests.use_standard_output() {
        context.terminal.yield_output();
    }
    if !args.status && control::request(args).is_none() {
        requests.begin(context.terminal);
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
    if let Some(record) = args.record.as_ref().filter(|record| requests.writes_to(&context.typed_in.join(record))) {
        return Err(Error::ReportTwice { file: record.display().to_string() });
    }
    if args.record.is_some() && backfills.len() != 1 {
        return Err(Error::RecordForSeveral { count: backfills.len() });
    }
    // All backfills are checked before the first one runs.
    let control::Reachable { work, exit, left_out } =
        control::with_targets(context, &backfills, args, Missing::Refuse).await?;
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
    let mut report = RunReport::begin(&requests);
    for (backfill, target) in &work {
        if let Err(error) = backfill.check(target, &pass).await {
            let error = Error::from(rehearsal::Error::from(error));
            report.refused(context, &backfill.about(), target, &error)?;
            report.write(context, error.exit())?;
            return Err(error);
        }
    }
    let (mut exit, mut failed) = (exit, None);
    for (about, why) in &left_out {
        report.not_started(context, about, why)?;
    }
    let mut work = work.into_iter();
    for (backfill, target) in work.by_ref() {
        let about = backfill.about();
        let rows = context.rows_of(context.workspace.database(about.database)?, &args.target, &args.reports)?;
        let ended = match one::run(context, backfill, &target, (&pass, rows), args).await {
            Ok((run, ended)) => {
                report.add(context, &about, &target, (run, rows), &ended).await?;
                ended
            }
            Err(error) => {
                report.refused(context, &about, &target, &error)?;
                Err(error)
            }
        };
        match ended {
            Ok(ended) => exit = exit.and(ended),
            Err(error) => failed = Some(error),
        }
        if failed.is_some() || stop.is_requested() {
            break;
        }
    }
    for (backfill, _) in work {
        let why = if failed.is_some() { "an earlier backfill failed" } else { "the command was interrupted" };
        report.not_started(context, &backfill.about(), why)?;
        exit = exit.and(Exit::Incomplete);
    }
    let written = report.write(context, failed.as_ref().map_or(exit, Error::exit));
    match (failed, written) {
        (None, written) => written.map(|()| exit),
        (Some(error), Ok(())) => Err(error),
        (Some(error), Err(lost)) => {
            context.terminal.note(&diagnostic(&lost, context.terminal.err()));
            Err(error)
        }
    }
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
