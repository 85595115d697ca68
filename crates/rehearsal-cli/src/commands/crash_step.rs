//! `crash-step`: runs one step of a rehearsal in a process that the rehearsal kills. It works like `migrate` and
//! `backfill --execute`, but reports each commit to the rehearsal that started it (`rehearsal::proofs::Said`) and
//! waits for an answer there.

use crate::args::{CrashStepArgs, FaultName};
use crate::context::Context;
use crate::error::Error;
use crate::given;
use crate::target::Missing;
use crate::terminal::{Terminal, say};
use miette::Diagnostic;
use rehearsal::Exit;
use rehearsal::backfill::{self, Effect, Outcome, Pass};
use rehearsal::event::silent;
use rehearsal::migration::{self, Goal};
use rehearsal::proofs::{Done, Said};
use rehearsal::registry::Registry;
use rehearsal_db::{Commit, CommitHook, CommitPhase, MigrationTable, Target};

pub(super) async fn run(context: &Context<'_>, args: &CrashStepArgs) -> Result<Exit, Error> {
    let (said, exit) = match step(context, args).await {
        Ok(done) => (Said::Done(done), Exit::Ok),
        Err(error) => (Said::Failed { why: why(&error) }, Exit::Failed),
    };
    tell(&said);
    Ok(exit)
}

/// Runs the step for a project without a workspace.
pub(super) async fn run_given(terminal: &Terminal, args: &CrashStepArgs) -> Result<Exit, Error> {
    let nothing = Registry::default();
    run(&Context::given(&nothing, terminal, given::database_of_step(args)?)?, args).await
}

async fn step(context: &Context<'_>, args: &CrashStepArgs) -> Result<Done, Error> {
    let names: Vec<String> = args.database.iter().cloned().collect();
    let databases = context.databases(&names)?;
    let mut targets = context.targets(&databases, &args.target, Missing::Refuse).await?;
    let Some((database, target)) = targets.pop() else { return Ok(Done::Migrations(0)) };
    // Rehearsals record migrations in sqlx's default table, even if the project has another one.
    let target = target.recording_in(&MigrationTable::default()).with_commit_hook(CommitHook::new(wait));
    match (&args.backfill, args.migration) {
        (Some(name), _) => backfill(context, name, &target, args).await,
        (None, version) => {
            let goal = version.map_or(Goal::Newest, Goal::UpTo);
            let loaded = context.load(database)?;
            let steps = migration::run(&target, goal, &loaded.history, &loaded.backfills, &silent).await?;
            Ok(Done::Migrations(steps))
        }
    }
}

async fn backfill(context: &Context<'_>, name: &str, target: &Target, args: &CrashStepArgs) -> Result<Done, Error> {
    let fault = FaultName::fault(args.fault);
    let pass = Pass { batch: args.batch, fault, ..Pass::new(Effect::Execute) };
    let mut done = Done::Migrations(0);
    for backfill in context.registry.backfills(&[name.to_owned()])? {
        let Outcome { counts, findings, .. } = backfill::run(backfill, target, &pass, &silent).await?;
        done = Done::Backfill { counts: Box::new(counts), found: findings };
    }
    Ok(done)
}

/// Formats an error and its related errors in one line.
fn why(error: &Error) -> String {
    let related = error.related().into_iter().flatten().map(ToString::to_string);
    std::iter::once(error.to_string()).chain(related).collect::<Vec<_>>().join(": ")
}

/// Waits at a commit for the answer of the rehearsal. Exits if the rehearsal has ended.
fn wait(side: CommitPhase, commit: &Commit) {
    tell(&Said::At { side, commit: commit.clone() });
    let mut answer = String::new();
    if !matches!(std::io::stdin().read_line(&mut answer), Ok(read) if read > 0) {
        std::process::exit(Exit::Incomplete as i32);
    }
}

fn tell(said: &Said) {
    // These types contain only numbers and text, so serialisation cannot fail.
    say(&serde_json::to_string(said).unwrap_or_default());
}
