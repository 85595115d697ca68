//! Adds parts, sessions and relationships; see [`add_part`], [`add_session`] and [`relate`].
//!
//! The functions that convert legacy rows also build the new ones, so that both follow the same rules. Only the
//! ids differ: a new row has no legacy id to derive its id from, so this module chooses a random one.

use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::read::begin_as;
use super::{
    Confidence, Kind, LegacyPart, LegacySession, PartError, PartV2, RelationshipV2, SessionV2, Skip, Told,
    migrate_part, migrate_session,
};
use crate::json::Json;
use crate::timestamp::Timestamp;

/// The data of a new part. The database sets the time of creation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPart {
    /// The user's name for the part.
    pub name: String,
    /// The category, such as `protector`.
    pub category: Option<String>,
    /// The status, such as `emerging`.
    pub status: Option<String>,
    /// The charge, such as `positive`.
    pub charge: Option<String>,
    /// The confidence that this is a part.
    pub confidence: Option<Confidence>,
    /// The number of times the part was noticed.
    pub evidence_count: Option<i32>,
    /// The description of the part.
    pub told: Told,
}

/// The data of a new session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// When the session started.
    pub started_at: Timestamp,
    /// When the session ended.
    pub ended_at: Option<Timestamp>,
    /// The topics of the session.
    pub summary: Option<String>,
    /// The insights of the session.
    pub breakthroughs: Vec<String>,
    /// The type, such as `check-in`.
    pub kind: Option<String>,
    /// The duration in minutes.
    pub duration: Option<i32>,
}

/// Adds a part, and returns its id.
///
/// # Errors
///
/// A [`PartError`] that names the user and the field; nothing is stored then.
pub async fn add_part(conn: &mut PgConnection, user_id: Uuid, new: NewPart) -> Result<Uuid, PartError> {
    let part = PartV2 { id: Uuid::new_v4(), ..part_of(user_id, new)? };
    insert(conn, "add a part", "parts_v2", user_id, &Json::of(&part)).await?;
    Ok(part.id)
}

/// Builds the row of a part. The caller sets the id.
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
/// A [`PartError`] that names the user and the field; nothing is stored then.
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

/// Adds a relationship between two parts of a user, and returns it. The order of the parts is irrelevant if the
/// type is symmetric.
///
/// # Errors
///
/// A [`PartError`] that names the user and the field; nothing is stored then.
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

/// Formats a list of texts as an array literal of PostgreSQL.
fn array(texts: &[String]) -> String {
    let quoted: Vec<String> =
        texts.iter().map(|text| format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))).collect();
    format!("{{{}}}", quoted.join(","))
}

/// Inserts a row as this user. The keys of `row` are the names of the columns; `created_at` is the current time.
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

/// Rejects a row that contains a NUL character.
pub(super) fn check_texts(user_id: Uuid, row: &Json) -> Result<(), PartError> {
    match row.as_object().unwrap_or_default().into_iter().find(|(_, value)| value.holds_nul()) {
        Some((field, _)) => Err(PartError::NulCharacter { user_id, field }),
        None => Ok(()),
    }
}

/// The SQLSTATEs for an invalid time, a number out of range, JSON that is too large, and JSON nested too deeply
/// for the server's stack.
const UNSTORABLE: [&str; 5] = ["22007", "22008", "22003", "54000", "54001"];

/// Turns an error of a write into one that names the user and the field, if possible.
pub(super) fn refusal(action: &'static str, user_id: Uuid, row: &Json, error: sqlx::Error) -> PartError {
    let Some(refused) = error.as_database_error() else { return PartError::database(action)(error) };
    let part = |column: &str| {
        let part_id = row.as_object()?.get(column)?.as_text()?.parse().ok()?;
        Some(PartError::NoSuchPart { user_id, part_id })
    };
    let known = match refused.constraint() {
        Some("parts_v2_user_id_fkey" | "sessions_v2_user_id_fkey" | "part_relationships_v2_user_id_fkey") => {
            Some(PartError::NoSuchUser { user_id })
        }
        Some("part_relationships_v2_part_a_id_fkey") => part("part_a_id"),
        Some("part_relationships_v2_part_b_id_fkey") => part("part_b_id"),
        Some("parts_v2_user_id_name_key") => {
            Some(PartError::Taken { user_id, field: "name", what: "a part with this name" })
        }
        Some("sessions_v2_user_id_started_at_key") => {
            Some(PartError::Taken { user_id, field: "started_at", what: "a session with this start" })
        }
        Some("part_relationships_v2_part_a_id_part_b_id_type_key") => {
            Some(PartError::Taken { user_id, field: "type", what: "this relationship" })
        }
        _ => None,
    };
    let is_unstorable = refused.code().is_some_and(|code| UNSTORABLE.contains(&code.as_ref()));
    match known {
        Some(known) => known,
        None if is_unstorable => PartError::Unstorable { user_id, message: refused.message().to_owned() },
        None => PartError::database(action)(error),
    }
}
