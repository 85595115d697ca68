//! `migrate`: brings the target to a version, or tells where it is.

use super::control;
use crate::args::MigrateArgs;
use crate::args::Output;
use crate::context::{Context, Loaded};
use crate::error::Error;
use crate::report::{Standpoint, StatusRow, status_json, status_table};
use crate::target::Missing;
use crate::terminal::{count, duration};
use rehearsal::Exit;
use rehearsal::backfill::{self, AnyBackfill, Fault};
use rehearsal::event::{Direction, Event, Events};
use rehearsal::migration::{self, Applied, Goal, Migration, State, Step};
use rehearsal::proofs::Depth;
use rehearsal_db::{self as db, Target};
use std::time::Instant;

pub(super) async fn run(context: &Context<'_>, args: &MigrateArgs) -> Result<Exit, Error> {
    let names: Vec<String> = args.database.iter().cloned().collect();
    let databases = context.databases(&names)?;
    if args.verify {
        return super::ci::rehearse(context, &databases, Depth::Sample, Fault::None, Output::Text).await;
    }
    // What only looks makes no database and starts no server.
    let missing = if args.status || args.dry_run { Missing::Look } else { Missing::Make };
    let targets = context.targets(&databases, &args.target, missing).await?;
    // Every fault of every history before anything is touched.
    let mut work = Vec::new();
    for (database, target) in targets {
        work.push((context.load(database)?, target));
    }
    for (loaded, target) in &work {
        if args.status {
            status(context, loaded, target, Output::of(args.json)).await?;
        } else {
            migrate(context, loaded, target, args).await?;
        }
    }
    Ok(Exit::Ok)
}

async fn status(context: &Context<'_>, loaded: &Loaded<'_>, target: &Target, output: Output) -> Result<(), Error> {
    let applied = look(target).await?;
    let (versions, runs) = control::look(target).await?;
    let mut rows = Vec::new();
    let backfills = context.backfills_of(loaded.database);
    for migration in &loaded.history.migrations {
        let state = match applied.iter().find(|done| done.version == migration.version) {
            Some(done) => State::Applied(done.when.clone()),
            None => State::Pending,
        };
        let (reversible, requires) = (migration.down.is_some(), migration.requires.clone());
        let standpoint = Standpoint::Migration { state, reversible, requires };
        rows.push(StatusRow { version: migration.version, name: migration.name.clone(), standpoint });
        for backfill in backfills.iter().filter(|backfill| backfill.about().from == migration.version) {
            let about = backfill.about();
            let status = backfill::run_status(*backfill, &versions, target).await?;
            let run = backfill::last_run(about.name, &runs).cloned().map(Box::new);
            let standpoint = Standpoint::Backfill { about, status, run };
            rows.push(StatusRow { version: about.from, name: about.name.to_owned(), standpoint });
        }
    }
    let (terminal, paint) = (context.terminal, context.paint());
    match output {
        Output::Json => terminal.result(&status_json(&rows).to_string()),
        Output::Text => {
            let heading = format!("{} on {}", paint.strong(&loaded.database.name), target.address);
            terminal.result(&format!("{heading}\n{}", status_table(&rows, paint)));
        }
    }
    let faults = migration::compare(&loaded.history, &applied, &loaded.database.folder);
    if faults.is_empty() { Ok(()) } else { Err(migration::Error::Faults { faults }.into()) }
}

