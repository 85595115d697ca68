//! Errors of the registry: unknown names, and registered code that does not fit the workspace.

use crate::directive::did_you_mean;
use crate::source::{self, SCAFFOLD};
use miette::Diagnostic;
use rehearsal_db::command::command;
use std::path::PathBuf;

fn list(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// A failure of the registry.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// No backfill has this name.
    #[error("there is no backfill `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("use one of: {}", known.join(", ")))]
    UnknownBackfill {
        /// The name as given.
        name: String,
        /// The most similar name.
        nearest: Option<String>,
        /// The names of all backfills.
        known: Vec<String>,
    },
    /// Files that a command created are not filled in yet.
    #[error("not filled in yet: {}", list(files))]
    #[diagnostic(
        code("history/unfilled-scaffold"),
        help(
            "replace what these files contain with your change, and remove the words `{SCAFFOLD}`; `{}` shows what each needs",
            command("new --help")
        )
    )]
    Unfilled {
        /// The files; at least one.
        files: Vec<PathBuf>,
    },
    /// `[[allow]]` or `-- allow:` names a finding code that does not exist.
    #[error(
        "{} accepts the unknown finding code `{code}`{}",
        file.display(),
        did_you_mean(nearest.as_ref())
    )]
    #[diagnostic(help("list all codes with `{}`", command("explain")))]
    UnknownAllowedCode {
        /// The configuration, or the migration with the directive.
        file: PathBuf,
        /// The code as written.
        code: String,
        /// The most similar code.
        nearest: Option<String>,
    },
    /// No backfill is registered at all.
    #[error("no backfill is registered in this program")]
    #[diagnostic(help(
        "a backfill is a Rust type in the project's own crate, which `{}` creates with a command of its own",
        command("init --xtask")
    ))]
    NoBackfills,
    /// No generator is registered for a database.
    #[error("there is no generator for `{database}`; its fixtures are written by hand")]
    #[diagnostic(help(
        "use one of: {}; or write {} and add it to the registry next to it",
        known.join(", "),
        source::generator(database)
    ))]
    NoGenerator {
        /// The database.
        database: String,
        /// The databases that have a generator.
        known: Vec<&'static str>,
    },
    /// Two registered entries of one kind have the same name, so that one of them would never run.
    #[error("the registry has two entries for {what}")]
    #[diagnostic(help("remove one of them, or rename it; a database has at most one generator and one traffic"))]
    Duplicate {
        /// ``backfill `pet_traits` ``.
        what: String,
    },
    /// A registered backfill, check or generator does not fit the workspace.
    #[error("{what} does not fit the workspace: {why}")]
    #[diagnostic(help("correct its `about`"))]
    Registration {
        /// ``backfill `pet_traits` ``.
        what: String,
        /// The reason.
        why: String,
    },
}
