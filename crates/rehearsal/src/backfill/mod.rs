//! Backfills: data changes written in Rust. An author implements [`Backfill`], or [`ParentChildBackfill`] if a unit
//! has any number of child rows. The library adds paging, transactions, the ledger, retries and progress.
//!
//! Start reading at [`run()`] in `run.rs`. `resumable.rs` runs a pass whose progress is stored in the ledger,
//! `one_shot.rs` a pass without stored progress. Both process ranges of units with `pipeline.rs`, which joins
//! `read.rs` and `write.rs`.

mod batch;
mod batch_size;
mod blame;
mod child_counts;
mod child_rows;
mod control;
mod definition;
mod error;
mod findings;
mod one_shot;
mod outcome;
mod parent_child;
mod pass;
mod pipeline;
mod preflight;
mod pressure;
mod query;
mod read;
mod registry;
mod required;
mod resumable;
mod retry_events;
mod run;
mod run_status;
mod spool;
#[cfg(test)]
mod tests;
mod throttle;
mod undo_prediction;
mod work;
mod worker;
mod worker_pool;
mod write;

pub use crate::threads::Threads;
pub use control::{ControlOutcome, ControlRequest, RunActivity, request_control};
pub use definition::{About, Backfill, Privilege, Undo, Undone, Written};
pub use error::Error;
pub use findings::{Findings, Reject};
pub use outcome::{Ending, Outcome, Traversal};
pub use parent_child::{ParentChild, ParentChildBackfill};
pub(crate) use pass::Units;
pub use pass::{DEFAULT_AIM, DEFAULT_BATCH, Effect, Fault, Lines, Pass, Scope, Stop};
pub use query::Counted;
pub use registry::AnyBackfill;
pub use rehearsal_db::UnitOrder;
pub use run::run;
pub use run_status::{RunStatus, last_run, run_status};
