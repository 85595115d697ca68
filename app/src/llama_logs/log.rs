//! The types of a log record: [`Log`] as [`get`](super::get) reads it, and [`NewLog`] as
//! [`record`](super::record()) writes it.

use serde_json::Value;
use uuid::Uuid;

use super::{Category, Status};

/// A validated log record.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// The primary key.
    pub id: Uuid,
    /// The operation, such as `enrichment:album`. Any text, including an empty one.
    pub operation: String,
    /// The outcome of the operation.
    pub status: Status,
    /// The kind of work. For records that this app wrote, it follows from operation and status.
    pub category: Category,
    /// The sources of the data.
    pub sources: Vec<String>,
    /// The reason for the outcome.
    pub reason: Option<String>,
    /// The error message of a failed operation.
    pub error_message: Option<String>,
    /// Further data: any JSON, usually an object.
    pub metadata: Value,
    /// The user that the record is about. `None` if the user was deleted.
    pub user_id: Option<Uuid>,
    /// The album that the record is about. `None` if the album was deleted.
    pub album_id: Option<Uuid>,
    /// The artist that the record is about. `None` if the artist was deleted.
    pub artist_id: Option<Uuid>,
    /// The track that the record is about. `None` if the track was deleted.
    pub track_id: Option<Uuid>,
    /// The time of writing, as ISO 8601 in UTC with microseconds.
    pub created_at: String,
}

/// The data of a new record. The category follows from operation and status, and the database sets the time.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLog {
    /// The operation, such as `enrichment:album`.
    pub operation: String,
    /// The outcome of the operation.
    pub status: Status,
    /// The sources of the data.
    pub sources: Vec<String>,
    /// The reason for the outcome.
    pub reason: Option<String>,
    /// The error message of a failed operation.
    pub error_message: Option<String>,
    /// Further data: any JSON.
    pub metadata: Value,
    /// The user that the record is about.
    pub user_id: Option<Uuid>,
    /// The album that the record is about.
    pub album_id: Option<Uuid>,
    /// The artist that the record is about.
    pub artist_id: Option<Uuid>,
    /// The track that the record is about.
    pub track_id: Option<Uuid>,
}

impl NewLog {
    /// Creates a record with an operation and a status; all other fields are empty.
    pub fn new(operation: impl Into<String>, status: Status) -> NewLog {
        NewLog {
            operation: operation.into(),
            status,
            sources: Vec::new(),
            reason: None,
            error_message: None,
            metadata: Value::Object(serde_json::Map::new()),
            user_id: None,
            album_id: None,
            artist_id: None,
            track_id: None,
        }
    }

    /// The foreign key columns, each with its constraint and its value, in the table's order.
    pub(super) fn references(&self) -> [(&'static str, &'static str, Option<Uuid>); 4] {
        [
            ("user_id", "llama_logs_user_id_fkey", self.user_id),
            ("album_id", "llama_logs_album_id_fkey", self.album_id),
            ("artist_id", "llama_logs_artist_id_fkey", self.artist_id),
            ("track_id", "llama_logs_track_id_fkey", self.track_id),
        ]
    }
}
