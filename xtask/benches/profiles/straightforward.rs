//! The baseline, as one would write it without a library: a loop over the users, which reads, unifies and writes
//! each user in a separate transaction, row by row.

use app::profiles::{USERS, User, unify};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::error::Error;
use std::time::{Duration, Instant};

/// Migrates all users. Returns the elapsed time.
pub(crate) async fn run(connection: &mut PgConnection) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let ids: Vec<String> = sqlx::query_scalar(r#"SELECT "id" FROM "User""#).fetch_all(&mut *connection).await?;
    let select = format!(r#"{USERS} WHERE "User"."id" = $1"#);
    for id in ids {
        let mut transaction = connection.begin().await?;
        let read = sqlx::query_as(AssertSqlSafe(select.as_str())).bind(&id);
        let (id, created_at, contexts): (String, String, String) = read.fetch_one(&mut *transaction).await?;
        let unified = unify(&User::read(&id, &created_at, &contexts)?);
        let insert =
            r#"INSERT INTO "UnifiedProfile" SELECT * FROM jsonb_populate_record(NULL::"UnifiedProfile", $1::jsonb)"#;
        sqlx::query(insert).bind(unified.profile_row()).execute(&mut *transaction).await?;
        for intent in unified.intent_rows() {
            let insert =
                r#"INSERT INTO "ContextIntent" SELECT * FROM jsonb_populate_record(NULL::"ContextIntent", $1::jsonb)"#;
            sqlx::query(insert).bind(intent).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }
    Ok(start.elapsed())
}
