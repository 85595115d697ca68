//! Parses SQLite's messages about missing objects.

use crate::Missing;

/// The beginnings of the messages, and the kinds of the objects.
const PHRASES: &[(&str, &str)] = &[
    ("no such table: ", "table"),
    ("no such view: ", "view"),
    ("no such function: ", "function"),
    ("no such module: ", "module"),
    ("no such collation sequence: ", "collation"),
];

pub(super) fn missing(why: &str) -> Option<Missing> {
    let (kind, name) = PHRASES.iter().find_map(|(phrase, kind)| Some((*kind, why.split_once(phrase)?.1)))?;
    Some(Missing { kind: kind.to_owned(), name: name.trim_start_matches("main.").to_owned() })
}
