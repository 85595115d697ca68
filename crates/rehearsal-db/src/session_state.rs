//! The state that a script leaves in its session, for later statements or later sessions: settings, temporary tables,
//! locks. [`Engine::changes_session_state`] detects it.

use crate::Engine;
use crate::lex::{Kind, Token, tokens};

impl Engine {
    /// Whether a session differs from a new one after this script. May be true by mistake, for example for a
    /// function that sets something but is never called.
    pub fn changes_session_state(self, sql: &str) -> bool {
        let words: Vec<Token<'_>> = tokens(sql, self).into_iter().filter(|token| token.kind != Kind::Comment).collect();
        (0..words.len()).any(|at| {
            let is = |at: usize, those: &[&str]| is_one_of(&words, at, those);
            let begins = at == 0 || is(at - 1, &[";", "BEGIN", "THEN", "ELSE", "LOOP"]);
            let follows = |those: &[&str]| at > 0 && is(at - 1, those);
            let is_temporary = is(at, &["TEMP", "TEMPORARY"])
                && (follows(&["CREATE", "REPLACE", "LOCAL", "GLOBAL", "INTO"])
                    || follows(&["TABLE", "VIEW", "EXISTS"]) && is(at + 1, &["."]));
            is_temporary || self.sets_session_state(&words, at, begins)
        })
    }
}

/// Whether the token at this position is one of these words.
pub(crate) fn is_one_of(tokens: &[Token<'_>], at: usize, words: &[&str]) -> bool {
    tokens.get(at).is_some_and(|token| words.iter().any(|word| token.is(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_session_state() {
        let check = |engine: Engine, sql: &str, expect: bool| {
            assert_eq!(engine.changes_session_state(sql), expect, "{engine}: {sql}");
        };
        let postgres = |sql: &str, expect: bool| check(Engine::Postgres, sql, expect);
        postgres("CREATE TABLE t (a int); UPDATE t SET a = 1; SET LOCAL lock_timeout = 0", false);
        postgres("ALTER TABLE t ALTER a SET DEFAULT 1; ALTER ROLE r LOGIN", false);
        postgres("ALTER ROLE r SET search_path TO a", true);
        postgres("SELECT 1; -- SET ROLE a\n SELECT 'SET ROLE a'", false);
        postgres("SET CONSTRAINTS ALL DEFERRED; CREATE TABLE temperature (temp int, \"set\" int)", false);
        postgres("SELECT t.temp, temp FROM t", false);
        postgres("set search_path to app, public", true);
        postgres("SELECT 1; SET timezone = 'UTC';", true);
        postgres("SELECT pg_catalog.set_config('search_path', '', false)", true);
        postgres("CREATE TEMP TABLE t (a int)", true);
        postgres("CREATE TABLE pg_temp.t (a int)", true);
        postgres("DO $$ BEGIN SET ROLE a; END $$", true);
        postgres("DO $$ BEGIN EXECUTE 'SET ROLE a'; END $$", true);
        postgres("DO $$ BEGIN EXECUTE format('SET search_path TO %I', 'a'); END $$", true);
        postgres("RESET ROLE", true);
        postgres("SELECT pg_advisory_lock(1)", true);
        check(Engine::Sqlite, "PRAGMA foreign_keys = OFF; SELECT 1", true);
        check(Engine::Sqlite, "CREATE TEMPORARY TABLE t (a)", true);
        check(Engine::Sqlite, "CREATE TABLE IF NOT EXISTS temp.t (a)", true);
        check(Engine::Sqlite, "CREATE TABLE t (pragma); SELECT 'PRAGMA x'", false);
    }
}
