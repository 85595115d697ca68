//! [`RowProfile`]: the kinds of rows that are generated for a table.

/// The kinds of rows to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowProfile<'s> {
    /// Two ordinary rows, one with the values of the first except for unique ones, one with NULL in every column
    /// that allows it, neighbours in unique keys, and some with edge cases of the types.
    Everything,
    /// Two ordinary rows, and one with NULL in every column that allows it.
    WithNulls,
    /// Two rows as an app would write them, without NULL and without unusual values.
    Ordinary,
    /// Only a few rows, with the literals of this script in the columns that they fit.
    Literals(&'s str),
}
