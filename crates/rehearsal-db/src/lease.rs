//! The lease of a range of units. It ends after [`LEASE_SECONDS`] by the clock of the database, or immediately when the
//! session of its worker ends.

/// The time that a worker keeps a range without renewing its lease, in seconds. Each batch renews it and takes far
/// less.
pub(crate) const LEASE_SECONDS: u32 = 60;
