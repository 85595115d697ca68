//! The flags, as data.

use clap::{ArgGroup, CommandFactory, FromArgMatches, Parser, Subcommand};
use rehearsal::backfill::Fault;
use rehearsal_db::Engine;
use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

/// Rehearse every schema change and every data change on throwaway copies of realistic data, then run exactly that.
#[derive(Debug, Parser)]
#[command(after_help = "\
Exit codes:
  0  all well
  1  a proof, a check, a migration or a backfill failed
  2  wrong usage or configuration; nothing was done
  3  incomplete: something that was needed was not there, or a person interrupted it")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// Reads the arguments of a process, the first of which is its program. `name` is what a person types to start it.
    ///
    /// # Errors
    /// What is wrong with them; the help, where it was asked for.
    pub(super) fn read(name: &'static str, arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut arguments: Vec<OsString> = arguments.into_iter().collect();
        // Cargo starts `cargo-rehearse` for `cargo rehearse ci` with the arguments `rehearse` and `ci`.
        let own = name.strip_prefix("cargo ");
        if own.is_some_and(|own| arguments.get(1).is_some_and(|first| first == own)) {
            arguments.remove(1);
        }
        let mut command = Self::command().name(name).bin_name(name);
        let matches = command.try_get_matches_from_mut(arguments)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a migration pair and a check, and a backfill with its test, ready to edit
    New(NewArgs),
    /// Bring a database to the newest migration, or back
    Migrate(MigrateArgs),
    /// Run the data changes; a dry run unless told otherwise
    Backfill(BackfillArgs),
    /// Run the checks against a database
    Verify(VerifyArgs),
    /// Work with fixtures
    #[command(subcommand)]
    Fixture(FixtureCommand),
    /// Work with the development databases and their server
    #[command(subcommand)]
    Db(DbCommand),
    /// Work with the binaries of PostgreSQL
    #[command(subcommand)]
    Postgres(PostgresCommand),
    /// Make every proof of every database, on throwaway copies
    Ci(CiArgs),
    /// Do one step of a rehearsal, to be killed at its commits
    #[command(hide = true)]
    CrashStep(CrashStepArgs),
    /// Check the format, run clippy, all tests, and build the docs
    Test,
}

/// `new`
#[derive(Debug, clap::Args)]
pub struct NewArgs {
    /// A folder in migrations
    pub database: String,
    /// What the migration does, in snake_case
    pub name: String,
    /// Write a backfill, too
    #[arg(long)]
    pub backfill: bool,
}

/// Which database a command works on.
#[derive(Debug, Default, clap::Args)]
pub struct TargetArgs {
    /// The database (default: PETS_DATABASE_URL for pets, also from .env; else a local development database)
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// How long to wait for whoever has the database locked
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub wait: u64,
}

