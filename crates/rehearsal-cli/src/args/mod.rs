//! The flags, as data.

mod backfill;
mod ci;

pub use backfill::BackfillArgs;
pub use ci::{CiArgs, CrashStepArgs, FaultName};

use clap::{ArgGroup, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::num::NonZeroUsize;
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
    pub(crate) fn read(name: &'static str, arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
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
    /// Explain a code of a finding; without a code, list all of them
    Explain(ExplainArgs),
    /// Do one step of a rehearsal, to be killed at its commits
    #[command(hide = true)]
    CrashStep(CrashStepArgs),
    /// Check the format, run clippy, all tests, and build the docs
    Test,
}

/// What a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For a person.
    Text,
    /// For a script.
    Json,
}

impl Output {
    /// As `--json` says.
    pub(crate) fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// `explain`
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A code, as a finding shows it: populated/data-lost
    pub code: Option<String>,
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
    /// The database (default: NAME_DATABASE_URL for the database `name`, also from .env; else a local development database)
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
    /// How many units; all other rows are in proportion
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

fn how_many(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| {
        "it is not a number above zero; put the database first, as in `migrate pets --revert 2`".to_owned()
    })
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
