//! [`store`] writes a [`Unified`] profile with its intents, and replaces the rows of an earlier one.

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Context, SHARED, Unified};

/// The columns of both tables other than their keys and fields.
const COMMON: [&str; 5] = ["id", "completeness", "missing", "createdAt", "updatedAt"];

/// Writes the profile and the intents of a user, and deletes intents of contexts that the user does not have.
///
/// The profile is written first, so that sessions that write the same user's profile block each other only there,
/// never at an intent.
pub(super) async fn store(conn: &mut PgConnection, unified: &Unified) -> Result<(), sqlx::Error> {
    let shared = SHARED.iter().map(|field| field.name).chain(["legacyData"]);
    sqlx::query(AssertSqlSafe(upsert("UnifiedProfile", r#""userId""#, shared)))
        .bind(vec![unified.profile_row()])
        .execute(&mut *conn)
        .await?;
    let contexts: Vec<&str> = unified.intents.iter().map(|intent| intent.context.as_str()).collect();
    sqlx::query(r#"DELETE FROM "ContextIntent" WHERE "userId" = $1 AND "contextType"::text <> ALL ($2)"#)
        .bind(&unified.profile.user_id)
        .bind(contexts)
        .execute(&mut *conn)
        .await?;
    let own = Context::ALL.iter().flat_map(|context| context.fields()).map(|field| field.name);
    sqlx::query(AssertSqlSafe(upsert("ContextIntent", r#""userId", "contextType""#, own)))
        .bind(unified.intent_rows())
        .execute(conn)
        .await?;
    Ok(())
}

/// Returns a statement that upserts rows, each a JSON object in the array `$1`.
///
/// `jsonb_populate_record` assigns each value to the column with its name, and NULL to all other columns.
fn upsert(table: &str, key: &str, fields: impl Iterator<Item = &'static str>) -> String {
    let columns: Vec<String> =
        fields.chain(COMMON).map(|column| format!(r#""{column}" = EXCLUDED."{column}""#)).collect();
    format!(
        r#"INSERT INTO "{table}"
           SELECT new.* FROM unnest($1::text[]) AS input (row),
                             jsonb_populate_record(NULL::"{table}", input.row::jsonb) AS new
           ON CONFLICT ({key}) DO UPDATE SET {}"#,
        columns.join(", ")
    )
}
