//! Which rows a table is given.

/// Which rows are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowProfile {
    /// Two ordinary rows, one like the first as far as that is allowed, one with all that may be NULL, and some with values at
    /// the edges of what the types take.
    Everything,
    /// Two ordinary rows, and one with all that may be NULL.
    WithNulls,
    /// Two rows as an app would write them, without NULL and without anything unusual.
    Ordinary,
}
