//! Formats numbers with their nouns, and columns of text.

/// Formats a number with its noun: `1 pet`, `92 pets`, `2 batches`, `1,000,000 pets`.
#[must_use]
pub fn count(n: u64, noun: &str) -> String {
    let plural = match n {
        1 => "",
        _ if noun.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{} {noun}{plural}", thousands(n))
}

/// Formats a number with commas between thousands.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Formats two columns, the first as wide as its widest cell, each line indented by two spaces.
#[must_use]
pub(crate) fn columns(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or_default();
    rows.iter().map(|(left, right)| format!("  {left:<width$}  {right}").trim_end().to_owned() + "\n").collect()
}
