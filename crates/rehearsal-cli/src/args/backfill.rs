//! The flags of `backfill`.

use super::TargetArgs;
use clap::ArgGroup;
use std::num::NonZeroU32;
use std::path::PathBuf;

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
