//! Writes a log record; see [`record`].
//!
//! Only this module chooses ids. The category follows from the record, by [`classify`](super::classify()).

use sqlx::PgConnection;
use uuid::Uuid;

use super::read::{Row, columns};
use super::{Log, LogError, NewLog, classify};

const ACTION: &str = "write a log record";

/// Writes a record, with the category that follows from its operation and status, and returns it as stored.
///
/// Runs one statement, so that a surrounding transaction commits or rolls back the record too.
///
/// # Errors
///
/// A [`LogError`] that names the invalid field; nothing is stored then.
pub async fn record(conn: &mut PgConnection, new: NewLog) -> Result<Log, LogError> {
    check_texts(&new)?;
    let category = classify(&new.operation, new.status.as_str());
    let row: Row = sqlx::query_as(concat!(
        r#"INSERT INTO llama_logs (id, operation, status, category, sources, reason, error_message, metadata,
                                   user_id, album_id, artist_id, track_id)
           VALUES ($1, $2, $3, $4::text::"LlamaLogCategory", $5, $6, $7, $8, $9, $10, $11, $12)
           RETURNING "#,
        columns!()
    ))
    .bind(Uuid::new_v4())
    .bind(&new.operation)
    .bind(new.status.as_str())
    .bind(category.as_str())
    .bind(&new.sources)
    .bind(&new.reason)
    .bind(&new.error_message)
    .bind(&new.metadata)
    .bind(new.user_id)
    .bind(new.album_id)
    .bind(new.artist_id)
    .bind(new.track_id)
    .fetch_one(conn)
    .await
    .map_err(|error| refusal(&new, error))?;
    row.into_log()
}

/// Rejects texts that PostgreSQL would reject without naming the field.
fn check_texts(new: &NewLog) -> Result<(), LogError> {
    let texts = [
        ("operation", Some(&new.operation)),
        ("reason", new.reason.as_ref()),
        ("error_message", new.error_message.as_ref()),
    ];
    let sources = new.sources.iter().map(|source| ("sources", Some(source)));
    match texts.into_iter().chain(sources).find(|(_, text)| text.is_some_and(|text| text.contains('\0'))) {
        Some((field, _)) => Err(LogError::NulCharacter { field }),
        None => Ok(()),
    }
}

/// Turns an error of the INSERT into one that names the field, if possible.
fn refusal(new: &NewLog, error: sqlx::Error) -> LogError {
    if let Some(refused) = error.as_database_error() {
        let violated = new.references().into_iter().find(|(_, constraint, _)| refused.constraint() == Some(constraint));
        if let Some((column, _, Some(id))) = violated {
            return LogError::NoSuchReference { column, id };
        }
        // `untranslatable_character`: only the JSON field can contain an escape that PostgreSQL cannot translate.
        if refused.code().is_some_and(|code| code == "22P05") {
            return LogError::NulCharacter { field: "metadata" };
        }
    }
    LogError::database(ACTION)(error)
}
