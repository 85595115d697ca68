//! `migrate`: applies or reverts migrations on the target, or shows its status. `--verify` rehearses instead.

use super::ci;
use crate::args::{MigrateArgs, Output};
use crate::consent::Consent;
use crate::context::Context;
use crate::error::Error;
use crate::report::{lost_table, status_json, status_table};
use crate::target::Missing;
use crate::terminal::{count, duration};
use rehearsal::Exit;
use rehearsal::event::{Direction, Event};
use rehearsal::migration::{self, Goal, Outlook, Step, Wait};
use rehearsal::registry::Loaded;
use rehearsal::status::{self, Status};
use rehearsal_db::Target;
use std::time::Instant;

pub(super) async fn run(context: &Context<'_>, args: &MigrateArgs) -> Result<Exit, Error> {
    let names: Vec<String> = args.database.iter().cloned().collect();
    let databases = context.databases(&names)?;
    if args.verify {
        return ci::rehearse(context, &databases, &ci::Options::default()).await;
    }
    // A command that only reads creates no database and starts no server.
    let missing = if args.status || args.dry_run { Missing::Look } else { Missing::Make };
    let targets = context.targets(&databases, &args.target, missing).await?;
    // All histories are read first, so that a fault in one of them prevents any change.
    let mut work = Vec::new();
    for (database, target) in targets {
        work.push((context.load(database)?, target));
    }
    if !args.status {
        for (loaded, _) in &work {
            loaded.check_scaffolds()?;
        }
        let consent = Consent::of(args.yes);
        if !args.dry_run {
            consent.to_write(work.iter().map(|(_, target)| target))?;
        }
        // Every plan is checked before the first change.
        for (loaded, target) in &work {
            let Outlook { steps, .. } = migration::outlook(target, goal(args), &loaded.history).await?;
            revert(context, loaded, target, &steps, args, consent).await?;
        }
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
    let Status { rows, faults } = status::status(loaded, target).await?;
    let (terminal, paint) = (context.terminal, context.paint());
    match output {
        Output::Json => terminal.json(&status_json(&rows).to_string()),
        Output::Text => {
            let heading = format!("{} on {}", paint.strong(&loaded.database.name), target.address);
            terminal.result(&format!("{heading}\n{}", status_table(&rows, paint)));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(migration::Error::Faults { faults }.into()) }
}

fn goal(args: &MigrateArgs) -> Goal {
    match (args.revert, args.to) {
        (Some(_), Some(version)) => Goal::BackTo(version),
        (Some(count), None) => Goal::Back(count),
        (None, Some(version)) => Goal::UpTo(version),
        (None, None) => Goal::Newest,
    }
}

/// Prints what a revert deletes, and asks unless the database is the development database.
async fn revert(
    context: &Context<'_>,
    loaded: &Loaded<'_>,
    target: &Target,
    steps: &[Step],
    args: &MigrateArgs,
    consent: Consent,
) -> Result<(), Error> {
    if !steps.iter().any(|step| step.direction == Direction::Down) {
        return Ok(());
    }
    let losses = migration::losses(target, steps).await?;
    if !losses.is_empty() {
        let place = target.address.url();
        let heading = format!("{} on {place}: reverting deletes", context.paint().strong(&loaded.database.name));
        context.terminal.result(&format!("{heading}\n{}", lost_table(&losses)));
    }
    if args.dry_run || context.is_development(loaded.database, &args.target)? {
        return Ok(());
    }
    let reverted = count(steps.len() as u64, "migration");
    let because = format!("this reverts {reverted} on {}, which is not the development database", target.address.url());
    consent.ask(&format!("Revert {reverted} on {}?", target.address.url()), because)
}

async fn migrate(context: &Context<'_>, loaded: &Loaded<'_>, target: &Target, args: &MigrateArgs) -> Result<(), Error> {
    let (terminal, paint) = (context.terminal, context.paint());
    let heading = format!("{} on {}", paint.strong(&loaded.database.name), target.address);
    let (history, goal) = (&loaded.history, goal(args));
    // The plan comes first, so that an unreachable goal creates no database.
    let outlook = migration::outlook(target, goal, history).await?;
    if args.dry_run {
        terminal.result(&dry_run(&heading, loaded, target, &outlook).await?);
        return Ok(());
    }
    if outlook.steps.is_empty() {
        terminal.result(&format!("{heading}: nothing to do"));
        return Ok(());
    }
    let start = Instant::now();
    let events = |event| match event {
        Event::Migrating { .. } => terminal.result(&heading),
        other => context.tell(other),
    };
    let ran = migration::run(target, goal, history, &loaded.backfills, &events).await;
    context.ignore_development_files()?;
    let steps = ran?;
    terminal.result(&match steps {
        0 => format!("{heading}: nothing to do"),
        n => format!("  {} in {}", count(n as u64, "migration"), duration(start.elapsed())),
    });
    Ok(())
}

async fn dry_run(heading: &str, loaded: &Loaded<'_>, target: &Target, outlook: &Outlook) -> Result<String, Error> {
    let nothing = if outlook.steps.is_empty() { "nothing to do" } else { "dry run: nothing was written" };
    let mut text = format!("{heading}: {nothing}\n");
    for Step { migration, direction } in &outlook.steps {
        match outlook.waits_for(migration, &loaded.backfills, target).await? {
            None => {}
            Some(Wait::Perhaps { name }) => {
                text.push_str(&format!("  would then require the backfill {name}, if it has anything to do\n"))
            }
            Some(Wait::Surely { name, units, unit }) => {
                let left = count(units, unit);
                text.push_str(&format!("  would stop here: the backfill {name} has {left} left to process\n"))
            }
        }
        let verb = match direction {
            Direction::Up => "apply",
            Direction::Down => "revert",
        };
        text.push_str(&format!("  would {verb} {}\n", migration.label()));
    }
    Ok(text)
}
