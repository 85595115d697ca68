//! A log record as the rest of the app sees it.
//!
//! Only the types. They are filled by [`record`](super::record()) and [`get`](super::get).

use serde_json::Value;
use uuid::Uuid;

use super::{Category, Status};

/// A record whose every field was found to fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// The key.
    pub id: Uuid,
    /// What was done, such as `enrichment:album`. Any text at all, also an empty one.
    pub operation: String,
    /// How it went.
    pub status: Status,
    /// What kind of work it was. Records of this app have the one that follows from operation and status.
    pub category: Category,
    /// Where data came from.
    pub sources: Vec<String>,
    /// Why it went so.
    pub reason: Option<String>,
    /// What went wrong.
    pub error_message: Option<String>,
    /// Anything else; often an object.
    pub metadata: Value,
    /// The user it is about, unless deleted since.
    pub user_id: Option<Uuid>,
    /// The album it is about, unless deleted since.
    pub album_id: Option<Uuid>,
    /// The artist it is about, unless deleted since.
    pub artist_id: Option<Uuid>,
    /// The track it is about, unless deleted since.
    pub track_id: Option<Uuid>,
    /// When it was written, as ISO 8601 in UTC with microseconds.
    pub created_at: String,
}

/// What has to be said to write a record. The rest follows: the category from operation and status, the time from the
/// database.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLog {
    /// What was done, such as `enrichment:album`.
    pub operation: String,
    /// How it went.
    pub status: Status,
    /// Where data came from.
    pub sources: Vec<String>,
    /// Why it went so.
    pub reason: Option<String>,
    /// What went wrong.
    pub error_message: Option<String>,
    /// Anything else.
    pub metadata: Value,
    /// The user it is about.
    pub user_id: Option<Uuid>,
    /// The album it is about.
    pub album_id: Option<Uuid>,
    /// The artist it is about.
    pub artist_id: Option<Uuid>,
    /// The track it is about.
    pub track_id: Option<Uuid>,
}

impl NewLog {
    /// A record that says what was done and how it went, and nothing else yet.
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

    /// The columns that refer to something, with their values and the constraints that hold them, in the table's order.
    pub(super) fn references(&self) -> [(&'static str, &'static str, Option<Uuid>); 4] {
        [
            ("user_id", "llama_logs_user_id_fkey", self.user_id),
            ("album_id", "llama_logs_album_id_fkey", self.album_id),
            ("artist_id", "llama_logs_artist_id_fkey", self.artist_id),
            ("track_id", "llama_logs_track_id_fkey", self.track_id),
        ]
    }
}
