//! Writing what [`unify`](super::unify()) made, over what was there.

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Context, SHARED, Unified};

/// The columns of both tables beside their keys and their fields.
const COMMON: [&str; 5] = ["id", "completeness", "missing", "createdAt", "updatedAt"];

/// Writes the profile and the intents of a user, and removes intents of contexts that the user does not have.
///
/// The profile comes first: whoever else writes profiles waits there, and never for an intent.
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

/// A statement that writes rows, each a JSON object in the list `$1`, over those of the same key.
///
/// `jsonb_populate_record` gives each value to the column of its name, and null to columns that are not named.
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
