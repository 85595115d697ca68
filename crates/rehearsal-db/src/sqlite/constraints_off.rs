//! Trial writes to a SQLite database without triggers and foreign keys.

use super::connection::SqliteSession;
use crate::Session;
use crate::{Engine, Error, Value};

/// Begins a transaction without foreign keys and triggers. Returns the statements that create the triggers again.
pub(crate) async fn begin_without_constraints(session: &mut SqliteSession) -> Result<Vec<String>, Error> {
    // Inside a transaction this pragma has no effect.
    session.execute("PRAGMA foreign_keys = OFF", &[]).await?;
    session.execute("BEGIN IMMEDIATE", &[]).await?;
    take_triggers(session).await
}

/// Drops the triggers, and returns the statements that create them, in their order.
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

/// Creates the triggers again, and returns the number of broken references.
pub(crate) async fn restore_constraints(session: &mut SqliteSession, triggers: &[String]) -> Result<u64, Error> {
    for sql in triggers {
        session.execute(sql, &[]).await?;
    }
    let broken = session.rows("SELECT count(*) FROM pragma_foreign_key_check", &[]).await?;
    Ok(broken.first().and_then(|row| row[0].as_int()).and_then(|n| u64::try_from(n).ok()).unwrap_or_default())
}
