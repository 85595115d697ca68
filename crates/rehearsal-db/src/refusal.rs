//! What an engine says when a row breaks a rule of the schema, taken apart. Only the message tells; where a server speaks
//! another language than English, nothing is known of the rule.

use super::Engine;

/// A rule that a row breaks, or a value that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of rule it is.
    pub broken: Broken,
    /// The table, where it was named.
    pub table: Option<String>,
    /// What the rule is called.
    pub rule: Option<String>,
    /// The columns that were named.
    pub columns: Vec<String>,
}

/// A kind of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// A column takes no NULL.
    NotNull,
    /// There is such a row already.
    Unique,
    /// A check, an exclusion, or that a row belongs to no partition.
    Check,
    /// There is no such row to refer to, or one that refers to it.
    Reference,
    /// A value is too long or too large for its type.
    Size,
    /// A value is not written as its type wants it.
    Form,
}

impl Engine {
    /// What a message of this engine says of a rule; none where it is about something else.
    pub fn refusal(self, why: &str) -> Option<Refusal> {
        let phrases = match self {
            Self::Sqlite => SQLITE,
            Self::Postgres => POSTGRES,
        };
        let broken = phrases.iter().find(|(phrase, _)| why.contains(phrase)).map(|(_, broken)| *broken)?;
        Some(match self {
            Self::Sqlite => sqlite(why, broken),
            Self::Postgres => postgres(why, broken),
        })
    }
}

const SQLITE: &[(&str, Broken)] = &[
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

const POSTGRES: &[(&str, Broken)] = &[
    ("violates not-null constraint", Broken::NotNull),
    ("contains null values", Broken::NotNull),
    ("does not allow null values", Broken::NotNull),
    ("violates unique constraint", Broken::Unique),
    ("could not create unique index", Broken::Unique),
    ("check constraint", Broken::Check),
    ("violate the new constraint", Broken::Check),
    ("exclusion constraint", Broken::Check),
    ("no partition of relation", Broken::Check),
    ("violates foreign key constraint", Broken::Reference),
    ("value too long for type", Broken::Size),
    ("does not match type bit", Broken::Size),
    ("out of range", Broken::Size),
    ("numeric field overflow", Broken::Size),
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

/// `UNIQUE constraint failed: t.a, t.b`, `NOT NULL constraint failed: t.a`, `CHECK constraint failed: NAME or text`,
/// `cannot store TEXT value in INTEGER column t.a`.
fn sqlite(why: &str, broken: Broken) -> Refusal {
    let none = Refusal { broken, table: None, rule: None, columns: Vec::new() };
    let rest = match broken {
        Broken::Size => why.rsplit_once("column ").map(|(_, rest)| rest),
        _ => why.split_once("constraint failed: ").map(|(_, rest)| rest),
    };
    let Some(rest) = rest else { return none };
    if broken == Broken::Check {
        return Refusal { rule: Some(rest.to_owned()), ..none };
    }
    if let Some(index) = rest.strip_prefix("index ") {
        return Refusal { rule: Some(index.trim_matches('\'').to_owned()), ..none };
    }
    let named: Vec<(&str, &str)> = rest.split(", ").filter_map(|column| column.split_once('.')).collect();
    Refusal {
        table: named.first().map(|(table, _)| (*table).to_owned()),
        columns: named.iter().map(|(_, column)| (*column).to_owned()).collect(),
        ..none
    }
}

/// Names stand between double quotes behind what they are names of.
fn postgres(why: &str, broken: Broken) -> Refusal {
    let behind = |word: &str| {
        let (_, rest) = why.split_once(&format!("{word} \""))?;
        rest.split_once('"').map(|(name, _)| name.to_owned())
    };
    Refusal {
        broken,
        table: behind("relation").or_else(|| behind("table")),
        rule: behind("constraint").or_else(|| behind("unique index")),
        columns: behind("column").into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn messages() {
        type Expect<'a> = Option<(Broken, Option<&'a str>, Option<&'a str>, &'a [&'a str])>;
        let check = |engine: Engine, why: &str, expect: Expect<'_>| {
            let expect = expect.map(|(broken, table, rule, columns)| Refusal {
                broken,
                table: table.map(ToOwned::to_owned),
                rule: rule.map(ToOwned::to_owned),
                columns: columns.iter().map(ToString::to_string).collect(),
            });
            assert_eq!(engine.refusal(why), expect, "{why}");
        };
        let sqlite = |why: &str, expect: Expect<'_>| check(Engine::Sqlite, why, expect);
        sqlite("no such table: t", None);
        sqlite("UNIQUE constraint failed: t.a, t.b", Some((Broken::Unique, Some("t"), None, &["a", "b"])));
        sqlite("UNIQUE constraint failed: index 'i'", Some((Broken::Unique, None, Some("i"), &[])));
        sqlite("NOT NULL constraint failed: t.a", Some((Broken::NotNull, Some("t"), None, &["a"])));
        sqlite("CHECK constraint failed: a > 0", Some((Broken::Check, None, Some("a > 0"), &[])));
        sqlite("FOREIGN KEY constraint failed", Some((Broken::Reference, None, None, &[])));
        sqlite("cannot store TEXT value in INTEGER column t.a", Some((Broken::Size, Some("t"), None, &["a"])));
        sqlite("Cannot add a NOT NULL column with default value NULL", Some((Broken::NotNull, None, None, &[])));
        let postgres = |why: &str, expect: Expect<'_>| check(Engine::Postgres, why, expect);
        postgres("relation \"t\" does not exist", None);
        postgres(
            "null value in column \"a\" of relation \"t\" violates not-null constraint (Failing row contains (1, null).)",
            Some((Broken::NotNull, Some("t"), None, &["a"])),
        );
        postgres(
            "column \"a\" of relation \"t\" contains null values",
            Some((Broken::NotNull, Some("t"), None, &["a"])),
        );
        postgres(
            "could not create unique index \"i\" (Key (a)=(1) is duplicated.)",
            Some((Broken::Unique, None, Some("i"), &[])),
        );
        postgres(
            "check constraint \"c\" of relation \"t\" is violated by some row",
            Some((Broken::Check, Some("t"), Some("c"), &[])),
        );
        postgres("value for domain d violates check constraint \"c\"", Some((Broken::Check, None, Some("c"), &[])));
        postgres("no partition of relation \"t\" found for row", Some((Broken::Check, Some("t"), None, &[])));
        postgres(
            "insert or update on table \"t\" violates foreign key constraint \"f\"",
            Some((Broken::Reference, Some("t"), Some("f"), &[])),
        );
        postgres("value too long for type character varying(3)", Some((Broken::Size, None, None, &[])));
        postgres("integer out of range", Some((Broken::Size, None, None, &[])));
        postgres("invalid input syntax for type uuid: \"a\"", Some((Broken::Form, None, None, &[])));
    }
}
