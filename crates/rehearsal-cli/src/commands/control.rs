//! `backfill --status`, `--pause`, `--resume` and `--stop`: shows and controls runs through the ledger, so that they
//! work on runs of other processes, too.

use crate::args::BackfillArgs;
use crate::args::Output;
use crate::context::Context;
use crate::environment;
use crate::error::Error;
use crate::report::{BackfillStatus, asked_text, runs_json, runs_table};
use crate::target::Missing;
use rehearsal::Exit;
use rehearsal::backfill::{self, AnyBackfill, ControlRequest, Scope};
use rehearsal::ledger::RunRecord;
use rehearsal::status::records;
use rehearsal::workspace::Database;
use rehearsal_db::Target;

/// Returns the request in the flags. `None` if they request no change of a run.
pub(super) fn request(args: &BackfillArgs) -> Option<ControlRequest> {
    match (args.pause, args.resume, args.stop) {
        (true, ..) => Some(ControlRequest::Pause),
        (_, true, _) => Some(ControlRequest::Resume),
        (.., true) => Some(ControlRequest::Stop),
        _ => None,
    }
}

/// Sends a request to the active runs and prints its effect.
pub(super) async fn ask(
    context: &Context<'_>,
    backfills: &[&dyn AnyBackfill],
    request: ControlRequest,
    args: &BackfillArgs,
) -> Result<Exit, Error> {
    let by = environment::by(&context.workspace.root);
    let mut exit = Exit::Failed;
    for (backfill, target) in with_targets(context, backfills, args, Missing::Refuse).await? {
        let about = backfill.about();
        let scope = Scope(args.scope.clone());
        let asked = backfill::request_control(&target, about.name, &scope, request, &by)
            .await
            .map_err(rehearsal::Error::from)?;
        if asked.iter().any(|asked| asked.now.is_some()) {
            exit = Exit::Ok;
        }
        let text = asked_text(&about, request, &asked, &target.address.url(), context.paint());
        context.terminal.result(&text);
    }
    Ok(exit)
}

/// Prints all runs.
pub(super) async fn status(
    context: &Context<'_>,
    backfills: &[&dyn AnyBackfill],
    args: &BackfillArgs,
) -> Result<Exit, Error> {
    let mut all = Vec::new();
    for (backfill, target) in with_targets(context, backfills, args, Missing::Look).await? {
        let (applied, runs) = records(&target).await?;
        let applied: Vec<i64> = applied.iter().map(|done| done.version).collect();
        let status = backfill::run_status(backfill, &applied, &target).await.map_err(rehearsal::Error::from)?;
        let about = backfill.about();
        let runs: Vec<RunRecord> = runs.into_iter().filter(|run| run.backfill == about.name).collect();
        all.push(BackfillStatus { about, database: target.address.url(), status, runs });
    }
    match Output::of(args.json) {
        Output::Json => context.terminal.result(&runs_json(&all).to_string()),
        Output::Text => all.iter().for_each(|status| context.terminal.result(&runs_table(status, context.paint()))),
    }
    Ok(Exit::Ok)
}

/// Returns the backfills, each with its target.
pub(super) async fn with_targets<'b>(
    context: &Context<'_>,
    backfills: &[&'b dyn AnyBackfill],
    args: &BackfillArgs,
    missing: Missing,
) -> Result<Vec<(&'b dyn AnyBackfill, Target)>, Error> {
    let mut databases: Vec<&Database> = Vec::new();
    for backfill in backfills {
        let database = context.workspace.database(backfill.about().database)?;
        if !databases.contains(&database) {
            databases.push(database);
        }
    }
    let targets = context.targets(&databases, &args.target, missing).await?;
    let target_of = |backfill: &&dyn AnyBackfill| {
        targets
            .iter()
            .find(|(database, _)| database.name == backfill.about().database)
            .map(|(_, target)| target.clone())
    };
    Ok(backfills.iter().filter_map(|backfill| Some((*backfill, target_of(backfill)?))).collect())
}
