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
mod migrate;
mod new;
mod postgres;
mod test;
mod verify;

use crate::CommandLine;
use crate::args::{Args, Command, FixtureCommand, PostgresCommand};
use crate::context::Context;
use crate::error::Error;
use crate::terminal::Terminal;
use rehearsal::Exit;

/// Runs a subcommand: in the workspace of the working folder, or on the folders that its flags name.
pub(crate) async fn run(args: Args, this: &CommandLine, terminal: &Terminal) -> Result<Exit, Error> {
    if let Command::Ci(args) = &args.command
        && !args.migrations.is_empty()
    {
        return ci::run_given(terminal, args).await;
    }
    if let Command::CrashStep(args) = &args.command
        && !args.migrations.is_empty()
    {
        return crash_step::run_given(terminal, args).await;
    }
    // `explain` needs no workspace.
    if let Command::Explain(args) = &args.command {
        return explain::run(terminal, &this.registry.proofs, args);
    }
    let context = Context::enter(&this.registry, terminal)?;
    match args.command {
        Command::New(args) => new::run(&context, &args, this.sources),
        Command::Migrate(args) => migrate::run(&context, &args).await,
        Command::Backfill(args) => backfill::run(&context, &args).await,
        Command::Verify(args) => verify::run(&context, &args).await,
        Command::Fixture(FixtureCommand::Load(args)) => fixture::load(&context, &args).await,
        Command::Fixture(FixtureCommand::Generate(args)) => generate::run(&context, &args),
        Command::Db(command) => db::run(&context, &command).await,
        Command::Postgres(PostgresCommand::Install(args)) => postgres::install(&context, &args),
        Command::Ci(args) => ci::run(&context, &args).await,
        Command::Explain(args) => explain::run(terminal, &this.registry.proofs, &args),
        Command::CrashStep(args) => crash_step::run(&context, &args).await,
        Command::Test => test::run(&context),
    }
}
