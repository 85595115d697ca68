//! Parses PostgreSQL's messages about missing objects.

use crate::Missing;

/// Kinds of objects in the server's messages, and the corresponding [`Missing::kind`].
const KINDS: &[(&str, &str)] = &[
    ("relation", "table"),
    ("table", "table"),
    ("view", "view"),
    ("materialized view", "view"),
    ("sequence", "sequence"),
    ("schema", "schema"),
    ("role", "role"),
    ("type", "type"),
    ("language", "language"),
    ("collation", "collation"),
    ("text search configuration", "text search configuration"),
    ("foreign-data wrapper", "foreign-data wrapper"),
    ("server", "foreign server"),
    ("access method", "access method"),
    ("publication", "publication"),
    ("tablespace", "tablespace"),
];

pub(super) fn missing(why: &str) -> Option<Missing> {
    let (kind, name) = named(why)?;
    Some(Missing { kind: kind.to_owned(), name: name.to_owned() })
}

fn named(why: &str) -> Option<(&'static str, &str)> {
    if let Some(rest) = why.strip_prefix("could not open extension control file \"") {
        let file = rest.split('"').next()?;
        return Some(("extension", file.rsplit('/').next()?.trim_end_matches(".control")));
    }
    if let Some(rest) = why.strip_prefix("extension \"") {
        let (name, rest) = rest.split_once('"')?;
        return rest.starts_with(" is not available").then_some(("extension", name));
    }
    let (subject, _) = why.split_once(" does not exist")?;
    if let Some(function) = subject.strip_prefix("function ") {
        return Some(("function", function));
    }
    let (kind, name) = subject.split_once(" \"")?;
    let name = name.split('"').next()?;
    let (_, kind) = KINDS.iter().find(|(theirs, _)| *theirs == kind)?;
    Some((kind, name))
}
