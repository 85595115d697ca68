//! The flags of `ci`, and of the processes that it starts.

use super::TargetArgs;
use clap::ArgGroup;
use rehearsal::backfill::Fault;
use rehearsal_db::Engine;
use std::num::NonZeroU32;
use std::path::PathBuf;

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
    /// Its engine, postgres or sqlite (default: that of rehearsal.toml beside the migrations, or of DATABASE_URL, also from .env)
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
    pub(crate) fn fault(this: Option<Self>) -> Fault {
        match this {
            None => Fault::None,
            Some(Self::CursorApart) => Fault::CursorApart,
        }
    }
}
