//! What a migration declares at the top of its up file: the losses that it intends, and the findings that it accepts.

use super::file::{Loss, Migration};
use crate::directive::{NO_TRANSACTION, directives};
use crate::workspace::Allow;

/// The directives of migrations.
pub(super) const KNOWN: &[&str] = &["allow", "loses", "moves", "requires-backfill", NO_TRANSACTION];

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

/// Returns the losses and moved columns that a script declares.
pub(super) fn declared_losses(sql: &str) -> Vec<Loss> {
    let found = directives(sql, KNOWN).0;
    let parsed = found.iter().filter_map(|directive| match directive.key.as_str() {
        "loses" => loss(&directive.value),
        "moves" => moved(&directive.value),
        _ => None,
    });
    parsed.collect()
}

/// Parses `"Table"."column", reason` or `"Table", reason`. Plain names need no quotes. `None` if a name is missing.
pub(super) fn loss(value: &str) -> Option<Loss> {
    let subject = value.split_once(',').map_or(value, |(subject, _)| subject).trim();
    let (table, column) = place(subject)?;
    Some(Loss { table, column, moved_to: None })
}

/// Parses `"Table"."column" to "Table"."column", reason`. `None` if a name or the reason is missing.
pub(super) fn moved(value: &str) -> Option<Loss> {
    let (subject, reason) = value.split_once(',')?;
    let (from, to) = subject.split_once(" to ")?;
    let ((table, column @ Some(_)), (to, Some(to_column))) = (place(from)?, place(to)?) else { return None };
    (!reason.trim().is_empty()).then_some(Loss { table, column, moved_to: Some((to, to_column)) })
}

/// Parses `"Table"."column"` or `"Table"`.
fn place(subject: &str) -> Option<(String, Option<String>)> {
    let subject = subject.trim();
    let unquote = |name: &str| name.trim().trim_matches('"').to_owned();
    let (table, column) = match subject.split_once("\".\"").or_else(|| subject.split_once('.')) {
        Some((table, column)) => (unquote(table), Some(unquote(column))),
        None => (unquote(subject), None),
    };
    let is_name = |name: &String| !name.is_empty();
    (is_name(&table) && column.iter().all(is_name)).then_some((table, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn moved_columns() {
        let check = |value: &str, expect: Option<[&str; 4]>| {
            let found = moved(value).and_then(|loss| {
                let (to, to_column) = loss.moved_to?;
                Some([loss.table, loss.column?, to, to_column])
            });
            assert_eq!(found, expect.map(|names| names.map(str::to_owned)), "{value}");
        };
        check("a.b to c.d, kept there", Some(["a", "b", "c", "d"]));
        check("\"a\".\"b c\" to \"D\".\"e\", x, y", Some(["a", "b c", "D", "e"]));
        for bad in ["", "a.b", "a.b, x", "a to c.d, x", "a.b to c, x", "a.b to c.d", "a.b to c.d,", "to c.d, x"] {
            check(bad, None);
        }
    }

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
