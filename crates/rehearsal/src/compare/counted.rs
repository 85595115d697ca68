//! Counts as a person reads them.

/// `3 rows`, `1 row`.
pub(super) fn rows(n: u64) -> String {
    if n == 1 { "1 row".to_owned() } else { format!("{n} rows") }
}
