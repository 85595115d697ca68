//! What an engine says when a row breaks a rule of the schema, taken apart. Only the message tells; where a server speaks
//! another language than English, nothing is known of the rule.

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

/// The rule of which one of these phrases speaks, if a message holds one.
pub(crate) fn broken(why: &str, phrases: &[(&str, Broken)]) -> Option<Broken> {
    phrases.iter().find(|(phrase, _)| why.contains(phrase)).map(|(_, broken)| *broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;
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
