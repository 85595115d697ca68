//! `backfill --status`, `--pause`, `--resume` and `--stop`: shows and controls runs through the ledger, so that they
//! work on runs of other processes, too.

use crate::args::BackfillArgs;
use crate::args::Output;
use crate::consent::Consent;
use crate::context::Context;
use crate::environment;
use crate::error::Error;
use crate::report::{BackfillStatus, asked_text, runs_json, runs_table};
use crate::target::Missing;
use rehearsal::Exit;
use rehearsal::backfill::{self, About, AnyBackfill, ControlRequest, Scope};
use rehearsal::ledger::RunRecord;
use rehearsal::status::records;
use rehearsal::workspace::Database;
use rehearsal_db::{self as db, Target};

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
    let work = with_targets(context, backfills, args, Missing::Refuse).await?.work;
    Consent::of(args.yes).to_write(work.iter().map(|(_, target)| target))?;
    for (backfill, target) in work {
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
    let Reachable { work, exit, .. } = with_targets(context, backfills, args, Missing::Look).await?;
    for (backfill, target) in work {
        let (applied, runs) = records(&target).await?;
        let applied: Vec<i64> = applied.iter().map(|done| done.version).collect();
        let status = backfill::run_status(backfill, &applied, &target).await.map_err(rehearsal::Error::from)?;
        let about = backfill.about();
        let runs: Vec<RunRecord> = runs.into_iter().filter(|run| run.backfill == about.name).collect();
        all.push(BackfillStatus { about, database: target.address.url(), status, runs });
    }
    match Output::of(args.json) {
        Output::Json => context.terminal.json(&runs_json(&all).to_string()),
        Output::Text => all.iter().for_each(|status| context.terminal.result(&runs_table(status, context.paint()))),
    }
    Ok(exit)
}

/// The backfills whose databases can be reached, each with its target.
pub(super) struct Reachable<'b> {
    pub(super) work: Vec<(&'b dyn AnyBackfill, Target)>,
    /// [`Exit::Incomplete`] if a database cannot be reached.
    pub(super) exit: Exit,
    /// The backfills whose databases cannot be reached, and why.
    pub(super) left_out: Vec<(About, String)>,
}

/// Returns the backfills, each with its target. If a user named none of them, those whose server is down are printed and
/// left out.
pub(super) async fn with_targets<'b>(
    context: &Context<'_>,
    backfills: &[&'b dyn AnyBackfill],
    args: &BackfillArgs,
    missing: Missing,
) -> Result<Reachable<'b>, Error> {
    let mut databases: Vec<&Database> = Vec::new();
    for backfill in backfills {
        let database = context.workspace.database(backfill.about().database)?;
        if !databases.contains(&database) {
            databases.push(database);
        }
    }
    if !args.names.is_empty() || args.target.url.is_some() {
        let targets = context.targets(&databases, &args.target, missing).await?;
        return Ok(Reachable { work: of_databases(backfills, &targets), exit: Exit::Ok, left_out: Vec::new() });
    }
    let (mut targets, mut exit, mut unreachable) = (Vec::new(), Exit::Ok, Vec::new());
    for database in databases {
        let found = async {
            let found = context.targets(&[database], &args.target, missing).await?;
            for (_, target) in &found {
                match target.open_to_read().await {
                    Ok(connection) => connection.close().await?,
                    Err(db::Error::NoDatabase { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok::<_, Error>(found)
        };
        match found.await {
            Ok(found) => targets.extend(found),
            Err(error @ (Error::NoKeptServer { .. } | Error::Engine(_))) if is_unreachable(&error) => {
                let names = backfills.iter().map(|backfill| backfill.about());
                let names: Vec<&str> = names.filter(|it| it.database == database.name).map(|it| it.name).collect();
                let left_out = context.terminal.err().warning(format!("{}:", names.join(", ")));
                context.terminal.note(&format!("{left_out} {error}"));
                let here =
                    backfills.iter().map(|backfill| backfill.about()).filter(|about| about.database == database.name);
                unreachable.extend(here.map(|about| (about, error.to_string())));
                exit = Exit::Incomplete;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Reachable { work: of_databases(backfills, &targets), exit, left_out: unreachable })
}

/// True if a server does not answer, or is not running.
fn is_unreachable(error: &Error) -> bool {
    match error {
        Error::NoKeptServer { .. } => true,
        Error::Engine(rehearsal::Error::Engine(error)) => matches!(error, db::Error::Unreachable { .. }),
        _ => false,
    }
}

fn of_databases<'b>(
    backfills: &[&'b dyn AnyBackfill],
    targets: &[(&Database, Target)],
) -> Vec<(&'b dyn AnyBackfill, Target)> {
    let target_of = |backfill: &&dyn AnyBackfill| {
        let found = targets.iter().find(|(database, _)| database.name == backfill.about().database);
        found.map(|(_, target)| target.clone())
    };
    backfills.iter().filter_map(|backfill| Some((*backfill, target_of(backfill)?))).collect()
}
