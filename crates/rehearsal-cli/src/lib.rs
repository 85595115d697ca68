//! The command line. [`run`] is the entry point: it parses the flags ([`args`]), runs the subcommand (one file each
//! in `commands`) and returns the exit code. [`report`] and [`reporters`] render results, [`terminal`] writes them,
//! and only `environment` reads variables, arguments and the working folder.

pub mod args;
mod commands;
mod consent;
mod context;
mod environment;
mod error;
mod git;
mod given;
mod host;
pub mod report;
pub mod reporters;
mod target;
pub mod terminal;

pub use rehearsal::registry::Registry;

use args::{Args, When};
use error::Error;
use rehearsal::{Exit, source};
use rehearsal_db::command::set_name;
use std::process::ExitCode;
use terminal::{Colours, Paint, Terminal, diagnostic, shown};

/// A program that embeds the command line.
pub struct CommandLine {
    /// The command that starts the program, such as `cargo rehearse`. Help and messages show commands that begin with
    /// it.
    pub name: &'static str,
    /// The subcommand to run if the arguments name none. `None`: the help is shown.
    pub default_command: Option<&'static str>,
    /// The folder that contains `backfills/`, `checks/`, `generators/` and `traffic/`, relative to the root of the
    /// workspace. `None` if the program has none of them.
    pub sources: Option<&'static str>,
    /// The backfills, checks, generators and traffic of the program.
    pub registry: Registry,
}

/// Runs the command that the arguments of this process name, and returns its exit code.
#[must_use]
pub fn run(this: CommandLine) -> ExitCode {
    set_name(this.name);
    rehearsal_postgres::set_command_name(this.name);
    if let Some(folder) = this.sources {
        source::set_folder(folder);
    }
    let terminal = Terminal::new(colours(When::Auto));
    let typed = || environment::arguments().map(|argument| argument.to_string_lossy().into_owned());
    let args = match Args::read(this.name, this.default_command, environment::arguments()) {
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
        // `--help` is not an error.
        Err(error) => error.exit(),
    };
    let terminal = Terminal::new(colours(args.color));
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

/// Returns when text is coloured: as the flag says, otherwise as the environment says.
fn colours(when: When) -> Colours {
    match when {
        When::Always => Colours::Always,
        When::Never => Colours::Never,
        When::Auto if environment::is_dumb_terminal() => Colours::Nothing,
        When::Auto if environment::no_color() => Colours::Never,
        When::Auto => Colours::OnTerminals,
    }
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
