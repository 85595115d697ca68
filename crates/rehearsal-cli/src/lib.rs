//! The command line: the flags as data in [`args`], one file a subcommand. This is where the environment, the working
//! folder and signals are read, and where an answer becomes an exit code.

pub mod args;
mod backfill;
mod by;
mod ci;
mod context;
mod control;
mod crash_step;
mod db;
mod error;
mod fixture;
mod generate;
mod given;
mod migrate;
mod new;
mod output;
mod postgres;
pub mod report;
mod target;
mod test;
mod typed;
mod verify;

pub use context::Registry;

use crate::report::{Paint, Terminal, diagnostic};
use args::{Args, Command, FixtureCommand, PostgresCommand};
use clap::Parser;
use context::Context;
use error::Error;
use rehearsal::Exit;
use std::process::ExitCode;

/// Runs the command line with the backfills, checks, generators and traffic that the workspace has.
#[must_use]
pub fn main(registry: Registry) -> ExitCode {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let terminal = Terminal::new(no_color);
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if error.use_stderr() => {
            let text = error.render();
            let text = match terminal.err() {
                Paint::Colour => text.ansi().to_string(),
                Paint::Plain => text.to_string(),
            };
            terminal.note(&typed::shown(&text));
            return Exit::Usage.into();
        }
        // The help, which was asked for.
        Err(error) => error.exit(),
    };
    let exit = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Error::Runtime)
        .and_then(|runtime| runtime.block_on(run(args, &registry, &terminal)));
    exit.unwrap_or_else(|error| {
        terminal.note(&typed::shown(&diagnostic(&error, terminal.err())));
        error.exit()
    })
    .into()
}

async fn run(args: Args, registry: &Registry, terminal: &Terminal) -> Result<Exit, Error> {
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
    let context = Context::enter(registry, terminal)?;
    match args.command {
        Command::New(args) => new::run(&context, &args),
        Command::Migrate(args) => migrate::run(&context, &args).await,
        Command::Backfill(args) => backfill::run(&context, &args).await,
        Command::Verify(args) => verify::run(&context, &args).await,
        Command::Fixture(FixtureCommand::Load(args)) => fixture::load(&context, &args).await,
        Command::Fixture(FixtureCommand::Generate(args)) => generate::run(&context, &args),
        Command::Db(command) => db::run(&context, &command).await,
        Command::Postgres(PostgresCommand::Install(args)) => postgres::install(&context, &args),
        Command::Ci(args) => ci::run(&context, &args).await,
        Command::CrashStep(args) => crash_step::run(&context, &args).await,
        Command::Test => test::run(&context),
    }
}