/// `migrate`
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("mode"))]
pub struct MigrateArgs {
    /// A folder in migrations (default: all of them)
    pub database: Option<String>,
    /// List the migrations and where each stands
    #[arg(long, group = "mode")]
    pub status: bool,
    /// Show what would be run, and run nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Stop at this version; with --revert, go back to it (0: revert everything)
    #[arg(long, value_name = "VERSION", conflicts_with = "status")]
    pub to: Option<i64>,
    /// Revert the newest N migrations
    #[arg(long, group = "mode", value_name = "N", num_args = 0..=1, default_missing_value = "1", value_parser = how_many)]
    pub revert: Option<NonZeroUsize>,
    /// Rehearse on throwaway copies instead
    #[arg(long, group = "mode", conflicts_with_all = ["dry_run", "to", "url"])]
    pub verify: bool,
    /// Print the status as JSON
    #[arg(long, requires = "status")]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `backfill`
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("mode"))]
pub struct BackfillArgs {
    /// The backfills (default: all of them)
    pub names: Vec<String>,
    /// Show what would be done, and write nothing; the default
    #[arg(long, group = "mode")]
    pub dry_run: bool,
    /// Do it
    #[arg(long, group = "mode")]
    pub execute: bool,
    /// Prove it on throwaway copies of every fixture: run, run again, checks, undo
    #[arg(long, group = "mode", conflicts_with_all = ["scope", "report", "url"])]
    pub verify: bool,
    /// Take back what it did
    #[arg(long, group = "mode")]
    pub undo: bool,
    /// List every run that the ledger has: what it does or did, who began it, when, with which code
    #[arg(long, group = "mode")]
    pub status: bool,
    /// Have the run that is under way pause after its batch, wherever it runs
    #[arg(long, group = "mode")]
    pub pause: bool,
    /// Let it go on
    #[arg(long, group = "mode")]
    pub resume: bool,
    /// Have it stop after its batch; the next --execute goes on from there
    #[arg(long, group = "mode")]
    pub stop: bool,
    /// Only units whose column has that value; may be given more than once
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = scope)]
    pub scope: Vec<(String, String)>,
    /// At most so many units a transaction (default: 5000, fewer where they are large or take their time; 25 for --verify, so
    /// that small fixtures have several batches)
    #[arg(long, value_name = "N")]
    pub batch: Option<NonZeroU32>,
    /// Batches of as many units as take that long (default: 200, or any time where --batch is given)
    #[arg(long, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub batch_time: Option<u64>,
    /// Rest that long between two batches, half a minute at most
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=30_000))]
    pub rest: u64,
    /// Work on so many batches at a time; other processes may work on the same run, too (PostgreSQL)
    #[arg(long, value_name = "N", default_value_t = NonZeroU32::MIN, value_parser = workers)]
    pub workers: NonZeroU32,
    /// Where to write the JSON report (default: backfill-report-TIMESTAMP.json)
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Tell of every unit, not only of the first ten
    #[arg(long)]
    pub verbose: bool,
    /// Print the status as JSON
    #[arg(long, requires = "status")]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `verify`
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// A folder in migrations (default: all of them)
    pub database: Option<String>,
    /// Print the verdicts as JSON
    #[arg(long)]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `fixture`
#[derive(Debug, Subcommand)]
pub enum FixtureCommand {
    /// Fill an empty database with a fixture, at the fixture's version
    Load(FixtureLoadArgs),
    /// Make a fixture of any size, with all the cases that need care
    Generate(FixtureGenerateArgs),
}

