//! Reads log records with [`get`] and [`list`], and validates every column.
//!
//! Nothing here writes or repairs: an invalid value is an error that names the record and the field. For this
//! reason the query returns most columns as text: an error of sqlx about a value that it cannot decode names the
//! column, but not the record.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Category, Log, LogError, Status};

const ACTION: &str = "read log records";

/// The maximum length of a quoted value in a message, in characters.
const QUOTED: usize = 40;

/// The columns of a [`Row`], for a SELECT list or after RETURNING.
macro_rules! columns {
    () => {
        r#"id, operation, status, category::text AS category, array_to_json(sources)::text AS sources, reason,
           error_message, metadata::text AS metadata, user_id, album_id, artist_id, track_id,
           coalesce(to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), created_at::text)
           AS created_at"#
    };
}
pub(super) use columns;

/// Reads the record with this id.
///
/// # Errors
///
/// [`LogError::NotFound`]; [`LogError::Corrupt`] if a field is invalid; [`LogError::SchemaBehind`] or
/// [`LogError::Database`] if the query fails.
pub async fn get(conn: &mut PgConnection, id: Uuid) -> Result<Log, LogError> {
    let row: Option<Row> = sqlx::query_as(concat!("SELECT ", columns!(), " FROM llama_logs WHERE id = $1"))
        .bind(id)
        .fetch_optional(conn)
        .await
        .map_err(LogError::database(ACTION))?;
    row.ok_or(LogError::NotFound { id })?.into_log()
}

/// Reads at most `limit` records of a category, the newest first.
///
/// # Errors
///
/// Fails at the first invalid record, as [`get`] does: a log must not omit records silently.
pub async fn list(conn: &mut PgConnection, category: Category, limit: u32) -> Result<Vec<Log>, LogError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        r#" FROM llama_logs WHERE category = $1::text::"LlamaLogCategory"
            ORDER BY llama_logs.created_at DESC, id LIMIT $2"#
    ))
    .bind(category.as_str())
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await
    .map_err(LogError::database(ACTION))?;
    rows.into_iter().map(Row::into_log).collect()
}

/// A row of `llama_logs` before validation.
#[derive(sqlx_macros::FromRow)]
pub(super) struct Row {
    id: Uuid,
    operation: Option<String>,
    status: Option<String>,
    category: Option<String>,
    sources: Option<String>,
    reason: Option<String>,
    error_message: Option<String>,
    metadata: Option<String>,
    user_id: Option<Uuid>,
    album_id: Option<Uuid>,
    artist_id: Option<Uuid>,
    track_id: Option<Uuid>,
    created_at: Option<String>,
}

impl Row {
    pub(super) fn into_log(self) -> Result<Log, LogError> {
        let id = self.id;
        let status = present(id, "status", self.status)?;
        let category = present(id, "category", self.category)?;
        let sources = present(id, "sources", self.sources)?;
        let metadata = present(id, "metadata", self.metadata)?;
        let created_at = present(id, "created_at", self.created_at)?;
        // `to_char` returns NULL for `infinity` and `-infinity`, which `coalesce` then returns as such.
        if !created_at.ends_with('Z') {
            return Err(corrupt(id, "created_at", &created_at, "a point in time".to_owned()));
        }
        Ok(Log {
            id,
            operation: present(id, "operation", self.operation)?,
            status: Status::from_label(&status).ok_or_else(|| {
                corrupt(id, "status", &status, one_of(Status::ALL.iter().map(|status| status.as_str())))
            })?,
            category: Category::from_label(&category).ok_or_else(|| {
                corrupt(id, "category", &category, one_of(Category::ALL.iter().map(|category| category.as_str())))
            })?,
            sources: serde_json::from_str(&sources)
                .map_err(|_| corrupt(id, "sources", &sources, "a list of strings without null".to_owned()))?,
            reason: self.reason,
            error_message: self.error_message,
            metadata: serde_json::from_str(&metadata).map_err(|error| {
                corrupt(id, "metadata", &metadata, format!("JSON that this app can read ({error})"))
            })?,
            user_id: self.user_id,
            album_id: self.album_id,
            artist_id: self.artist_id,
            track_id: self.track_id,
            created_at,
        })
    }
}

fn present(id: Uuid, field: &'static str, value: Option<String>) -> Result<String, LogError> {
    value.ok_or_else(|| LogError::Corrupt { id, field, found: "NULL".to_owned(), expected: "a value".to_owned() })
}

fn corrupt(id: Uuid, field: &'static str, found: &str, expected: String) -> LogError {
    let found = match found.char_indices().nth(QUOTED) {
        None => format!("{found:?}"),
        Some((end, _)) => format!("{:?}…", &found[..end]),
    };
    LogError::Corrupt { id, field, found, expected }
}

fn one_of(labels: impl Iterator<Item = &'static str>) -> String {
    format!("one of {}", labels.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn row() -> Row {
        let text = |text: &str| Some(text.to_owned());
        Row {
            id: Uuid::nil(),
            operation: text(""),
            status: text("PARTIAL_SUCCESS"),
            category: text("CREATED"),
            sources: text(r#"["a,b",""]"#),
            reason: None,
            error_message: text(""),
            metadata: text("null"),
            user_id: None,
            album_id: Some(Uuid::max()),
            artist_id: None,
            track_id: None,
            created_at: text("2025-09-03T10:00:00.000001Z"),
        }
    }

    #[test]
    fn a_valid_row_is_read_unchanged() {
        let log = row().into_log().unwrap();
        let expected = Log {
            id: Uuid::nil(),
            operation: String::new(),
            status: Status::PartialSuccess,
            category: Category::Created,
            sources: vec!["a,b".to_owned(), String::new()],
            reason: None,
            error_message: Some(String::new()),
            metadata: json!(null),
            user_id: None,
            album_id: Some(Uuid::max()),
            artist_id: None,
            track_id: None,
            created_at: "2025-09-03T10:00:00.000001Z".to_owned(),
        };
        assert_eq!(log, expected);
    }

    #[test]
    fn the_error_of_an_invalid_row_names_record_and_field() {
        type Field = fn(&mut Row) -> &mut Option<String>;
        let check = |field: Field, value: Option<&str>, expected: &str| {
            let mut row = row();
            *field(&mut row) = value.map(str::to_owned);
            let expected = format!("log record {}: {expected}. Correct it in the database", Uuid::nil());
            assert_eq!(row.into_log().unwrap_err().to_string(), expected);
        };
        check(|row| &mut row.operation, None, "operation is NULL: expected a value");
        check(|row| &mut row.category, None, "category is NULL: expected a value");
        check(|row| &mut row.created_at, Some("infinity"), r#"created_at is "infinity": expected a point in time"#);
        check(
            |row| &mut row.status,
            Some("success"),
            r#"status is "success": expected one of SUCCESS, PARTIAL_SUCCESS, FAILED, SKIPPED, NO_DATA_AVAILABLE"#,
        );
        check(
            |row| &mut row.category,
            Some("A LABEL THAT IS A GREAT DEAL LONGER THAN ANY"),
            "category is \"A LABEL THAT IS A GREAT DEAL LONGER THAN\"…: \
             expected one of CREATED, ENRICHED, CORRECTED, CACHED, FAILED",
        );
        check(
            |row| &mut row.sources,
            Some(r#"["a",null]"#),
            r#"sources is "[\"a\",null]": expected a list of strings without null"#,
        );
        check(
            |row| &mut row.metadata,
            Some("1e400"),
            r#"metadata is "1e400": expected JSON that this app can read (number out of range at line 1 column 5)"#,
        );
    }
}
