//! Formats counts with the right plural.

/// Returns `1 row`, `3 rows` etc.
pub(super) fn rows(n: u64) -> String {
    if n == 1 { "1 row".to_owned() } else { format!("{n} rows") }
}