/// `fixture load`
#[derive(Debug, clap::Args)]
pub struct FixtureLoadArgs {
    /// A folder in migrations
    pub database: String,
    /// A file in the database's folder in fixtures, without its ending
    pub fixture: String,
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `fixture generate`
#[derive(Debug, clap::Args)]
pub struct FixtureGenerateArgs {
    /// A folder in migrations
    pub database: String,
    /// How many units, such as pets; all other rows are in proportion
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub units: u64,
    /// What the rows are derived from: another number gives other rows, with the same mix of cases
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Where to write it, whole or not at all (default: standard output)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `db`
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Start the PostgreSQL server of the development databases
    Start,
    /// Stop it; its databases stay
    Stop,
    /// List the databases and where their development databases are
    List,
    /// Open the engine's shell on a development database, or print its URL
    Shell(DbShellArgs),
    /// Copy a fixture into a new database to play with, and print its URL
    Clone(DbCloneArgs),
}

/// `db shell`
#[derive(Debug, clap::Args)]
pub struct DbShellArgs {
    /// A folder in migrations
    pub database: String,
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `db clone`
#[derive(Debug, clap::Args)]
pub struct DbCloneArgs {
    /// A folder in migrations
    pub database: String,
    /// A file in the database's folder in fixtures, without its ending
    pub fixture: String,
}

/// `postgres`
#[derive(Debug, Subcommand)]
pub enum PostgresCommand {
    /// Fetch a private copy through npm or pip
    Install(PostgresInstallArgs),
}

/// `postgres install`
#[derive(Debug, clap::Args)]
pub struct PostgresInstallArgs {
    /// The major version (default: the newest that is known)
    #[arg(long, value_name = "N")]
    pub major: Option<u32>,
}

/// `ci`
#[derive(Debug, clap::Args)]
pub struct CiArgs {
    /// Folders in migrations (default: all of them)
    #[arg(conflicts_with = "migrations")]
    pub databases: Vec<String>,
    /// A folder of sqlx migrations of any project, which needs no file of ours; several of them are one history, in the order
    /// of the versions
    #[arg(long, value_name = "DIR")]
    pub migrations: Vec<PathBuf>,
    /// Its engine, postgres or sqlite (default: that of DATABASE_URL, also from .env)
    #[arg(long, value_name = "ENGINE", requires = "migrations")]
    pub engine: Option<Engine>,
    /// Data that has seen the migrations up to a version, as FILE@VERSION, or FILE if its first line is `-- at: VERSION` or its
    /// name begins with the version; or a folder of files that are named after versions, each inserted behind its migration
    #[arg(long, value_name = "FILE", requires = "migrations")]
    pub fixture: Vec<PathBuf>,
    /// SQL that is run in an empty database before the history: what the history needs and another system owns
    #[arg(long, value_name = "FILE", requires = "migrations")]
    pub setup: Vec<PathBuf>,
    /// Break what backfills wrote in every way that there is, and kill processes at every commit, not at some
    #[arg(long)]
    pub exhaustive: bool,
    /// Print the answers as JSON
    #[arg(long)]
    pub json: bool,
    /// For the tests of the proofs: put a fault into the engine
    #[arg(long, value_enum, hide = true)]
    pub fault: Option<FaultName>,
}

/// `crash-step`
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("step").required(true))]
pub struct CrashStepArgs {
    /// A folder in migrations
    #[arg(conflicts_with = "migrations", required_unless_present = "migrations")]
    pub database: Option<String>,
    /// The migrations of a project that has no file of ours
    #[arg(long, value_name = "DIR")]
    pub migrations: Vec<PathBuf>,
    /// Their engine
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<Engine>,
    /// Apply the migrations up to this one
    #[arg(long, group = "step", value_name = "VERSION")]
    pub migration: Option<i64>,
    /// Run this backfill
    #[arg(long, group = "step", value_name = "NAME")]
    pub backfill: Option<String>,
    /// At most so many units a transaction
    #[arg(long, value_name = "N")]
    pub batch: NonZeroU32,
    /// What is wrong with the engine, on purpose
    #[arg(long, value_enum)]
    pub fault: Option<FaultName>,
    /// Where.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// A fault of the engine, put in on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FaultName {
    /// A batch's cursor is committed apart from its rows
    CursorApart,
}

impl FaultName {
    /// What the engine knows it by.
    pub(super) fn fault(this: Option<Self>) -> Fault {
        match this {
            None => Fault::None,
            Some(Self::CursorApart) => Fault::CursorApart,
        }
    }
}

fn how_many(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| {
        "it is not a number above zero; put the database first, as in `migrate pets --revert 2`".to_owned()
    })
}

/// Each has two connections; a server has a hundred by default.
fn workers(text: &str) -> Result<NonZeroU32, String> {
    let workers = text.parse::<NonZeroU32>().map_err(|_| "it is not a number above zero".to_owned())?;
    if workers.get() > 32 { Err("more than 32 only wait for each other".to_owned()) } else { Ok(workers) }
}

fn scope(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.to_owned(), value.to_owned())),
        _ => Err("write it as COLUMN=VALUE, as in --scope id=42".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn flags_fit_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn takes_the_argument_that_cargo_adds() {
        let check = |arguments: &str, ok: bool| {
            let read = Args::read("cargo rehearse", arguments.split(' ').map(OsString::from));
            assert_eq!(read.is_ok(), ok, "{arguments}");
        };
        check("cargo-rehearse rehearse ci", true);
        check("cargo-rehearse ci", true);
        check("cargo-rehearse rehearse rehearse ci", false);
        check("cargo-rehearse ci rehearse", true);
        check("cargo-rehearse rehearse", false);
    }
}
