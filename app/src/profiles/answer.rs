//! Stores a user's answers in a context; see [`answer`].
//!
//! Answers go into the old `"Profile"` row of the context, and [`unify`] derives the unified profile again in the
//! same transaction. The stored profile therefore always follows from the old rows, whichever process wrote last.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use super::legacy::USERS;
use super::store::store;
use super::{Completeness, Context, LegacyError, ProfileError, Unified, User, extract, merge, unify};
use crate::json::{Json, Object};

const ACTION: &str = "store the answers";

/// Stores answers, a JSON object as text. Each key replaces the user's earlier answer to it in this context; a
/// context that the user does not have yet is created. Returns the unification of all of the user's contexts.
///
/// The function locks the user's row until it commits, so that concurrent calls lose no answer. The lock,
/// `FOR NO KEY UPDATE`, lets other sessions insert rows that refer to the user: this function may wait for a
/// backfill that writes the user's profile, but the backfill never waits for this lock. The two block each other only while
/// both store the unified profile.
///
/// # Errors
///
/// [`ProfileError`]; nothing is stored then.
pub async fn answer(
    conn: &mut PgConnection,
    user_id: &str,
    context: &str,
    answers: &str,
) -> Result<Unified, ProfileError> {
    let context =
        Context::from_label(context).ok_or_else(|| ProfileError::UnknownContext { label: context.to_owned() })?;
    let answers = read_answers(answers)?;
    let mut tx = conn.begin().await.map_err(ProfileError::database(ACTION))?;
    lock_user(&mut tx, user_id, ACTION).await?;
    let profile = context_profile(&mut tx, user_id, context).await?;
    replace_keys(&mut tx, user_id, context, &profile, answers).await?;
    let unified = unify(&read_user(&mut tx, user_id, ACTION).await?);
    store(&mut tx, &unified).await.map_err(ProfileError::database(ACTION))?;
    tx.commit().await.map_err(ProfileError::database(ACTION))?;
    Ok(unified)
}

/// Parses answers and rejects those that PostgreSQL cannot store.
fn read_answers(text: &str) -> Result<Object, ProfileError> {
    let json = Json::parse(text).map_err(ProfileError::UnreadableAnswers)?;
    let answers = json.as_object().ok_or_else(|| ProfileError::NoObject { found: json.kind() })?;
    match answers.iter().find(|(key, value)| key.contains('\0') || value.holds_nul()) {
        Some((field, _)) => Err(ProfileError::NulCharacter { field: field.clone() }),
        None => Ok(answers),
    }
}

/// Locks the row of a user until the transaction ends, so that no other session changes the user's answers. Fails
/// if the user does not exist; `action` names the caller's operation in errors.
pub(super) async fn lock_user(
    conn: &mut PgConnection,
    user_id: &str,
    action: &'static str,
) -> Result<(), ProfileError> {
    let unknown = || ProfileError::NoSuchUser { user_id: user_id.to_owned() };
    // PostgreSQL rejects a parameter that contains NUL, so no such user exists.
    if user_id.contains('\0') {
        return Err(unknown());
    }
    let found: Option<bool> = sqlx::query_scalar(r#"SELECT TRUE FROM "User" WHERE "id" = $1 FOR NO KEY UPDATE"#)
        .bind(user_id)
        .fetch_optional(conn)
        .await
        .map_err(ProfileError::database(action))?;
    found.map(drop).ok_or_else(unknown)
}

/// Returns the id of the user's context profile, and creates the profile if there is none.
async fn context_profile(conn: &mut PgConnection, user_id: &str, context: Context) -> Result<String, ProfileError> {
    sqlx::query(
        r#"INSERT INTO "ContextProfile" ("id", "userId", "contextType")
           VALUES ($1, $2, $3::text::"RelationshipContextType") ON CONFLICT ("userId", "contextType") DO NOTHING"#,
    )
    .bind(Uuid::new_v4().to_string())
    .bind(user_id)
    .bind(context.as_str())
    .execute(&mut *conn)
    .await
    .map_err(ProfileError::database(ACTION))?;
    sqlx::query_scalar(
        r#"SELECT "id" FROM "ContextProfile"
           WHERE "userId" = $1 AND "contextType" = $2::text::"RelationshipContextType""#,
    )
    .bind(user_id)
    .bind(context.as_str())
    .fetch_one(conn)
    .await
    .map_err(ProfileError::database(ACTION))
}

/// Merges the answers into the old row of the context, and creates the row if there is none.
async fn replace_keys(
    conn: &mut PgConnection,
    user_id: &str,
    context: Context,
    context_profile_id: &str,
    answers: Object,
) -> Result<(), ProfileError> {
    let data: Option<Option<String>> =
        sqlx::query_scalar(r#"SELECT "data"::text FROM "Profile" WHERE "contextProfileId" = $1 FOR UPDATE"#)
            .bind(context_profile_id)
            .fetch_optional(&mut *conn)
            .await
            .map_err(ProfileError::database(ACTION))?;
    let mut object = match data.flatten() {
        None => Object::new(),
        Some(text) => {
            let legacy = |why| ProfileError::Legacy {
                user_id: user_id.to_owned(),
                fault: LegacyError::Data { context, key: None, why },
            };
            let data = Json::parse(&text).map_err(legacy)?;
            match data.as_object() {
                Some(object) => object,
                None if data.is_null() => Object::new(),
                None => {
                    let user_id = user_id.to_owned();
                    return Err(ProfileError::LegacyData { user_id, context, found: data.kind() });
                }
            }
        }
    };
    object.extend(answers);
    let Completeness { percent, missing } = completeness(context, &object);
    sqlx::query(
        r#"INSERT INTO "Profile" ("id", "contextProfileId", "data", "completeness", "missing")
           VALUES ($1, $2, $3::text::jsonb, $4, $5)
           ON CONFLICT ("contextProfileId") DO UPDATE
           SET "data" = EXCLUDED."data", "completeness" = EXCLUDED."completeness", "missing" = EXCLUDED."missing",
               "updatedAt" = now()"#,
    )
    .bind(Uuid::new_v4().to_string())
    .bind(context_profile_id)
    .bind(Json::of(&object).as_str())
    .bind(i32::from(percent))
    .bind(missing)
    .execute(conn)
    .await
    .map_err(ProfileError::database(ACTION))?;
    Ok(())
}

/// The completeness of one context's data: the shared fields and its own fields together.
fn completeness(context: Context, data: &Object) -> Completeness {
    let (shared, _) = merge(&[(context, data)]);
    let (own, _) = extract(context.as_str(), Some(data));
    Completeness::of(shared.filled().into_iter().chain(own.filled()))
}

/// Reads a user with all old rows.
pub(super) async fn read_user(
    conn: &mut PgConnection,
    user_id: &str,
    action: &'static str,
) -> Result<User, ProfileError> {
    let (id, created_at, contexts): (String, String, String) =
        sqlx::query_as(AssertSqlSafe(format!(r#"{USERS} WHERE "User"."id" = $1"#)))
            .bind(user_id)
            .fetch_one(conn)
            .await
            .map_err(ProfileError::database(action))?;
    User::read(id, created_at, &contexts).map_err(|fault| ProfileError::Legacy { user_id: user_id.to_owned(), fault })
}
