//! The location of an error in a statement. sqlx does not expose `sqlite3_error_offset`, so [`locate`] has the
//! engine prepare longer and longer prefixes of the statement; nothing is executed.

use super::connection::SqliteSession;
use super::nul::refuse_nul;
use crate::Engine;
use crate::Error;
use crate::lex::{Kind, tokens};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

/// The byte offset in `statement` of the token in `error`; `None` if the error names no token.
pub(crate) async fn locate(session: &mut SqliteSession, statement: &str, error: &Error) -> Option<usize> {
    let Error::Statement { why, .. } = error else { return None };
    if refuse_nul(statement).is_err() {
        return statement.find('\0');
    }
    if why == "incomplete input" {
        return tokens(statement, Engine::Sqlite).last().map(|token| token.start);
    }
    if let Some(rest) = why.strip_prefix("unrecognized token: \"") {
        return statement.find(rest.strip_suffix('"').unwrap_or(rest));
    }
    let culprit = culprit(why)?;
    let candidates: Vec<_> = tokens(statement, Engine::Sqlite)
        .into_iter()
        .filter(|token| {
            token.kind != Kind::Comment && (token.text == culprit || token.normal() == culprit.to_ascii_uppercase())
        })
        .collect();
    if !why.starts_with("near ") {
        return candidates.first().map(|token| token.start);
    }
    for token in &candidates {
        // A prefix before the rejected token is merely incomplete; with that token, the error is the same.
        let beginning = &statement[..token.start + token.text.len()];
        let answer = (&mut session.connection).prepare(AssertSqlSafe(beginning.to_owned()).into_sql_str()).await;
        if answer.is_err_and(|error| error.as_database_error().is_some_and(|error| error.message() == why)) {
            return Some(token.start);
        }
    }
    None
}

/// The name in `near "x": syntax error`, `no such column: x`, `no such table: main.x`, `duplicate column name: x`,
/// `table x already exists` or `table x has no column named y`.
fn culprit(why: &str) -> Option<&str> {
    if let Some(rest) = why.strip_prefix("near \"") {
        return rest.rsplit_once("\": ").map(|(name, _)| name);
    }
    if let Some((_, name)) = why.split_once(" has no column named ") {
        return Some(name);
    }
    if let Some(name) = why.strip_suffix(" already exists") {
        return name.rsplit(' ').next();
    }
    if why.contains("constraint failed") {
        return None;
    }
    let (_, name) = why.rsplit_once(": ")?;
    name.rsplit('.').next().map(|name| name.trim_matches('"'))
}
