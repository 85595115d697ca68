//! The flags of `backfill`.

use super::numbers::{batch, batch_time, rest, workers};
use super::{ReportArgs, TargetArgs};
use clap::ArgGroup;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// `backfill`
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("mode"))]
pub struct BackfillArgs {
    /// Backfills (default: all)
    pub names: Vec<String>,
    /// Show what an execution would do, without writing anything (default)
    #[arg(long, conflicts_with_all = ["execute", "mode"])]
    pub dry_run: bool,
    /// Run the backfills and write their rows; with --undo, undo them
    #[arg(long, conflicts_with = "mode")]
    pub execute: bool,
    /// Verify the backfills on throwaway copies of every fixture: run, run again, check, undo
    #[arg(long, group = "mode", conflicts_with_all = ["scope", "record", "url"])]
    pub verify: bool,
    /// Show what undoing the backfills would do; with --execute, undo what they wrote
    #[arg(long, conflicts_with = "mode")]
    pub undo: bool,
    /// List all runs in the ledger: their state and counts, and who started them, when, and with which version of the
    /// code
    #[arg(long, group = "mode", conflicts_with_all = ["report", "rows"])]
    pub status: bool,
    /// Pause the active run after its current batch, whichever process runs it
    #[arg(long, group = "mode", conflicts_with_all = ["report", "rows"])]
    pub pause: bool,
    /// Resume a paused run
    #[arg(long, group = "mode", conflicts_with_all = ["report", "rows"])]
    pub resume: bool,
    /// Stop the active run after its current batch; the next --execute resumes it
    #[arg(long, group = "mode", conflicts_with_all = ["report", "rows"])]
    pub stop: bool,
    /// Process only units with this value in this column; repeat the flag for several columns
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = scope)]
    pub scope: Vec<(String, String)>,
    /// Maximum number of units per transaction (default: 5000, fewer if units are large or slow; 25 for --verify, so
    /// that small fixtures have several batches)
    #[arg(long, value_name = "N", value_parser = batch)]
    pub batch: Option<NonZeroU32>,
    /// Target duration of a batch, to which its size adapts (default: 200; none if --batch is given)
    #[arg(long, value_name = "MILLISECONDS", value_parser = batch_time)]
    pub batch_time: Option<u64>,
    /// Pause between two batches, at most 30000
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0, value_parser = rest)]
    pub rest: u64,
    /// Number of batches to process concurrently; other processes can work on the same run, too (PostgreSQL)
    #[arg(long, value_name = "N", default_value_t = NonZeroU32::MIN, value_parser = workers)]
    pub workers: NonZeroU32,
    /// File for the record of the run, as JSON with all findings (default: .dev/reports/NAME-TIMESTAMP.json)
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// The reports to write.
    #[command(flatten)]
    pub reports: ReportArgs,
    /// Print every unit, not only the first ten
    #[arg(long)]
    pub verbose: bool,
    /// Print the status as JSON
    #[arg(long, requires = "status")]
    pub json: bool,
    /// Write to a database on another machine without asking
    #[arg(long)]
    pub yes: bool,
    /// The database.
    #[command(flatten)]
    pub target: TargetArgs,
}

fn scope(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.to_owned(), value.to_owned())),
        _ => Err("write it as COLUMN=VALUE, as in --scope id=42".to_owned()),
    }
}
