//! Runs one backfill on its target ([`run`]).

use crate::args::{BackfillArgs, Rows};
use crate::context::Context;
use crate::error::Error;
use crate::report::{BackfillRecord, RecordPath, backfill_summary};
use crate::terminal::Progress;
use rehearsal::Exit;
use rehearsal::backfill::{self, About, AnyBackfill, Effect, Ending, Outcome, Pass, Undo};
use rehearsal::event::Event;
use rehearsal::ledger::FindingKind;
use rehearsal::report::{BackfillRun, Observer};
use rehearsal::without_values;
use rehearsal_db::Target;
use rehearsal_db::command::{command, shell_word};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Runs a backfill, prints its progress and result, and writes its record. The error of a run that had begun is returned with
/// the run.
///
/// # Errors
/// Fails if the run is refused before it begins.
pub(super) async fn run(
    context: &Context<'_>,
    backfill: &dyn AnyBackfill,
    target: &Target,
    (pass, rows): (&Pass, Rows),
    args: &BackfillArgs,
) -> Result<(BackfillRun, Result<Exit, Error>), Error> {
    let about = backfill.about();
    let terminal = context.terminal;
    let now = jiff::Timestamp::now();
    let path = match &args.record {
        Some(path) => RecordPath::Exactly(context.resolve(path)),
        None => RecordPath::Named {
            folder: context.reports(context.workspace.database(about.database)?)?,
            name: format!("{}-{}", about.name, now.strftime("%Y%m%dT%H%M%SZ")),
        },
    };
    let names = (about.name, about.database, &*target.address.url());
    let started = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let refused = |error: std::io::Error| Error::Record { path: path.to_string(), why: error.to_string() };
    // Started first, so that a record that cannot be written fails before any change.
    let record = BackfillRecord::start(path.clone(), names, pass.effect, &pass.scope, &started).map_err(refused)?;
    let record = Mutex::new(record);
    let observer = Observer::default();
    let begun = AtomicBool::new(false);
    let progress = Progress::new(terminal);
    let lines = Mutex::new(0_u64);
    let events = |event: Event| match event {
        Event::BackfillStarted { backfill, units, resumed, counts } => {
            begun.store(true, Ordering::Relaxed);
            let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
            record.resumed(resumed.clone());
            record.counted(counts);
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
        Event::FindingReported(finding) => {
            let finding = if rows == Rows::Hide { finding.without_values() } else { finding };
            record.lock().unwrap_or_else(PoisonError::into_inner).add(&finding);
        }
        Event::Batch { counts } => {
            progress.batch(&counts);
            record.lock().unwrap_or_else(PoisonError::into_inner).counted(counts);
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
    let observed = |event: Event| {
        observer.event(&event);
        events(event);
    };
    let ran = backfill::run(backfill, target, pass, &observed).await;
    progress.end();
    let why = ran.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let ended = ran.as_ref().map_err(|_| why.as_str());
    let mut run = observer.run(&about, pass.effect, ended);
    // A backfill that was refused before it started has no record.
    let begun = begun.into_inner();
    let written = match begun {
        true => {
            let record = record.into_inner().unwrap_or_else(PoisonError::into_inner);
            let why = if rows == Rows::Hide { without_values(&why) } else { why.clone() };
            let finished = record.finish(ran.as_ref().map_err(|_| why.as_str()));
            Some(finished.map_err(|error| Error::RecordLost { path: path.to_string(), why: error.to_string() }))
        }
        false => {
            // Removes the record, and its folder if it is empty, because a refused command leaves nothing behind.
            drop(record);
            if let RecordPath::Named { folder, .. } = &path {
                drop(std::fs::remove_dir(folder));
            }
            None
        }
    };
    let ignored = context.ignore_development_files();
    if about.undo == Undo::Written && pass.effect == Effect::Execute && run.counts.writes > 0 {
        let words = format!("backfill {} --undo --execute", about.name);
        run.undo = Some(again(context, (&about, &words), target, pass, args)?);
    }
    let lost = match written {
        Some(Ok(path)) => {
            run.record = Some(context.workspace.root.join(path).display().to_string());
            None
        }
        Some(Err(error)) => Some(error),
        None => None,
    };
    let outcome = match ran {
        Ok(outcome) => outcome,
        Err(error) if begun => return Ok((run, Err(error.into()))),
        Err(error) => return Err(error.into()),
    };
    let printed = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
    if pass.effect != Effect::Undo
        && printed < outcome.counts.units - outcome.resumed.as_ref().map_or(0, |resumed| resumed.units)
        && printed > 0
    {
        terminal.note("  … use --verbose to print every unit");
    }
    terminal.result(&backfill_summary(&outcome, &target.address.url(), context.paint()));
    if let Some(path) = &run.record {
        terminal.result(&format!("  record  {path}"));
    }
    next(context, &outcome, target, pass, args)?;
    // What was written stays, so the run is reported even if a file is lost.
    if let Some(error) = lost.or(ignored.err()) {
        return Ok((run, Err(error)));
    }
    let exit = match outcome.ending {
        Ending::Stopped => Exit::Incomplete,
        _ if outcome.counts.rejected() > 0 => Exit::Failed,
        Ending::Finished | Ending::FinishedElsewhere => Exit::Ok,
    };
    Ok((run, Ok(exit)))
}

/// Returns a command for the same units of the same database.
fn again(
    context: &Context<'_>,
    (about, words): (&About, &str),
    target: &Target,
    pass: &Pass,
    args: &BackfillArgs,
) -> Result<String, Error> {
    let scope =
        pass.scope.0.iter().map(|(column, value)| format!(" --scope {}", shell_word(&format!("{column}={value}"))));
    let words = format!("{words}{}", scope.collect::<String>());
    // Without a URL, the command would work on the development database.
    let database = context.workspace.database(about.database)?;
    Ok(match context.is_development(database, &args.target)? {
        true => command(&words),
        false => target.address.command(&words),
    })
}

/// Prints the next command, if there is one.
fn next(
    context: &Context<'_>,
    outcome: &Outcome,
    target: &Target,
    pass: &Pass,
    args: &BackfillArgs,
) -> Result<(), Error> {
    let next = match (outcome.effect, outcome.ending) {
        _ if outcome.counts.rejected() > 0 => {
            format!("an execution would stop at the rejected {}s: correct them first", outcome.about.unit)
        }
        (Effect::Predict | Effect::PredictUndo, Ending::Finished) if outcome.counts.units > 0 => {
            // The command repeats the scope and the URL; without them, it would process other units.
            let undo = if outcome.effect == Effect::PredictUndo { " --undo" } else { "" };
            let words = format!("backfill {}{undo} --execute", outcome.about.name);
            format!("run it: {}", again(context, (&outcome.about, &words), target, pass, args)?)
        }
        _ => return Ok(()),
    };
    context.terminal.result(&format!("  {}", context.paint().faint(next)));
    Ok(())
}
