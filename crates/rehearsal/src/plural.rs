//! A number with its noun. Every message that counts something uses [`counted`].

/// Returns the number with its noun, in the plural unless the number is 1: `1 row`, `3 rows`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
