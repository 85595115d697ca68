//! What a migration declares at the top of its up file: the losses that it intends.

use super::file::Loss;
use crate::directive::{NO_TRANSACTION, directives};

/// The directives of migrations.
pub(super) const KNOWN: &[&str] = &["loses", "requires-backfill", NO_TRANSACTION];

/// Returns the losses that a script declares.
pub(super) fn declared_losses(sql: &str) -> Vec<Loss> {
    let found = directives(sql, KNOWN).0;
    found.iter().filter(|directive| directive.key == "loses").filter_map(|directive| loss(&directive.value)).collect()
}

/// Parses `"Table"."column", reason` or `"Table", reason`. Plain names need no quotes. `None` if a name is missing.
pub(super) fn loss(value: &str) -> Option<Loss> {
    let subject = value.split_once(',').map_or(value, |(subject, _)| subject).trim();
    let unquote = |name: &str| name.trim().trim_matches('"').to_owned();
    let (table, column) = match subject.split_once("\".\"").or_else(|| subject.split_once('.')) {
        Some((table, column)) => (unquote(table), Some(unquote(column))),
        None => (unquote(subject), None),
    };
    let is_name = |name: &String| !name.is_empty();
    (is_name(&table) && column.iter().all(is_name)).then_some(Loss { table, column })
}
