//! The ledger: the record of backfill runs, stored in the database that they change. The cursor, counts and findings
//! of a range are committed in one transaction with the rows that they describe, so that a killed process loses and
//! repeats nothing. Times are UTC and come from the database's clock. `run.rs` has the runs, `range.rs` their
//! ranges, `state.rs` their states.

mod checksum;
mod counts;
mod finding;
mod found;
mod json;
mod range;
mod reconciliation;
mod run;
mod run_record;
mod state;
mod stored;
mod undo_note;

pub use checksum::FindingsChecksum;
pub use counts::Counts;
pub use finding::{Finding, FindingKind, Sighting};
pub(crate) use found::{forget, forget_before};
pub use found::{keep, replay};
pub use json::Json;
pub(crate) use range::end;
pub use range::{Lease, Range, RangeProgress, claim, hold, is_one_free, open_ranges, save};
pub use reconciliation::{OutcomeCounts, Reconciliation, ValueOutcome};
pub use run::{
    Begun, By, Order, Use, begin, complete, counted, finish, look_again, looks, missing_privileges, start, state,
    supersede_all, transition, unfinished,
};
pub use run_record::{Logged, MAX_RANGES, RunRecord, newest_run, run_records};
pub use state::{RunState, Transition, Work};
pub use undo_note::{UndoNotes, leave_notes, take_notes};
