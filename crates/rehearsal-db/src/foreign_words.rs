//! Phrases that only one engine knows. [`Engine::foreign`] uses them to detect a history that was written for another
//! engine.

use super::Engine;
use super::lex::{Kind, Token, tokens};

/// A phrase of another engine in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign<'a> {
    /// Its position in the script, in bytes.
    pub at: usize,
    /// The phrase, as written.
    pub words: &'a str,
    /// Its engine.
    pub whose: Whose,
}

/// The engine of a foreign phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Another supported engine.
    Of(Engine),
    /// An unsupported engine, by name.
    OfNone(&'static str),
}

const MYSQL: &[&[&str]] = &[&["AUTO_INCREMENT"], &["ENGINE", "=", "INNODB"]];

impl Engine {
    /// The first phrase in a script that another engine knows and this one does not.
    pub fn foreign(self, sql: &str) -> Option<Foreign<'_>> {
        let others = Self::ALL.iter().filter(|engine| **engine != self);
        let others = others.map(|engine| (engine.own_phrases(), Whose::Of(*engine)));
        let others: Vec<_> = others.chain([(MYSQL, Whose::OfNone("MySQL"))]).collect();
        let all = tokens(sql, self);
        let words: Vec<Token<'_>> = all.into_iter().filter(|token| token.kind != Kind::Comment).collect();
        let is = |at: usize, phrase: &[&str]| {
            phrase.iter().enumerate().all(|(i, word)| words.get(at + i).is_some_and(|token| token.is(word)))
        };
        (0..words.len()).find_map(|at| {
            others.iter().find_map(|(phrases, whose)| {
                let phrase = phrases.iter().find(|phrase| is(at, phrase))?;
                // PostgreSQL also has STRICT, for functions.
                let statement = words[..at].iter().rposition(|token| token.is(";")).map_or(0, |end| end + 1);
                if phrase.contains(&"STRICT") && !(is(statement, &["CREATE", "TABLE"])) {
                    return None;
                }
                // In SQLite, `comment` may also be a table: JOIN comment ON ….
                if phrase.first() == Some(&"COMMENT") && at != statement {
                    return None;
                }
                let (first, last) = (words[at], words[at + phrase.len() - 1]);
                let words = &sql[first.start..last.start + last.text.len()];
                Some(Foreign { at: first.start, words, whose: *whose })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn finds_phrases_of_other_engines() {
        let check = |engine: Engine, sql: &str, expect: &str| {
            let got =
                engine.foreign(sql).map_or_else(String::new, |foreign| format!("{} {}", foreign.at, foreign.words));
            assert_eq!(got, expect, "{sql}");
        };
        check(Engine::Sqlite, "CREATE TABLE type (id INTEGER PRIMARY KEY AUTOINCREMENT)", "");
        check(Engine::Sqlite, "SELECT 1; create  extension citext", "10 create  extension");
        // SQLite accepts any word as a type, and histories that started on PostgreSQL rely on that.
        check(Engine::Sqlite, "CREATE TABLE t (id BIGSERIAL, at TIMESTAMPTZ)", "");
        check(Engine::Sqlite, "SELECT '1'::int", "10 ::");
        check(Engine::Sqlite, "SELECT 1; COMMENT ON TABLE t IS 'x'", "10 COMMENT ON");
        check(Engine::Sqlite, "SELECT * FROM post JOIN comment ON comment.post = post.id", "");
        check(Engine::Sqlite, "CREATE TABLE t (concurrently int)", "");
        check(Engine::Sqlite, "CREATE INDEX CONCURRENTLY i ON t (a)", "7 INDEX CONCURRENTLY");
        check(Engine::Sqlite, "CREATE TABLE t (at TEXT DEFAULT now())", "24 DEFAULT now(");
        check(Engine::Sqlite, "CREATE TABLE t (at TEXT DEFAULT (now()))", "");
        check(Engine::Sqlite, "SELECT ':' || a FROM t WHERE b = :name", "");
        check(Engine::Postgres, "-- AUTOINCREMENT\nCREATE TABLE t (id int, \"AUTOINCREMENT\" int)", "");
        check(Engine::Postgres, "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "35 KEY AUTOINCREMENT");
        check(Engine::Postgres, "ALTER FUNCTION f(int) STRICT; CREATE TABLE t (autoincrement bool)", "");
        check(Engine::Postgres, "CREATE TABLE t (id int AUTO_INCREMENT)", "23 AUTO_INCREMENT");
    }
}
