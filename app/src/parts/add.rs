//! Adding parts, sessions and relationships.
//!
//! The rows are made by the functions that make them of old ones, so that both are alike; but their ids are chosen, here and
//! nowhere else, for they derive from nothing.

use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::read::begin_as;
use super::{
    Confidence, Kind, LegacyPart, LegacySession, PartError, PartV2, RelationshipV2, SessionV2, Skip, Told,
    migrate_part, migrate_session,
};
use crate::json::Json;
use crate::timestamp::Timestamp;

/// What has to be said to add a part. When it was made is for the database to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPart {
    /// What the user calls it.
    pub name: String,
    /// Such as `protector`.
    pub category: Option<String>,
    /// Such as `emerging`.
    pub status: Option<String>,
    /// Such as `positive`.
    pub charge: Option<String>,
    /// How sure somebody is that it is a part.
    pub confidence: Option<Confidence>,
    /// How often it was noticed.
    pub evidence_count: Option<i32>,
    /// What else is told of it.
    pub told: Told,
}

/// What has to be said to add a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What was talked about.
    pub summary: Option<String>,
    /// What was found.
    pub breakthroughs: Vec<String>,
    /// Such as `check-in`.
    pub kind: Option<String>,
    /// How long it was, in minutes.
    pub duration: Option<i32>,
}

/// Adds a part, and returns its id.
///
/// # Errors
///
/// A [`PartError`] that names the user and the field; then nothing was stored.
pub async fn add_part(conn: &mut PgConnection, user_id: Uuid, new: NewPart) -> Result<Uuid, PartError> {
    let part = PartV2 { id: Uuid::new_v4(), ..part_of(user_id, new)? };
    insert(conn, "add a part", "parts_v2", user_id, &Json::of(&part)).await?;
    Ok(part.id)
}

/// The row that a part is, but for its id.
pub(super) fn part_of(user_id: Uuid, new: NewPart) -> Result<PartV2, PartError> {
    let NewPart { name, category, status, charge, confidence, evidence_count, told } = new;
    let part = migrate_part(&LegacyPart {
        id: Uuid::nil(),
        user_id: Some(user_id),
        name: Some(name),
        category,
        status,
        charge,
        confidence,
        evidence_count,
        told,
        first_noticed: None,
        last_active: None,
        created_at: None,
    });
    part.map_err(|why| PartError::Refused { user_id, field: "name", why })
}

/// Adds a session, and returns its id.
///
/// # Errors
///
/// A [`PartError`] that names the user and the field; then nothing was stored.
pub async fn add_session(conn: &mut PgConnection, user_id: Uuid, new: NewSession) -> Result<Uuid, PartError> {
    let NewSession { started_at, ended_at, summary, breakthroughs, kind, duration } = new;
    let session = migrate_session(&LegacySession {
        id: Uuid::nil(),
        user_id: Some(user_id),
        start_time: Some(started_at),
        end_time: ended_at,
        summary,
        breakthroughs: Some(array(&breakthroughs)),
        kind,
        duration,
    });
    let session = session.map_err(|why| PartError::Refused { user_id, field: "started_at", why })?;
    let session = SessionV2 { id: Uuid::new_v4(), ..session };
    insert(conn, "add a session", "sessions_v2", user_id, &Json::of(&session)).await?;
    Ok(session.id)
}

/// Says how two parts of a user stand to each other, and returns the relationship. The order of the parts makes no
/// difference where that of the type does not.
///
/// # Errors
///
/// A [`PartError`] that names the user and the field; then nothing was stored.
pub async fn relate(
    conn: &mut PgConnection,
    user_id: Uuid,
    parts: [Uuid; 2],
    kind: Kind,
) -> Result<RelationshipV2, PartError> {
    if parts[0] == parts[1] {
        return Err(PartError::Refused { user_id, field: "part_b_id", why: Skip::SamePart { id: parts[0] } });
    }
    let relationship = RelationshipV2::between(Uuid::new_v4(), user_id, parts, kind);
    let added = insert(conn, "add a relationship", "part_relationships_v2", user_id, &Json::of(&relationship)).await;
    added.map(|()| relationship)
}

/// A list of texts as PostgreSQL writes an array.
fn array(texts: &[String]) -> String {
    let quoted: Vec<String> =
        texts.iter().map(|text| format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))).collect();
    format!("{{{}}}", quoted.join(","))
}

/// Inserts a row, which has a column's name for each key, as this user. A row that has been made just now was made now.
async fn insert(
    conn: &mut PgConnection,
    action: &'static str,
    table: &str,
    user_id: Uuid,
    row: &Json,
) -> Result<(), PartError> {
    check_texts(user_id, row)?;
    let mut tx = begin_as(conn, user_id).await.map_err(PartError::database(action))?;
    let sql = format!(
        r#"INSERT INTO {table}
           SELECT new.*
           FROM jsonb_populate_record(NULL::{table}, jsonb_build_object('created_at', now()) || $1::text::jsonb) AS new"#
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(row.as_str())
        .execute(&mut *tx)
        .await
        .map_err(|error| refusal(action, user_id, row, error))?;
    tx.commit().await.map_err(PartError::database(action))
}

/// Refuses a row with a text that PostgreSQL can't store.
pub(super) fn check_texts(user_id: Uuid, row: &Json) -> Result<(), PartError> {
    match row.as_object().unwrap_or_default().into_iter().find(|(_, value)| value.holds_nul()) {
        Some((field, _)) => Err(PartError::NulCharacter { user_id, field }),
        None => Ok(()),
    }
}

/// A time that is none, a number out of range, JSON that is too large or nested too deeply for the server's stack.
const UNSTORABLE: [&str; 5] = ["22007", "22008", "22003", "54000", "54001"];

/// What the database's refusal of this row means.
pub(super) fn refusal(action: &'static str, user_id: Uuid, row: &Json, error: sqlx::Error) -> PartError {
    let Some(refused) = error.as_database_error() else { return PartError::database(action)(error) };
    let part = |column: &str| {
        let part_id = row.as_object()?.get(column)?.as_text()?.parse().ok()?;
        Some(PartError::NoSuchPart { user_id, part_id })
    };
    let meant = match refused.constraint() {
        Some("parts_v2_user_id_fkey" | "sessions_v2_user_id_fkey" | "part_relationships_v2_user_id_fkey") => {
            Some(PartError::NoSuchUser { user_id })
        }
        Some("part_relationships_v2_part_a_id_fkey") => part("part_a_id"),
        Some("part_relationships_v2_part_b_id_fkey") => part("part_b_id"),
        Some("parts_v2_user_id_name_key") => {
            Some(PartError::Taken { user_id, field: "name", what: "a part of this name" })
        }
        Some("sessions_v2_user_id_started_at_key") => {
            Some(PartError::Taken { user_id, field: "started_at", what: "a session that began then" })
        }
        Some("part_relationships_v2_part_a_id_part_b_id_type_key") => {
            Some(PartError::Taken { user_id, field: "type", what: "such a relationship" })
        }
        _ => None,
    };
    let is_unstorable = refused.code().is_some_and(|code| UNSTORABLE.contains(&code.as_ref()));
    match meant {
        Some(meant) => meant,
        None if is_unstorable => PartError::Unstorable { user_id, message: refused.message().to_owned() },
        None => PartError::database(action)(error),
    }
}
