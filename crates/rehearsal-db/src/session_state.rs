//! What a script leaves in the session that ran it, for those behind it, or for sessions to come: settings, temporary tables,
//! locks.

use super::Engine;
use super::cluster_objects::code;
use super::lex::{Kind, Token, tokens};

impl Engine {
    /// Whether a session is another one behind a script than a new session is. It is said of some scripts that it is, where it is
    /// not: of what only a function would set that nobody calls, for example.
    pub fn changes_session_state(self, sql: &str) -> bool {
        let words: Vec<Token<'_>> = tokens(sql, self).into_iter().filter(|token| token.kind != Kind::Comment).collect();
        words.iter().enumerate().any(|(i, token)| {
            let is =
                |at: usize, those: &[&str]| words.get(at).is_some_and(|token| those.iter().any(|word| token.is(word)));
            let begins = i == 0 || is(i - 1, &[";", "BEGIN", "THEN", "ELSE", "LOOP"]);
            let behind = |those: &[&str]| i > 0 && is(i - 1, those);
            let is_temporary = is(i, &["TEMP", "TEMPORARY"])
                && (behind(&["CREATE", "REPLACE", "LOCAL", "GLOBAL", "INTO"])
                    || behind(&["TABLE", "VIEW", "EXISTS"]) && is(i + 1, &["."]));
            is_temporary
                || match self {
                    Self::Sqlite => begins && is(i, &["PRAGMA", "ATTACH", "DETACH"]),
                    Self::Postgres if token.kind == Kind::String => {
                        code(&words[..i], token).is_some_and(|(_, body)| self.changes_session_state(body))
                    }
                    Self::Postgres => {
                        let of_session =
                            ["SET_CONFIG", "SETSEED", "PG_TEMP", "PG_ADVISORY_LOCK", "PG_ADVISORY_LOCK_SHARED"];
                        // Of a role or a database it is for sessions to come.
                        let for_others = || begins && is(i, &["ALTER"]) && is(i + 1, &["DATABASE", "ROLE", "USER"]);
                        let sets = || {
                            let statement = words[i..].iter().take_while(|word| !word.is(";"));
                            statement.skip(1).any(|word| word.is("SET") || word.is("RESET"))
                        };
                        is(i, &of_session)
                            || for_others() && sets()
                            || begins && is(i, &["RESET", "DISCARD", "PREPARE", "LISTEN", "LOAD"])
                            || begins && is(i, &["SET"]) && !is(i + 1, &["LOCAL", "CONSTRAINTS", "TRANSACTION"])
                    }
                }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts() {
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
