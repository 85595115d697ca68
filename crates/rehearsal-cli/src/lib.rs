//! The command line: the flags as data in [`args`], one file a subcommand in `commands`, what comes out in [`terminal`] and
//! [`report`]. `environment` is where variables, the working folder and arguments are read, and [`run`] is where an answer
//! becomes an exit code.

pub mod args;
mod commands;
mod context;
mod environment;
mod error;
mod given;
mod host;
pub mod report;
pub mod reporters;
mod target;
pub mod terminal;

pub use rehearsal::registry::Registry;

use args::Args;
use error::Error;
use rehearsal::{Exit, source};
use rehearsal_db::command::set_name;
use std::process::ExitCode;
use terminal::{Paint, Terminal, diagnostic, shown};

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
    rehearsal_postgres::set_command_name(this.name);
    if let Some(folder) = this.sources {
        source::set_folder(folder);
    }
    let terminal = Terminal::new(environment::no_color());
    let typed = || environment::arguments().map(|argument| argument.to_string_lossy().into_owned());
    let args = match Args::read(this.name, environment::arguments()) {
        Ok(args) => args,
        Err(error) if error.use_stderr() => {
            let text = error.render();
            let text = match terminal.err() {
                Paint::Colour => text.ansi().to_string(),
                Paint::Plain => text.to_string(),
            };
            terminal.note(&shown(&text, typed()));
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
        .and_then(|runtime| runtime.block_on(commands::run(args, &this, &terminal)));
    exit.unwrap_or_else(|error| {
        terminal.note(&shown(&diagnostic(&error, terminal.err()), typed()));
        error.exit()
    })
    .into()
}

/// The examples of the README, which compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
