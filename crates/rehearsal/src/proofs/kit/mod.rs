//! Tools that several proofs share: the timeline of steps from a fixture's version to the newest, snapshots of a
//! database and their comparison, checkpoints to return to, and the detection of nondeterministic values. A helper
//! that only one proof uses belongs in the folder of that proof.

pub mod aftermath;
pub mod checkpoint;
pub mod intended;
pub mod losses;
pub mod moved_columns;
pub mod nondeterminism;
pub mod observed;
pub mod offenders;
pub mod reconciliation;
pub mod removal;
pub mod repeat;
pub mod round_trip;
pub mod seeds;
pub mod snapshot;
pub mod timeline;
pub mod unchanged;
