//! Sessions: what old code wrote, what they are now, and how one becomes the other.
//!
//! Pure: no database and no clock.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Skip, Unfit, session_id};
use crate::json::{Json, Object};
use crate::timestamp::Timestamp;

/// All legacy sessions, as one SELECT whose rows are [`LegacySession`]s. Their user's id is null where there is no such
/// user.
pub const LEGACY_SESSIONS: &str = r#"SELECT sessions.id,
       (SELECT users.id FROM users WHERE users.id = sessions.user_id) AS user_id,
       to_json(sessions.start_time AT TIME ZONE INTERVAL '0') #>> '{}' AS start_time,
       to_json(sessions.end_time AT TIME ZONE INTERVAL '0') #>> '{}' AS end_time,
       sessions.summary, sessions.breakthroughs::text AS breakthroughs, sessions.type, sessions.duration
FROM sessions"#;

/// The order in which [`Winners`](super::Winners) takes the sessions of a user: those with one start together, the smallest
/// id first, for nothing tells when a session was written down.
pub const LEGACY_SESSIONS_ORDER: &str = "sessions.start_time, sessions.id";

/// A row of the old `sessions`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct LegacySession {
    /// The key.
    pub id: Uuid,
    /// The user, where there is one.
    pub user_id: Option<Uuid>,
    /// When it began.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// What was talked about.
    pub summary: Option<String>,
    /// What was found: a list of texts, as PostgreSQL writes an array.
    pub breakthroughs: Option<String>,
    /// Such as `check-in`.
    #[sqlx(rename = "type")]
    pub kind: Option<String>,
    /// How long it was, in minutes.
    pub duration: Option<i32>,
}

/// A row of `sessions_v2`. As JSON it has a column's name for each key, and none for what is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionV2 {
    /// The key; what was migrated has [`session_id`] of the legacy id.
    pub id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// Such as `check-in`; [`THERAPY`] where nobody said.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it began: no two sessions of a user begin at once.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What was talked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What was found: a list of texts, as PostgreSQL writes an array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakthroughs: Option<String>,
    /// What else is known: `duration`, in minutes, where old code wrote one.
    pub metadata: Object,
}

/// All sessions, as one SELECT: `id`, `user_id` and `started_at`, and the whole row as `session`, which [`SessionV2::read`]
/// takes.
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

/// The type of a session of which nobody said one.
pub const THERAPY: &str = "therapy";

impl SessionV2 {
    /// The row as JSON, with a column's name for each key, as `jsonb_populate_record` takes it.
    pub fn row(&self) -> String {
        Json::of(self).as_str().to_owned()
    }

    /// Reads the column `session` of [`SESSIONS_V2`].
    ///
    /// # Errors
    ///
    /// Where it is none.
    pub fn read(row: &str) -> Result<SessionV2, Unfit> {
        Unfit::read(row)
    }
}

/// What a legacy session becomes, where it is the [`Winner`](super::Place::Winner) of its start.
///
/// # Errors
///
/// [`Skip::NoUser`], [`Skip::NoStart`].
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
    fn nothing_is_lost_and_nothing_made_up() {
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
    fn what_a_session_needs() {
        let skipped = |legacy: LegacySession| migrate_session(&legacy).unwrap_err();
        assert_eq!(skipped(LegacySession { user_id: None, ..legacy() }), Skip::NoUser);
        assert_eq!(skipped(LegacySession { start_time: None, ..legacy() }), Skip::NoStart);
    }
}
