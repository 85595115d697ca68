//! For how long a worker has a range of units: until its lease ends, by the database's own clock, or at once with the session
//! of the worker that had it.

/// For how long a worker has a range without a sign of life, in seconds. A batch takes far less, and prolongs it.
pub(crate) const LEASE_SECONDS: u32 = 60;
