//! `ci`: rehearses databases and reports the result. The proofs themselves are in `rehearsal::proofs`.

use crate::args::Output;
use crate::args::{CiArgs, FaultName};
use crate::context::Context;
use crate::environment;
use crate::error::Error;
use crate::given;
use crate::reporters::reporter;
use crate::terminal::Terminal;
use rehearsal::backfill::Fault;
use rehearsal::proofs::{Depth, Program};
use rehearsal::registry::{Loaded, Registry};
use rehearsal::workspace::Database;
use rehearsal::{Exit, Subject};

pub(super) async fn run(context: &Context<'_>, args: &CiArgs) -> Result<Exit, Error> {
    let databases = context.databases(&args.databases)?;
    let depth = if args.exhaustive { Depth::Exhaustive } else { Depth::Sample };
    let output = Output::of(args.json);
    rehearse(context, &databases, depth, FaultName::fault(args.fault), output).await
}

/// Rehearses a project without a workspace.
pub(super) async fn run_given(terminal: &Terminal, args: &CiArgs) -> Result<Exit, Error> {
    let nothing = Registry::default();
    let context = Context::given(&nothing, terminal, given::database(args)?)?;
    let output = Output::of(args.json);
    let depth = if args.exhaustive { Depth::Exhaustive } else { Depth::Sample };
    rehearse(&context, &context.databases(&[])?, depth, FaultName::fault(args.fault), output).await
}

pub(super) async fn rehearse(
    context: &Context<'_>,
    databases: &[&Database],
    depth: Depth,
    fault: Fault,
    output: Output,
) -> Result<Exit, Error> {
    let load = |database| {
        let loaded = context.load(database)?;
        loaded.check_windows()?;
        Ok::<Loaded<'_>, Error>(loaded)
    };
    let loaded: Vec<_> = databases.iter().map(|database| (*database, load(database))).collect();
    let ready: Vec<&Database> = loaded.iter().filter(|(_, loaded)| loaded.is_ok()).map(|(it, _)| *it).collect();
    // If the server does not start, the databases that need none are rehearsed nevertheless.
    let (sandbox, no_server) = match context.sandbox(&ready).await {
        Ok(sandbox) => (sandbox, None),
        Err(error) => (context.sandbox(&[]).await?, Some(error)),
    };
    let program = Program { path: environment::program()?, fault };
    let reporter = reporter(output, context.terminal);
    let events = |event| reporter.event(event);
    let subjects: Vec<Subject<'_>> = loaded
        .iter()
        .map(|(database, loaded)| match (loaded, &no_server) {
            (Ok(_), Some(error)) if database.engine.storage().is_server() => {
                Subject::Refused(database, error.findings())
            }
            (Ok(loaded), _) => {
                Subject::Ready(Box::new(context.rehearsal(loaded, depth, Some(&program), &sandbox, &events)))
            }
            (Err(error), _) => Subject::Refused(database, error.findings()),
        })
        .collect();
    let report = rehearsal::run(&subjects).await.relative_to(&context.workspace.root);
    drop(subjects);
    // The report comes first, because closing the sandbox may fail.
    reporter.finish(&report);
    sandbox.close().await?;
    Ok(report.exit)
}
