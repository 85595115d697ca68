//! The flags of `ci`, and of the processes that it starts.

use super::numbers::{batch, jobs};
use super::{ReportArgs, TargetArgs};
use clap::ArgGroup;
use rehearsal::backfill::Fault;
use rehearsal::layout::Tool;
use rehearsal_db::Engine;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// `ci`
#[derive(Debug, clap::Args)]
pub struct CiArgs {
    /// Databases, named after their folders in migrations/ (default: all)
    #[arg(conflicts_with = "migrations")]
    pub databases: Vec<String>,
    /// Folder with the migrations of any sqlx project (default: from sqlx.toml, otherwise migrations/); repeat the flag if
    /// several folders form one history, which is ordered by version
    #[arg(long, value_name = "DIR")]
    pub migrations: Vec<PathBuf>,
    /// Engine of the migrations, postgres or sqlite (default: from rehearsal.toml in the folder of the migrations,
    /// otherwise from DATABASE_URL in the environment or .env, otherwise from the migrations)
    #[arg(long, value_name = "ENGINE", conflicts_with = "databases")]
    pub engine: Option<Engine>,
    /// Tool of the migrations: sqlx, diesel, refinery, golang-migrate, dbmate, goose or prisma (default: recognised by the
    /// content of the folder)
    #[arg(long, value_name = "TOOL", conflicts_with = "databases")]
    pub layout: Option<Tool>,
    /// Data that has seen the migrations up to a version, as FILE@VERSION, or FILE if its first line is
    /// `-- at: VERSION` or its name begins with the version; or a folder of files named after versions, each inserted
    /// after its migration
    #[arg(long, value_name = "FILE", conflicts_with = "databases")]
    pub fixture: Vec<PathBuf>,
    /// SQL to run in an empty database before the history: it creates what the history needs but another system owns
    #[arg(long, value_name = "FILE", conflicts_with = "databases")]
    pub setup: Vec<PathBuf>,
    /// Try every mutant of the rows that backfills wrote, and kill processes at every commit, not only at a sample
    #[arg(long)]
    pub exhaustive: bool,
    /// Run only these proofs, separated by commas, and the proofs that they need
    #[arg(long, value_name = "PROOF", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Leave out these proofs, separated by commas
    #[arg(long, value_name = "PROOF", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Start no other proof after one that fails
    #[arg(long)]
    pub fail_fast: bool,
    /// Maximum number of proofs that run at the same time (default: two for each core)
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<NonZeroU32>,
    /// Revision in which the change started; findings of migrations that are unchanged since then do not count (default:
    /// the merge base with the default branch of the remote; none: every finding counts)
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// Accept today's findings: add entries to rehearsal.toml, with the reason "baseline"
    #[arg(long, conflicts_with_all = ["only", "skip"])]
    pub write_baseline: bool,
    /// Make every proof again, even if nothing that it depends on has changed
    #[arg(long)]
    pub fresh: bool,
    /// Install nothing: without PostgreSQL on this machine, its databases are not rehearsed
    #[arg(long)]
    pub no_install: bool,
    /// Print every finding in full
    #[arg(long, short, conflicts_with = "json")]
    pub verbose: bool,
    /// The reports to write.
    #[command(flatten)]
    pub reports: ReportArgs,
    /// Print the report as JSON, as --report json=- does
    #[arg(long)]
    pub json: bool,
    /// Inject a fault into the library, to test the proofs
    #[arg(long, value_enum, hide = true)]
    pub fault: Option<FaultName>,
}

/// `crash-step`
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("step").required(true))]
pub struct CrashStepArgs {
    /// Database, named after its folder in migrations/
    #[arg(conflicts_with = "migrations", required_unless_present = "migrations")]
    pub database: Option<String>,
    /// Folder with the migrations of any sqlx project
    #[arg(long, value_name = "DIR")]
    pub migrations: Vec<PathBuf>,
    /// Engine of the migrations
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<Engine>,
    /// Tool of the migrations
    #[arg(long, value_name = "TOOL")]
    pub layout: Option<Tool>,
    /// Apply the migrations up to this version
    #[arg(long, group = "step", value_name = "VERSION")]
    pub migration: Option<i64>,
    /// Run this backfill
    #[arg(long, group = "step", value_name = "NAME")]
    pub backfill: Option<String>,
    /// Maximum number of units per transaction
    #[arg(long, value_name = "N", value_parser = batch)]
    pub batch: NonZeroU32,
    /// Inject a fault into the library, to test the proofs
    #[arg(long, value_enum)]
    pub fault: Option<FaultName>,
    /// The database.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// A fault of the library that tests inject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FaultName {
    /// The cursor of a batch is committed separately from its rows
    CursorApart,
}

impl FaultName {
    /// Returns the library's value for the flag.
    pub(crate) fn fault(this: Option<Self>) -> Fault {
        match this {
            None => Fault::None,
            Some(Self::CursorApart) => Fault::CursorApart,
        }
    }
}
