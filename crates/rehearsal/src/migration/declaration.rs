//! What a migration declares at the top of its up file: the losses that it intends, and the findings that it accepts.

use super::file::{Loss, Migration};
use crate::directive::{NO_TRANSACTION, directives};
use crate::workspace::Allow;

/// The directives of migrations.
pub(super) const KNOWN: &[&str] = &["allow", "loses", "requires-backfill", NO_TRANSACTION];

/// Returns the findings that the up file of a migration accepts.
pub(super) fn declared_allows(migration: &Migration) -> Vec<Allow> {
    let found = directives(&migration.up.sql, KNOWN).0;
    let found =
        found.iter().filter(|directive| directive.key == "allow").filter_map(|directive| allowed(&directive.value));
    let allow = |(code, object, reason)| Allow {
        migration: Some(migration.version),
        code,
        object,
        reason,
        declared_in: Some(migration.up.path.clone()),
    };
    found.map(allow).collect()
}

/// Parses `CODE, reason` or `CODE NAME, reason`. `None` if the code or the reason is missing.
pub(super) fn allowed(value: &str) -> Option<(String, Option<String>, String)> {
    let (subject, reason) = value.split_once(',')?;
    let (code, name) = subject.trim().split_once(' ').unwrap_or((subject.trim(), ""));
    let is_code = code.split_once('/').is_some_and(|(proof, what)| !proof.is_empty() && !what.is_empty());
    let (name, reason) = (name.trim().trim_matches('"'), reason.trim());
    (is_code && !reason.is_empty())
        .then(|| (code.to_owned(), (!name.is_empty()).then(|| name.to_owned()), reason.to_owned()))
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn allowed_findings() {
        let check = |value: &str, expect: Option<(&str, Option<&str>, &str)>| {
            let expect =
                expect.map(|(code, object, reason)| (code.to_owned(), object.map(str::to_owned), reason.to_owned()));
            assert_eq!(allowed(value), expect, "{value}");
        };
        check("populated/schema-lost, all of it", Some(("populated/schema-lost", None, "all of it")));
        check("a/b by_name, no query, really", Some(("a/b", Some("by_name"), "no query, really")));
        check("a/b \"by name\", unused", Some(("a/b", Some("by name"), "unused")));
        for bad in ["", "a/b", "a/b by_name", "a/b,", "all users, soon", "/b, x", "a/, x"] {
            check(bad, None);
        }
    }
}
