//! [`Refusal`]: the schema rule that an error message says a row breaks. Only the text of the message identifies it,
//! so a server with messages in another language gives none.

/// A rule that a row breaks, or a rejected value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of the rule.
    pub broken: Broken,
    /// The table, if the message names it.
    pub table: Option<String>,
    /// The name of the rule.
    pub rule: Option<String>,
    /// The columns that the message names.
    pub columns: Vec<String>,
}

/// A kind of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The column is NOT NULL.
    NotNull,
    /// The row is a duplicate.
    Unique,
    /// A check or an exclusion fails, or no partition accepts the row.
    Check,
    /// The referenced row is missing, or another row still refers to this one.
    Reference,
    /// The value is too long or too large for its type.
    Size,
    /// The value is not valid for its type.
    Form,
}

/// The kind of the first phrase that a message contains.
pub(crate) fn broken(why: &str, phrases: &[(&str, Broken)]) -> Option<Broken> {
    phrases.iter().find(|(phrase, _)| why.contains(phrase)).map(|(_, broken)| *broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;
    use pretty_assertions::assert_eq;

    #[test]
    fn parses_error_messages() {
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
            "could not create unique index \"i\" (Key (a, \"B\")=(1, 2) is duplicated.)",
            Some((Broken::Unique, None, Some("i"), &["a", "B"])),
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
        postgres("unsupported Unicode escape sequence", Some((Broken::Size, None, None, &[])));
        postgres(
            "updated partition constraint for default partition \"t\" would be violated by some row",
            Some((Broken::Check, None, None, &[])),
        );
        postgres("invalid input syntax for type uuid: \"a\"", Some((Broken::Form, None, None, &[])));
    }
}
