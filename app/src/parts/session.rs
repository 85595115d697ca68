//! Legacy sessions, sessions, and [`migrate_session`], which converts one into the other.
//!
//! Pure: no database and no clock.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Skip, Unfit, session_id};
use crate::json::{Json, Object};
use crate::timestamp::Timestamp;

/// Selects all legacy sessions, as rows of [`LegacySession`]. The user's id is NULL if there is no such user.
pub const LEGACY_SESSIONS: &str = r#"SELECT sessions.id,
       (SELECT users.id FROM users WHERE users.id = sessions.user_id) AS user_id,
       to_json(sessions.start_time AT TIME ZONE INTERVAL '0') #>> '{}' AS start_time,
       to_json(sessions.end_time AT TIME ZONE INTERVAL '0') #>> '{}' AS end_time,
       sessions.summary, sessions.breakthroughs::text AS breakthroughs, sessions.type, sessions.duration
FROM sessions"#;

/// The order in which [`Winners`](super::Winners) expects the sessions of a user: by start, then by id, because
/// the table does not store when a row was created.
pub const LEGACY_SESSIONS_ORDER: &str = "sessions.start_time, sessions.id";

/// A row of the legacy table `sessions`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct LegacySession {
    /// The primary key.
    pub id: Uuid,
    /// The user. `None` if there is no such user.
    pub user_id: Option<Uuid>,
    /// When the session started.
    pub start_time: Option<Timestamp>,
    /// When the session ended.
    pub end_time: Option<Timestamp>,
    /// The topics of the session.
    pub summary: Option<String>,
    /// The insights of the session: a `text[]` as PostgreSQL writes it.
    pub breakthroughs: Option<String>,
    /// The type, such as `check-in`.
    #[sqlx(rename = "type")]
    pub kind: Option<String>,
    /// The duration in minutes.
    pub duration: Option<i32>,
}

/// A row of `sessions_v2`. In its JSON form the keys are the names of the columns, and NULLs are omitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionV2 {
    /// The primary key; for a migrated row, [`session_id`] of the legacy id.
    pub id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// The type, such as `check-in`; [`THERAPY`] if none was given.
    #[serde(rename = "type")]
    pub kind: String,
    /// When the session started, which is unique per user.
    pub started_at: Timestamp,
    /// When the session ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The topics of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The insights of the session: a `text[]` as PostgreSQL writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakthroughs: Option<String>,
    /// Further data: `duration` in minutes, if known.
    pub metadata: Object,
}

/// Selects all sessions, as the columns `id`, `user_id` and `started_at`, and the whole row as `session` for
/// [`SessionV2::read`].
pub const SESSIONS_V2: &str = r#"SELECT sessions_v2.id, sessions_v2.user_id, sessions_v2.started_at, json_build_object(
           'id', sessions_v2.id,
           'user_id', sessions_v2.user_id,
           'type', sessions_v2.type,
           'started_at', sessions_v2.started_at AT TIME ZONE INTERVAL '0',
           'ended_at', sessions_v2.ended_at AT TIME ZONE INTERVAL '0',
           'summary', sessions_v2.summary,
           'breakthroughs', sessions_v2.breakthroughs::text,
           'metadata', sessions_v2.metadata
       )::text AS session
FROM sessions_v2"#;

/// The type of a session if none was given.
pub const THERAPY: &str = "therapy";

impl SessionV2 {
    /// Returns the row as JSON, with the names of the columns as keys, for `jsonb_populate_record`.
    pub fn row(&self) -> String {
        Json::of(self).as_str().to_owned()
    }

    /// Parses the column `session` of [`SESSIONS_V2`].
    ///
    /// # Errors
    ///
    /// Fails if the row is not a session.
    pub fn read(row: &str) -> Result<SessionV2, Unfit> {
        Unfit::read(row)
    }
}

/// Converts a legacy session that is the [`Winner`](super::Place::Winner) of its start.
///
/// # Errors
///
/// [`Skip::NoUser`] or [`Skip::NoStart`].
pub fn migrate_session(legacy: &LegacySession) -> Result<SessionV2, Skip> {
    let duration = legacy.duration.map(|minutes| ("duration".to_owned(), Json::of(&minutes)));
    Ok(SessionV2 {
        id: session_id(legacy.id),
        user_id: legacy.user_id.ok_or(Skip::NoUser)?,
        kind: legacy.kind.clone().unwrap_or_else(|| THERAPY.to_owned()),
        started_at: legacy.start_time.clone().ok_or(Skip::NoStart)?,
        ended_at: legacy.end_time.clone(),
        summary: legacy.summary.clone(),
        breakthroughs: legacy.breakthroughs.clone(),
        metadata: duration.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn legacy() -> LegacySession {
        LegacySession {
            id: Uuid::nil(),
            user_id: Some(Uuid::max()),
            start_time: Some(Timestamp::new("0044-03-15T12:00:00 BC")),
            end_time: Some(Timestamp::new("infinity")),
            summary: Some(String::new()),
            breakthroughs: Some(r#"[0:1]={"a,b",NULL}"#.to_owned()),
            kind: None,
            duration: Some(0),
        }
    }

    #[test]
    fn every_field_is_migrated() {
        let check = |change: fn(&mut LegacySession), expected: &str| {
            let mut legacy = legacy();
            change(&mut legacy);
            let session = migrate_session(&legacy).unwrap();
            let begin = format!(r#"{{"id":"{}","user_id":"{}","#, session_id(legacy.id), Uuid::max());
            assert_eq!(session.row(), format!("{begin}{expected}"));
        };
        check(
            |_| (),
            r#""type":"therapy","started_at":"0044-03-15T12:00:00Z BC","ended_at":"infinity","summary":"","breakthroughs":"[0:1]={\"a,b\",NULL}","metadata":{"duration":0}}"#,
        );
        check(
            |session| {
                session.kind = Some(String::new());
                (session.end_time, session.summary) = (None, None);
                (session.breakthroughs, session.duration) = (None, None);
            },
            r#""type":"","started_at":"0044-03-15T12:00:00Z BC","metadata":{}}"#,
        );
    }

    #[test]
    fn a_session_needs_a_user_and_a_start() {
        let skipped = |legacy: LegacySession| migrate_session(&legacy).unwrap_err();
        assert_eq!(skipped(LegacySession { user_id: None, ..legacy() }), Skip::NoUser);
        assert_eq!(skipped(LegacySession { start_time: None, ..legacy() }), Skip::NoStart);
    }
}
