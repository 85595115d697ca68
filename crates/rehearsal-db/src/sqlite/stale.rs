//! Full-text indexes that are out of step with the rows that they index ([`stale_copies`]).

use super::connection::SqliteSession;
use crate::lex::tokens;
use crate::{Engine, Error, Session, Stale, Value};

/// The full-text indexes for which SQLite's own check fails. Writes nothing: the check is an INSERT that stores nothing.
pub(crate) async fn stale_copies(session: &mut SqliteSession) -> Result<Vec<Stale>, Error> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%' ORDER BY name";
    let mut stale = Vec::new();
    for row in session.rows(sql, &[]).await? {
        let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned();
        let (name, definition) = (text(0), text(1));
        let tokens = tokens(&definition, Engine::Sqlite);
        let module = tokens.iter().skip_while(|token| !token.is("USING")).nth(1).map(|token| token.normal());
        let quoted = Engine::Sqlite.quote(&name);
        // A rank of 1 compares an index of fts5 with the table that it indexes, too.
        let check = match module.as_deref() {
            Some("FTS5") => format!("INSERT INTO {quoted} ({quoted}, rank) VALUES ('integrity-check', 1)"),
            Some("FTS3" | "FTS4") => format!("INSERT INTO {quoted} ({quoted}) VALUES ('integrity-check')"),
            _ => continue,
        };
        match session.execute(&check, &[]).await {
            Ok(_) => {}
            Err(error) if error.is_transient() => return Err(error),
            Err(_) => stale.push(Stale {
                object: format!("full-text index \"{name}\""),
                why: "its integrity-check fails: it does not match the rows that it indexes".to_owned(),
                refresh: format!("INSERT INTO {quoted} ({quoted}) VALUES ('rebuild');"),
                name,
            }),
        }
    }
    Ok(stale)
}
