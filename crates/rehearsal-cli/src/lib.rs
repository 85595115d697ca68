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
use context::Context;
use error::Error;
use rehearsal::{Exit, source};
use rehearsal_db::command::set_name;
use std::process::ExitCode;

/// What a program that embeds the command line says of itself.
pub struct CommandLine {
    /// The words by which it is called, such as `cargo rehearse`: help and messages advise commands that begin with them.
    pub name: &'static str,
    /// The folder of its sources, from the root of the workspace: that with `backfills/`, `checks/`, `generators/` and
    /// `traffic/`. None for a program without any.
    pub sources: Option<&'static str>,
    /// The backfills, checks, generators and traffic that it has.
    pub registry: Registry,
}

/// Runs the command that the arguments of this process ask for, and returns its exit code.
#[must_use]
pub fn run(this: CommandLine) -> ExitCode {
    set_name(this.name);
    if let Some(folder) = this.sources {
        source::set_folder(folder);
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let terminal = Terminal::new(no_color);
    let args = match Args::read(this.name, std::env::args_os()) {
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
        .and_then(|runtime| runtime.block_on(dispatch(args, &this, &terminal)));
    exit.unwrap_or_else(|error| {
        terminal.note(&typed::shown(&diagnostic(&error, terminal.err())));
        error.exit()
    })
    .into()
}

async fn dispatch(args: Args, this: &CommandLine, terminal: &Terminal) -> Result<Exit, Error> {
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
        Command::CrashStep(args) => crash_step::run(&context, &args).await,
        Command::Test => test::run(&context),
    }
}
