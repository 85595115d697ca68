//! What a script changes beyond the database in which it runs. Roles, tablespaces and databases belong to a whole server, so
//! that two throwaway databases on one server would see each other's; and a script that names its database can only run in
//! one of that name.

use super::Engine;
use super::lex::{Kind, Token, tokens};

/// Something beyond the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideChange {
    /// Where it stands in the script, in bytes.
    pub at: usize,
    /// The first words of it.
    pub words: String,
    /// What it is.
    pub what: Outside,
}

/// What is reached beyond the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// Something that belongs to the whole server.
    Server,
    /// A database of that name, which is meant to be there.
    Database(String),
    /// A database of that name, which the script makes.
    NewDatabase(String),
}

impl Engine {
    /// What a script reaches beyond its database, in the bodies of its blocks and functions, too. SQLite knows nothing beyond.
    pub fn changes_outside(self, sql: &str) -> Vec<OutsideChange> {
        match self {
            Self::Sqlite => Vec::new(),
            Self::Postgres => {
                let mut found = Vec::new();
                scan(sql, 0, &mut found);
                found
            }
        }
    }
}

fn scan(sql: &str, offset: usize, found: &mut Vec<OutsideChange>) {
    let all = tokens(sql, Engine::Postgres);
    let words: Vec<Token<'_>> = all.into_iter().filter(|token| token.kind != Kind::Comment).collect();
    for (i, token) in words.iter().enumerate() {
        if token.kind == Kind::String {
            if let Some((start, body)) = code(&words[..i], token) {
                scan(body, offset + start, found);
            }
            continue;
        }
        if let Some(what) = reached(&words, i) {
            let shown: Vec<&str> =
                words[i..].iter().take(4).take_while(|word| !word.is(";")).map(|word| word.text).collect();
            found.push(OutsideChange { at: offset + token.start, words: shown.join(" "), what });
        }
    }
}

/// The part of a string that is run as code, and where it starts: the body of a block or a function, or what is executed.
pub(super) fn code<'a>(before: &[Token<'_>], string: &Token<'a>) -> Option<(usize, &'a str)> {
    if let Some(body) = string.body() {
        return Some(body);
    }
    let executed = match before {
        [.., last] if last.is("EXECUTE") => true,
        [.., format, last] => format.is("FORMAT") && last.is("("),
        _ => false,
    };
    let body = string.text.get(1..string.text.len().saturating_sub(1)).filter(|_| executed)?;
    Some((string.start + 1, body))
}

fn reached(words: &[Token<'_>], i: usize) -> Option<Outside> {
    let is = |at: usize, those: &[&str]| words.get(at).is_some_and(|token| those.iter().any(|word| token.is(word)));
    let begins = i == 0 || is(i - 1, &[";", "BEGIN", "THEN", "ELSE", "LOOP"]);
    if begins && is(i, &["CREATE", "ALTER", "DROP"]) {
        if is(i + 1, &["ROLE", "GROUP", "TABLESPACE"]) || (is(i + 1, &["USER"]) && !is(i + 2, &["MAPPING"])) {
            return Some(Outside::Server);
        }
        if is(i, &["ALTER"]) && is(i + 1, &["SYSTEM"]) {
            return Some(Outside::Server);
        }
        if is(i + 1, &["DATABASE"]) {
            let name = words.get(i + 2).and_then(name);
            return match name {
                _ if is(i, &["DROP"]) => Some(Outside::Server),
                Some(name) if is(i, &["CREATE"]) => Some(Outside::NewDatabase(name)),
                Some(name) => Some(Outside::Database(name)),
                None => None,
            };
        }
    }
    if is(i, &["ON"]) && is(i + 1, &["DATABASE"]) && !is(i + 3, &["."]) {
        return words.get(i + 2).and_then(name).map(Outside::Database);
    }
    None
}

/// The name that a token stands for.
fn name(token: &Token<'_>) -> Option<String> {
    match token.kind {
        Kind::Word => Some(token.text.to_lowercase()),
        Kind::Quoted => Some(token.text.trim_matches('"').replace("\"\"", "\"")),
        Kind::String | Kind::Comment | Kind::Punct => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn what_is_beyond() {
        let check = |sql: &str, expect: &[&str]| {
            let found = Engine::Postgres.changes_outside(sql);
            let found: Vec<String> = found
                .iter()
                .map(|beyond| match &beyond.what {
                    Outside::Server => format!("{} {}", beyond.at, beyond.words),
                    Outside::Database(name) => format!("{} in {name}", beyond.at),
                    Outside::NewDatabase(name) => format!("{} new {name}", beyond.at),
                })
                .collect();
            assert_eq!(found, expect, "{sql}");
        };
        check("CREATE TABLE role (\"user\" int); ALTER TABLE role DROP role; -- CREATE ROLE x", &[]);
        check("CREATE ROLE app LOGIN; DROP USER IF EXISTS x;", &["0 CREATE ROLE app LOGIN", "23 DROP USER IF EXISTS"]);
        check("CREATE USER MAPPING FOR x SERVER y; ALTER USER x SUPERUSER", &["36 ALTER USER x SUPERUSER"]);
        check(
            "ALTER DATABASE Shop SET x = 1; GRANT CONNECT ON DATABASE \"a \"\"b\" TO x;",
            &["0 in shop", "45 in a \"b"],
        );
        check("COMMENT ON DATABASE shop IS 'x'; ALTER SYSTEM SET x = 1;", &["8 in shop", "33 ALTER SYSTEM SET x"]);
        check("CREATE DATABASE shop; DROP DATABASE shop;", &["0 new shop", "22 DROP DATABASE shop"]);
        check("SELECT 1 FROM a JOIN database ON database.id = 1; CREATE INDEX ON database (a);", &[]);
        check("DO $$ BEGIN IF x THEN CREATE ROLE app; END IF; END $$;", &["22 CREATE ROLE app"]);
        check("DO $x$ BEGIN EXECUTE 'CREATE ROLE a'; END $x$", &["22 CREATE ROLE a"]);
        check("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET a = 1', current_database()); END $$;", &[]);
        check("COMMENT ON TABLE x IS 'CREATE ROLE a'; SELECT '$$', $$", &[]);
        assert_eq!(Engine::Sqlite.changes_outside("CREATE ROLE app"), []);
    }
}
