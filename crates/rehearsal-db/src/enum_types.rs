//! The labels of enums, from the text of the scripts that create and extend them ([`Engine::enum_labels`]): a type that no column
//! uses yet is about to be used.

use crate::Engine;
use crate::lex::{Kind, Token, statements, tokens};
use std::collections::BTreeMap;

impl Engine {
    /// Adds the labels of the enums that a script creates or extends to `labels`, by the name of the type in lower case and
    /// without its schema.
    pub fn enum_labels(self, sql: &str, labels: &mut BTreeMap<String, Vec<String>>) {
        for statement in statements(sql, self) {
            let tokens: Vec<Token<'_>> =
                tokens(statement.text, self).into_iter().filter(|token| token.kind != Kind::Comment).collect();
            let is_of_enum = tokens.get(1).is_some_and(|token| token.is("TYPE"))
                && (tokens[0].is("CREATE") && tokens.iter().any(|token| token.is("ENUM"))
                    || tokens[0].is("ALTER") && tokens.iter().any(|token| token.is("VALUE")));
            if !is_of_enum {
                continue;
            }
            let name =
                tokens[2..].iter().take_while(|token| !token.is("AS") && !token.is("ADD") && !token.is("RENAME"));
            let Some(name) = name.last().map(|token| token.normal().to_lowercase()) else { continue };
            let texts = tokens.iter().filter(|token| token.kind == Kind::String).map(Token::unquoted);
            // In `ADD VALUE 'a' BEFORE 'b'`, the second label exists already.
            let texts: Vec<String> = if tokens[0].is("ALTER") { texts.take(1).collect() } else { texts.collect() };
            labels.entry(name).or_default().extend(texts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn labels() {
        let check = |sql: &str, expect: &[(&str, &[&str])]| {
            let mut labels = BTreeMap::new();
            Engine::Postgres.enum_labels(sql, &mut labels);
            let found: Vec<(&str, Vec<&str>)> = labels
                .iter()
                .map(|(name, labels)| (name.as_str(), labels.iter().map(String::as_str).collect()))
                .collect();
            let expect: Vec<(&str, Vec<&str>)> = expect.iter().map(|(name, labels)| (*name, labels.to_vec())).collect();
            assert_eq!(found, expect, "{sql}");
        };
        check("CREATE TABLE t (a text DEFAULT 'x')", &[]);
        check("CREATE TYPE mood AS ENUM ('sad', 'it''s')", &[("mood", &["sad", "it's"])]);
        check("CREATE TYPE app.\"Mood\" AS ENUM ()", &[("mood", &[])]);
        check(
            "CREATE TYPE mood AS ENUM ('sad'); ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok' BEFORE 'sad'",
            &[("mood", &["sad", "ok"])],
        );
        check("CREATE TYPE pair AS (a text, b text)", &[]);
    }
}
