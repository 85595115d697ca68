//! [`Missing`]: the missing object that an error message names, and whether a script creates it. Only the text of the
//! message identifies it, so a server with messages in another language gives none.

use super::Engine;
use super::lex::{Kind, Token, tokens};
use std::fmt;

/// A missing object that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its kind, in the engine's own words: `table`, `schema`, `extension`.
    pub kind: String,
    /// Its name, as the engine reports it.
    pub name: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

impl Missing {
    /// SQL that creates it; `None` if SQL cannot.
    #[must_use]
    pub fn remedy(&self, engine: Engine) -> Option<String> {
        let name = &self.name;
        if !engine.is_made_by_sql(&self.kind) {
            return None;
        }
        match self.kind.as_str() {
            "schema" | "role" => Some(format!("CREATE {} {name};", self.kind.to_uppercase())),
            "table" => {
                let schema = name.split_once('.').map(|(schema, _)| format!("CREATE SCHEMA {schema}; "));
                let schema = schema.unwrap_or_default();
                Some(format!("{schema}CREATE TABLE {name} (…), with the columns that are used"))
            }
            "function" => Some(format!("CREATE FUNCTION {name} …, or the extension that it is part of")),
            kind => Some(format!("CREATE {} {name} …", kind.to_uppercase())),
        }
    }
}

impl Engine {
    /// True if a script creates an object with this name, or renames one to it.
    pub fn makes(self, sql: &str, name: &str) -> bool {
        let name: Vec<String> = name.split('(').next().unwrap_or(name).split('.').map(str::to_uppercase).collect();
        let all = tokens(sql, self);
        let words: Vec<Token<'_>> = all.into_iter().filter(|token| token.kind != Kind::Comment).collect();
        (0..words.len()).any(|i| {
            let rest = &words[i..];
            match rest {
                [create, rest @ ..] if create.is("CREATE") => {
                    let head = rest.iter().take_while(|word| !["(", "ON", "AS", ";"].iter().any(|end| word.is(end)));
                    is_named(&head.copied().collect::<Vec<_>>(), &name)
                }
                [rename, to, named, ..] if rename.is("RENAME") && to.is("TO") => {
                    is_named(&[*named], &name[name.len() - 1..])
                }
                [string, ..] => string.body().is_some_and(|(_, body)| self.makes(body, &name.join("."))),
                [] => false,
            }
        })
    }
}

/// True if these words contain a name with its dots.
fn is_named(words: &[Token<'_>], name: &[String]) -> bool {
    let parts: Vec<String> = words.iter().map(Token::normal).collect();
    let wanted = name.join(" . ");
    let wanted: Vec<&str> = wanted.split(' ').collect();
    parts.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn parses_error_messages() {
        let check = |engine: Engine, why: &str, expect: &str| {
            let got = engine.missing(why).map_or_else(String::new, |missing| missing.to_string());
            assert_eq!(got, expect, "{why}");
        };
        let postgres = |why: &str, expect: &str| check(Engine::Postgres, why, expect);
        postgres("relation \"auth.users\" does not exist", "table auth.users");
        postgres("schema \"auth\" does not exist", "schema auth");
        postgres("role \"app\" does not exist", "role app");
        postgres("type \"geometry\" does not exist", "type geometry");
        postgres("function auth.uid() does not exist; No function matches", "function auth.uid()");
        postgres("extension \"postgis\" is not available (Could not open \"x\")", "extension postgis");
        postgres("could not open extension control file \"/a/postgis.control\": No such file", "extension postgis");
        postgres("collation \"de_DE\" for encoding \"UTF8\" does not exist", "collation de_DE");
        postgres("column \"a\" of relation \"b\" does not exist", "");
        postgres("constraint \"a\" of relation \"b\" does not exist", "");
        postgres("syntax error at or near \"x\"", "");
        let sqlite = |why: &str, expect: &str| check(Engine::Sqlite, why, expect);
        sqlite("no such table: main.users", "table users");
        sqlite("no such function: uuid", "function uuid");
        sqlite("no such module: vec0", "module vec0");
        sqlite("no such column: a", "");
    }

    #[test]
    fn finds_the_objects_that_scripts_create() {
        let check = |sql: &str, name: &str, expect: bool| {
            assert_eq!(Engine::Postgres.makes(sql, name), expect, "{name} in {sql}");
        };
        check("CREATE TABLE IF NOT EXISTS auth.users (id int);", "auth.users", true);
        check("CREATE TABLE IF NOT EXISTS auth.users (id int);", "users", true);
        check("CREATE TABLE users (id int);", "auth.users", false);
        check("CREATE TABLE orders (u int REFERENCES users);", "users", false);
        check("CREATE INDEX i ON users (id); CREATE VIEW v AS SELECT 1 FROM users;", "users", false);
        check("ALTER TABLE people RENAME TO \"users\";", "users", true);
        check("CREATE SCHEMA auth;", "auth", true);
        check("CREATE OR REPLACE FUNCTION auth.uid() RETURNS int AS $$ SELECT 1 $$;", "auth.uid()", true);
        check("DO $$ BEGIN CREATE ROLE app; END $$;", "app", true);
        check("-- CREATE TABLE users ();\nINSERT INTO users VALUES ('CREATE TABLE users ()');", "users", false);
    }
}
