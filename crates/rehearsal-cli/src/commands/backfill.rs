//! `backfill`: runs backfills on the target, or verifies them on throwaway databases. `--status`, `--pause`,
//! `--resume` and `--stop` are in `control.rs`.

use super::control;
use crate::args::{BackfillArgs, Detail};
use crate::consent::Consent;
use crate::context::Context;
use crate::environment;
use crate::error::Error;
use crate::report::{BackfillReport, ReportPath, backfill_summary};
use crate::reporters::finding;
use crate::target::Missing;
use crate::terminal::{Progress, Steps};
use rehearsal::Exit;
use rehearsal::backfill::{
    self, AnyBackfill, DEFAULT_AIM, DEFAULT_BATCH, Effect, Ending, Lines, Outcome, Pass, Scope, Stop, Threads,
};
use rehearsal::event::Event;
use rehearsal::ledger::FindingKind;
use rehearsal::proofs::{Depth, REHEARSAL_BATCH};
use rehearsal::report::{Finding, ProofStatus, history};
use rehearsal_db::Target;
use rehearsal_db::command::{command, shell_word};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Number of units to print without `--verbose`.
const LINES: u64 = 10;

pub(super) async fn run(context: &Context<'_>, args: &BackfillArgs) -> Result<Exit, Error> {
    let backfills = context.registry.backfills(&args.names)?;
    if args.verify {
        return verify(context, &backfills, args).await;
    }
    if args.status {
        return control::status(context, &backfills, args).await;
    }
    if let Some(request) = control::request(args) {
        return control::ask(context, &backfills, request, args).await;
    }
    if args.report.is_some() && backfills.len() != 1 {
        return Err(Error::ReportForSeveral { count: backfills.len() });
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
    let mut exit = exit;
    for (backfill, target) in work {
        exit = exit.and(one(context, backfill, &target, &pass, args).await?);
        if stop.is_requested() {
            break;
        }
    }
    Ok(exit)
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

async fn one(
    context: &Context<'_>,
    backfill: &dyn AnyBackfill,
    target: &Target,
    pass: &Pass,
    args: &BackfillArgs,
) -> Result<Exit, Error> {
    let about = backfill.about();
    let terminal = context.terminal;
    let now = jiff::Timestamp::now();
    let path = match &args.report {
        Some(path) => ReportPath::Exactly(context.resolve(path)),
        None => ReportPath::Named {
            folder: context.reports(context.workspace.database(about.database)?)?,
            name: format!("{}-{}", about.name, now.strftime("%Y%m%dT%H%M%SZ")),
        },
    };
    let names = (about.name, about.database, &*target.address.url());
    let started = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let refused = |error: std::io::Error| Error::Report { path: path.to_string(), why: error.to_string() };
    // Started first, so that a report that cannot be written fails before any change.
    let report = BackfillReport::start(path.clone(), names, pass.effect, &pass.scope, &started).map_err(refused)?;
    let report = Mutex::new(report);
    let begun = AtomicBool::new(false);
    let progress = Progress::new(terminal);
    let lines = Mutex::new(0_u64);
    let events = |event: Event| match event {
        Event::BackfillStarted { backfill, units, resumed, counts } => {
            begun.store(true, Ordering::Relaxed);
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            report.resumed(resumed.clone());
            report.counted(counts);
            progress.start(backfill, units, resumed.as_ref());
        }
        Event::Unit { line } => {
            *lines.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            progress.unit(&line);
        }
        Event::FindingCommitted(finding) => match finding.kind {
            FindingKind::Reconciled if !args.verbose => {}
            FindingKind::Reconciled => progress.unit(&finding.to_string()),
            _ => progress.found(&finding),
        },
        Event::FindingReported(finding) => report.lock().unwrap_or_else(PoisonError::into_inner).add(&finding),
        Event::Batch { counts } => {
            progress.batch(&counts);
            report.lock().unwrap_or_else(PoisonError::into_inner).counted(counts);
        }
        other => {
            match &other {
                Event::Paused { .. } | Event::Throttled { .. } => progress.pause(),
                Event::Resumed => progress.resume(),
                _ => {}
            }
            context.tell(other);
        }
    };
    let ran = backfill::run(backfill, target, pass, &events).await;
    progress.end();
    let outcome = match &ran {
        Ok(outcome) => Ok(outcome),
        Err(error) => Err(error.to_string()),
    };
    // A backfill that was refused before it started has no report.
    let written = match begun.into_inner() {
        true => {
            let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
            Some(report.finish(outcome.as_ref().map(|outcome| *outcome).map_err(String::as_str)).map_err(refused)?)
        }
        false => {
            // Removes the report, and its folder if it is empty, because a refused command leaves nothing behind.
            drop(report);
            if let ReportPath::Named { folder, .. } = &path {
                drop(std::fs::remove_dir(folder));
            }
            None
        }
    };
    context.ignore_development_files()?;
    let outcome = ran?;
    let printed = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
    if pass.effect != Effect::Undo
        && printed < outcome.counts.units - outcome.resumed.as_ref().map_or(0, |resumed| resumed.units)
        && printed > 0
    {
        terminal.note("  … use --verbose to print every unit");
    }
    terminal.result(&backfill_summary(&outcome, &target.address.url(), context.paint()));
    if let Some(path) = written {
        terminal.result(&format!("  report  {}", context.workspace.root.join(path).display()));
    }
    next(context, &outcome, target, pass, args);
    Ok(match outcome.ending {
        Ending::Stopped => Exit::Incomplete,
        _ if outcome.counts.rejected() > 0 => Exit::Failed,
        Ending::Finished | Ending::FinishedElsewhere => Exit::Ok,
    })
}

/// Prints the next command, if there is one.
fn next(context: &Context<'_>, outcome: &Outcome, target: &Target, pass: &Pass, args: &BackfillArgs) {
    let next = match (outcome.effect, outcome.ending) {
        _ if outcome.counts.rejected() > 0 => {
            format!("an execution would stop at the rejected {}s: correct them first", outcome.about.unit)
        }
        (Effect::Predict | Effect::PredictUndo, Ending::Finished) if outcome.counts.units > 0 => {
            // The command repeats the scope and the URL; without them, it would process other units.
            let scope: String = pass
                .scope
                .0
                .iter()
                .map(|(column, value)| format!(" --scope {}", shell_word(&format!("{column}={value}"))))
                .collect();
            let undo = if outcome.effect == Effect::PredictUndo { " --undo" } else { "" };
            let words = format!("backfill {}{undo} --execute{scope}", outcome.about.name);
            match args.target.url {
                Some(_) => format!("run it: {}", target.address.command(&words)),
                None => format!("run it: {}", command(&words)),
            }
        }
        _ => return,
    };
    context.terminal.result(&format!("  {}", context.paint().faint(next)));
}

async fn verify(context: &Context<'_>, backfills: &[&dyn AnyBackfill], args: &BackfillArgs) -> Result<Exit, Error> {
    let mut databases = Vec::new();
    for backfill in backfills {
        databases.push(context.workspace.database(backfill.about().database)?);
    }
    let sandbox = context.sandbox(&databases).await?;
    let (terminal, paint) = (context.terminal, context.paint());
    let mut exit = Exit::Ok;
    for backfill in backfills {
        let about = backfill.about();
        let loaded = context.load(context.workspace.database(about.database)?)?;
        loaded.check_windows()?;
        if let Err(why) = sandbox.takes(loaded.database, &loaded.history) {
            let refusal = Finding::of_error(&history::NO_SERVER, &why);
            terminal.result(finding(about.name, &refusal, &[], Detail::Full, paint).trim_start());
            exit = exit.and(Exit::Incomplete);
            continue;
        }
        let steps = Steps::new(terminal);
        let events = |event| steps.show(event);
        let subject = context.rehearsal(&loaded, Depth::Sample, None, &sandbox, &events);
        if loaded.database.fixtures.is_empty() {
            let name = paint.strong(about.name);
            terminal.result(&format!("{name}: {} has no fixture to verify it with", about.database));
            exit = exit.and(Exit::Incomplete);
        }
        for fixture in &loaded.database.fixtures {
            let batch = args.batch.unwrap_or(REHEARSAL_BATCH);
            let (report, findings) = rehearsal::verify_backfill(&subject, *backfill, fixture, batch).await;
            let heading = format!("{} on fixture {}", paint.strong(about.name), fixture.name);
            let found: String =
                findings.iter().map(|found| finding(about.database, found, &[], Detail::Full, paint)).collect();
            if report.status == ProofStatus::Failed {
                terminal.result(&format!("{heading}: {}\n{found}", paint.bad("FAILED")));
                exit = exit.and(Exit::Failed);
            } else {
                let notes: String = report.notes.iter().map(|note| format!("  {note}\n")).collect();
                let took = crate::terminal::duration(report.duration);
                terminal.result(&format!("{heading}: {} {}\n{notes}{found}", paint.good("ok"), paint.faint(took)));
            }
        }
    }
    sandbox.close().await?;
    Ok(exit)
}
