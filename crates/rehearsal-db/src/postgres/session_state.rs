//! The state that a script leaves in its PostgreSQL session or in later sessions.

use super::cluster_objects::code;
use crate::Engine;
use crate::lex::{Kind, Token};
use crate::session_state::is_one_of;

/// Whether the token at this position sets something for longer than a transaction.
pub(super) fn sets_session_state(words: &[Token<'_>], at: usize, begins: bool) -> bool {
    if words[at].kind == Kind::String {
        return code(&words[..at], &words[at]).is_some_and(|(_, body)| Engine::Postgres.changes_session_state(body));
    }
    let is = |at: usize, those: &[&str]| is_one_of(words, at, those);
    let of_session = ["SET_CONFIG", "SETSEED", "PG_TEMP", "PG_ADVISORY_LOCK", "PG_ADVISORY_LOCK_SHARED"];
    // A setting of a role or a database applies to later sessions.
    let for_others = || begins && is(at, &["ALTER"]) && is(at + 1, &["DATABASE", "ROLE", "USER"]);
    let sets = || {
        let statement = words[at..].iter().take_while(|word| !word.is(";"));
        statement.skip(1).any(|word| word.is("SET") || word.is("RESET"))
    };
    is(at, &of_session)
        || for_others() && sets()
        || begins && is(at, &["RESET", "DISCARD", "PREPARE", "LISTEN", "LOAD"])
        || begins && is(at, &["SET"]) && !is(at + 1, &["LOCAL", "CONSTRAINTS", "TRANSACTION"])
}
