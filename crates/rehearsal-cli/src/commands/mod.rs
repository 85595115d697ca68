//! The subcommands, one file each. [`run`] calls the one that the arguments name; add a new subcommand there and in
//! `args::Command`.

mod backfill;
mod ci;
mod control;
mod crash_step;
mod db;
mod explain;
mod fixture;
mod generate;
mod init;
mod migrate;
mod new;
mod postgres;
mod test;
mod verify;

use crate::CommandLine;
use crate::args::{Args, Command, FixtureCommand, PostgresCommand, Rows, complete};
use crate::context::Context;
use crate::error::Error;
use crate::git;
use crate::given::Replacing;
use crate::terminal::Terminal;
use rehearsal::Exit;
use rehearsal::report::RehearsalReport;

/// Runs a subcommand: in the workspace of the working folder, or on the folders that its flags name.
pub(crate) async fn run(args: Args, this: &CommandLine, terminal: &Terminal) -> Result<Exit, Error> {
    let replacing = |flags: &Replacing| Context::enter(&this.registry, terminal, flags);
    let enter = || replacing(&Replacing::default());
    let for_real = || enter()?.for_real();
    match args.command {
        Command::Ci(args) if !args.migrations.is_empty() => ci::run_given(terminal, &args).await,
        Command::CrashStep(args) if !args.migrations.is_empty() => crash_step::run_given(terminal, &args).await,
        Command::Init(args) if args.xtask => init::run(&for_real()?, &args),
        Command::Init(args) => init::run(&enter()?, &args),
        Command::Completions(args) => {
            complete(this.name, args.shell, &mut terminal.raw());
            Ok(Exit::Ok)
        }
        Command::Explain(args) => explain::run(terminal, &this.registry.proofs, &args),
        Command::Postgres(PostgresCommand::Install(args)) => postgres::install(terminal, &args),
        Command::New(args) => new::run(&for_real()?, &args, this.sources),
        Command::Migrate(args) => migrate::run(&for_real()?, &args).await,
        Command::Backfill(args) => backfill::run(&for_real()?, &args).await,
        Command::Verify(args) => verify::run(&for_real()?, &args).await,
        Command::Fixture(FixtureCommand::Load(args)) => fixture::load(&for_real()?, &args).await,
        Command::Fixture(FixtureCommand::Generate(args)) => generate::run(&enter()?, &args),
        Command::Db(command) => db::run(&for_real()?, &command).await,
        Command::Ci(args) => ci::run(&replacing(&Replacing::of_ci(&args))?, &args).await,
        Command::CrashStep(args) => crash_step::run(&replacing(&Replacing::of_step(&args))?, &args).await,
        Command::Test(args) => test::run(&enter()?, &args),
    }
}

/// Completes a report: paths relative to the project, the folder of the project in its repository, and no values of rows if they
/// are hidden.
fn completed(context: &Context<'_>, report: RehearsalReport, rows: Rows) -> RehearsalReport {
    let root = &context.workspace.root;
    let folder = git::folder_in_repository(root);
    let report = RehearsalReport { folder, ..report.relative_to(root) };
    match rows {
        Rows::Show => report,
        Rows::Hide => report.without_rows(),
    }
}
