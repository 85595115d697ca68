//! Numbers with their nouns, and columns.

/// `1 pet`, `92 pets`, `1,000,000 pets`.
#[must_use]
pub fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(n))
}

/// A number with its thousands set apart by commas.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Two columns, the first as wide as its widest cell, each line indented by two spaces.
#[must_use]
pub(crate) fn columns(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or_default();
    rows.iter().map(|(left, right)| format!("  {left:<width$}  {right}").trim_end().to_owned() + "\n").collect()
}
