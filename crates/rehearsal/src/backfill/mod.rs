//! Data changes written in Rust. An author writes a [`Backfill`], or a [`ParentChildBackfill`] where a unit has any number of
//! child rows. The library does the rest: paging, transactions, the ledger, retries, progress.
//!
//! Start reading at `run.rs`. `resumable.rs` is a pass whose progress the ledger keeps, `one_shot.rs` one that keeps none; both
//! work on ranges of units by `pipeline.rs`, which joins `read.rs` and `write.rs`.

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
mod work;
mod worker;
mod worker_pool;
mod write;

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
pub use run::run;
pub use run_status::{RunStatus, last_run, run_status};
