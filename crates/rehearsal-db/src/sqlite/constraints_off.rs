//! Writing to a SQLite database on a try, with nothing acting on what is written: no trigger, no reference.

use super::connection::SqliteSession;
use crate::Session;
use crate::{Engine, Error, Value};

/// Begins a transaction in which no reference acts, and takes the triggers away. Returns the statements that make them.
pub(crate) async fn begin_without_constraints(session: &mut SqliteSession) -> Result<Vec<String>, Error> {
    // Inside of a transaction it would do nothing.
    session.execute("PRAGMA foreign_keys = OFF", &[]).await?;
    session.execute("BEGIN IMMEDIATE", &[]).await?;
    take_triggers(session).await
}

/// Takes the triggers away, and returns the statements that make them, in their order.
pub(super) async fn take_triggers(session: &mut SqliteSession) -> Result<Vec<String>, Error> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid";
    let mut taken = Vec::new();
    for row in session.rows(sql, &[]).await? {
        let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
        session.execute(&format!("DROP TRIGGER {}", Engine::Sqlite.quote(&text(&row[0]))), &[]).await?;
        taken.push(text(&row[1]));
    }
    Ok(taken)
}

/// Puts the triggers back, and returns the number of rows that refer to nothing.
pub(crate) async fn restore_constraints(session: &mut SqliteSession, triggers: &[String]) -> Result<u64, Error> {
    for sql in triggers {
        session.execute(sql, &[]).await?;
    }
    let broken = session.rows("SELECT count(*) FROM pragma_foreign_key_check", &[]).await?;
    Ok(broken.first().and_then(|row| row[0].as_int()).and_then(|n| u64::try_from(n).ok()).unwrap_or_default())
}
