//! Tools that several proofs share: the timeline of steps from a fixture's version to the newest, snapshots of a
//! database and their comparison, checkpoints to return to, and the detection of nondeterministic values. A helper
//! that only one proof uses belongs in the folder of that proof.

pub mod checkpoint;
pub mod losses;
pub mod moved_columns;
pub mod nondeterminism;
pub mod reconciliation;
pub mod repeat;
pub mod snapshot;
pub mod timeline;
pub mod unchanged;

/// A number with its noun, in the plural unless the number is 1: `3 pets`.
pub(in crate::proofs) fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
