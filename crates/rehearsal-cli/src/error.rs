//! The errors of the command line: [`Error`] wraps those of the library and adds its own. [`Error::exit`] maps them
//! to exit codes.

use miette::Diagnostic;
use rehearsal::directive::did_you_mean;
use rehearsal::layout::Tool;
use rehearsal::proofs::SelectionError;
use rehearsal::report::{Finding, history};
use rehearsal::{Exit, backfill, check, fixture, migration, registry, sandbox, workspace};
use rehearsal_db as engine;
use rehearsal_db::command::{command, name};
use rehearsal_postgres as postgres_server;
use std::path::PathBuf;

/// Any failure of a command.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(crate) enum Error {
    /// The library failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] rehearsal::Error),
    /// The server of the development databases is not running.
    #[error("the server of the development databases is not running, so `{database}` is not available")]
    #[diagnostic(help(
        "start it with `{}` or `{}`, or name a database with `--url`",
        command(&format!("migrate {database}")),
        command("db start")
    ))]
    NoKeptServer {
        /// The database.
        database: String,
    },
    /// A private PostgreSQL server failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Server(postgres_server::Error),
    /// Flags for a single history, in a workspace with several databases.
    #[error("{} contains a folder for each database, which has its own engine and fixtures", folder.display())]
    #[diagnostic(help(
        "leave out `--engine`, `--fixture` and `--setup`, or name one of the folders with `--migrations DIR`"
    ))]
    FlagsForSeveral {
        /// The `migrations` folder.
        folder: PathBuf,
    },
    /// The engine of a history is unknown.
    #[error(
        "cannot tell the database engine: {variable} is set neither in the environment nor in .env, and the migrations \
         can be for either engine"
    )]
    #[diagnostic(help(
        "add `--engine postgres` or `--engine sqlite`, or write `engine = \"postgres\"` into a `rehearsal.toml` next \
         to the migrations"
    ))]
    WhichEngine {
        /// The variable that would name the database.
        variable: String,
    },
    /// The project uses an engine that is not supported.
    #[error("{origin} has the scheme `{scheme}`, but rehearsal supports only PostgreSQL and SQLite")]
    #[diagnostic(help("if the migrations are for one of these engines, add `--engine postgres` or `--engine sqlite`"))]
    NoEngine {
        /// The scheme of the URL.
        scheme: String,
        /// Where the URL was found.
        origin: String,
    },
    /// A value of `--report` is not FORMAT=FILE.
    #[error("`--report {value}` is not of the form FORMAT=FILE")]
    #[diagnostic(help(
        "write `--report FORMAT=FILE`, such as `--report html=report.html`, with `-` as FILE for standard output; the formats are {formats}"
    ))]
    ReportWithoutFile {
        /// The value.
        value: String,
        /// The names of all formats.
        formats: String,
    },
    /// There is no such format of reports.
    #[error("there is no report format `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("the formats are {formats}"))]
    NoFormat {
        /// The name as given.
        name: String,
        /// The most similar format.
        nearest: Option<String>,
        /// The names of all formats.
        formats: String,
    },
    /// Two reports would be written to the same place.
    #[error("two reports cannot be written to `{file}`")]
    #[diagnostic(help("name another file for one of them"))]
    ReportTwice {
        /// The file, or `-`.
        file: String,
    },
    /// A report cannot be written.
    #[error("cannot write the report {}: {source}", path.display())]
    #[diagnostic(help("name a file that this user may create or replace"))]
    WriteReport {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A report of work that is over cannot be written.
    #[error("cannot write the report {}: {source}", path.display())]
    #[diagnostic(help("the work is over; the other reports were written"))]
    ReportLost {
        /// The file, or `-`.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No finding code has that name.
    #[error("there is no finding code `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("list all codes with `{}`", command("explain")))]
    UnknownCode {
        /// The name as given.
        name: String,
        /// The most similar code.
        nearest: Option<String>,
    },
    /// A generated fixture would overwrite a file that was not generated.
    #[error("{} exists and was not written by `fixture generate`", path.display())]
    #[diagnostic(help("name another file, or remove this one first; nothing was written"))]
    NotGenerated {
        /// The file.
        path: PathBuf,
    },
    /// The output path of a fixture is a folder, a pipe or a device.
    #[error("{} is not a regular file", path.display())]
    #[diagnostic(help("name a regular file, or omit `--out` to write to standard output"))]
    NoFile {
        /// The output path.
        path: PathBuf,
    },
    /// `--url` is given for several databases.
    #[error("`--url` names one database, but the command applies to {count} databases")]
    #[diagnostic(help("name the database that the URL belongs to: {}", known.join(", ")))]
    UrlForSeveral {
        /// Number of databases.
        count: usize,
        /// The names of all databases.
        known: Vec<String>,
    },
    /// `.env` cannot be read.
    #[error("cannot read .env: {why}")]
    #[diagnostic(help("write each line as NAME=value; enclose values with spaces in double quotes"))]
    DotEnv {
        /// The reason.
        why: String,
    },
    /// A command that works on real databases, in a project that migrates with another tool.
    #[error("{} contains migrations of {tool}, which rehearsal never runs on a real database", folder.display())]
    #[diagnostic(help("rehearse them with `{}`, and run them with {tool}", command("ci")))]
    OfAnotherTool {
        /// The folder.
        folder: PathBuf,
        /// The tool.
        tool: Tool,
    },
    /// The base revision cannot be used.
    #[error("cannot compare with the base revision `{name}`")]
    #[diagnostic(help("{help}"))]
    NoBase {
        /// The revision as given.
        name: String,
        /// The instruction for the user.
        help: String,
    },
    /// `rehearsal.toml` cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    #[diagnostic(help("let this user write the file"))]
    WriteBaseline {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// git failed.
    #[error("cannot read the migrations of the base revision: {why}")]
    #[diagnostic(help("try again, or use `--base none`"))]
    Git {
        /// The reason.
        why: String,
    },
    /// A command needs an agreement, and there is no terminal to ask on.
    #[error("{because}")]
    #[diagnostic(help("add `--yes` if this is intended"))]
    NeedsYes {
        /// Why the command asks.
        because: String,
    },
    /// Only development databases can be dropped.
    #[error("the environment or .env names the database of `{database}`, so it is not a development database")]
    #[diagnostic(help("drop it with the tools of its engine, or unset the variable to drop the development database"))]
    NotDevelopment {
        /// The database.
        database: String,
    },
    /// The user did not agree.
    #[error("nothing was done, because you did not agree")]
    #[diagnostic(help("answer `y`, or add `--yes`"))]
    Declined,
    /// A folder cannot be created.
    #[error("cannot create {}: {source}", path.display())]
    #[diagnostic(help("let this user write into the folder of the project"))]
    Create {
        /// The folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The working folder cannot be read or changed.
    #[error("cannot use {} as the working folder: {source}", path.display())]
    #[diagnostic(help("change to a folder that exists and that this user may enter"))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The name of a migration is not valid.
    #[error("`{name}` is not a valid name for a migration: {why}")]
    #[diagnostic(help("choose a name of lower-case letters, digits and single underscores, as in `add_colour`"))]
    BadName {
        /// The name.
        name: String,
        /// The rule that it violates.
        why: &'static str,
    },
    /// The program has no folder for backfills.
    #[error("{} has no folder for backfills", name())]
    #[diagnostic(help(
        "omit `--backfill`, or create a crate for backfills with `{}`, and use its command from then on",
        command("init --xtask")
    ))]
    NoSources,
    /// The name is already in use.
    #[error("`{name}` is taken: {} exists", path.display())]
    #[diagnostic(help("choose another name; nothing was written"))]
    NameTaken {
        /// The name.
        name: String,
        /// The file that has it.
        path: PathBuf,
    },
    /// The registry of backfills cannot be read or has no marker line.
    #[error("cannot register the backfill in {}: {why}", path.display())]
    #[diagnostic(help("{help}; nothing was written"))]
    Registry {
        /// The file of the registry.
        path: PathBuf,
        /// The instruction for the user.
        help: String,
        /// The reason.
        why: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    #[diagnostic(help(
        "{}",
        if source.kind() == std::io::ErrorKind::NotFound { "create its folder first" } else { "check the permissions and the free space there" }
    ))]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// `--record` is given for several backfills.
    #[error("`--record` names one file, but the command applies to {count} backfills")]
    #[diagnostic(help("name one backfill, or omit `--record`: each backfill then gets its own file"))]
    RecordForSeveral {
        /// Number of backfills.
        count: usize,
    },
    /// A record of a backfill cannot be written.
    #[error("cannot write the record {path}: {why}")]
    #[diagnostic(help("name a file in a folder that exists and that this user may write to, with `--record FILE`"))]
    Record {
        /// The file of the record.
        path: String,
        /// The operating system's error.
        why: String,
    },
    /// The record of a run that is over cannot be written.
    #[error("cannot write the record {path}: {why}")]
    #[diagnostic(help("the run is over, and the ledger has its counts: list the runs with `--status`"))]
    RecordLost {
        /// The file of the record.
        path: String,
        /// The operating system's error.
        why: String,
    },
    /// A URL from the environment is not valid.
    #[error("{error} (from {origin})")]
    #[diagnostic(help("{}", error.help().map(|help| help.to_string()).unwrap_or_default()))]
    UrlFrom {
        /// The variable, and `.env` if it is set there.
        origin: String,
        /// The fault of the URL.
        error: engine::Error,
    },
    /// A development database needs PostgreSQL, which is not installed.
    #[error("a development database needs PostgreSQL, which is not installed on this machine")]
    #[diagnostic(help(
        "run `{}`, or name a database with `--url` or in <NAME>_DATABASE_URL",
        command("postgres install")
    ))]
    NoBinaries,
    /// The workspace has no such package.
    #[error("the workspace has no package `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("its packages are {}", known.join(", ")))]
    UnknownPackage {
        /// The name as given.
        name: String,
        /// The most similar package.
        nearest: Option<String>,
        /// All packages.
        known: Vec<String>,
    },
    /// Cargo cannot read the packages of the workspace.
    #[error("cannot read the packages of the workspace: {why}")]
    #[diagnostic(help("correct the Cargo.toml that the message names"))]
    Packages {
        /// The message of cargo.
        why: String,
    },
    /// The proofs cannot be selected.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Selection(#[from] SelectionError),
    /// A program of the Rust toolchain cannot be run.
    #[error("cannot run the Rust toolchain: {why}")]
    #[diagnostic(help("install Rust with the components rustfmt and clippy"))]
    Toolchain {
        /// The operating system's error.
        why: String,
    },
    /// The async runtime cannot be started.
    #[error("cannot start the async runtime: {0}")]
    #[diagnostic(help("check the limits on threads and open files"))]
    Runtime(std::io::Error),
    /// The executable of this program, from which rehearsals start processes, cannot be found.
    #[error("cannot find the executable of this program: {0}")]
    #[diagnostic(help("build the program again"))]
    Program(std::io::Error),
}

impl Error {
    /// Returns the findings for a database that cannot be rehearsed because of this error.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let code = match self {
            Self::Engine(error) => return error.findings(),
            error if error.exit() == Exit::Usage => &history::BAD_CONFIGURATION,
            _ => &history::INTERNAL,
        };
        vec![Finding::of_error(code, self)]
    }

    /// Returns the exit code of a program that fails with this error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Engine(error) => error.exit(),
            Self::NoBinaries => Exit::Incomplete,
            Self::ReportLost { .. }
            | Self::RecordLost { .. }
            | Self::Server(_)
            | Self::Write { .. }
            | Self::Toolchain { .. }
            | Self::Runtime(_)
            | Self::Program(_) => Exit::Failed,
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
