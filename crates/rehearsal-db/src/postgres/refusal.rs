//! Parses PostgreSQL's messages about a broken schema rule.

use crate::refusal::{Broken, Refusal, broken};

const PHRASES: &[(&str, Broken)] = &[
    ("violates not-null constraint", Broken::NotNull),
    ("contains null values", Broken::NotNull),
    ("does not allow null values", Broken::NotNull),
    ("violates unique constraint", Broken::Unique),
    ("could not create unique index", Broken::Unique),
    ("check constraint", Broken::Check),
    ("updated partition constraint", Broken::Check),
    ("violate the new constraint", Broken::Check),
    ("exclusion constraint", Broken::Check),
    ("no partition of relation", Broken::Check),
    ("violates foreign key constraint", Broken::Reference),
    ("value too long for type", Broken::Size),
    ("does not match type bit", Broken::Size),
    ("out of range", Broken::Size),
    ("numeric field overflow", Broken::Size),
    ("unsupported Unicode escape sequence", Broken::Size),
    ("invalid input", Broken::Form),
    ("cannot be cast", Broken::Form),
    ("malformed", Broken::Form),
    ("cannot extract", Broken::Form),
    ("cannot call", Broken::Form),
    ("cannot get", Broken::Form),
    ("cannot deconstruct", Broken::Form),
    ("invalid byte sequence", Broken::Form),
    ("invalid regular expression", Broken::Form),
    ("invalid XML", Broken::Form),
];

/// Parses a message. Names are in double quotes, after the word for their kind.
pub(super) fn refusal(why: &str) -> Option<Refusal> {
    let broken = broken(why, PHRASES)?;
    let after = |word: &str| {
        let (_, rest) = why.split_once(&format!("{word} \""))?;
        rest.split_once('"').map(|(name, _)| name.to_owned())
    };
    Some(Refusal {
        broken,
        table: after("relation").or_else(|| after("table")),
        rule: after("constraint").or_else(|| after("unique index")),
        columns: after("column").into_iter().chain(key_of(why)).collect(),
    })
}

/// The columns in `Key (a, b)=(1, 2) already exists.`, without expressions.
fn key_of(why: &str) -> Vec<String> {
    let Some((key, _)) = why.split_once("Key (").and_then(|(_, rest)| rest.split_once(")=(")) else {
        return Vec::new();
    };
    let columns = key.split(", ").filter(|column| !column.contains('('));
    columns.map(|column| column.trim_matches('"').replace("\"\"", "\"")).collect()
}
