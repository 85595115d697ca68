//! Parses SQLite's messages about a broken schema rule.

use crate::refusal::{Broken, Refusal, broken};

const PHRASES: &[(&str, Broken)] = &[
    ("Cannot add a NOT NULL column", Broken::NotNull),
    ("NOT NULL constraint failed", Broken::NotNull),
    ("UNIQUE constraint failed", Broken::Unique),
    ("CHECK constraint failed", Broken::Check),
    ("FOREIGN KEY constraint failed", Broken::Reference),
    ("cannot store", Broken::Size),
    ("malformed JSON", Broken::Form),
    ("JSON path error", Broken::Form),
    ("JSON cannot hold BLOB", Broken::Form),
];

/// Parses `UNIQUE constraint failed: t.a, t.b`, `NOT NULL constraint failed: t.a`,
/// `CHECK constraint failed: NAME or text` or `cannot store TEXT value in INTEGER column t.a`.
pub(super) fn refusal(why: &str) -> Option<Refusal> {
    let broken = broken(why, PHRASES)?;
    let none = Refusal { broken, table: None, rule: None, columns: Vec::new() };
    let rest = match broken {
        Broken::Size => why.rsplit_once("column ").map(|(_, rest)| rest),
        _ => why.split_once("constraint failed: ").map(|(_, rest)| rest),
    };
    let Some(rest) = rest else { return Some(none) };
    if broken == Broken::Check {
        return Some(Refusal { rule: Some(rest.to_owned()), ..none });
    }
    if let Some(index) = rest.strip_prefix("index ") {
        return Some(Refusal { rule: Some(index.trim_matches('\'').to_owned()), ..none });
    }
    let named: Vec<(&str, &str)> = rest.split(", ").filter_map(|column| column.split_once('.')).collect();
    Some(Refusal {
        table: named.first().map(|(table, _)| (*table).to_owned()),
        columns: named.iter().map(|(_, column)| (*column).to_owned()).collect(),
        ..none
    })
}
