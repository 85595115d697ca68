//! What several proofs use: the steps from a fixture's version to the newest, snapshots of a database and how they differ,
//! checkpoints to return to, and values that no two runs share.

pub mod checkpoint;
pub mod losses;
pub mod moved_columns;
pub mod nondeterminism;
pub mod reconciliation;
pub mod repeat;
pub mod snapshot;
pub mod timeline;
pub mod unchanged;
