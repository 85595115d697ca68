//! What can be wrong with a command line, beside what the engine says.

use miette::Diagnostic;
use rehearsal::directive::did_you_mean;
use rehearsal::report::{Finding, history};
use rehearsal::{Exit, backfill, check, fixture, migration, registry, sandbox, workspace};
use rehearsal_db as engine;
use rehearsal_db::command::{command, name};
use rehearsal_postgres as postgres_server;
use std::path::PathBuf;

/// Any failure of a command.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(crate) enum Error {
    /// The engine failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] rehearsal::Error),
    /// The development databases of PostgreSQL have no server that runs.
    #[error("the server of the development databases does not run, so there is no `{database}` yet or no longer")]
    #[diagnostic(help(
        "run `{}`, which starts it, or `{}`; or name a database with `--url`",
        command(&format!("migrate {database}")),
        command("db start")
    ))]
    NoKeptServer {
        /// The database.
        database: String,
    },
    /// A PostgreSQL server of our own failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Server(postgres_server::Error),
    /// Nothing says which engine a history is for.
    #[error("nothing says which engine the migrations are for: there is no {variable} here, nor in .env")]
    #[diagnostic(help(
        "add `--engine postgres` or `--engine sqlite`, or write a `rehearsal.toml` beside them with `engine = \"postgres\"`"
    ))]
    WhichEngine {
        /// The variable that was looked for.
        variable: String,
    },
    /// The database of the project has another engine.
    #[error("the migrations seem to be for `{scheme}` (from {origin}), and this tool works with PostgreSQL and SQLite")]
    #[diagnostic(help("if they are for one of those, add `--engine postgres` or `--engine sqlite`"))]
    NoEngine {
        /// The first part of the URL.
        scheme: String,
        /// Where the URL was found.
        origin: String,
    },
    /// The name is not that of a finding code.
    #[error("there is no finding code `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("`{}` lists all of them", command("explain")))]
    UnknownCode {
        /// The name as given.
        name: String,
        /// The closest one.
        nearest: Option<String>,
    },
    /// A fixture would replace what somebody wrote.
    #[error("{} is there, and was not made by `fixture generate`", path.display())]
    #[diagnostic(help("name another file, or remove it first if nobody needs it; nothing was written"))]
    NotGenerated {
        /// The file.
        path: PathBuf,
    },
    /// A folder, a pipe or a device where a fixture was to be written.
    #[error("{} is no file", path.display())]
    #[diagnostic(help("name a file, or leave `--out` out to write to standard output"))]
    NoFile {
        /// What is there.
        path: PathBuf,
    },
    /// One URL for several databases.
    #[error("`--url` names one database, and the command is for {count}")]
    #[diagnostic(help("name the one that it belongs to: {}", known.join(", ")))]
    UrlForSeveral {
        /// How many.
        count: usize,
        /// Their names.
        known: Vec<String>,
    },
    /// A `.env` that can't be read.
    #[error(".env can't be used: {why}")]
    #[diagnostic(help("each line is NAME=value; put values that hold spaces between double quotes"))]
    DotEnv {
        /// What is wrong.
        why: String,
    },
    /// The working folder is not to be had.
    #[error("can't work in {}: {source}", path.display())]
    #[diagnostic(help("go to a folder that exists and that this user may enter"))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// A name that can't be one.
    #[error("`{name}` can't be the name of a migration: {why}")]
    #[diagnostic(help("use lower-case letters, digits and single underscores, as in `add_colour`"))]
    BadName {
        /// The name.
        name: String,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// There is nowhere to put a backfill.
    #[error("{} has no backfills of its own, and nowhere to put one", name())]
    #[diagnostic(help(
        "leave `--backfill` out; backfills are for a workspace with a program of its own on the crate `rehearsal-cli`"
    ))]
    NoSources,
    /// A name that is there already.
    #[error("`{name}` is taken: {} exists", path.display())]
    #[diagnostic(help("choose another name; nothing was written"))]
    NameTaken {
        /// The name.
        name: String,
        /// The file that has it.
        path: PathBuf,
    },
    /// The registry is not where it should be, or not as it was written.
    #[error("can't register the backfill in {}: {why}", path.display())]
    #[diagnostic(help("keep the line `{}` as the last one inside `vec![…]`; nothing was written", mark))]
    Registry {
        /// The registry's file.
        path: PathBuf,
        /// The line above which backfills are added.
        mark: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A file can't be written.
    #[error("can't write {}: {source}", path.display())]
    #[diagnostic(help(
        "{}",
        if source.kind() == std::io::ErrorKind::NotFound { "make its folder first" } else { "check the permissions and the space left there" }
    ))]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// One report for several backfills.
    #[error("`--report` names one file, and the command is for {count} backfills")]
    #[diagnostic(help("name one backfill, or leave `--report` out: each then gets a file of its own"))]
    ReportForSeveral {
        /// How many.
        count: usize,
    },
    /// A report can't be written.
    #[error("can't write the report {path}: {why}")]
    #[diagnostic(help("name a file in a folder that exists and that this user may write to, with `--report FILE`"))]
    Report {
        /// The report's file.
        path: String,
        /// What the system said.
        why: String,
    },
    /// A URL of the environment that can't be used.
    #[error("{error} (from {origin})")]
    #[diagnostic(help("{}", error.help().map(|help| help.to_string()).unwrap_or_default()))]
    UrlFrom {
        /// Where it came from.
        origin: String,
        /// What is wrong with it.
        error: engine::Error,
    },
    /// There is no PostgreSQL to start the server of the development databases with.
    #[error("there is no PostgreSQL on this machine for a development database")]
    #[diagnostic(help(
        "run `{}`, or name a database with `--url` or in <NAME>_DATABASE_URL",
        command("postgres install")
    ))]
    NoBinaries,
    /// A tool of the toolchain can't be run.
    #[error("can't run the toolchain: {why}")]
    #[diagnostic(help("install Rust with its components rustfmt and clippy"))]
    Toolchain {
        /// What the system said.
        why: String,
    },
    /// The runtime can't be started.
    #[error("can't start the runtime: {0}")]
    #[diagnostic(help("check the limits on threads and open files"))]
    Runtime(std::io::Error),
    /// Nobody knows where this program is, of which rehearsals start processes.
    #[error("can't find the file of this program: {0}")]
    #[diagnostic(help("build it again"))]
    Program(std::io::Error),
}

impl Error {
    /// What it means for a database that can't be rehearsed because of it.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let code = match self {
            Self::Engine(error) => return error.findings(),
            error if error.exit() == Exit::Usage => &history::BAD_CONFIGURATION,
            _ => &history::INTERNAL,
        };
        vec![Finding::of_error(code, self)]
    }

    /// The exit code that it leads to.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Engine(error) => error.exit(),
            Self::NoBinaries => Exit::Incomplete,
            Self::Server(_) | Self::Write { .. } | Self::Toolchain { .. } | Self::Runtime(_) | Self::Program(_) => {
                Exit::Failed
            }
            _ => Exit::Usage,
        }
    }
}

macro_rules! from_engine {
    ($($error:ty),+) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Engine(error.into())
            }
        })+
    };
}

impl From<postgres_server::Error> for Error {
    fn from(error: postgres_server::Error) -> Self {
        Self::Server(error)
    }
}

from_engine!(
    backfill::Error,
    check::Error,
    engine::Error,
    fixture::Error,
    migration::Error,
    registry::Error,
    sandbox::Error,
    workspace::Error
);