/// What is applied to the target; nothing to one that is not there yet and may be made.
async fn look(target: &Target) -> Result<Vec<Applied>, Error> {
    let mut connection = match target.open_to_read().await {
        Ok(connection) => connection,
        Err(db::Error::NoDatabase { .. }) if target.address.creates() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let applied = migration::applied(&mut connection).await;
    Ok(connection.close_with(applied).await?)
}

fn goal(args: &MigrateArgs) -> Goal {
    match (args.revert, args.to) {
        (Some(_), Some(version)) => Goal::BackTo(version),
        (Some(count), None) => Goal::Back(count),
        (None, Some(version)) => Goal::UpTo(version),
        (None, None) => Goal::Newest,
    }
}

fn plan(loaded: &Loaded<'_>, applied: &[Applied], goal: Goal) -> Result<Vec<Step>, Error> {
    let faults = migration::compare(&loaded.history, applied, &loaded.database.folder);
    if !faults.is_empty() {
        return Err(migration::Error::Faults { faults }.into());
    }
    Ok(migration::plan(&loaded.history, applied, goal)?)
}

async fn migrate(context: &Context<'_>, loaded: &Loaded<'_>, target: &Target, args: &MigrateArgs) -> Result<(), Error> {
    let terminal = context.terminal;
    let paint = context.paint();
    let heading = format!("{} on {}", paint.strong(&loaded.database.name), target.address);
    let backfills = context.backfills_of(loaded.database);
    // Before a database is made: a goal that can't be reached leaves nothing behind.
    let steps = plan(loaded, &look(target).await?, goal(args))?;
    if args.dry_run {
        let applied: Vec<i64> = look(target).await?.iter().map(|done| done.version).collect();
        let mut text =
            format!("{heading}: {}\n", if steps.is_empty() { "nothing to do" } else { "dry run, nothing was run" });
        for step in &steps {
            if let Some(wait) = waits_for(&backfills, &step.migration, &applied, target).await? {
                text.push_str(&format!("  {wait}\n"));
            }
            text.push_str(&format!("  would {} {}\n", verb(step.direction), step.migration.label()));
        }
        terminal.result(&text);
        return Ok(());
    }
    if steps.is_empty() {
        terminal.result(&format!("{heading}: nothing to do"));
        return Ok(());
    }
    let start = Instant::now();
    let begins = || terminal.result(&heading);
    let steps = go(context, loaded, target, goal(args), begins, &|event| context.tell(event)).await?;
    terminal.result(&match steps {
        0 => format!("{heading}: nothing to do"),
        n => format!("  {} in {}", count(n as u64, "migration"), duration(start.elapsed())),
    });
    Ok(())
}

/// Takes the lock and goes to the goal. Says so before the first step, and returns how many there were.
pub(super) async fn go(
    context: &Context<'_>,
    loaded: &Loaded<'_>,
    target: &Target,
    goal: Goal,
    begins: impl FnOnce(),
    events: Events<'_>,
) -> Result<usize, Error> {
    let backfills = context.backfills_of(loaded.database);
    let _lock = context.lock(target).await?;
    let mut connection = target.open().await?;
    let work = async {
        // Whoever held the lock may have done some of it.
        let steps = plan(loaded, &migration::applied(&mut connection).await?, goal)?;
        if steps.is_empty() {
            return Ok::<usize, Error>(0);
        }
        begins();
        for Step { migration, direction } in &steps {
            if *direction == Direction::Up {
                backfill::ready_for(migration, &backfills, target).await?;
            }
            let took = migration::step(&mut connection, migration, *direction).await?;
            events(Event::Migrated { migration: migration.label(), direction: *direction, took });
        }
        Ok(steps.len())
    };
    let worked = work.await;
    connection.close_with(worked).await
}

/// What a migration that requires a backfill would wait for, as far as that can be known before it is applied.
async fn waits_for(
    backfills: &[&dyn AnyBackfill],
    migration: &Migration,
    applied: &[i64],
    target: &Target,
) -> Result<Option<String>, Error> {
    for backfill in
        backfills.iter().filter(|backfill| migration.requires.iter().any(|name| name == backfill.about().name))
    {
        let about = backfill.about();
        if !applied.contains(&about.from) {
            return Ok(Some(format!("would then need the backfill {}, if there is anything for it to do", about.name)));
        }
        let units = backfill.pending(target).await?;
        if units > 0 {
            return Ok(Some(format!(
                "would stop here: the backfill {} has {} to do",
                about.name,
                count(units, about.unit)
            )));
        }
    }
    Ok(None)
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "apply",
        Direction::Down => "revert",
    }
}
