//! Taking a user's answers in a context.
//!
//! They go where answers always went, into the old `"Profile"` of the context, and the unified profile is made anew by
//! [`unify`] in the same transaction. So what is stored is what `unify` makes of the old rows, whoever wrote last.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use super::legacy::USERS;
use super::store::store;
use super::{Completeness, Context, LegacyError, ProfileError, Unified, User, extract, merge, unify};
use crate::json::{Json, Object};

const ACTION: &str = "take the answers";

/// Takes answers, a JSON object as text: each key replaces what the user had said to it in this context. The context is
/// made where the user does not have it yet. Returns what all of the user's contexts make together.
///
/// The user's row is locked meanwhile, so that of two answers at once neither is lost. The lock is one that lets rows
/// refer to the user: a backfill that writes this user's profile is waited for, and never waits for this.
///
/// # Errors
///
/// A [`ProfileError`] that names the offending field; then nothing was stored.
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
    lock_user(&mut tx, user_id).await?;
    let profile = context_profile(&mut tx, user_id, context).await?;
    replace_keys(&mut tx, user_id, context, &profile, answers).await?;
    let unified = unify(&user(&mut tx, user_id).await?);
    store(&mut tx, &unified).await.map_err(ProfileError::database(ACTION))?;
    tx.commit().await.map_err(ProfileError::database(ACTION))?;
    Ok(unified)
}

/// Refuses what can be refused without asking the database.
fn read_answers(text: &str) -> Result<Object, ProfileError> {
    let json = Json::parse(text).map_err(ProfileError::UnreadableAnswers)?;
    let answers = json.as_object().ok_or_else(|| ProfileError::NoObject { found: json.kind() })?;
    match answers.iter().find(|(key, value)| key.contains('\0') || value.holds_nul()) {
        Some((field, _)) => Err(ProfileError::NulCharacter { field: field.clone() }),
        None => Ok(answers),
    }
}

/// Locks the row of a user, who has to be there, so that nobody else answers for them meanwhile.
pub(super) async fn lock_user(conn: &mut PgConnection, user_id: &str) -> Result<(), ProfileError> {
    let unknown = || ProfileError::NoSuchUser { user_id: user_id.to_owned() };
    // PostgreSQL would refuse the very question.
    if user_id.contains('\0') {
        return Err(unknown());
    }
    let found: Option<bool> = sqlx::query_scalar(r#"SELECT TRUE FROM "User" WHERE "id" = $1 FOR NO KEY UPDATE"#)
        .bind(user_id)
        .fetch_optional(conn)
        .await
        .map_err(ProfileError::database(ACTION))?;
    found.map(drop).ok_or_else(unknown)
}

/// The id of the user's context profile, which is made where there is none.
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

/// Writes the old row of the context, with the answers over what it held.
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

/// How much of one context's data is filled: of the shared fields and of its own, together.
fn completeness(context: Context, data: &Object) -> Completeness {
    let (shared, _) = merge(&[(context, data)]);
    let (own, _) = extract(context.as_str(), Some(data));
    Completeness::of(shared.filled().into_iter().chain(own.filled()))
}

/// A user with all the old rows.
pub(super) async fn user(conn: &mut PgConnection, user_id: &str) -> Result<User, ProfileError> {
    let (id, created_at, contexts): (String, String, String) =
        sqlx::query_as(AssertSqlSafe(format!(r#"{USERS} WHERE "User"."id" = $1"#)))
            .bind(user_id)
            .fetch_one(conn)
            .await
            .map_err(ProfileError::database(ACTION))?;
    User::read(id, created_at, &contexts).map_err(|fault| ProfileError::Legacy { user_id: user_id.to_owned(), fault })
}
